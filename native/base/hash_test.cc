#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>
#include <vector>

namespace daybook {
namespace {

constexpr HashSeed kSeed = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

// The values were made by a separate implementation in another language, which itself agrees with
// the SipHash-1-3 of CPython. They stand on disk: if this test fails, the function is wrong.
TEST(HashTest, GoldenValuesOfTheDiskFormat) {
  struct Case {
    size_t size;  // of the string 01 02 03 …
    uint64_t hash;
  };
  const Case cases[] = {
      {0, 0x0393ab06492739b9},   {1, 0xd76574ad12d3316b},   {2, 0x3542b33b180a6ca3},
      {3, 0xe1343a6248b466dd},   {4, 0x413bbf46a95b0346},   {5, 0xe387dc9774a7a280},
      {6, 0xae1e22ebefe9d261},   {7, 0x69beafa5cd5d45b7},   {8, 0x609d9f40ee3331f4},
      {9, 0x413d2a7e6fcac393},   {10, 0xce3cc019091a2e1d},  {11, 0xf587724dd1f17a56},
      {12, 0x55ca5af8960f3ebc},  {13, 0xd5fb096695867114},  {14, 0xbd95467c5207b1fd},
      {15, 0x015085959c92d899},  {16, 0x13d1d20bae7574e4},  {17, 0x637575031b6b67b6},
      {23, 0xc036b749f70f95eb},  {24, 0xb887b254a1881253},  {31, 0x807e5d26a0dd2311},
      {64, 0xad65fc112e4657b8},  {247, 0x2a0efc4d4e0fa365}, {248, 0x4e0be634fc34238c},
      {255, 0xba22b1cba77c9b7c},
  };
  for (const Case& c : cases) {
    std::string text;
    for (size_t i = 1; i <= c.size; i++) text.push_back(static_cast<char>(i));
    EXPECT_EQ(KeyedHash(kSeed, 0x1716151413121110, text), c.hash) << c.size;
  }
  EXPECT_EQ(KeyedHash({0, 0}, 0, ""), 0xbd60acb658c79e45u);
  EXPECT_EQ(KeyedHash(kSeed, 1, "order:9"), 0x6d404ddb674aba45u);
  EXPECT_EQ(KeyedHash(kSeed, 2, "order:9"), 0x2b62de015612e3b4u);
  EXPECT_EQ(KeyedHash({1, 2}, 1, "order:9"), 0xb78536d4a0146323u);
}

TEST(HashTest, ReadsNoByteBeyondTheStringAtAnyAlignment) {
  const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (size_t size = 0; size <= 24; size++) {
    const uint64_t expected = KeyedHash(kSeed, 5, text.substr(3, size));
    for (size_t at = 0; at < 8; at++) {
      std::string surrounded(at, '\xaa');
      surrounded += text.substr(3, size);
      surrounded += "\x55\x55\x55\x55\x55\x55\x55\x55";
      EXPECT_EQ(KeyedHash(kSeed, 5, std::string_view(surrounded).substr(at, size)), expected)
          << size << ' ' << at;
    }
  }
}

TEST(HashTest, ZeroBytesAtTheEndCount) {
  std::unordered_set<uint64_t> hashes;
  for (size_t size = 0; size < 600; size++) hashes.insert(KeyedHash(kSeed, 1, std::string(size, '\0')));
  EXPECT_EQ(hashes.size(), 600u);
}

// 200,000 numbered tags in 65,536 buckets by the lowest or the highest bits: with a random
// function each holds 3.05 on average, and one with 25 or more is not to be expected once in a
// billion such runs.
TEST(HashTest, SimilarStringsAreSpread) {
  std::vector<int> low(65536);
  std::vector<int> high(65536);
  std::unordered_set<uint64_t> hashes;
  for (int i = 0; i < 200000; i++) {
    const uint64_t hash = KeyedHash(kSeed, 3, "order:" + std::to_string(i));
    hashes.insert(hash);
    low[hash & 0xffff]++;
    high[hash >> 48]++;
  }
  EXPECT_EQ(hashes.size(), 200000u);
  for (size_t bucket = 0; bucket < 65536; bucket++) {
    ASSERT_LT(low[bucket], 25) << bucket;
    ASSERT_LT(high[bucket], 25) << bucket;
  }
}

}  // namespace
}  // namespace daybook
