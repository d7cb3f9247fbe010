#include "log/aux_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "log/test_support.h"

namespace daybook {
namespace {

using testing_support::ByteVector;
using testing_support::TextOf;

ByteVector Bytes(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string TextIn(AuxCache& cache, uint64_t book, uint64_t seqnum) {
  const AuxValue value = cache.Find(book, seqnum);
  return value == nullptr ? "(none)" : TextOf(*value);
}

constexpr size_t RoomFor(size_t entries, size_t bytes_each) {
  return entries * (AuxCache::kEntryBytes + bytes_each);
}

TEST(AuxCacheTest, FindsWhatWasSetLastAndNothingElse) {
  AuxCache cache(size_t{1} << 20U);
  EXPECT_EQ(cache.Find(1, 5), nullptr);
  EXPECT_EQ(cache.misses(), 0U) << "a cache that nobody uses counts nothing";
  cache.Set(1, 5, Bytes("one"));
  cache.Set(1, 5, Bytes("another"));
  cache.Set(2, 5, Bytes("of another book"));
  EXPECT_EQ(TextIn(cache, 1, 5), "another");
  EXPECT_EQ(TextIn(cache, 2, 5), "of another book");
  EXPECT_EQ(TextIn(cache, 1, 6), "(none)");
  EXPECT_EQ(cache.entries(), 2U);
  EXPECT_EQ(cache.bytes(), 2 * AuxCache::kEntryBytes + 7 + 15);
  EXPECT_EQ(cache.hits(), 2U);
  EXPECT_EQ(cache.misses(), 1U);
  EXPECT_EQ(cache.version(), 3U);
}

TEST(AuxCacheTest, WhatWasNotUsedForLongestGoesFirst) {
  AuxCache cache(RoomFor(3, 4));
  for (uint64_t i = 0; i < 3; ++i) cache.Set(1, i, Bytes("aaaa"));
  EXPECT_EQ(TextIn(cache, 1, 0), "aaaa");
  cache.Set(1, 3, Bytes("bbbb"));
  EXPECT_EQ(TextIn(cache, 1, 1), "(none)");
  EXPECT_EQ(TextIn(cache, 1, 0), "aaaa");
  EXPECT_EQ(cache.evictions(), 1U);
  EXPECT_LE(cache.bytes(), RoomFor(3, 4));
}

TEST(AuxCacheTest, WhatDoesNotFitLeavesNothingOld) {
  AuxCache cache(RoomFor(1, 10));
  cache.Set(1, 1, Bytes("old"));
  cache.Set(1, 1, ByteVector(11));
  EXPECT_EQ(TextIn(cache, 1, 1), "(none)");
  EXPECT_EQ(cache.bytes(), 0U);
  AuxCache nothing(0);
  nothing.Set(1, 1, {});
  EXPECT_EQ(nothing.Find(1, 1), nullptr);
}

TEST(AuxCacheTest, ForgetsTheBeginningOfOneBook) {
  AuxCache cache(size_t{1} << 20U);
  for (uint64_t book = 1; book <= 3; ++book) {
    for (uint64_t i = 0; i < 10; ++i) cache.Set(book, i, Bytes("x"));
  }
  cache.Forget(2, 7);
  cache.Forget(2, 7);
  cache.Forget(4, 100);
  EXPECT_EQ(cache.entries(), 23U);
  EXPECT_EQ(TextIn(cache, 2, 6), "(none)");
  EXPECT_EQ(TextIn(cache, 2, 7), "x");
  EXPECT_EQ(TextIn(cache, 1, 0), "x");
  EXPECT_EQ(TextIn(cache, 3, 0), "x");
  cache.Erase(3, 0);
  cache.Erase(3, 0);
  EXPECT_EQ(cache.entries(), 22U);
  EXPECT_EQ(cache.bytes(), RoomFor(22, 1));
}

TEST(AuxCacheTest, ARestoredValueNeverTakesThePlaceOfOneThatWasSet) {
  AuxCache cache(RoomFor(3, 4));
  cache.Set(1, 1, Bytes("new!"));
  EXPECT_TRUE(cache.Restore(1, 1, Bytes("old!")));
  EXPECT_TRUE(cache.Restore(1, 2, Bytes("kept")));
  EXPECT_EQ(TextIn(cache, 1, 1), "new!");
  EXPECT_EQ(TextIn(cache, 1, 2), "kept");
  // What was set and pushed out would come back as it was before.
  for (uint64_t i = 3; i < 6; ++i) cache.Set(1, i, Bytes("more"));
  cache.Erase(1, 3);
  EXPECT_FALSE(cache.Restore(1, 1, Bytes("old!")));
  EXPECT_EQ(TextIn(cache, 1, 1), "(none)");
  AuxCache other(RoomFor(3, 4));
  other.Set(1, 1, Bytes("old!"));
  other.Set(1, 1, ByteVector(RoomFor(3, 4)));
  EXPECT_FALSE(other.Restore(1, 1, Bytes("old!")));
}

TEST(AuxCacheTest, RestoringStopsWhereThereIsNoRoom) {
  AuxCache cache(RoomFor(2, 4));
  EXPECT_TRUE(cache.Restore(1, 1, Bytes("aaaa")));
  EXPECT_TRUE(cache.Restore(1, 2, Bytes("bbbb")));
  EXPECT_FALSE(cache.Restore(1, 3, Bytes("cccc")));
  EXPECT_EQ(cache.entries(), 2U);
  EXPECT_EQ(cache.version(), 0U);
}

TEST(AuxCacheTest, ASnapshotBeginsWithTheMostRecentlyUsedAndRestoresThatOrder) {
  AuxCache cache(size_t{1} << 20U);
  for (uint64_t i = 0; i < 4; ++i) cache.Set(1, i, Bytes("x"));
  (void)cache.Find(1, 1);
  uint64_t version = 0;
  std::vector<uint64_t> order;
  AuxCache again(RoomFor(4, 1));
  for (const AuxEntry& entry : cache.Snapshot(&version)) {
    order.push_back(entry.seqnum);
    EXPECT_TRUE(again.Restore(entry.book, entry.seqnum, *entry.value));
  }
  EXPECT_EQ(order, (std::vector<uint64_t>{1, 3, 2, 0}));
  EXPECT_EQ(version, 4U);
  again.Set(1, 9, Bytes("x"));
  EXPECT_EQ(TextIn(again, 1, 0), "(none)");
  EXPECT_EQ(TextIn(again, 1, 2), "x");
}

TEST(AuxCacheTest, ThreadsNeverSeeAnOlderValueThanTheOneTheySawBefore) {
  constexpr uint64_t kRounds = 20000;
  AuxCache cache(RoomFor(8, 8));
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  std::atomic<uint64_t> backwards = 0;
  readers.reserve(2);
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      std::vector<uint64_t> seen(16);
      while (!stop.load()) {
        for (uint64_t seqnum = 0; seqnum < seen.size(); ++seqnum) {
          const AuxValue value = cache.Find(1, seqnum);
          if (value == nullptr) continue;
          const uint64_t round = LoadU64(value->data());
          if (round < seen[seqnum]) ++backwards;
          seen[seqnum] = round;
        }
      }
    });
  }
  ByteVector bytes(8);
  for (uint64_t round = 1; round <= kRounds; ++round) {
    StoreU64(bytes.data(), round);
    cache.Set(1, round % 16, bytes);
    if (round % 64 == 0) cache.Forget(1, round / 64 % 16);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(backwards.load(), 0U);
}

}  // namespace
}  // namespace daybook
