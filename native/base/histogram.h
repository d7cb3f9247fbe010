// A histogram of whole numbers: log-linear buckets, eight for each power of two, so that a bound differs from
// what was recorded by at most an eighth. Counting takes three relaxed atomic operations and no lock; who
// reads meanwhile sees each of them or not. Its size is fixed.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace daybook {

// What was recorded, as of some moment.
struct HistogramCounts {
  uint64_t sum = 0;  // of all values; wraps
  uint64_t max = 0;
  std::vector<std::pair<uint64_t, uint64_t>> buckets;  // highest value, count; ascending, none empty
};

class Histogram {
 public:
  static constexpr size_t kSubBits = 3;
  static constexpr size_t kSub = size_t{1} << kSubBits;
  static constexpr size_t kBuckets = (64 - kSubBits + 1) * kSub;

  void Record(uint64_t value) {
    counts_[BucketOf(value)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
    uint64_t max = max_.load(std::memory_order_relaxed);
    while (value > max && !max_.compare_exchange_weak(max, value, std::memory_order_relaxed)) {
    }
  }

  [[nodiscard]] HistogramCounts Read() const {
    HistogramCounts read;
    for (size_t i = 0; i < kBuckets; ++i) {
      const uint64_t count = counts_[i].load(std::memory_order_relaxed);
      if (count > 0) read.buckets.emplace_back(HighestOf(i), count);
    }
    read.sum = sum_.load(std::memory_order_relaxed);
    read.max = max_.load(std::memory_order_relaxed);
    return read;
  }

  // Values below 2 * kSub have a bucket each.
  [[nodiscard]] static constexpr size_t BucketOf(uint64_t value) {
    if (value < kSub) return static_cast<size_t>(value);
    const auto exponent = static_cast<size_t>(std::bit_width(value)) - 1;
    const auto sub = static_cast<size_t>(value >> (exponent - kSubBits)) - kSub;
    return (exponent - kSubBits + 1) * kSub + sub;
  }

  // The highest value that is counted in the bucket.
  [[nodiscard]] static constexpr uint64_t HighestOf(size_t bucket) {
    if (bucket < kSub) return bucket;
    const size_t shift = bucket / kSub - 1;
    return ((bucket % kSub + kSub + 1) << shift) - 1;
  }

 private:
  std::array<std::atomic<uint64_t>, kBuckets> counts_{};
  std::atomic<uint64_t> sum_ = 0;
  std::atomic<uint64_t> max_ = 0;
};

static_assert(Histogram::BucketOf(~uint64_t{0}) == Histogram::kBuckets - 1);
static_assert(Histogram::HighestOf(Histogram::kBuckets - 1) == ~uint64_t{0});

}  // namespace daybook
