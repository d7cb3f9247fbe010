#include <gtest/gtest.h>

#include <cerrno>

#include "log/log_reader.h"
#include "log/log_reader_test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// --- The disk ---

TEST(LogReaderFaultTest, WhoMayNotWaitIsToldSoAndWhoMayIsServed) {
  World world(0);
  world.Commit({{1, {"a"}, "cold"}}, 1);
  world.env.SetCached(false);
  ReadOutput output;
  EXPECT_EQ(ReadRecords(world.state, Request("a"), ReadMode::kNoWait, &output).code(),
            StatusCode::kWouldBlock);
  EXPECT_TRUE(output.found.empty());
  ASSERT_OK(ReadRecords(world.state, Request("a"), ReadMode::kMayBlock, &output));
  EXPECT_EQ(Taken(output), world.model);
  world.env.SetCached(true);
  ReadOutput cached;
  ASSERT_OK(ReadRecords(world.state, Request("a"), ReadMode::kNoWait, &cached));
  EXPECT_EQ(Taken(cached), world.model) << "in the operating system's memory";
}

TEST(LogReaderFaultTest, WhatIsInMemoryIsHandedOutBeforeTheDiskIsNeeded) {
  World world(400);
  for (int i = 0; i < 4; ++i) world.Commit({{1, {"a"}, std::to_string(i)}}, 1);
  world.env.SetCached(false);
  ASSERT_FALSE(world.IsHot(0));
  ASSERT_TRUE(world.IsHot(3));
  ReadOutput newest;
  ASSERT_OK(ReadRecords(world.state, Request("a", 100, true), ReadMode::kNoWait, &newest));
  ASSERT_GE(newest.found.size(), 1u);
  EXPECT_EQ(newest.found[0].seqnum, 3u);
  EXPECT_LT(newest.found.size(), 4u);
  EXPECT_TRUE(newest.more);
}

TEST(LogReaderFaultTest, ARottenRecordIsAnErrorThatNamesItAndNeverAWrongRecord) {
  World world(0);
  world.Commit({{1, {"a"}, "good"}, {1, {"a"}, "rotten"}, {1, {"a"}, "good too"}}, 1);
  const RecordLocation at = world.Locate(1);
  const ByteVector good = world.env.ReadWholeFile(world.path());
  const size_t size = EncodedRecord(world.model[1].record).size();
  for (size_t bit = 0; bit < 8 * size; ++bit) {
    ByteVector bytes = good;
    bytes[at.offset + bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    world.env.WriteWholeFile(world.path(), bytes);
    ReadOutput output;
    const Status status = ReadRecords(world.state, {1, "a", 1, 1, false, 1}, ReadMode::kMayBlock, &output);
    ASSERT_EQ(status.code(), StatusCode::kCorrupt) << bit;
    ASSERT_TRUE(output.found.empty());
    ASSERT_NE(status.message().find("seqnum 1 "), std::string::npos) << status.message();
    ASSERT_NE(status.message().find(world.path()), std::string::npos) << status.message();
  }
  ReadOutput before;
  ASSERT_OK(ReadRecords(world.state, Request("a"), ReadMode::kMayBlock, &before));
  EXPECT_EQ(before.found.size(), 1u) << "what stands in front of the damage is handed out";
  EXPECT_TRUE(before.more);
  ReadOutput behind;
  ASSERT_OK(ReadRecords(world.state, {1, "a", 2, kEnd, false, 10}, ReadMode::kMayBlock, &behind));
  EXPECT_EQ(behind.found.size(), 1u);
}

TEST(LogReaderFaultTest, AFileThatBecameShorterIsCorruptAndAFailingDiskIsAnIoError) {
  World world(0);
  world.Commit({{1, {"a"}, "data"}}, 1);
  ByteVector bytes = world.env.ReadWholeFile(world.path());
  bytes.resize(world.Locate(0).offset + 3);
  const ByteVector whole = world.env.ReadWholeFile(world.path());
  world.env.WriteWholeFile(world.path(), bytes);
  ReadOutput output;
  EXPECT_EQ(ReadRecords(world.state, Request("a"), ReadMode::kMayBlock, &output).code(),
            StatusCode::kCorrupt);
  world.env.WriteWholeFile(world.path(), whole);
  world.faults.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kRead) return {};
    return Status(StatusCode::kIo, "a bad sector", EIO);
  });
  EXPECT_EQ(ReadRecords(world.state, Request("a"), ReadMode::kMayBlock, &output).code(), StatusCode::kIo);
  EXPECT_TRUE(output.found.empty());
}

