// Merging index runs: few enough to look through, and none of what is gone.
#include <algorithm>
#include <mutex>
#include <utility>

#include "log/file_name.h"
#include "log/maintenance.h"

namespace daybook {
namespace {

// So many runs of like size become one: each posting is rewritten once for each factor of that.
constexpr size_t kMergeMin = 4;

bool Overlaps(const ManifestSegment& segment, uint64_t first, uint64_t end) {
  return !segment.closed || (segment.first_seqnum < end && segment.end_seqnum > first);
}

// Whether a seqnum can still have a record: its segment is there, and if that was rewritten, it says so.
class Alive {
 public:
  Alive(const Manifest& manifest, const IndexVersion& version)
      : overlays_(version.overlays), closed_end_(manifest.gone_seqnum), all_(manifest.gone_seqnum == 0) {
    for (const ManifestSegment& segment : manifest.segments) {
      if (segment.lane != 0 || !segment.closed) continue;
      closed_end_ = std::max(closed_end_, segment.end_seqnum);
      // One without records shares its bounds with a neighbour, which alone must be found.
      if (segment.first_seqnum < segment.end_seqnum) segments_.push_back(segment);
    }
    std::sort(segments_.begin(), segments_.end(), [](const ManifestSegment& a, const ManifestSegment& b) {
      return a.first_seqnum < b.first_seqnum;
    });
  }

  // Seqnums come ascending more often than not.
  bool operator()(uint64_t seqnum) {
    // Groups are closed in their order, so what lies behind the last closed or deleted one is there.
    if (all_ || seqnum >= closed_end_) return true;
    const auto at =
        std::partition_point(segments_.begin(), segments_.end(),
                             [&](const ManifestSegment& segment) { return segment.end_seqnum <= seqnum; });
    if (at == segments_.end() || at->first_seqnum > seqnum) return false;
    if (at->overlay == 0) return true;
    const auto overlay = std::find_if(overlays_.begin(), overlays_.end(),
                                      [&](const SharedRun& run) { return run->info().run == at->overlay; });
    if (overlay == overlays_.end()) return true;
    RecordLocation location;
    bool found = false;
    const Status status = (*overlay)->Locate(seqnum, ReadMode::kMayBlock, &location, &found);
    return !status.ok() || found;
  }

