#include "runtime/client.h"

#include <gtest/gtest.h>

#include "runtime/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

TEST(ClientTest, BytesThatAreNotGroupsAreRefusedAndNothingOfThemIsTaken) {
  const ByteVector good = OneRecord(1, "data");
  ByteVector no_records = good;
  StoreU32(no_records.data() + 4, 0);
  ByteVector too_long = good;
  StoreU32(too_long.data(), LoadU32(too_long.data()) + 1);
  ByteVector huge = good;
  StoreU32(huge.data(), UINT32_MAX);
  for (const ByteVector& bad :
       {no_records, too_long, huge, ByteVector(1), ByteVector(kGroupHeaderSize - 1)}) {
    Client client(0, [] {});
    EXPECT_EQ(client.Submit(bad).code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(client.Submit(Joined({good, bad})).code(), StatusCode::kInvalidArgument) << "behind a good one";
    EXPECT_FALSE(client.HasSubmissions());
  }
}

TEST(ClientTest, EveryTruncationOfGroupsIsRefusedUnlessItFallsBetweenGroups) {
  const ByteVector one = OneRecord(1, "data");
  const ByteVector two = Joined({one, one});
  for (size_t size = 1; size < two.size(); ++size) {
    Client client(0, [] {});
    const bool whole = size == one.size();
    const ByteVector cut(two.begin(), two.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(client.Submit(cut).ok(), whole) << size;
    EXPECT_EQ(client.HasSubmissions(), whole) << size;
  }
}

TEST(ClientTest, GroupsJoinAndKeepTheirBooksTheirCountAndTheStrongestDurability) {
  Client client(0, [] {});
  ASSERT_TRUE(
      client.Submit(Joined({Group(1, {{1, {}, "a"}, {1, {}, "b"}}, false), Group(1, {{}}, false)})).ok());
  ASSERT_TRUE(client.Submit(Group(2, {{}}, true)).ok());
  const std::vector<Submission> taken = client.Take(SIZE_MAX);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].record_count, 4u);
  EXPECT_EQ(taken[0].books, (std::vector<uint64_t>{1, 2}));
  EXPECT_TRUE(taken[0].flush);
  EXPECT_FALSE(client.HasSubmissions());
}

TEST(ClientTest, ACommandIsTakenAloneSoThatItOvertakesNoRecordAndNoneOvertakesIt) {
  Client client(0, [] {});
  ASSERT_TRUE(client.Submit(OneRecord(1, "before")).ok());
  client.SubmitCommand(TrimBook(1, 5));
  ASSERT_TRUE(client.Submit(OneRecord(1, "behind")).ok());
  std::vector<Submission> taken = client.Take(SIZE_MAX);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_FALSE(taken[0].is_command);
  taken = client.Take(SIZE_MAX);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_TRUE(taken[0].is_command);
  EXPECT_TRUE(taken[0].flush);
  EXPECT_EQ(taken[0].command, TrimBook(1, 5));
  taken = client.Take(SIZE_MAX);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_FALSE(taken[0].is_command);
  EXPECT_TRUE(client.Take(SIZE_MAX).empty());
}

TEST(ClientTest, ALongQueueIsTakenInBoundedPartsAndNothingOfItIsLost) {
  Client client(0, [] {});
  const std::string data(300 << 10U, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.Submit(OneRecord(1, data)).ok());
  uint64_t records = 0;
  for (int parts = 0;; ++parts) {
    const std::vector<Submission> taken = client.Take(2 << 20U);
    if (taken.empty()) break;
    size_t bytes = 0;
    for (const Submission& submission : taken) {
      bytes += submission.records.size();
      records += submission.record_count;
    }
    EXPECT_LE(bytes, size_t{2} << 20U);
    ASSERT_LT(parts, 20);
  }
  EXPECT_EQ(records, 20u);
}

TEST(ClientTest, AGroupLargerThanAPartIsTakenWholeAllTheSame) {
  Client client(0, [] {});
  ASSERT_TRUE(client.Submit(OneRecord(1, std::string(3 << 20U, 'x'))).ok());
  EXPECT_EQ(client.Take(1024).size(), 1u);
}

TEST(ClientTest, AWakeComesAtMostOnceBetweenTwoTakes) {
  int wakes = 0;
  Client client(0, [&] { ++wakes; });
  client.Settle({});
  client.Settle({});
  client.Answer({});
  EXPECT_EQ(wakes, 1);
  const Client::Events events = client.TakeEvents();
  EXPECT_EQ(events.settlements.size(), 2u);
  EXPECT_EQ(events.answers.size(), 1u);
  EXPECT_TRUE(client.TakeEvents().settlements.empty()) << "each event is taken once";
  client.Answer({});
  EXPECT_EQ(wakes, 2);
}

TEST(ClientTest, OnlyAWatchingClientHearsOfWhatOthersAppend) {
  int wakes = 0;
  Client client(0, [&] { ++wakes; });
  client.NoteChange();
  EXPECT_EQ(wakes, 0);
  EXPECT_FALSE(client.TakeEvents().changed);
  client.SetWatching(true);
  client.NoteChange();
  client.NoteChange();
  EXPECT_EQ(wakes, 1);
  EXPECT_TRUE(client.TakeEvents().changed);
  EXPECT_FALSE(client.TakeEvents().changed);
  client.SetWatching(false);
  client.NoteChange();
  EXPECT_EQ(wakes, 1);
}

TEST(ClientTest, ADetachedClientIsNeverWokenAgain) {
  int wakes = 0;
  Client client(0, [&] { ++wakes; });
  client.SetWatching(true);
  client.Detach();
  client.Settle({});
  client.Answer({});
  client.NoteChange();
  EXPECT_EQ(wakes, 0);
  EXPECT_EQ(client.TakeEvents().settlements.size(), 1u);
}

}  // namespace
}  // namespace daybook