// --- Damage that was found when the log was opened ---

TEST(LogReaderFaultTest, DamageIsNeverAnsweredAsAbsenceInEitherDirection) {
  World world(1 << 20);
  for (int i = 0; i < 10; ++i) world.Commit({{1, {"a"}, std::to_string(i)}}, 1);
  world.LeaveOut(10);  // seqnums 10 to 19 are unreadable
  for (int i = 20; i < 30; ++i) world.Commit({{1, {"a"}, std::to_string(i)}}, 1);
  world.state.damage.Add({10, 20, "segment", 12288, "the checksums of a batch do not hold", false});
  const auto read = [&](uint64_t from, uint64_t to, bool reverse, uint32_t limit, size_t* found) {
    ReadOutput output;
    const Status status =
        ReadRecords(world.state, {1, "a", from, to, reverse, limit}, ReadMode::kNoWait, &output);
    *found = output.found.size();
    EXPECT_TRUE(!status.ok() || *found == 0 || output.more || limit >= *found);
    return status.code();
  };
  size_t found = 0;
  EXPECT_EQ(read(0, 9, false, 100, &found), StatusCode::kOk);
  EXPECT_EQ(found, 10u);
  EXPECT_EQ(read(20, kEnd, true, 100, &found), StatusCode::kOk);
  EXPECT_EQ(found, 10u);
  EXPECT_EQ(read(0, kEnd, false, 100, &found), StatusCode::kOk) << "what is in front of the damage first";
  EXPECT_EQ(found, 10u);
  EXPECT_EQ(read(10, kEnd, false, 100, &found), StatusCode::kCorrupt);
  EXPECT_EQ(found, 0u);
  EXPECT_EQ(read(19, 19, false, 1, &found), StatusCode::kCorrupt);
  EXPECT_EQ(read(0, 15, true, 1, &found), StatusCode::kCorrupt) << "the newest at or below 15 is not known";
  EXPECT_EQ(read(0, kEnd, true, 1, &found), StatusCode::kOk);
  EXPECT_EQ(found, 1u);
  EXPECT_EQ(read(0, 19, true, 100, &found), StatusCode::kCorrupt);
}

TEST(LogReaderFaultTest, ALostTagIsNotAnEmptyTag) {
  World world(1 << 20);
  for (int i = 0; i < 3; ++i) world.Commit({{1, {"a"}, "x"}}, 1);
  world.state.damage.Add({1, 2, "segment", 12288, "gone", false});
  ReadOutput output;
  EXPECT_EQ(ReadRecords(world.state, Request("never seen"), ReadMode::kNoWait, &output).code(),
            StatusCode::kCorrupt);
  EXPECT_EQ(ReadRecords(world.state, Request("never seen", 1, true), ReadMode::kNoWait, &output).code(),
            StatusCode::kCorrupt);
}

TEST(LogReaderFaultTest, WhenANameMayBeLostABookWithoutANameIsNotAnEmptyBook) {
  World world(1 << 20);
  world.Commit({{1, {"a"}, "x"}}, 1);
  world.LeaveOut(1);
  world.Commit({{1, {"a"}, "y"}}, 1);
  world.state.damage.Add({1, 2, "segment", 12288, "gone", true});
  const uint64_t unnamed = world.state.books.Open("perhaps lost");
  ReadOutput output;
  for (const uint64_t book : {unnamed, uint64_t{77}}) {
    EXPECT_EQ(ReadRecords(world.state, {book, "", 2, kEnd, false, 1}, ReadMode::kNoWait, &output).code(),
              StatusCode::kCorrupt);
  }
  ASSERT_OK(ReadRecords(world.state, {1, "", 2, kEnd, false, 1}, ReadMode::kNoWait, &output));
  EXPECT_EQ(output.found.size(), 1u) << "a book whose name is known, behind the damage";
}

// --- Two tags, one hash ---

