#include "log/verify_judge.h"

#include <algorithm>
#include <string>
#include <utility>

#include "log/file_name.h"

namespace daybook {
namespace {

struct PlacedChain {
  BatchChain chain;
  uint64_t segment = 0;
};

// Segments that were written side by side.
struct Group {
  size_t begin = 0;  // in the manifest
  size_t end = 0;
  std::vector<PlacedChain> chains;  // ascending; of a rewritten group one that stands for its batches
};

class SegmentJudgement {
 public:
  SegmentJudgement(const Manifest& manifest, std::span<const FileReport> reports, LogVerdict* verdict)
      : manifest_(manifest), reports_(reports), verdict_(verdict) {}

  void Run() {
    for (size_t i = 0; i < reports_.size(); ++i) Gather(i);
    for (Group& group : groups_) {
      std::sort(group.chains.begin(), group.chains.end(), [](const PlacedChain& a, const PlacedChain& b) {
        return a.chain.first_batch < b.chain.first_batch;
      });
    }
    for (const Group& group : groups_) {
      for (size_t i = group.begin; i < group.end; ++i) JudgeProblems(group, i);
    }
    Follow();
  }

 private:
  void Gather(size_t i) {
    const ManifestSegment& listed = manifest_.segments[i];
    const FileReport& report = reports_[i];
    if (groups_.empty() || listed.lane == 0) groups_.push_back({i, i, {}});
    groups_.back().end = i + 1;
    if (listed.closed && listed.end_batch > 0) flushed_ = std::max(flushed_, listed.end_batch - 1);
    flushed_ = std::max(flushed_, report.flushed_batch);
    if (report.is_marked && report.marked_batch >= marked_batch_) {
      marked_batch_ = report.marked_batch;
      marked_seqnum_ = report.marked_seqnum;
      // Every opening begins a term, so a mark of an earlier one is not the last word.
      marked_end_ = report.closed_properly && report.marked_term == manifest_.term;
    }
    for (const BatchChain& chain : report.chains) groups_.back().chains.push_back({chain, listed.segment});
    if (listed.kind != SegmentKind::kRewritten || !listed.holds_batches()) return;
    BatchChain whole;
    whole.first_batch = listed.first_batch;
    whole.last_batch = listed.end_batch - 1;
    whole.last_checksum = listed.end_checksum;
    whole.first_seqnum = listed.first_seqnum;
    whole.end_seqnum = listed.end_seqnum;
    groups_.back().chains.push_back({whole, listed.segment});
  }

  void JudgeProblems(const Group& group, size_t index) {
    const ManifestSegment& listed = manifest_.segments[index];
    for (const VerifyProblem& problem : reports_[index].problems) {
      const std::string file = SegmentFileName(listed.segment);
      if (problem.batch > flushed_) {
        verdict_->notes.push_back(file + ", offset " + std::to_string(problem.offset) + ": " + problem.what +
                                  "; torn off by a crash or left over, nothing that was flushed");
        continue;
      }
      if (problem.end_seqnum > 0) {
        verdict_->damage.push_back(
            {file, problem.offset, problem.first_seqnum, problem.end_seqnum, false, problem.what});
        continue;
      }
      const uint64_t batch = problem.batch != 0 ? problem.batch : BatchAt(index, problem.offset);
      AddDamage(group, listed.segment, problem.offset, batch, problem.what, problem.whole_file);
    }
  }

  // The number of the batch that comes behind `offset` of the segment.
  [[nodiscard]] uint64_t BatchAt(size_t index, uint64_t offset) const {
    uint64_t batch = std::max<uint64_t>(manifest_.segments[index].first_batch, 1);
    for (const BatchChain& chain : reports_[index].chains) {
      if (chain.first_offset < offset) batch = chain.last_batch + 1;
    }
    return batch;
  }

