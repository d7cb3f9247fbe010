#include "log/slab_cache.h"

#include <gtest/gtest.h>

#include <memory>

namespace daybook {
namespace {

// A batch with one record, `seqnum`, of 20 bytes at its offset 176.
RecordLocation At(uint64_t seqnum, uint64_t segment = 1) {
  RecordLocation location;
  location.seqnum = seqnum;
  location.segment = segment;
  location.offset = 12288 + seqnum * 4096 + 176;
  location.size = 20;
  return location;
}

void Append(uint64_t seqnum, size_t size, SlabCache* cache) {
  cache->Append(seqnum, seqnum + 1, 1, 12288 + seqnum * 4096, std::make_shared<Slab>(size));
}

const std::byte* Find(const SlabCache& cache, const RecordLocation& at) {
  uint64_t hint = 0;
  return cache.Find(at, &hint);
}

TEST(SlabCacheTest, TheNewestBatchesStayAndTheOldestLeaveFirst) {
  SlabCache cache(600);
  for (uint64_t i = 0; i < 5; ++i) {
    Append(i, 200, &cache);
    EXPECT_LE(cache.bytes(), 600u);
  }
  for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(Find(cache, At(i)) != nullptr, i >= 3) << i;
}

TEST(SlabCacheTest, ABatchLargerThanTheCacheIsReadFromItsFile) {
  SlabCache cache(500);
  Append(0, 501, &cache);
  EXPECT_EQ(Find(cache, At(0)), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(SlabCacheTest, ARecordThatWasMovedIsNotTakenFromWhereItLay) {
  SlabCache cache(10000);
  Append(3, 200, &cache);
  EXPECT_NE(Find(cache, At(3)), nullptr);
  EXPECT_EQ(Find(cache, At(3, 2)), nullptr) << "another segment";
  RecordLocation outside = At(3);
  outside.size = 25;
  EXPECT_EQ(Find(cache, outside), nullptr) << "behind the end of the batch";
  outside = At(3);
  outside.offset = 12288;
  EXPECT_EQ(Find(cache, outside), nullptr) << "in front of it";
}

TEST(SlabCacheTest, AWrongGuessFindsTheSame) {
  SlabCache cache(100000);
  for (uint64_t i = 0; i < 50; i += 2) Append(i, 200, &cache);
  for (uint64_t guess = 0; guess < 60; ++guess) {
    for (uint64_t i = 0; i < 52; ++i) {
      uint64_t hint = guess;
      EXPECT_EQ(cache.Find(At(i), &hint) != nullptr, i % 2 == 0 && i < 50) << i;
    }
  }
}

}  // namespace
}  // namespace daybook