TEST(LogReaderFaultTest, ARecordThatOnlySharesAHashIsNeverHandedOut) {
  for (const uint64_t cache_bytes : {0, 1 << 20}) {
    World world(cache_bytes);
    world.Commit({{1, {"b"}, "other tag"}}, 1);
    world.Collide(1, "a", 0);
    world.Commit({{1, {"a"}, "mine"}}, 1);
    world.Commit({{2, {"a"}, "other book"}}, 1);
    world.Collide(1, "a", 2);
    for (const bool reverse : {false, true}) {
      for (const uint32_t limit : {1U, 100U}) {
        ReadOutput output;
        ASSERT_OK(ReadRecords(world.state, Request("a", limit, reverse), ReadMode::kMayBlock, &output));
        EXPECT_EQ(Taken(output), (std::vector<ModelRecord>{world.model[1]}));
        EXPECT_EQ(ReadInPages(world, Request("a", limit, reverse), 0).size(), 1u);
      }
    }
  }
}

TEST(LogReaderFaultTest, AStreamOfNothingButCollisionsIsEmpty) {
  World world(1 << 20);
  world.Commit({{1, {"b"}, "0"}, {1, {}, "1"}}, 1);
  world.Collide(1, "a", 0);
  world.Collide(1, "a", 1);
  for (const bool reverse : {false, true}) {
    ReadOutput output;
    ASSERT_OK(ReadRecords(world.state, Request("a", 1, reverse), ReadMode::kNoWait, &output));
    EXPECT_TRUE(output.found.empty());
    EXPECT_FALSE(output.more);
  }
}

// --- Times ---

TEST(LogReaderFaultTest, ASeqnumByTimeIsTheBooksFirstRecordOrderedThenOrLater) {
  World world(0);
  uint64_t seqnum = 99;
  ASSERT_OK(SeqnumAtTime(world.state, 1, 0, ReadMode::kMayBlock, &seqnum));
  EXPECT_EQ(seqnum, 0u) << "an empty book";
  world.Commit({{1, {}, "0"}, {2, {}, "1"}}, 1000);
  world.Commit({{2, {}, "2"}}, 2000);
  world.Commit({{1, {}, "3"}}, 3000);
  const auto at = [&](uint64_t book, uint64_t time) {
    uint64_t found = 99;
    EXPECT_OK(SeqnumAtTime(world.state, book, time, ReadMode::kMayBlock, &found));
    return found;
  };
  EXPECT_EQ(at(1, 0), 0u);
  EXPECT_EQ(at(1, 1000), 0u);
  EXPECT_EQ(at(1, 1001), 3u);
  EXPECT_EQ(at(1, 3000), 3u);
  EXPECT_EQ(at(1, 3001), 4u) << "behind its last";
  EXPECT_EQ(at(2, 2001), 3u) << "behind its last";
  EXPECT_EQ(at(3, 0), 0u) << "an unknown book";
  world.state.books.Trim(1, 1);
  EXPECT_EQ(at(1, 0), 3u) << "trimmed records have no time";
  world.state.books.Trim(1, 4);
  EXPECT_EQ(at(1, 0), 0u) << "all trimmed: as if empty";
}

TEST(LogReaderFaultTest, ASeqnumByTimeIsNeverOneOfAnotherBooksThatSharesTheHash) {
  // architecture.md: a hit that decides anything is checked against what the record says.
  World world(1 << 20);
  world.Commit({{2, {}, "of another book"}}, 1000);
  // Streams of tags and numbers of books are apart, so a tag's hash that equals a book's number is harmless.
  world.state.active->tags.Add(1, 0);
  world.Commit({{1, {}, "mine"}}, 1000);
  uint64_t seqnum = 99;
  ASSERT_OK(SeqnumAtTime(world.state, 1, 0, ReadMode::kMayBlock, &seqnum));
  EXPECT_EQ(seqnum, 1u);
}

TEST(LogReaderFaultTest, ASeqnumByTimeIsNeverOneThatNobodyMaySeeYet) {
  World world(1 << 20);
  world.Commit({{1, {}, "0"}}, 1000);
  world.Commit({{1, {}, "1"}}, 2000);
  world.state.visible_end = 1;  // the second batch is being published
  uint64_t seqnum = 99;
  ASSERT_OK(SeqnumAtTime(world.state, 1, 2000, ReadMode::kMayBlock, &seqnum));
  EXPECT_EQ(seqnum, 1u) << "behind the last that is visible, whatever comes there";
  world.LeaveOut(10);
  world.Commit({{1, {}, "12"}}, 3000);
  world.state.visible_end = 2;
  ASSERT_OK(SeqnumAtTime(world.state, 1, 3000, ReadMode::kMayBlock, &seqnum));
  EXPECT_EQ(seqnum, 2u);
}

}  // namespace
}  // namespace daybook
