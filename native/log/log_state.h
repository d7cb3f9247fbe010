// What readers see of a log: a function of the metalog prefix that has been applied. One thread
// (the committer) changes it under the exclusive lock; many read it under the shared one.
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "daybook/env.h"
#include "log/batch_table.h"
#include "log/book_table.h"
#include "log/damage_map.h"
#include "log/identity.h"
#include "log/tag_index.h"

namespace daybook {

struct SegmentFile {
  std::shared_ptr<File> file;
  std::string path;
};

struct LogState {
  explicit LogState(uint64_t cache_bytes) : batches(cache_bytes) {}

  // Makes a batch visible, as a whole: readers look no further than visible_end, which is raised
  // last. Takes the lock a bounded number of postings at a time, so that no reader waits for long.
  void Publish(const OrderedBatch& batch, uint64_t segment, uint64_t offset, SharedSlab slab,
               uint64_t end_seqnum);

  mutable std::shared_mutex mutex;
  LogIdentity identity;
  TagIndex index;       // by StreamOf
  TagIndex book_index;  // by number of the book
  BatchTable batches;
  BookTable books;
  DamageMap damage;
  std::unordered_map<uint64_t, SegmentFile> segments;
  uint64_t visible_end = 0;  // every ordered record below is visible
};

}  // namespace daybook
