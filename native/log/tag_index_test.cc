#include "log/tag_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "log/test_support.h"

namespace daybook {
namespace {

using testing_support::Chance;

TEST(TagIndexTest, AnUnknownStreamHasNothing) {
  const TagIndex index;
  EXPECT_EQ(index.Next(0, 0), std::nullopt);
  EXPECT_EQ(index.Previous(0, UINT64_MAX), std::nullopt);
  EXPECT_EQ(index.Find(0).size(), 0u);
  EXPECT_EQ(index.stream_count(), 0u);
}

TEST(TagIndexTest, NextAndPreviousIncludeTheirBound) {
  TagIndex index;
  for (const uint64_t seqnum : {3, 7, 8}) index.Add(42, seqnum);
  EXPECT_EQ(index.Next(42, 0), 3u);
  EXPECT_EQ(index.Next(42, 3), 3u);
  EXPECT_EQ(index.Next(42, 4), 7u);
  EXPECT_EQ(index.Next(42, 8), 8u);
  EXPECT_EQ(index.Next(42, 9), std::nullopt);
  EXPECT_EQ(index.Previous(42, UINT64_MAX), 8u);
  EXPECT_EQ(index.Previous(42, 7), 7u);
  EXPECT_EQ(index.Previous(42, 6), 3u);
  EXPECT_EQ(index.Previous(42, 2), std::nullopt);
}

TEST(TagIndexTest, AStreamWhoseHashIsZeroIsAStreamLikeAnyOther) {
  TagIndex index;
  index.Add(0, 0);
  EXPECT_EQ(index.stream_count(), 1u);
  EXPECT_EQ(index.Next(0, 0), 0u);
  EXPECT_EQ(index.Next(64, 0), std::nullopt) << "the same slot, another stream";
}

TEST(TagIndexTest, StreamsThatFallIntoTheSameSlotsStayApartWhileTheTableGrows) {
  TagIndex index;
  constexpr uint64_t kStreams = 3000;
  // All low bits alike: one long probe chain, in front of and behind each growth.
  for (uint64_t i = 0; i < kStreams; ++i) index.Add(i << 40U, i);
  for (uint64_t i = 0; i < kStreams; ++i) {
    ASSERT_EQ(index.Next(i << 40U, 0), i);
    ASSERT_EQ(index.Next(i << 40U, i + 1), std::nullopt);
  }
  EXPECT_EQ(index.stream_count(), kStreams);
}

TEST(TagIndexTest, RandomPostingsAreFoundAsInAModel) {
  Chance chance;
  for (int round = 0; round < 20; ++round) {
    TagIndex index;
    std::map<uint64_t, std::set<uint64_t>> model;
    const uint64_t stream_bits = chance.Between(1, 10);
    uint64_t seqnum = 0;
    for (int i = 0; i < 2000; ++i) {
      const uint64_t stream = chance.Below(uint64_t{1} << stream_bits) * 0x9e3779b97f4a7c15U;
      seqnum += chance.Between(1, 5);
      index.Add(stream, seqnum);
      model[stream].insert(seqnum);
      const uint64_t probe = chance.Below(seqnum + 3);
      const std::set<uint64_t>& known = model[stream];
      const auto next = known.lower_bound(probe);
      const auto after = known.upper_bound(probe);
      ASSERT_EQ(index.Next(stream, probe), next == known.end() ? std::nullopt : std::optional(*next));
      ASSERT_EQ(index.Previous(stream, probe),
                after == known.begin() ? std::nullopt : std::optional(*std::prev(after)));
    }
    ASSERT_EQ(index.stream_count(), model.size());
    for (const auto& [stream, seqnums] : model) {
      const TagIndex::Stream found = index.Find(stream);
      ASSERT_EQ(found.size(), seqnums.size());
      size_t at = 0;
      for (const uint64_t each : seqnums) ASSERT_EQ(found[at++], each);
    }
  }
}

TEST(TagIndexTest, SeqnumsCountFromTheBaseAndBoundsOutsideOfTheSpanAreNoSurprise) {
  constexpr uint64_t kBase = uint64_t{1} << 40U;
  TagIndex index(kBase);
  index.Add(7, kBase);
  index.Add(7, kBase + TagIndex::kSpan - 1);
  EXPECT_EQ(index.Next(7, 0), kBase);
  EXPECT_EQ(index.Next(7, kBase + 1), kBase + TagIndex::kSpan - 1);
  EXPECT_EQ(index.Next(7, kBase + TagIndex::kSpan), std::nullopt);
  EXPECT_EQ(index.Previous(7, UINT64_MAX), kBase + TagIndex::kSpan - 1);
  EXPECT_EQ(index.Previous(7, kBase - 1), std::nullopt);
}

TEST(TagIndexTest, AStreamOfAnyLengthIsFoundWholeAndByItsBounds) {
  TagIndex index;
  constexpr uint64_t kCount = 3000;
  for (uint64_t count = 1; count <= kCount; ++count) {
    index.Add(42, count * 2);
    const TagIndex::Stream seqnums = index.Find(42);
    ASSERT_EQ(seqnums.size(), count);
    ASSERT_EQ(seqnums[0], 2u);
    ASSERT_EQ(seqnums[count - 1], count * 2);
    // Around each end of a chunk, and far from all.
    for (const uint64_t at : {uint64_t{0}, count / 2, count - 1}) {
      ASSERT_EQ(seqnums[at], (at + 1) * 2);
      ASSERT_EQ(seqnums.LowerBound((at + 1) * 2), at);
      ASSERT_EQ(seqnums.LowerBound((at + 1) * 2 + 1), at + 1);
      ASSERT_EQ(seqnums.UpperBound((at + 1) * 2), at + 1);
      ASSERT_EQ(seqnums.UpperBound((at + 1) * 2 - 1), at);
    }
  }
  const TagIndex::Stream seqnums = index.Find(42);
  for (uint64_t at = 0; at < kCount; ++at) {
    ASSERT_EQ(seqnums[at], (at + 1) * 2);
    ASSERT_EQ(seqnums.LowerBound((at + 1) * 2), at);
    ASSERT_EQ(seqnums.UpperBound((at + 1) * 2), at + 1);
  }
}

TEST(TagIndexTest, AStreamBeyondTheLargestPieceIsLikeAnyOther) {
  TagIndex index;
  constexpr uint64_t kCount = 1000000;
  for (uint64_t seqnum = 0; seqnum < kCount; ++seqnum) index.Add(seqnum % 2, seqnum);
  for (uint64_t seqnum = 0; seqnum < kCount; seqnum += 997) {
    ASSERT_EQ(index.Next(seqnum % 2, seqnum), seqnum);
    ASSERT_EQ(index.Previous(seqnum % 2, seqnum + 1), seqnum);
    ASSERT_EQ(index.Find(seqnum % 2)[seqnum / 2], seqnum);
  }
  EXPECT_LT(index.bytes(), kCount * sizeof(uint32_t) * 21 / 10) << "at most twice, and a little";
}

TEST(TagIndexTest, StreamsAreListedAscendingAndMemoryIsCounted) {
  TagIndex index;
  EXPECT_EQ(index.bytes(), 0u);
  EXPECT_EQ(index.bytes_soon(), 0u);
  for (uint64_t i = 0; i < 1000; ++i) index.Add((i % 10) * 0x9e3779b97f4a7c15U, i);
  const std::vector<uint64_t> streams = index.Streams();
  ASSERT_EQ(streams.size(), 10u);
  EXPECT_TRUE(std::is_sorted(streams.begin(), streams.end()));
  EXPECT_GE(index.bytes(), 1000 * sizeof(uint32_t));
}

TEST(TagIndexTest, ATableSaysWhatItWillHoldBeforeItDoubles) {
  TagIndex index;
  int jumps = 0;
  for (uint64_t i = 0; i < 100000; ++i) {
    const size_t before = index.bytes();
    const size_t promised = index.bytes_soon();
    ASSERT_GE(promised, before);
    index.Add(i * 0x9e3779b97f4a7c15U, i);  // one posting each: what grows is the table
    if (before == 0 || index.bytes() == before) continue;
    ASSERT_EQ(index.bytes(), promised) << i;
    ++jumps;
  }
  EXPECT_GE(jumps, 10);
}

TEST(TagIndexDeathTest, ASeqnumThatDoesNotGrowStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  TagIndex index;
  index.Add(1, 5);
  EXPECT_DEATH(index.Add(1, 5), "broken invariant");
}

}  // namespace
}  // namespace daybook
