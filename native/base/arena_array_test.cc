#include "base/arena_array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/test_support.h"

namespace daybook {
namespace {

using testing_support::Chance;

// No power of two, so chunks are not filled to the last byte.
struct Item {
  uint64_t number;
  uint32_t square;
  uint32_t more[4];
};

TEST(ArenaArrayTest, AnEmptyOneTakesNoMemoryAndAShortOneLittle) {
  PageArena arena;
  ArenaArray<uint32_t> array(&arena);
  EXPECT_TRUE(array.empty());
  EXPECT_EQ(array.PartitionPoint([](uint32_t) { return true; }), 0u);
  EXPECT_EQ(arena.bytes(), 0u);
  array.push_back(1);
  EXPECT_EQ(array.back(), 1u);
  EXPECT_LE(arena.bytes(), 512u);
}

TEST(ArenaArrayTest, ALongOneHoldsLittleMoreThanItsElements) {
  PageArena arena;
  ArenaArray<uint32_t> array(&arena);
  constexpr size_t kCount = 1000000;
  for (uint32_t i = 0; i < kCount; ++i) array.push_back(i);
  EXPECT_LT(arena.bytes(), kCount * sizeof(uint32_t) + 64 * 1024);
}

TEST(ArenaArrayTest, AnElementOfItsOwnIsTakenUpWhileItsChunkIsReplaced) {
  PageArena arena;
  ArenaArray<uint32_t> array(&arena);
  array.push_back(77);
  for (int i = 0; i < 10000; ++i) array.push_back(array[0]);
  for (size_t i = 0; i < array.size(); ++i) ASSERT_EQ(array[i], 77u) << i;
}

TEST(ArenaArrayTest, TwoThatGrowByTurnsAreAsModels) {
  Chance chance;
  PageArena arena;
  ArenaArray<Item> items(&arena);
  ArenaArray<uint32_t> numbers(&arena);
  std::vector<uint32_t> model;
  for (uint32_t i = 0; i < 3000; ++i) {
    items.push_back({i, i * i, {i, i, i, i}});
    std::vector<uint32_t> values(chance.OneIn(100) ? chance.Below(20000) : chance.Below(20));
    std::iota(values.begin(), values.end(), static_cast<uint32_t>(model.size()));
    numbers.append(values);
    model.insert(model.end(), values.begin(), values.end());
    ASSERT_EQ(items.size(), i + 1);
    ASSERT_EQ(items.back().number, i);
    ASSERT_EQ(numbers.size(), model.size());
    if (!model.empty()) {
      ASSERT_EQ(numbers.back(), model.back());
    }
    const uint64_t probe = chance.Below(model.size() + 2);
    ASSERT_EQ(numbers.PartitionPoint([&](uint32_t number) { return number < probe; }),
              std::min<uint64_t>(probe, model.size()));
  }
  for (uint32_t i = 0; i < items.size(); ++i) {
    ASSERT_EQ(items[i].number, i);
    ASSERT_EQ(items[i].square, i * i);
    ASSERT_EQ(items[i].more[3], i);
  }
  for (size_t i = 0; i < model.size(); ++i) ASSERT_EQ(numbers[i], model[i]);
}

}  // namespace
}  // namespace daybook
