#include "env/memory_content.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace daybook::memory_env_internal {
namespace {

// Everything a Content does, on a plain vector beside it; copies are taken and must stay as they are.
TEST(MemoryContentTest, CopiesGoTheirOwnWaysAndEveryByteIsWhereItWasWritten) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Content content;
    ByteVector model;
    Content old_content;
    ByteVector old_model;
    for (int step = 0; step < 100; ++step) {
      const uint64_t offset = random() % 20'000;
      if (random() % 4 == 0) {
        content.Resize(offset);
        model.resize(offset);
      } else {
        const ByteVector bytes(random() % 9'000, static_cast<std::byte>(random()));
        content.Write(offset, bytes);
        if (!bytes.empty()) model.resize(std::max<size_t>(model.size(), offset + bytes.size()));
        std::copy(bytes.begin(), bytes.end(), model.begin() + static_cast<ptrdiff_t>(offset));
      }
      ASSERT_EQ(content.size(), model.size()) << "seed " << seed;
      ASSERT_EQ(content.Bytes(), model) << "seed " << seed;
      ASSERT_EQ(old_content.Bytes(), old_model) << "seed " << seed;
      Content again;
      again.Write(0, model);
      ASSERT_EQ(again.Hash(), content.Hash()) << "seed " << seed;
      if (random() % 5 == 0) {
        old_content = content;
        old_model = model;
      }
    }
  }
}

TEST(MemoryContentTest, EveryBitAndTheSizeCountInTheHash) {
  Content content;
  content.Resize(9'000);
  const uint64_t zeroes = content.Hash();
  Content longer = content;
  longer.Resize(9'001);
  EXPECT_NE(longer.Hash(), zeroes);
  std::vector<uint64_t> seen = {zeroes};
  for (uint64_t bit = 0; bit < 9'000 * 8; bit += 7) {
    Content changed = content;
    const std::byte byte{static_cast<uint8_t>(1U << (bit % 8))};
    changed.Write(bit / 8, {&byte, 1});
    seen.push_back(changed.Hash());
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  const std::byte zero{};
  content.Write(4'200, {&zero, 1});
  EXPECT_EQ(content.Hash(), zeroes) << "a written zero is a zero";
}

TEST(MemoryContentTest, WhatLiesBehindTheEndIsPaddedOrNotThere) {
  Content content;
  const ByteVector text(10, std::byte{7});
  content.Write(4'090, text);
  ByteVector into(20, std::byte{9});
  EXPECT_EQ(content.Read(4'095, into), 5U);
  EXPECT_EQ(content.Read(4'100, into), 0U);
  content.ReadPadded(4'095, into);
  ByteVector expected(20);
  std::fill_n(expected.begin(), 5, std::byte{7});
  EXPECT_EQ(into, expected);
}

}  // namespace
}  // namespace daybook::memory_env_internal
