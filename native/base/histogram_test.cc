#include "base/histogram.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace daybook {
namespace {

TEST(HistogramTest, EveryValueHasABucketWhoseBoundIsNear) {
  for (uint64_t value = 0; value < 100000; ++value) {
    const uint64_t highest = Histogram::HighestOf(Histogram::BucketOf(value));
    ASSERT_GE(highest, value);
    ASSERT_LE(highest - value, value / Histogram::kSub) << value;
  }
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const uint64_t value :
         {uint64_t{1} << bit, (uint64_t{1} << bit) + 1, (uint64_t{1} << bit) - 1, ~uint64_t{0} >> bit}) {
      const uint64_t highest = Histogram::HighestOf(Histogram::BucketOf(value));
      ASSERT_GE(highest, value);
      ASSERT_LE(highest - value, value / Histogram::kSub) << value;
    }
  }
}

TEST(HistogramTest, BucketsFollowEachOtherWithoutGaps) {
  for (size_t bucket = 0; bucket + 1 < Histogram::kBuckets; ++bucket) {
    const uint64_t highest = Histogram::HighestOf(bucket);
    ASSERT_EQ(Histogram::BucketOf(highest), bucket);
    ASSERT_EQ(Histogram::BucketOf(highest + 1), bucket + 1);
  }
}

TEST(HistogramTest, TellsWhatWasRecorded) {
  Histogram histogram;
  EXPECT_TRUE(histogram.Read().buckets.empty());
  for (const uint64_t value : {0U, 3U, 3U, 1000U}) histogram.Record(value);
  const HistogramCounts read = histogram.Read();
  EXPECT_EQ(read.sum, 1006U);
  EXPECT_EQ(read.max, 1000U);
  ASSERT_EQ(read.buckets.size(), 3U);
  EXPECT_EQ(read.buckets[0], (std::pair<uint64_t, uint64_t>(0, 1)));
  EXPECT_EQ(read.buckets[1], (std::pair<uint64_t, uint64_t>(3, 2)));
  EXPECT_EQ(read.buckets[2], (std::pair<uint64_t, uint64_t>(1023, 1)));
}

TEST(HistogramTest, ManyThreadsLoseNothing) {
  constexpr uint64_t kEach = 20000;
  Histogram histogram;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&histogram, thread] {
      for (uint64_t i = 0; i < kEach; ++i) histogram.Record(i % 100 + thread);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const HistogramCounts read = histogram.Read();
  uint64_t count = 0;
  for (const auto& [highest, of_bucket] : read.buckets) count += of_bucket;
  EXPECT_EQ(count, 4 * kEach);
  EXPECT_EQ(read.max, 102U);
}

}  // namespace
}  // namespace daybook
