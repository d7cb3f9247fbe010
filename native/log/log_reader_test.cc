#include "log/log_reader.h"

#include <gtest/gtest.h>

#include "log/log_reader_test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// --- Ranges, streams, order ---

TEST(LogReaderTest, AnEmptyLogAndAnUnknownBookHaveNothing) {
  World world(0);
  ReadOutput output;
  ASSERT_OK(ReadRecords(world.state, Request(""), ReadMode::kNoWait, &output));
  EXPECT_TRUE(output.found.empty());
  EXPECT_FALSE(output.more);
  world.Commit({{1, {"a"}, "x"}}, 1);
  for (const uint64_t book : {0, 3, 99}) {
    ReadRequest request = Request("a");
    request.book = book;
    ASSERT_OK(ReadRecords(world.state, request, ReadMode::kMayBlock, &output));
    EXPECT_TRUE(output.found.empty());
  }
}

TEST(LogReaderTest, ARecordWithNeitherTagsNorDataIsARecord) {
  World world(1 << 20);
  world.Commit({{1, {}, ""}}, 1);
  for (const bool reverse : {false, true}) {
    ReadOutput output;
    ASSERT_OK(ReadRecords(world.state, Request("", 10, reverse), ReadMode::kNoWait, &output));
    EXPECT_EQ(Taken(output), world.model);
  }
}

TEST(LogReaderTest, TheFirstRecordOfTheLogEndsAReverseScan) {
  World world(1 << 20);
  world.Commit({{1, {"a"}, "first"}, {1, {"a"}, "second"}}, 1);
  ReadOutput output;
  ASSERT_OK(ReadRecords(world.state, Request("a", 10, true), ReadMode::kNoWait, &output));
  ASSERT_EQ(output.found.size(), 2u);
  EXPECT_EQ(output.found[1].seqnum, 0u);
  EXPECT_FALSE(output.more);
}

TEST(LogReaderTest, BoundsAreInclusiveAndAnEmptyRangeIsEmpty) {
  World world(1 << 20);
  world.Commit({{1, {}, "0"}, {1, {}, "1"}, {1, {}, "2"}, {1, {}, "3"}}, 1);
  for (const bool reverse : {false, true}) {
    for (uint64_t from = 0; from < 5; ++from) {
      for (uint64_t to = 0; to < 5; ++to) {
        const ReadRequest request{1, "", from, to, reverse, 10};
        ReadOutput output;
        ASSERT_OK(ReadRecords(world.state, request, ReadMode::kNoWait, &output));
        EXPECT_EQ(Taken(output), world.Expected(request)) << from << " to " << to;
      }
    }
  }
}

TEST(LogReaderTest, WhatIsNotYetVisibleIsNotRead) {
  World world(1 << 20);
  world.Commit({{1, {}, "0"}, {1, {}, "1"}, {1, {}, "2"}}, 1);
  world.state.visible_end = 2;
  for (const bool reverse : {false, true}) {
    ReadOutput output;
    ASSERT_OK(ReadRecords(world.state, Request("", 10, reverse), ReadMode::kNoWait, &output));
    EXPECT_EQ(output.found.size(), 2u);
    EXPECT_EQ(output.found[0].seqnum, reverse ? 1u : 0u);
  }
}

