#include "log/tag_index_chain.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

constexpr uint64_t kFar = uint64_t{1} << 40U;

bool Add(TagIndexChain* index, std::vector<uint64_t> streams, uint64_t seqnum) {
  return index->Add(streams, seqnum);
}

TEST(TagIndexChainTest, FindsBothWaysOverMoreThanOneSpan) {
  TagIndexChain index;
  EXPECT_EQ(index.Next(1, 0), std::nullopt);
  EXPECT_EQ(index.Previous(1, UINT64_MAX), std::nullopt);
  ASSERT_TRUE(Add(&index, {1, 2}, 5));
  ASSERT_TRUE(Add(&index, {2}, kFar));
  ASSERT_TRUE(Add(&index, {1}, kFar + TagIndex::kSpan - 1));
  ASSERT_TRUE(Add(&index, {1}, kFar + TagIndex::kSpan));
  EXPECT_EQ(index.Next(1, 0), 5u);
  EXPECT_EQ(index.Next(1, 6), kFar + TagIndex::kSpan - 1);
  EXPECT_EQ(index.Next(1, kFar + TagIndex::kSpan), kFar + TagIndex::kSpan);
  EXPECT_EQ(index.Next(1, kFar + TagIndex::kSpan + 1), std::nullopt);
  EXPECT_EQ(index.Previous(1, UINT64_MAX), kFar + TagIndex::kSpan);
  EXPECT_EQ(index.Previous(1, kFar), 5u);
  EXPECT_EQ(index.Previous(1, 4), std::nullopt);
  EXPECT_EQ(index.Previous(2, kFar - 1), 5u);
  EXPECT_EQ(index.posting_count(), 5u);
  EXPECT_GT(index.bytes(), 0u);
}

TEST(TagIndexChainTest, IsFilledInTheOrderOfTheLog) {
  TagIndexChain index;
  ASSERT_TRUE(Add(&index, {1}, 5));
  EXPECT_FALSE(Add(&index, {2}, 4));
  EXPECT_EQ(index.Next(2, 0), std::nullopt);
  ASSERT_TRUE(Add(&index, {1, 1, 3}, 5)) << "told again, with a stream more";
  EXPECT_EQ(index.posting_count(), 2u);
  EXPECT_EQ(index.Next(3, 0), 5u);
  EXPECT_EQ(index.end(), 6u);
}

TEST(TagIndexChainTest, TheLastSeqnumThereIsFits) {
  TagIndexChain index;
  ASSERT_TRUE(Add(&index, {1}, 0));
  ASSERT_TRUE(Add(&index, {1}, (uint64_t{1} << 53U) - 1));
  EXPECT_EQ(index.Previous(1, UINT64_MAX), (uint64_t{1} << 53U) - 1);
}

}  // namespace
}  // namespace daybook