 private:
  std::vector<ManifestSegment> segments_;
  const std::vector<SharedRun>& overlays_;
  uint64_t closed_end_;
  const bool all_;  // nothing was ever deleted or rewritten
};

// The records that the listed segments hold of [first, end), at most.
uint64_t RecordsWithin(const Manifest& manifest, uint64_t first, uint64_t end, bool* whole) {
  uint64_t records = 0;
  *whole = true;
  for (const ManifestSegment& segment : manifest.segments) {
    if (!Overlaps(segment, first, end)) continue;
    if (!segment.closed || segment.first_seqnum < first || segment.end_seqnum > end) *whole = false;
    records += segment.records;
  }
  return records;
}

}  // namespace

Status Maintenance::Merge(const GoOn& go_on, bool* worked) {
  const std::lock_guard index_lock(index_mutex_);
  const Manifest manifest = world_.manifests->Get();
  DAYBOOK_RETURN_IF_ERROR(DropDeadRuns(manifest, worked));
  bool merged = false;
  DAYBOOK_RETURN_IF_ERROR(MergeNewest(0, go_on, &merged));
  if (merged) {
    *worked = true;
    return Status::Ok();
  }
  std::shared_ptr<const IndexVersion> version;
  {
    const std::shared_lock lock(world_.state->mutex);
    version = world_.state->version;
  }
  // One that mostly names what is gone.
  for (const SharedRun& run : version->runs) {
    bool whole = false;
    const uint64_t alive = RecordsWithin(manifest, run->info().first_seqnum, run->info().end_seqnum, &whole);
    if (!whole || run->info().records == 0 || alive * 2 > run->info().records) continue;
    *worked = true;
    return MergeThese({run}, manifest, go_on);
  }
  return Status::Ok();
}

// Of the runs from `from_seqnum` on: from the newest back, as long as an older one is not much larger
// than all behind it, or whatever their sizes where there are many.
// REQUIRES: index_mutex_ is held.
Status Maintenance::MergeNewest(uint64_t from_seqnum, const GoOn& go_on, bool* worked) {
  std::shared_ptr<const IndexVersion> version;
  {
    const std::shared_lock lock(world_.state->mutex);
    version = world_.state->version;
  }
  const std::vector<SharedRun>& runs = version->runs;
  size_t begin = runs.size();
  uint64_t bytes = 0;
  while (begin > 0 && runs[begin - 1]->info().first_seqnum >= from_seqnum &&
         (begin == runs.size() || runs[begin - 1]->info().bytes <= bytes + bytes / 2 ||
          (runs.size() > kRunsMany && runs.size() - begin < kMergeMin))) {
    --begin;
    bytes += runs[begin]->info().bytes;
  }
  if (runs.size() - begin < kMergeMin) return Status::Ok();
  *worked = true;
  return MergeThese({runs.begin() + static_cast<std::ptrdiff_t>(begin), runs.end()}, world_.manifests->Get(),
                    go_on);
}

// REQUIRES: index_mutex_ is held.
Status Maintenance::MergeThese(const std::vector<SharedRun>& runs, const Manifest& manifest,
                               const GoOn& go_on) {
  std::shared_ptr<const IndexVersion> version;
  {
    const std::shared_lock lock(world_.state->mutex);
    version = world_.state->version;
  }
  IndexRunInfo merged;
  merged.run = world_.manifests->TakeFile();
  Draft draft(this);
  draft.Add(IndexRunFileName(merged.run));
  merged.first_seqnum = runs.front()->info().first_seqnum;
  merged.end_seqnum = runs.back()->info().end_seqnum;
  Alive alive(manifest, *version);
  const GoOn keep_up = [&] {
    if (!go_on()) return false;
    merge_debt_ -= std::min(merge_debt_, kItemsBetweenQuestions);
    if (merge_debt_ == 0) kept_up_ = KeepUp(merged.end_seqnum, go_on);
    return kept_up_.ok();
  };
  DAYBOOK_RETURN_IF_ERROR(
      MergeIndexRuns(world_.env, world_.directory, identity_, runs, std::ref(alive), keep_up, &merged));
  SharedRun open;
  DAYBOOK_RETURN_IF_ERROR(
      IndexRun::Open(world_.env, world_.directory, identity_, merged, world_.cache, &open));
  const auto replaced = [&](const IndexRunInfo& info) {
    return info.first_seqnum >= merged.first_seqnum && info.end_seqnum <= merged.end_seqnum;
  };
  DAYBOOK_RETURN_IF_ERROR(Update([&](Manifest* next) {
    const auto at = std::find_if(next->runs.begin(), next->runs.end(), replaced);
    const auto place = at - next->runs.begin();
    std::erase_if(next->runs, replaced);
    next->runs.insert(next->runs.begin() + place, merged);
  }));
  draft.Keep();
  PublishVersion(
      [&](IndexVersion* next) {
        const auto is_replaced = [&](const SharedRun& run) { return replaced(run->info()); };
        const auto at = std::find_if(next->runs.begin(), next->runs.end(), is_replaced);
        const auto place = at - next->runs.begin();
        std::erase_if(next->runs, is_replaced);
        next->runs.insert(next->runs.begin() + place, open);
      },
      false);
  for (const SharedRun& run : runs) useless_.push_back(run->path());
  world_.metrics->merges.Add();
  return Status::Ok();
}

// Runs that answer for nothing but deleted segments.
Status Maintenance::DropDeadRuns(const Manifest& manifest, bool* worked) {
  uint64_t closed_end = 0;
  for (const ManifestSegment& segment : manifest.segments) {
    if (segment.closed) closed_end = std::max(closed_end, segment.end_seqnum);
  }
  std::vector<IndexRunInfo> dead;
  for (const IndexRunInfo& run : manifest.runs) {
    const bool needed =
        std::any_of(manifest.segments.begin(), manifest.segments.end(), [&](const ManifestSegment& segment) {
          return segment.lane == 0 && segment.closed && Overlaps(segment, run.first_seqnum, run.end_seqnum);
        });
    if (!needed && run.end_seqnum <= std::max(closed_end, manifest.gone_seqnum)) dead.push_back(run);
  }
  if (dead.empty()) return Status::Ok();
  const auto is_dead = [&](const IndexRunInfo& info) {
    return std::find(dead.begin(), dead.end(), info) != dead.end();
  };
  DAYBOOK_RETURN_IF_ERROR(Update([&](Manifest* next) { std::erase_if(next->runs, is_dead); }));
  PublishVersion(
      [&](IndexVersion* next) {
        std::erase_if(next->runs, [&](const SharedRun& run) { return is_dead(run->info()); });
      },
      false);
  for (const IndexRunInfo& info : dead)
    useless_.push_back(JoinPath(world_.directory, IndexRunFileName(info.run)));
  *worked = true;
  return Status::Ok();
}

}  // namespace daybook
