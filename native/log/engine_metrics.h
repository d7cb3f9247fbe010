// What an open log counts while it runs, for those who look from outside. Anyone may count at any time, and
// read at any time: all of it is relaxed, so numbers that belong together may differ by what is under way.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/histogram.h"

namespace daybook {

class Counter {
 public:
  void Add(uint64_t count = 1) { count_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t value() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> count_ = 0;
};

struct EngineMetrics {
  // --- The committer's: one value for each batch ---
  Histogram batch_records;
  Histogram batch_bytes;     // as written, header and metalog entry included
  Histogram commit_latency;  // nanoseconds, from when a batch was taken until its appends are settled
  Histogram flush_latency;   // nanoseconds, of each flush of a batch
  Counter failed_batches;    // not written, or with an unknown outcome

  // --- Records that reads found ---
  alignas(64) Counter hot_records;  // in memory
  Counter warm_records;             // in a file, without waiting
  Counter cold_records;             // in a file, by whoever may wait for the disk

  // --- The background's ---
  alignas(64) Counter runs_written;  // of frozen tables
  Counter merges;
  Counter checkpoints_written;
  Counter groups_reclaimed;
};

}  // namespace daybook
