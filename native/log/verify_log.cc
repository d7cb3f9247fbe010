#include "log/verify_log.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "log/file_name.h"
#include "log/recovery.h"

namespace daybook {
namespace {

// A manifest names some thousands of segments at most.
constexpr uint64_t kManifestBytesMax = uint64_t{64} << 20U;

Status ReadFile(Env* env, const std::string& path, std::vector<std::byte>* bytes) {
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kRead, &file));
  uint64_t size = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
  bytes->resize(static_cast<size_t>(std::min(size, kManifestBytesMax)));
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Read(0, *bytes, &count));
  bytes->resize(count);
  return Status::Ok();
}

struct PlacedRun {
  VerifiedRun run;
  uint64_t segment = 0;
};

class Judgement {
 public:
  Judgement(const Manifest& manifest, std::span<const SegmentReport> reports, LogVerdict* verdict)
      : manifest_(manifest), reports_(reports), verdict_(verdict) {}

  void Run() {
    for (size_t i = 0; i < reports_.size(); ++i) Gather(manifest_.segments[i], reports_[i]);
    std::sort(runs_.begin(), runs_.end(), [](const PlacedRun& one, const PlacedRun& other) {
      return one.run.first_batch < other.run.first_batch;
    });
    for (size_t i = 0; i < reports_.size(); ++i) JudgeProblems(manifest_.segments[i], reports_[i]);
    Follow();
    std::stable_sort(
        verdict_->damage.begin(), verdict_->damage.end(),
        [](const LogDamage& one, const LogDamage& other) { return one.first_seqnum < other.first_seqnum; });
  }

 private:
  void Gather(const ManifestSegment& listed, const SegmentReport& report) {
    verdict_->bytes += report.bytes;
    verdict_->batches += report.batches;
    verdict_->frames += report.frames;
    verdict_->records += report.records;
    verdict_->commands += report.commands;
    if (listed.closed && listed.end_batch > 0) flushed_ = std::max(flushed_, listed.end_batch - 1);
    flushed_ = std::max(flushed_, report.flushed_batch);
    if (report.marked_seqnum >= marked_seqnum_) {
      marked_seqnum_ = report.marked_seqnum;
      marked_end_ = report.closed_properly;
    }
    if (listed.kind != SegmentKind::kLog) return;
    for (const VerifiedRun& run : report.runs) runs_.push_back({run, listed.segment});
  }

  void JudgeProblems(const ManifestSegment& listed, const SegmentReport& report) {
    for (const VerifyProblem& problem : report.problems) {
      if (problem.batch > flushed_) {
        verdict_->notes.push_back(SegmentFileName(listed.segment) + ", offset " +
                                  std::to_string(problem.offset) + ": " + problem.what +
                                  "; torn off by a crash or left over, nothing that was flushed");
        continue;
      }
      const uint64_t batch = problem.batch != 0 ? problem.batch : BatchAt(listed, report, problem.offset);
      AddDamage(listed.segment, problem.offset, batch, problem.what, problem.whole_file);
    }
  }

  // The number of the batch that comes behind `offset` of the segment.
  static uint64_t BatchAt(const ManifestSegment& listed, const SegmentReport& report, uint64_t offset) {
    uint64_t batch = std::max<uint64_t>(listed.first_batch, 1);
    for (const VerifiedRun& run : report.runs) {
      if (run.first_offset < offset) batch = run.last_batch + 1;
    }
    return batch;
  }

  // Damage where `batch` should be: what lies between its good neighbours is lost, if anything is.
  // `unknown`: nobody can tell whether something was there.
  void AddDamage(uint64_t segment, uint64_t offset, uint64_t batch, std::string what, bool unknown = false) {
    LogDamage damage{SegmentFileName(segment), offset, 0, marked_end_ ? marked_seqnum_ : kSeqnumEnd,
                     std::move(what)};
    bool is_there = false;
    for (const PlacedRun& placed : runs_) {
      const VerifiedRun& run = placed.run;
      is_there = is_there || (run.first_batch <= batch && batch <= run.last_batch);
      if (run.last_batch < batch) damage.first_seqnum = std::max(damage.first_seqnum, run.end_seqnum);
      if (run.first_batch > batch) {
        damage.end_seqnum = run.first_seqnum;
        break;
      }
    }
    const bool is_lost = !is_there && (unknown || batch <= flushed_);
    if (!is_lost || damage.end_seqnum < damage.first_seqnum) damage.end_seqnum = damage.first_seqnum;
    if (!is_there) reported_.push_back(batch);
    verdict_->damage.push_back(std::move(damage));
  }