TEST(LogReaderTest, RandomStreamsAreReadAsInAModelHotOrColdForwardOrInReverseInPagesOfAnySize) {
  Chance chance;
  for (const uint64_t cache_bytes : {uint64_t{0}, uint64_t{3000}, uint64_t{1} << 30U}) {
    World world(cache_bytes);
    uint64_t now = 100;
    for (int number = 0; number < 60; ++number) {
      std::vector<TestRecord> records;
      for (uint64_t i = chance.Between(1, 6); i > 0; --i) {
        TestRecord record{chance.Between(1, 2), {}, chance.Text(chance.OneIn(30) ? 70000 : chance.Below(40))};
        for (const char* tag : {"a", "b", "c"}) {
          if (chance.OneIn(3)) record.tags.emplace_back(tag);
        }
        records.push_back(std::move(record));
      }
      world.Commit(records, now += chance.Below(3));
      if (chance.OneIn(6)) world.LeaveOut(chance.Below(50));
      if (chance.OneIn(20))
        world.state.books.Trim(chance.Between(1, 2), chance.Below(world.state.visible_end));
    }
    for (int round = 0; round < 150; ++round) {
      const char* const tags[] = {"", "a", "b", "c", "unknown"};
      ReadRequest request;
      request.book = chance.Between(1, 2);
      request.tag = tags[chance.Below(5)];
      request.from = chance.OneIn(2) ? 0 : chance.Below(world.state.visible_end + 5);
      request.to = chance.OneIn(2) ? kEnd : chance.Below(world.state.visible_end + 5);
      request.reverse = chance.OneIn(2);
      request.limit = chance.OneIn(2) ? 1000 : static_cast<uint32_t>(chance.Between(1, 5));
      const size_t fixed = chance.OneIn(2) ? 0 : chance.Between(1, 300);
      ASSERT_EQ(ReadInPages(world, request, fixed), world.Expected(request))
          << "tag '" << request.tag << "', " << request.from << " to " << request.to << ", limit "
          << request.limit << (request.reverse ? ", reverse" : "") << ", fixed " << fixed << ", cache "
          << cache_bytes;
    }
  }
}

TEST(LogReaderTest, ATrimmedRecordIsAbsentInBothDirections) {
  World world(1 << 20);
  for (int i = 0; i < 4; ++i) world.Commit({{1, {"a"}, std::to_string(i)}, {2, {"a"}, std::to_string(i)}}, 1);
  world.state.books.Trim(1, 3);
  for (const bool reverse : {false, true}) {
    for (const char* tag : {"", "a"}) {
      ReadOutput output;
      const ReadRequest request = Request(tag, 100, reverse);
      ASSERT_OK(ReadRecords(world.state, request, ReadMode::kNoWait, &output));
      EXPECT_EQ(Taken(output), world.Expected(request));
      EXPECT_EQ(output.found.size(), 2u);
    }
  }
  ReadOutput other;
  ASSERT_OK(ReadRecords(world.state, {2, "a", 0, kEnd, false, 100}, ReadMode::kNoWait, &other));
  EXPECT_EQ(other.found.size(), 4u) << "another book's trim";
}

// --- Room ---

TEST(LogReaderTest, AFixedOutputThatIsTooSmallTakesNothingAndSaysWhatItNeeds) {
  World world(1 << 20);
  world.Commit({{1, {"a"}, std::string(100, 'x')}}, 1);
  ByteVector room(101);
  ReadOutput output;
  output.fixed = room;
  ASSERT_OK(ReadRecords(world.state, Request("a"), ReadMode::kNoWait, &output));
  EXPECT_TRUE(output.found.empty());
  EXPECT_TRUE(output.more);
  EXPECT_EQ(output.needed, 102u);
  room.resize(102);
  ReadOutput enough;
  enough.fixed = room;
  ASSERT_OK(ReadRecords(world.state, Request("a"), ReadMode::kNoWait, &enough));
  EXPECT_EQ(Taken(enough), world.model);
  EXPECT_FALSE(enough.more);
}

TEST(LogReaderTest, AGrowingOutputEndsAtItsBoundButAlwaysTakesOneRecord) {
  World world(uint64_t{1} << 30U);
  const size_t large = ReadOutput::kGrowingBytesMax + 1000;
  world.Commit({{1, {}, std::string(large, 'x')}, {1, {}, "small"}}, 1);
  ReadOutput output;
  ASSERT_OK(ReadRecords(world.state, Request(""), ReadMode::kNoWait, &output));
  ASSERT_EQ(output.found.size(), 1u);
  EXPECT_EQ(output.found[0].data_size, large);
  EXPECT_TRUE(output.more);
}

}  // namespace
}  // namespace daybook