  // Damage where `batch` of the group should be: what lies between its good neighbours is lost, if
  // anything is. `unknown`: nobody can tell whether something was there.
  void AddDamage(const Group& group, uint64_t segment, uint64_t offset, uint64_t batch, std::string what,
                 bool unknown = false) {
    LogDamage damage;
    damage.file = SegmentFileName(segment);
    damage.offset = offset;
    damage.what = std::move(what);
    damage.end_seqnum = marked_end_ && marked_batch_ >= flushed_ ? marked_seqnum_ : kSeqnumEnd;
    const ManifestSegment& listed = manifest_.segments[group.begin];
    damage.first_seqnum = listed.closed ? listed.first_seqnum : manifest_.gone_seqnum;
    bool is_there = false;
    bool is_bounded = false;
    for (const Group& each : groups_) {
      for (const PlacedChain& placed : each.chains) {
        const BatchChain& chain = placed.chain;
        is_there = is_there || (chain.first_batch <= batch && batch <= chain.last_batch);
        if (chain.last_batch < batch) damage.first_seqnum = std::max(damage.first_seqnum, chain.end_seqnum);
        if (chain.first_batch > batch && !is_bounded) damage.end_seqnum = chain.first_seqnum;
        is_bounded = is_bounded || chain.first_batch > batch;
      }
    }
    if (listed.closed) damage.end_seqnum = std::min(damage.end_seqnum, listed.end_seqnum);
    const bool is_lost = !is_there && (unknown || batch <= flushed_);
    if (!is_lost || damage.end_seqnum < damage.first_seqnum) damage.end_seqnum = damage.first_seqnum;
    if (!is_there) reported_.push_back(batch);
    verdict_->damage.push_back(std::move(damage));
  }

  void Follow() {
    uint64_t behind = 1;  // number behind the group before; 0: it is open
    for (const Group& group : groups_) {
      const ManifestSegment& listed = manifest_.segments[group.begin];
      if (behind != 0 && listed.first_batch > std::max(behind, expected_)) {
        expected_ = listed.first_batch;  // what came before was trimmed, and deleted
        checksum_known_ = false;
      }
      for (const PlacedChain& placed : group.chains) {
        if (!FollowChain(group, placed)) return End();
      }
      if (listed.closed && expected_ < listed.end_batch) {
        AddMissing(group, expected_, listed.end_batch);
        expected_ = listed.end_batch;
        checksum_known_ = false;
      }
      behind = listed.closed ? listed.end_batch : 0;
    }
    End();
  }

  // False: the log ends in front of it.
  bool FollowChain(const Group& group, const PlacedChain& placed) {
    const BatchChain& chain = placed.chain;
    const bool rewritten = manifest_.segments[group.begin].kind == SegmentKind::kRewritten;
    if (chain.first_batch > expected_) {
      if (expected_ > flushed_) return false;  // torn, and all behind it
      AddMissing(group, expected_, chain.first_batch);
      checksum_known_ = false;
    } else if (chain.first_batch < expected_) {
      AddDamage(group, placed.segment, chain.first_offset, chain.first_batch,
                "batch " + std::to_string(chain.first_batch) + " is there twice");
    } else if (checksum_known_ && !rewritten && chain.previous_checksum != checksum_) {
      AddDamage(group, placed.segment, chain.first_offset, chain.first_batch,
                "batch " + std::to_string(chain.first_batch) + " does not follow the batch before it");
    }
    checksum_known_ = true;
    checksum_ = chain.last_checksum;
    expected_ = std::max(expected_, chain.last_batch + 1);
    verdict_->next_seqnum = std::max(verdict_->next_seqnum, chain.end_seqnum);
    return true;
  }

  void End() {
    if (expected_ <= flushed_ && !groups_.empty()) AddMissing(groups_.back(), expected_, flushed_ + 1);
    verdict_->last_batch = expected_ - 1;
    verdict_->next_seqnum = std::max(verdict_->next_seqnum, marked_seqnum_);
    verdict_->closed_properly = marked_end_;
  }

  // Batches in [first, end) were flushed and stand nowhere, unless damage is known that explains it.
  void AddMissing(const Group& group, uint64_t first, uint64_t end) {
    const bool is_known = std::any_of(reported_.begin(), reported_.end(),
                                      [&](uint64_t batch) { return first <= batch && batch < end; });
    if (is_known) return;
    const uint64_t segment = manifest_.segments[group.begin].segment;
    AddDamage(group, segment, kSegmentDataOffset, first,
              "batches " + std::to_string(first) + " to " + std::to_string(end - 1) +
                  " were flushed, and are missing");
  }

  const Manifest& manifest_;
  const std::span<const FileReport> reports_;
  LogVerdict* verdict_;
  std::vector<Group> groups_;
  uint64_t flushed_ = 0;  // every batch up to this number was flushed
  uint64_t marked_batch_ = 0;
  uint64_t marked_seqnum_ = 0;  // as the last mark says
  bool marked_end_ = false;
  std::vector<uint64_t> reported_;  // numbers of missing batches that damage is known for
  // The number of the next batch, and what it has to say of the one before.
  uint64_t expected_ = 1;
  uint32_t checksum_ = 0;
  bool checksum_known_ = true;
};

}  // namespace

void JudgeSegments(const Manifest& manifest, std::span<const FileReport> segments, LogVerdict* verdict) {
  SegmentJudgement(manifest, segments, verdict).Run();
}

}  // namespace daybook
