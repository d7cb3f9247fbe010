// Where the records of recent batches lie: for each batch its place, and for each record its offset
// in the batch.
//
// Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/arena_array.h"
#include "base/page_arena.h"
#include "log/ordered_batch.h"
#include "log/record_location.h"

namespace daybook {

class BatchTable {
 public:
  // REQUIRES: the batch's seqnums are above all others here.
  void Append(const OrderedBatch& batch, uint64_t segment, uint64_t offset);

  // `size` of what it gives is at least the record's, at most up to the end of its batch. `*hint` is
  // for the caller to keep between calls: records close to each other are found faster.
  [[nodiscard]] std::optional<RecordLocation> Locate(uint64_t seqnum, size_t* hint) const;
  [[nodiscard]] std::optional<RecordLocation> Locate(uint64_t seqnum) const {
    size_t hint = 0;
    return Locate(seqnum, &hint);
  }

  // First seqnum whose record has a timestamp >= `time`, or nothing. Counts all books.
  [[nodiscard]] std::optional<uint64_t> FirstAtOrAfterTime(uint64_t time) const;

  // Calls `visit(const RecordLocation&)`, which returns a Status, for all of them, ascending; ends at
  // the first that fails.
  template <typename Visit>
  Status ForEach(Visit visit) const {
    for (size_t entry = 0; entry < entries_.size(); ++entry) {
      for (uint64_t i = 0; i < entries_[entry].count; ++i) {
        size_t hint = entry;
        DAYBOOK_RETURN_IF_ERROR(visit(*Locate(entries_[entry].first_seqnum + i, &hint)));
      }
    }
    return Status::Ok();
  }

  [[nodiscard]] uint64_t record_count() const { return offsets_.size(); }
  // Bytes of memory that it holds; none before the first Append.
  [[nodiscard]] size_t bytes() const { return arena_.bytes(); }

 private:
  struct Run {
    ShardIdentity shard;
    uint64_t first_local_id = 0;
    uint32_t count = 0;
  };
  struct Entry {
    uint64_t first_seqnum = 0;
    uint64_t timestamp = 0;
    uint64_t segment = 0;
    uint64_t offset = 0;
    uint64_t offsets_begin = 0;  // of its records' offsets in offsets_
    uint64_t run_begin = 0;      // of its runs in runs_
    uint32_t count = 0;          // records
    uint32_t records_end = 0;    // offset in the batch behind its last record
  };

  [[nodiscard]] bool Holds(size_t entry, uint64_t seqnum) const;
  [[nodiscard]] bool Find(uint64_t seqnum, size_t* entry) const;

  PageArena arena_;                        // of what follows
  ArenaArray<Entry> entries_{&arena_};     // ascending; only batches with records
  ArenaArray<uint32_t> offsets_{&arena_};  // per record: offset in its batch
  ArenaArray<Run> runs_{&arena_};
};

}  // namespace daybook