  // Every batch that was flushed is there, once, and follows the one before.
  void Follow() {
    uint64_t expected = FirstBatch();
    uint32_t checksum = 0;
    bool is_known = expected == 1;
    for (const PlacedRun& placed : runs_) {
      const VerifiedRun& run = placed.run;
      if (run.first_batch > expected) {
        if (expected > flushed_) break;  // torn, and all behind it
        AddGap(placed.segment, run.first_offset, expected, run.first_batch);
        is_known = false;
      } else if (run.first_batch < expected) {
        AddDamage(placed.segment, run.first_offset, run.first_batch,
                  "batch " + std::to_string(run.first_batch) + " is there twice");
      }
      if (is_known && run.first_batch == expected && run.previous_checksum != checksum) {
        AddDamage(placed.segment, run.first_offset, run.first_batch,
                  "batch " + std::to_string(run.first_batch) + " does not follow the batch before it");
      }
      is_known = true;
      checksum = run.last_checksum;
      expected = run.last_batch + 1;
      verdict_->next_seqnum = run.end_seqnum;
    }
    if (expected <= flushed_) AddEnd(expected);
    verdict_->last_batch = expected - 1;
    verdict_->next_seqnum = std::max(verdict_->next_seqnum, marked_seqnum_);
    verdict_->closed_properly = marked_end_ && verdict_->damage.empty();
  }

  [[nodiscard]] uint64_t FirstBatch() const {
    for (const ManifestSegment& listed : manifest_.segments) {
      if (listed.kind == SegmentKind::kLog) return std::max<uint64_t>(listed.first_batch, 1);
    }
    return 1;
  }

  void AddGap(uint64_t segment, uint64_t offset, uint64_t first, uint64_t end) {
    if (IsReported(first, end)) return;
    AddDamage(
        segment, offset, first,
        "batches " + std::to_string(first) + " to " + std::to_string(end - 1) + " are missing before it");
  }

  void AddEnd(uint64_t expected) {
    if (IsReported(expected, UINT64_MAX) || manifest_.segments.empty()) return;
    const ManifestSegment& last = manifest_.segments.back();
    const SegmentReport& report = reports_.back();
    AddDamage(last.segment, report.runs.empty() ? kSegmentDataOffset : report.runs.back().end_offset,
              expected,
              "batches " + std::to_string(expected) + " to " + std::to_string(flushed_) +
                  " were flushed, and are missing");
  }

  // Is damage known that explains why the batches in [first, end) are missing?
  [[nodiscard]] bool IsReported(uint64_t first, uint64_t end) const {
    return std::any_of(reported_.begin(), reported_.end(),
                       [&](uint64_t batch) { return first <= batch && batch < end; });
  }

  const Manifest& manifest_;
  const std::span<const SegmentReport> reports_;
  LogVerdict* verdict_;
  std::vector<PlacedRun> runs_;  // ascending by batch
  uint64_t flushed_ = 0;         // every batch up to this number was flushed
  uint64_t marked_seqnum_ = 0;
  bool marked_end_ = false;
  std::vector<uint64_t> reported_;  // numbers of missing batches that damage is known for
};

}  // namespace

Status VerifyManifest(Env* env, const std::string& directory, Manifest* manifest, LogVerdict* verdict) {
  DAYBOOK_RETURN_IF_ERROR(CheckDirectoryIsOurs(env, directory));
  ManifestState state;
  DAYBOOK_RETURN_IF_ERROR(ReadManifest(env, directory, &state));
  if (!state.found) return {StatusCode::kFormat, "there is no log in " + directory};
  *manifest = std::move(state.manifest);
  for (int copy = 0; copy < 2; ++copy) {
    const std::string name = ManifestFileName(copy);
    std::vector<std::byte> bytes;
    Manifest read;
    Status status = ReadFile(env, JoinPath(directory, name), &bytes);
    if (status.Is(StatusCode::kNotFound)) {
      verdict->notes.push_back(name + " is missing; the next opening makes it from the other copy");
      continue;
    }
    DAYBOOK_RETURN_IF_ERROR(status);
    verdict->bytes += bytes.size();
    status = DecodeManifest(bytes, &read);
    if (!status.ok()) {
      verdict->damage.push_back(
          {name, 0, 0, 0,
           status.message() + "; the other copy is good, and the next opening mends this one"});
    } else if (read.generation != manifest->generation) {
      verdict->notes.push_back(name + " is older than the other copy; the next opening replaces it");
    }
  }
  return Status::Ok();
}

void JudgeSegments(const Manifest& manifest, std::span<const SegmentReport> reports, LogVerdict* verdict) {
  DAYBOOK_ASSERT(reports.size() == manifest.segments.size());
  Judgement(manifest, reports, verdict).Run();
}

}  // namespace daybook
