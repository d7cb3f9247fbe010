// The cursor: applies metalog entries in turn and so gives every record its position.
//
// Pure: no I/O, no clock, no threads. Same entries, same positions, whoever applies them: the
// embedded committer, recovery, and every node of a cluster. After Scalog (NSDI '20, section 3)
// and Boki (SOSP '21, section 4.2): a cut orders, shard by shard, what grew since the cut before.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "daybook/status.h"
#include "log/metalog_entry.h"

namespace daybook {

// Consecutive records of one shard at consecutive positions.
struct OrderedRun {
  uint32_t shard = 0;
  uint64_t first_local_id = 0;
  uint64_t count = 0;
  uint64_t first_seqnum = 0;
  bool operator==(const OrderedRun&) const = default;
};

// The entries whose cuts may take a shard further: from `first` on, and before `end`.
struct ShardLife {
  uint64_t first = 0;
  uint64_t end = UINT64_MAX;
  bool operator==(const ShardLife&) const = default;
};

class MetalogCursor {
 public:
  // Applies the next entry and appends to `runs` what it ordered. kCorrupt, with nothing changed,
  // if the entry is not the next one, if time, positions or a shard's progress went back, or if it takes
  // a shard further that is not there yet or is final (Scalog, section 4.3).
  Status Apply(const MetalogEntry& entry, std::vector<OrderedRun>* runs);

  // Continues behind entries that cannot be read: what is known of the state in front of the
  // next entry. The gap itself is the caller's to report.
  void SkipTo(uint64_t index, uint64_t next_seqnum) {
    index_ = index;
    next_seqnum_ = next_seqnum;
    skipped_ = true;
    certain_.clear();
  }
  // Whether the shard's progress is known. After a skip it is not, until something tells it: any entry
  // that was skipped may have raised it, and the next entry need not be about it.
  [[nodiscard]] bool IsCertain(uint32_t shard) const { return !skipped_ || certain_.contains(shard); }
  void SkipShardTo(uint32_t shard, uint64_t progress);
  // Continues from what was remembered; the shards' progress follows by SkipShardTo.
  void Restore(uint64_t index, uint64_t next_seqnum, uint64_t timestamp) {
    SkipTo(index, next_seqnum);
    timestamp_ = timestamp;
    skipped_ = false;
  }

  // Leaves positions out: the next record gets `seqnum` or more. Never goes back.
  void RaiseNextSeqnum(uint64_t seqnum) {
    if (seqnum > next_seqnum_) next_seqnum_ = seqnum;
  }

  [[nodiscard]] uint64_t index() const { return index_; }              // of the last applied entry; 0: none
  [[nodiscard]] uint64_t next_seqnum() const { return next_seqnum_; }  // of the next ordered record
  [[nodiscard]] uint64_t timestamp() const { return timestamp_; }      // of the last applied entry
  [[nodiscard]] uint64_t progress(uint32_t shard) const;
  [[nodiscard]] const std::map<uint32_t, uint64_t>& all_progress() const { return progress_; }
  // Of shards that were added or finalized; the others may grow at any time.
  [[nodiscard]] const std::map<uint32_t, ShardLife>& lives() const { return lives_; }
  // Part of what was remembered, as SkipShardTo.
  void RestoreLife(uint32_t shard, ShardLife life) { lives_[shard] = life; }

 private:
  Status ApplyShardCommands(const MetalogEntry& entry, std::map<uint32_t, ShardLife>* lives) const;

  uint64_t index_ = 0;
  uint64_t next_seqnum_ = 0;
  uint64_t timestamp_ = 0;
  std::map<uint32_t, uint64_t> progress_;
  std::map<uint32_t, ShardLife> lives_;
  bool skipped_ = false;
  std::set<uint32_t> certain_;  // since the last skip
};

}  // namespace daybook
