// What readers see of a log: a function of the metalog prefix that has been applied. One thread
// (the committer) changes it under the exclusive lock; many read it under the shared one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/book_table.h"
#include "log/damage_map.h"
#include "log/identity.h"
#include "log/index_run.h"
#include "log/key_table.h"
#include "log/mem_table.h"
#include "log/segment_files.h"
#include "log/slab_cache.h"
#include "log/tag_trims.h"

namespace daybook {

using SharedRun = std::shared_ptr<const IndexRun>;

// The part of the index that is on disk; never changed once it is shared.
struct IndexVersion {
  std::vector<SharedRun> runs;      // ascending, their stretches disjoint
  std::vector<SharedRun> overlays;  // where records of rewritten segments lie now; ascending, disjoint
};

// The index as it is at one moment, from the oldest part to the newest. Tables may be null.
struct IndexParts {
  std::shared_ptr<const IndexVersion> version;
  std::array<std::shared_ptr<const MemTable>, 2> tables;
};

struct LogState {
  explicit LogState(uint64_t slab_bytes, Env* env = nullptr, const std::string& directory = {})
      : version(std::make_shared<IndexVersion>()),
        active(std::make_shared<MemTable>(0)),
        slabs(slab_bytes),
        segments(env, directory) {}

  // Makes a batch visible, as a whole: readers look no further than visible_end, which is raised
  // last. Takes the lock a bounded number of postings at a time, so that no reader waits for long.
  // Records below the active table are in a run already; their postings are left out.
  void Publish(const OrderedBatch& batch, uint64_t segment, uint64_t offset, SharedSlab slab,
               uint64_t end_seqnum);

  // Takes the lock.
  [[nodiscard]] IndexParts TakeIndexParts() const {
    const std::shared_lock lock(mutex);
    return {version, {frozen, active}};
  }

  // REQUIRES: the lock, exclusive, or nobody else there.
  void ApplyCommands(const OrderedBatch& batch);

  mutable std::shared_mutex mutex;
  LogIdentity identity;
  // The index, from the oldest part to the newest. Each answers for the seqnums in front of the next.
  std::shared_ptr<const IndexVersion> version;
  std::shared_ptr<const MemTable> frozen;  // is being written as a run; or null
  std::shared_ptr<MemTable> active;
  // Of the tables, what the runs answer for is not asked; a follower's reach further back than its runs end.
  uint64_t tables_from = 0;
  SlabCache slabs;
  BookTable books;
  KeyTable keys;
  TagTrims tag_trims;
  DamageMap damage;
  mutable SegmentFiles segments;  // has a lock of its own
  uint64_t visible_end = 0;       // every ordered record below is visible
  uint64_t timestamp = 0;         // of the newest batch: the log's own time
  uint64_t visible_index = 0;     // of the newest metalog entry whose batch is visible
};

}  // namespace daybook
