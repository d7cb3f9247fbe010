// Where records lie: for each batch its place, and for each record its offset in the batch.
// Keeps the newest batches' bytes in memory, so that what was just written is read from there.
//
// Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "log/ordered_batch.h"
#include "log/record_location.h"
#include "log/slab.h"

namespace daybook {

// A location, and the record's bytes if they are in memory: valid while the owner's lock is held.
struct HotLocation : RecordLocation {
  const std::byte* hot = nullptr;
};

class BatchTable {
 public:
  explicit BatchTable(uint64_t cache_bytes) : cache_bytes_max_(cache_bytes) {}

  // REQUIRES: the batch's seqnums are above all others here. `slab` may be null.
  void Append(const OrderedBatch& batch, uint64_t segment, uint64_t offset, SharedSlab slab);

  // `*hint` is for the caller to keep between calls: records close to each other are found faster.
  [[nodiscard]] std::optional<HotLocation> Locate(uint64_t seqnum, size_t* hint) const;
  [[nodiscard]] std::optional<HotLocation> Locate(uint64_t seqnum) const {
    size_t hint = 0;
    return Locate(seqnum, &hint);
  }

  // First seqnum whose record has a timestamp >= `time`, or nothing. Counts all books.
  [[nodiscard]] std::optional<uint64_t> FirstAtOrAfterTime(uint64_t time) const;

  [[nodiscard]] uint64_t cached_bytes() const { return cached_bytes_; }

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
    uint32_t size = 0;           // bytes of the batch
  };

  [[nodiscard]] bool Holds(size_t entry, uint64_t seqnum) const;
  [[nodiscard]] bool Find(uint64_t seqnum, size_t* entry) const;

  std::vector<Entry> entries_;    // ascending; only batches with records
  std::deque<uint32_t> offsets_;  // per record: offset in its batch
  std::deque<Run> runs_;
  std::deque<SharedSlab> hot_;  // of the newest entries; null where the bytes were not given
  uint64_t cached_bytes_ = 0;
  uint64_t cache_bytes_max_;
};

}  // namespace daybook
