#include "log/block_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "log/test_support.h"

namespace daybook {
namespace {

using testing_support::Chance;

CachedBlock BlockOf(size_t size, uint64_t content) {
  auto block = std::make_shared<std::vector<std::byte>>(size, static_cast<std::byte>(content & 0xffU));
  if (size >= 8) StoreU64(block->data(), content);
  return block;
}

TEST(BlockCacheTest, FindsWhatWasInsertedAndNothingElse) {
  BlockCache cache(size_t{1} << 20U);
  const CachedBlock block = BlockOf(4096, 5);
  cache.Insert(1, 4096, block);
  EXPECT_EQ(cache.Find(1, 4096), block);
  EXPECT_EQ(cache.Find(1, 0), nullptr);
  EXPECT_EQ(cache.Find(2, 4096), nullptr);
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_EQ(cache.misses(), 2U);
  EXPECT_GE(cache.bytes(), 4096U);
  EXPECT_EQ(cache.bytes_max(), size_t{1} << 20U);
}

TEST(BlockCacheTest, ABlockInsertedAgainTakesThePlaceOfTheFirst) {
  BlockCache cache(size_t{1} << 20U);
  cache.Insert(1, 0, BlockOf(4096, 1));
  const size_t bytes = cache.bytes();
  const CachedBlock second = BlockOf(4096, 2);
  cache.Insert(1, 0, second);
  EXPECT_EQ(cache.Find(1, 0), second);
  EXPECT_EQ(cache.bytes(), bytes);
}

TEST(BlockCacheTest, ZeroBytesKeepNothing) {
  BlockCache cache(0);
  cache.Insert(1, 0, BlockOf(16, 1));
  EXPECT_EQ(cache.Find(1, 0), nullptr);
  EXPECT_EQ(cache.bytes(), 0U);
  cache.Forget(1);
}

TEST(BlockCacheTest, ABlockPushedOutLivesAsLongAsItIsHeld) {
  BlockCache cache(20000);
  cache.Insert(1, 0, BlockOf(4096, 77));
  const CachedBlock held = cache.Find(1, 0);
  ASSERT_NE(held, nullptr);
  for (uint64_t i = 1; i < 100; ++i) cache.Insert(1, i * 4096, BlockOf(4096, i));
  EXPECT_EQ(cache.Find(1, 0), nullptr);
  EXPECT_EQ(LoadU64(held->data()), 77U);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(BlockCacheTest, ABlockLargerThanAShareIsNotKeptAndPushesNothingOut) {
  BlockCache cache(20000);
  cache.Insert(1, 0, BlockOf(4096, 1));
  cache.Insert(1, 8192, BlockOf(20000, 1));
  EXPECT_EQ(cache.Find(1, 8192), nullptr);
  EXPECT_NE(cache.Find(1, 0), nullptr);
}

TEST(BlockCacheTest, ABlockInUseOutlivesThoseReadOnce) {
  BlockCache cache(100000);
  cache.Insert(1, 0, BlockOf(4096, 1));
  for (uint64_t i = 1; i < 1000; ++i) {
    EXPECT_NE(cache.Find(1, 0), nullptr) << "pushed out by block " << i;
    cache.Insert(2, i * 4096, BlockOf(4096, i));
  }
}

TEST(BlockCacheTest, AFileForgottenIsGoneWithItsBytes) {
  BlockCache cache(size_t{4} << 20U);
  const size_t empty = cache.bytes();
  for (uint64_t i = 0; i < 200; ++i) cache.Insert(1 + i % 2, i * 4096, BlockOf(4096, i));
  cache.Forget(1);
  for (uint64_t i = 0; i < 200; ++i) EXPECT_EQ(cache.Find(1 + i % 2, i * 4096) != nullptr, i % 2 == 1) << i;
  cache.Forget(2);
  EXPECT_EQ(cache.bytes(), empty);
}

TEST(BlockCacheTest, FilesNeverShareANumber) {
  BlockCache cache(0);
  const uint64_t first = cache.NextFile();
  EXPECT_NE(cache.NextFile(), first);
}

TEST(BlockCacheTest, NeverHoldsMoreThanItMayWhateverTheSizes) {
  Chance chance;
  for (const size_t bytes_max : {size_t{1000}, size_t{5000}, size_t{9000}, size_t{100000}, size_t{5000000}}) {
    BlockCache cache(bytes_max);
    std::map<std::pair<uint64_t, uint64_t>, CachedBlock> inserted;
    for (int i = 0; i < 3000; ++i) {
      const uint64_t file = chance.Between(1, 3);
      const uint64_t offset = chance.Below(500);
      if (chance.OneIn(300)) cache.Forget(file);
      if (chance.OneIn(2)) {
        const CachedBlock block = BlockOf(chance.OneIn(4) ? chance.Below(20000) : 4096, chance.Below(256));
        inserted[{file, offset}] = block;
        cache.Insert(file, offset, block);
      } else if (const CachedBlock found = cache.Find(file, offset); found != nullptr) {
        ASSERT_EQ(found, (inserted[{file, offset}]));
      }
      ASSERT_LE(cache.bytes(), bytes_max);
      size_t held = 0;  // by the cache, and by the map
      if (i % 100 == 0) {
        for (const auto& [place, block] : inserted) held += block.use_count() > 1 ? block->capacity() : 0;
      }
      ASSERT_LE(held, bytes_max);
    }
  }
}

TEST(BlockCacheTest, ThreadsThatReadInsertAndForgetAtOnceSeeWholeBlocksOfTheirOwn) {
  Chance chance;
  BlockCache cache(size_t{1} << 20U);
  std::atomic<uint64_t> wrong = 0;
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, random = std::mt19937_64(chance.Below(UINT64_MAX))]() mutable {
      for (int i = 0; i < 20000; ++i) {
        const uint64_t file = 1 + random() % 4;
        const uint64_t offset = random() % 300 * 4096;
        const uint64_t content = file * 1000000007U + offset;
        if (const CachedBlock found = cache.Find(file, offset); found == nullptr) {
          cache.Insert(file, offset, BlockOf(4096, content));
        } else if (LoadU64(found->data()) != content) {
          ++wrong;
        }
        if (random() % 2000 == 0) cache.Forget(file);
        if (cache.bytes() > cache.bytes_max()) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(cache.hits() + cache.misses(), 80000U);
}

}  // namespace
}  // namespace daybook
