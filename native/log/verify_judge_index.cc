// Whether the index says what the segments say.
#include <algorithm>
#include <string>
#include <utility>

#include "log/file_name.h"
#include "log/verify_judge.h"
#include "log/verify_task.h"

namespace daybook {
namespace {

class IndexJudgement {
 public:
  IndexJudgement(const Manifest& manifest, std::span<const FileReport> reports, LogVerdict* verdict)
      : manifest_(manifest),
        tasks_(VerifyTasks(manifest)),
        groups_(manifest),
        reports_(reports),
        verdict_(verdict),
        log_(groups_.open() + 1),
        runs_(groups_.open() + 1),
        overlays_(groups_.open() + 1),
        unknown_(groups_.open() + 1) {}

  void Run() {
    for (const LogDamage& damage : verdict_->damage) {
      if (damage.end_seqnum > damage.first_seqnum) MarkUnknown(damage.first_seqnum, damage.end_seqnum);
    }
    for (size_t i = 0; i < reports_.size(); ++i) Gather(tasks_[i], reports_[i]);
    for (uint64_t group = 0; group <= groups_.open(); ++group) Compare(group);
  }

 private:
  void Gather(const VerifyTask& task, const FileReport& report) {
    if (task.kind != VerifyKind::kSegment) NoteProblems(task, report);
    std::vector<IndexDigest>* side = task.kind == VerifyKind::kSegment   ? &log_
                                     : task.kind == VerifyKind::kRun     ? &runs_
                                     : task.kind == VerifyKind::kOverlay ? &overlays_
                                                                         : nullptr;
    if (side == nullptr) return;
    for (const auto& [group, digest] : report.digests) {
      if (group < side->size()) (*side)[group].Add(digest);
    }
  }

  void NoteProblems(const VerifyTask& task, const FileReport& report) {
    const bool is_checkpoint = task.kind == VerifyKind::kCheckpoint;
    for (const VerifyProblem& problem : report.problems) {
      LogDamage damage;
      damage.file =
          is_checkpoint ? CheckpointFileName(task.checkpoint.checkpoint) : IndexRunFileName(task.run.run);
      damage.offset = problem.offset;
      damage.first_seqnum = damage.end_seqnum = is_checkpoint ? 0 : task.run.first_seqnum;
      damage.mendable = true;
      damage.what = problem.what;
      verdict_->damage.push_back(std::move(damage));
      if (!is_checkpoint) MarkUnknown(task.run.first_seqnum, task.run.end_seqnum);
    }
  }

  // What lies there cannot be compared.
  void MarkUnknown(uint64_t first, uint64_t end) {
    const std::vector<GroupSpans::Span>& spans = groups_.spans();
    for (size_t i = 0; i < spans.size(); ++i) {
      if (spans[i].first_seqnum < end && spans[i].end_seqnum > first) unknown_[i] = true;
    }
    if (end > groups_.open_from()) unknown_[groups_.open()] = true;
  }

  void Compare(uint64_t group) {
    if (unknown_[group]) return;
    const bool rewritten = group < groups_.open() && groups_.spans()[group].rewritten;
    const IndexDigest& log = log_[group];
    const IndexDigest& index = rewritten ? overlays_[group] : runs_[group];
    verdict_->indexed += log.locations;
    if (log.locations == index.locations && log.location_sum == index.location_sum) {
      // Of a rewritten group the runs may still name records that are gone.
      if (rewritten || (log.postings == index.postings && log.posting_sum == index.posting_sum)) return;
    }
    LogDamage damage;
    damage.first_seqnum = damage.end_seqnum =
        group < groups_.open() ? groups_.spans()[group].first_seqnum : groups_.open_from();
    damage.file = IndexRunFileName(FileOf(damage.first_seqnum, rewritten));
    damage.what = "the index and the segments do not agree: " + Told(log) + " in the segments, " +
                  Told(index) + " in the index; remove the file, and the next opening makes it again";
    verdict_->damage.push_back(std::move(damage));
  }

  static std::string Told(const IndexDigest& digest) {
    return std::to_string(digest.locations) + " records under " + std::to_string(digest.postings) +
           " tags and books";
  }

  // The run or overlay that answers for the seqnum, or the next one behind.
  [[nodiscard]] uint64_t FileOf(uint64_t seqnum, bool rewritten) const {
    const std::vector<IndexRunInfo>& files = rewritten ? manifest_.overlays : manifest_.runs;
    for (const IndexRunInfo& info : files) {
      if (info.end_seqnum > seqnum) return info.run;
    }
    return files.empty() ? 0 : files.back().run;
  }

  const Manifest& manifest_;
  const std::vector<VerifyTask> tasks_;
  const GroupSpans groups_;
  const std::span<const FileReport> reports_;
  LogVerdict* verdict_;
  // By group.
  std::vector<IndexDigest> log_;
  std::vector<IndexDigest> runs_;
  std::vector<IndexDigest> overlays_;
  std::vector<bool> unknown_;
};

}  // namespace

void JudgeIndex(const Manifest& manifest, std::span<const FileReport> reports, LogVerdict* verdict) {
  IndexJudgement(manifest, reports, verdict).Run();
}

}  // namespace daybook
