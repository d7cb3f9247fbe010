#include "log/tag_trims.h"

#include <gtest/gtest.h>

#include "log/engine_test_support.h"
#include "log/state_codec.h"

namespace daybook {
namespace {

constexpr HashSeed kSeed{1, 2};

TagHash Hash(std::string_view tag, uint64_t book = 1) { return HashOfTag(kSeed, book, tag); }

TEST(TagTrimsTest, AMarkNeverFalls) {
  TagTrims trims;
  EXPECT_EQ(trims.MarksOf(1), nullptr);
  trims.Trim(1, Hash("a"), 0, 1);
  EXPECT_EQ(trims.size(), 0U);
  trims.Trim(1, Hash("a"), 10, 2);
  trims.Trim(1, Hash("a"), 5, 3);
  ASSERT_NE(trims.Find(1, Hash("a")), nullptr);
  EXPECT_EQ(trims.Find(1, Hash("a"))->before, 10U);
  EXPECT_EQ(trims.Find(1, Hash("a"))->index, 2U);
  EXPECT_EQ(trims.Find(1, Hash("b")), nullptr);
  EXPECT_EQ(trims.Find(2, Hash("a", 2)), nullptr) << "another book";
  trims.Restore({}, 9);
  EXPECT_EQ(trims.Find(1, Hash("a"))->before, 10U) << "what is not told is kept";
  const std::vector<TagMark> lower = {{1, Hash("a"), 7, 7}};
  trims.Restore(lower, 9);
  EXPECT_EQ(trims.Find(1, Hash("a"))->before, 10U);
}

TEST(TagTrimsTest, ItIsDueUntilItHasBeenCounted) {
  TagTrims trims;
  trims.Trim(1, Hash("a"), 10, 1);
  trims.Trim(1, Hash("b"), 20, 1);
  trims.Trim(1, Hash("a"), 15, 2);
  EXPECT_EQ(trims.Uncounted(1).size(), 1U);
  trims.SetCounted(1, Hash("a"), 10);
  EXPECT_FALSE(trims.Uncounted(9).empty()) << "it rose meanwhile";
  trims.SetCounted(1, Hash("a"), 15);
  trims.SetCounted(1, Hash("b"), 20);
  EXPECT_TRUE(trims.Uncounted(9).empty());
  const std::vector<TagMark> told = {{1, Hash("a"), 15, 3}};
  trims.Restore(told, 3);
  ASSERT_EQ(trims.Uncounted(9).size(), 1U) << "as far as it is told, and b has nothing left to count";
  EXPECT_EQ(trims.Uncounted(9)[0], told[0]);
}

TEST(TagTrimsTest, ItTellsHowFarWasTrimmedSince) {
  TagTrims trims;
  trims.Trim(1, Hash("a"), 50, 10);
  trims.Trim(1, Hash("b"), 30, 20);
  trims.Trim(1, Hash("c"), 40, 30);
  EXPECT_EQ(trims.HighestSince(1, 0), 50U);
  EXPECT_EQ(trims.HighestSince(1, 10), 40U);
  EXPECT_EQ(trims.HighestSince(1, 29), 40U);
  EXPECT_EQ(trims.HighestSince(1, 30), 0U);
  EXPECT_EQ(trims.HighestSince(2, 0), 0U);
  // However many there are, it says at least what is so, and keeps few.
  for (uint64_t i = 0; i < 1000; ++i) trims.Trim(3, Hash(std::to_string(i), 3), 2000 - i, 100 + i);
  EXPECT_EQ(trims.HighestSince(3, 0), 2000U);
  for (uint64_t i = 0; i < 1000; i += 7) EXPECT_GE(trims.HighestSince(3, 99 + i), 2000 - i);
  EXPECT_EQ(trims.HighestSince(3, 1099), 0U);
}

TEST(TagTrimsTest, WhatTheMarkOfTheBookSaysIsForgotten) {
  TagTrims trims;
  trims.Trim(1, Hash("a"), 10, 1);
  trims.Trim(1, Hash("b"), 20, 1);
  const std::vector<TagHash> both = {Hash("a"), Hash("b")};
  trims.Forget(1, both, 10);
  EXPECT_EQ(trims.size(), 1U);
  EXPECT_EQ(trims.Find(1, Hash("a")), nullptr);
  ASSERT_NE(trims.Find(1, Hash("b")), nullptr) << "it rose above that meanwhile";
}

TEST(TagTrimsTest, ARecordLosesTheTagsThatAreTrimmedBeyondIt) {
  TagTrims trims;
  trims.Trim(1, Hash("a"), 10, 1);
  trims.Trim(1, Hash("b"), 20, 1);
  const std::vector<TagMark> more = {{1, Hash("c"), 30, 0}, {2, Hash("c", 2), 99, 0}};
  const LiveTags live(kSeed, 1, trims.MarksOf(1), more);
  const std::vector<std::byte> bytes = test::EncodeTestRecord(1, "data", {"a", "b", "c"}, true);
  std::vector<std::byte> scratch;
  const auto left = [&](uint64_t seqnum) {
    RecordView record;
    EXPECT_EQ(ParseRecord(bytes, &record), ParseResult::kOk);
    std::string tags = live.Prune(seqnum, &record, &scratch) ? "" : "gone";
    ForEachTag(record, [&](std::string_view tag) {
      tags += tag;
      return true;
    });
    return tags;
  };
  EXPECT_EQ(left(30), "abc");
  EXPECT_EQ(left(29), "ab");
  EXPECT_EQ(left(19), "a");
  EXPECT_EQ(left(10), "a");
  EXPECT_EQ(left(9), "gone");
  const std::vector<std::byte> plain = test::EncodeTestRecord(1, "data", {}, true);
  RecordView record;
  ASSERT_EQ(ParseRecord(plain, &record), ParseResult::kOk);
  EXPECT_TRUE(live.Prune(0, &record, &scratch)) << "it had none to lose";
}

TEST(TagTrimsTest, TheLiveStateTellsThem) {
  BookTable books;
  ASSERT_TRUE(books.Name(1, "book"));
  const std::vector<TagMark> marks = {{3, {9, 9}, 40, 0}, {1, {1, 2}, 5, 2}, {1, {1, 1}, 7, 7}};
  const std::vector<TagMark> sorted = {marks[2], marks[1], marks[0]};
  for (const bool with_keys : {false, true}) {
    const std::vector<RememberedKey> keys = {{{1, 2}, 5, 1000, 1, 1}};
    std::vector<std::byte> bytes;
    EncodeState(books, with_keys ? keys : std::vector<RememberedKey>(), marks, &bytes);
    BookTable read_books;
    KeyTable read_keys;
    std::vector<TagMark> read = {{8, {8, 8}, 8, 8}};
    ASSERT_EQ(DecodeState(bytes, &read_books, &read_keys, &read), ParseResult::kOk);
    EXPECT_EQ(read, sorted);
    EXPECT_EQ(read_keys.size(), with_keys ? 1U : 0U);
    EXPECT_EQ(read_books.Find(1)->tag_trim_before, 7U);
    EXPECT_EQ(read_books.Find(3)->tag_trim_before, 40U);
    for (size_t size = 0; size < bytes.size(); ++size) {
      BookTable some_books;
      KeyTable some_keys;
      (void)DecodeState(std::span(bytes).first(size), &some_books, &some_keys, &read);
    }
  }
}

}  // namespace
}  // namespace daybook
