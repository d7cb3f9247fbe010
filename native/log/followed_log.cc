#include "log/followed_log.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "log/file_name.h"

namespace daybook {
namespace {

constexpr int kLoadsMax = 20;

uint64_t EndOfRuns(const std::vector<IndexRunInfo>& runs) {
  uint64_t end = 0;
  for (const IndexRunInfo& run : runs) end = std::max(end, run.end_seqnum);
  return end;
}

}  // namespace

FollowedLog::FollowedLog(const FollowWorld& world)
    : world_(world), state_(world.options.memory_share(), world.env, world.directory) {
  state_.segments.ShareLocks();
}

LogPosition FollowedLog::Position() const {
  const std::shared_lock lock(state_.mutex);
  return {term_, state_.visible_index};
}

// --- Loading ---

Status FollowedLog::Load(const FollowWorld& world, ControlReader* control,
                         std::shared_ptr<FollowedLog>* log) {
  Status status;
  std::optional<std::pair<uint64_t, uint64_t>> before;
  for (int attempt = 0; attempt < kLoadsMax; ++attempt) {
    std::optional<ControlState> page(std::in_place);
    // In front of the manifest: it then says no more than what the files hold that this lists.
    if (!control->Read(&*page)) page.reset();
    auto loaded = std::make_shared<FollowedLog>(world);
    status = loaded->TryLoad(page);
    if (status.ok() && loaded->state_.damage.empty()) {
      *log = std::move(loaded);
      return Status::Ok();
    }
    // What was read may have been replaced meanwhile. If nothing has, it is as it looks.
    const std::pair<uint64_t, uint64_t> seen{loaded->manifest_.generation,
                                             page.has_value() ? page->count : 0};
    const bool stays = before.has_value() && *before == seen;
    if (stays && status.ok()) {
      loaded->failure_ = Status(StatusCode::kCorrupt, loaded->state_.damage.ranges().front().Describe());
      *log = std::move(loaded);
      return Status::Ok();
    }
    if (stays || status.Is(StatusCode::kFormat)) return status;
    before = seen;
  }
  if (!status.ok()) return status;
  return {StatusCode::kIo, world.directory + " changes faster than it can be read"};
}

Status FollowedLog::TryLoad(const std::optional<ControlState>& page) {
  ManifestState read;
  DAYBOOK_RETURN_IF_ERROR(ReadManifest(world_.env, world_.directory, &read));
  if (!read.found) return {StatusCode::kFormat, world_.directory + " holds no log to follow"};
  manifest_ = std::move(read.manifest);
  term_ = manifest_.term;
  incarnation_ = manifest_.incarnation;
  term_ends_ = manifest_.term_ends;
  const bool is_ours =
      page.has_value() && page->log_id == manifest_.identity.id() && page->incarnation == incarnation_;
  if (is_ours && page->term > term_)
    return {StatusCode::kIo, world_.directory + " has just begun a new term"};
  std::unique_ptr<Checkpoint> checkpoint;
  DAYBOOK_RETURN_IF_ERROR(LoadCheckpoint(&checkpoint));
  std::optional<uint64_t> limit;
  if (is_ours && page->term == term_) limit = page->batch;
  if (!limit.has_value()) {
    // Nobody says how far it was flushed, so the files must: what they prove.
    FollowedLog scout(world_);
    scout.manifest_ = manifest_;
    ReplayResult proven;
    DAYBOOK_RETURN_IF_ERROR(scout.BeginState(checkpoint.get()));
    DAYBOOK_RETURN_IF_ERROR(scout.RunReplay(checkpoint.get(), std::nullopt, &proven));
    limit = proven.durable_batch;
  }
  DAYBOOK_RETURN_IF_ERROR(BeginState(checkpoint.get()));
  ReplayResult replay;
  DAYBOOK_RETURN_IF_ERROR(RunReplay(checkpoint.get(), limit, &replay));
  cursor_ = std::move(replay.cursor);
  last_batch_ = replay.last_batch;
  last_checksum_ = replay.last_checksum;
  last_term_ = replay.last_term;
  skipped_ = replay.skipped;
  {
    const std::unique_lock lock(state_.mutex);
    state_.visible_index = std::max(state_.visible_index, cursor_.index());
  }
  std::map<uint64_t, uint64_t> offsets;
  for (const ReplayedGroup& group : replay.groups) {
    for (const LaneEnd& lane : group.progress.lanes) offsets[lane.segment] = lane.offset;
  }
  if (!TakeGroups(manifest_)) return {StatusCode::kIo, world_.directory + " was reclaimed while it was read"};
  for (Group& group : groups_) {
    for (Lane& lane : group) {
      const auto known = offsets.find(lane.listed.segment);
      if (known != offsets.end()) lane.offset = AlignToSector(known->second);
    }
  }
  return Status::Ok();
}

// The newest that can be read; none: all is replayed.
Status FollowedLog::LoadCheckpoint(std::unique_ptr<Checkpoint>* checkpoint) const {
  for (const CheckpointInfo& info : manifest_.checkpoints) {
    auto read = std::make_unique<Checkpoint>();
    const Status status = ReadCheckpoint(world_.env, world_.directory, manifest_.identity, info, read.get());
    if (status.Is(StatusCode::kCorrupt) || status.Is(StatusCode::kNotFound)) continue;
    DAYBOOK_RETURN_IF_ERROR(status);
    const bool is_there = !read->group.lanes.empty() &&
                          std::any_of(manifest_.segments.begin(), manifest_.segments.end(),
                                      [&](const ManifestSegment& segment) {
                                        return segment.segment == read->group.lanes.front().segment &&
                                               segment.kind == SegmentKind::kLog && segment.lane == 0;
                                      });
    if (!is_there) continue;
    *checkpoint = std::move(read);
    return Status::Ok();
  }
  return Status::Ok();
}

// Runs cannot be made again here: nothing is written.
Status FollowedLog::OpenRuns(const Manifest& manifest, IndexVersion* version) const {
  std::map<uint64_t, SharedRun> open;
  for (const auto* runs : {&state_.version->runs, &state_.version->overlays}) {
    for (const SharedRun& run : *runs) open[run->info().run] = run;
  }
  const auto open_list = [&](const std::vector<IndexRunInfo>& listed, std::vector<SharedRun>* runs) {
    for (const IndexRunInfo& info : listed) {
      SharedRun& run = open[info.run];
      if (run == nullptr) {
        DAYBOOK_RETURN_IF_ERROR(
            IndexRun::Open(world_.env, world_.directory, manifest.identity, info, world_.cache, &run));
      }
      runs->push_back(run);
    }
    return Status::Ok();
  };
  DAYBOOK_RETURN_IF_ERROR(open_list(manifest.runs, &version->runs));
  return open_list(manifest.overlays, &version->overlays);
}

Status FollowedLog::BeginState(const Checkpoint* checkpoint) {
  state_.identity = manifest_.identity;
  for (const ManifestSegment& segment : manifest_.segments) state_.segments.Add(segment.segment, nullptr);
  auto version = std::make_shared<IndexVersion>();
  DAYBOOK_RETURN_IF_ERROR(OpenRuns(manifest_, version.get()));
  state_.version = std::move(version);
  state_.active = std::make_shared<MemTable>(EndOfRuns(manifest_.runs));
  if (checkpoint == nullptr) return Status::Ok();
  state_.books = checkpoint->books;
  state_.tag_trims.Restore(checkpoint->tag_marks, checkpoint->cursor.index());
  state_.visible_end = checkpoint->cursor.next_seqnum();
  state_.timestamp = checkpoint->cursor.timestamp();
  state_.visible_index = checkpoint->cursor.index();
  return Status::Ok();
}

Status FollowedLog::RunReplay(const Checkpoint* checkpoint, std::optional<uint64_t> limit,
                              ReplayResult* result) {
  Replay replay(world_.env, world_.directory, manifest_, checkpoint, &state_,
                [this](uint64_t end_seqnum) { return MakeRoom(end_seqnum, end_seqnum); });
  if (limit.has_value()) replay.StopBehind(*limit);
  return replay.Run(result);
}

// --- Following ---

// Before a batch that ends at `end_seqnum`: the tables are as large as they may be.
Status FollowedLog::MakeRoom(uint64_t first_seqnum, uint64_t end_seqnum) {
  MemTable& active = *state_.active;
  if (!IsFull(active, world_.options.memory_share(), end_seqnum)) return Status::Ok();
  if (active.empty() || state_.frozen == nullptr) {
    Rotate(first_seqnum);
    return Status::Ok();
  }
  // What the process that writes keeps in its memory is kept here too, up to its next checkpoint or two. But
  // a table has its bounds.
  if (end_seqnum - active.first_seqnum < TagIndex::kSpan - 1) return Status::Ok();
  return {StatusCode::kIo, world_.directory + " has more to follow than an index in memory can hold"};
}

void FollowedLog::Rotate(uint64_t first_seqnum) {
  auto fresh = std::make_shared<MemTable>(first_seqnum);
  const std::unique_lock lock(state_.mutex);
  if (!state_.active->empty()) state_.frozen = std::move(state_.active);
  state_.active = std::move(fresh);
}

bool FollowedLog::Follows(const BatchHeader& header) const {
  return header.batch_number == last_batch_ + 1 && header.term >= last_term_ && header.term <= term_ &&
         (skipped_ || header.previous_checksum == last_checksum_);
}

Status FollowedLog::ReadHead(uint64_t stable, Lane* lane) {
  if (lane->head.has_value()) return Status::Ok();
  if (lane->reader == nullptr) {
    SegmentFile file;
    const Status opened = state_.segments.Get(lane->listed.segment, ReadMode::kMayBlock, &file);
    if (opened.Is(StatusCode::kNotFound) || opened.Is(StatusCode::kCorrupt)) return Status::Ok();
    DAYBOOK_RETURN_IF_ERROR(opened);
    lane->reader =
        std::make_unique<SegmentReader>(&state_.identity, std::move(file.file), lane->listed.segment);
  }
  // It has grown since.
  DAYBOOK_RETURN_IF_ERROR(lane->reader->Open());
  const uint64_t limit = lane->listed.closed ? lane->listed.end_offset : lane->reader->size();
  ScannedBatch read;
  DAYBOOK_RETURN_IF_ERROR(lane->reader->ReadBatch(lane->offset, limit, &read));
  // Behind what is flushed nothing is final.
  if (read.found == BatchFound::kGood && read.header.batch_number <= stable) lane->head = std::move(read);
  return Status::Ok();
}

// The lane that has the next batch, and the number of its group; null if none has.
Status FollowedLog::FindNext(uint64_t stable, size_t* group, Lane** next) {
  *next = nullptr;
  for (*group = 0; *group < groups_.size(); ++*group) {
    for (Lane& lane : groups_[*group]) {
      DAYBOOK_RETURN_IF_ERROR(ReadHead(stable, &lane));
      if (!lane.head.has_value() || !Follows(lane.head->header)) continue;
      *next = &lane;
      return Status::Ok();
    }
  }
  return Status::Ok();
}

Status FollowedLog::Apply(Lane* lane, bool* applied) {
  *applied = false;
  const BatchHeader header = lane->head->header;
  OrderedBatch ordered;
  MetalogCursor next = cursor_;
  const Status status = ApplyBatch(state_.identity, header, lane->head->frames, skipped_, &next, &ordered);
  if (status.Is(StatusCode::kCorrupt)) return Status::Ok();
  DAYBOOK_RETURN_IF_ERROR(status);
  // Where there is no room, the log is loaded anew, behind its newest checkpoint.
  if (!MakeRoom(ordered.first_seqnum, header.end_seqnum).ok()) return Status::Ok();
  cursor_ = std::move(next);
  state_.Publish(ordered, header.segment, header.offset, std::move(lane->head->slab), header.end_seqnum);
  skipped_ = false;
  last_batch_ = header.batch_number;
  last_checksum_ = header.checksum;
  last_term_ = header.term;
  lane->offset = AlignToSector(header.offset + header.size());
  lane->head.reset();
  *applied = true;
  return Status::Ok();
}

Status FollowedLog::Advance(uint64_t stable, bool* starved) {
  *starved = false;
  while (last_batch_ < stable) {
    size_t group = 0;
    Lane* next = nullptr;
    DAYBOOK_RETURN_IF_ERROR(FindNext(stable, &group, &next));
    bool applied = false;
    if (next != nullptr) DAYBOOK_RETURN_IF_ERROR(Apply(next, &applied));
    if (!applied) {
      *starved = true;
      return Status::Ok();
    }
    // A group is left as a whole.
    groups_.erase(groups_.begin(), groups_.begin() + static_cast<std::ptrdiff_t>(group));
  }
  return Status::Ok();
}

bool FollowedLog::TakeGroups(const Manifest& manifest) {
  std::map<uint64_t, Lane> known;
  for (Group& group : groups_) {
    for (Lane& lane : group) {
      const uint64_t segment = lane.listed.segment;
      known.emplace(segment, std::move(lane));
    }
  }
  std::vector<Group> groups;
  bool whole = true;
  const std::vector<ManifestSegment>& listed = manifest.segments;
  for (size_t at = 0; at < listed.size();) {
    const ManifestSegment& first = listed[at];
    const bool is_behind_us = first.closed && first.end_batch <= last_batch_ + 1;
    // What comes next was rewritten or deleted before it was read.
    if (!is_behind_us && first.kind == SegmentKind::kRewritten) whole = false;
    if (!is_behind_us && groups.empty() && first.closed && first.first_batch > last_batch_ + 1) whole = false;
    Group group;
    do {
      state_.segments.Add(listed[at].segment, nullptr);
      Lane lane;
      const auto found = known.find(listed[at].segment);
      if (found != known.end()) lane = std::move(found->second);
      lane.listed = listed[at];
      group.push_back(std::move(lane));
      ++at;
    } while (at < listed.size() && listed[at].lane != 0);
    if (!is_behind_us) groups.push_back(std::move(group));
  }
  groups_ = std::move(groups);
  return whole;
}

Status FollowedLog::TakeIndex(const Manifest& manifest) {
  auto version = std::make_shared<IndexVersion>();
  DAYBOOK_RETURN_IF_ERROR(OpenRuns(manifest, version.get()));
  const uint64_t end = EndOfRuns(manifest.runs);
  {
    const std::unique_lock lock(state_.mutex);
    state_.version = std::move(version);
    state_.tables_from = end;
    if (state_.frozen != nullptr && state_.active->first_seqnum <= end) state_.frozen.reset();
  }
  // What the runs have goes when all of its table is in them.
  if (state_.frozen == nullptr && state_.active->first_seqnum < end) Rotate(cursor_.next_seqnum());
  {
    const std::unique_lock lock(state_.mutex);
    if (state_.frozen != nullptr && state_.active->first_seqnum <= end) state_.frozen.reset();
  }
  TakeSegments(manifest);
  manifest_ = manifest;
  return Status::Ok();
}

// Segments that have gone are not read any more, by those who ask from now on.
void FollowedLog::TakeSegments(const Manifest& manifest) {
  for (const ManifestSegment& old : manifest_.segments) {
    const bool stays =
        std::any_of(manifest.segments.begin(), manifest.segments.end(),
                    [&](const ManifestSegment& segment) { return segment.segment == old.segment; });
    bool still_read = false;
    if (!stays) state_.segments.Remove(old.segment, &still_read);
  }
}

}  // namespace daybook
