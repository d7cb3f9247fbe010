#include "log/log_reader.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/file_name.h"
#include "log/log_state.h"
#include "log/segment_writer.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

constexpr uint64_t kEnd = kSeqnumEnd;

// One record as a reader should see it.
struct ModelRecord {
  uint64_t seqnum = 0;
  uint64_t timestamp = 0;
  TestRecord record;

  [[nodiscard]] bool In(uint64_t book, const std::string& tag) const {
    return record.book == book &&
           (tag.empty() || std::find(record.tags.begin(), record.tags.end(), tag) != record.tags.end());
  }
};

bool operator==(const ModelRecord& a, const ModelRecord& b) {
  return a.seqnum == b.seqnum && a.timestamp == b.timestamp && a.record.tags == b.record.tags &&
         a.record.data == b.record.data;
}

// What an output holds; books are not handed out.
std::vector<ModelRecord> Taken(const ReadOutput& output) {
  std::vector<ModelRecord> taken;
  for (const FoundRecord& found : output.found) {
    ModelRecord record{found.seqnum, found.timestamp, {}};
    const std::byte* at = output.bytes() + found.tags_begin;
    for (uint32_t i = 0; i < found.tag_count; ++i) {
      const auto size = std::to_integer<size_t>(*at);
      record.record.tags.push_back(TextOf({at + 1, size}));
      at += 1 + size;
    }
    EXPECT_EQ(at, output.bytes() + found.data_begin) << "the data stands right behind the tags";
    record.record.data = TextOf({output.bytes() + found.data_begin, found.data_size});
    taken.push_back(std::move(record));
  }
  return taken;
}

// A log state with one segment, and beside it the records that it should show.
class World {
 public:
  explicit World(uint64_t cache_bytes) : state(cache_bytes), faults(&env) {
    state.identity = ExampleIdentity();
    EXPECT_TRUE(state.books.Name(1, "one"));
    EXPECT_TRUE(state.books.Name(2, "two"));
    EXPECT_OK(env.CreateDirectory("/log"));
    SegmentHeader header;
    header.identity = state.identity;
    header.segment = 1;
    EXPECT_OK(SegmentWriter::Create(&faults, "/log", header, &writer_));
    state.segments[1] = {writer_->file(), writer_->path()};
  }

  // Writes and publishes one batch; shard 0 takes the first half of the records.
  void Commit(const std::vector<TestRecord>& records, uint64_t timestamp) {
    std::vector<ShardRecords> shards(2);
    shards[1].shard = 6;
    for (size_t i = 0; i < records.size(); ++i) shards[i < (records.size() + 1) / 2 ? 0 : 1].records.push_back(records[i]);
    if (shards[1].records.empty()) shards.pop_back();
    BatchHeader place;
    place.segment = 1;
    place.offset = writer_->next_offset();
    PreparedBatch batch;
    ASSERT_OK(MakeBatch(state.identity, shards, {}, timestamp, place, &cursor_, &batch));
    bool clean = false;
    ASSERT_OK(writer_->Append(batch.slab->bytes(), &clean));
    for (size_t i = 0; i < records.size(); ++i) model.push_back({batch.ordered.first_seqnum + i, timestamp, records[i]});
    state.Publish(batch.ordered, 1, place.offset, batch.slab, batch.header.end_seqnum);
  }

  void LeaveOut(uint64_t positions) { cursor_.RaiseNextSeqnum(cursor_.next_seqnum() + positions); }
  void Collide(uint64_t book, const std::string& tag, uint64_t seqnum) {
    state.index.Add(StreamOf(state.identity.hash_seed(), book, tag), seqnum);
  }

  [[nodiscard]] std::vector<ModelRecord> Expected(const ReadRequest& request) const {
    std::vector<ModelRecord> expected;
    const uint64_t trimmed = state.books.Find(request.book)->trim_before;
    for (const ModelRecord& record : model) {
      if (record.seqnum < request.from || record.seqnum > request.to || record.seqnum < trimmed) continue;
      if (record.In(request.book, std::string(request.tag))) expected.push_back(record);
    }
    if (request.reverse) std::reverse(expected.begin(), expected.end());
    return expected;
  }

  std::string path() const { return writer_->path(); }

  MemoryEnv env;
  LogState state;
  FaultEnv faults;
  std::vector<ModelRecord> model;

 private:
  std::unique_ptr<SegmentWriter> writer_;
  MetalogCursor cursor_;
};

ReadRequest Request(std::string_view tag, uint32_t limit = 1000, bool reverse = false) {
  return {1, tag, 0, kEnd, reverse, limit};
}

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

// Reads a whole range page by page, each with the limits given, and puts the pages together.
std::vector<ModelRecord> ReadInPages(const World& world, ReadRequest request, size_t fixed_bytes) {
  std::vector<ModelRecord> all;
  while (true) {
    ReadOutput output;
    ByteVector fixed(fixed_bytes);
    if (fixed_bytes > 0) output.fixed = fixed;
    const Status status = ReadRecords(world.state, request, ReadMode::kMayBlock, &output);
    EXPECT_OK(status);
    EXPECT_LE(output.found.size(), request.limit);
    EXPECT_LE(output.used, fixed_bytes > 0 ? fixed_bytes : output.growing.size());
    if (!status.ok()) return all;
    if (output.found.empty() && output.needed > 0) {
      EXPECT_GT(output.needed, fixed_bytes) << "what fits must be taken";
      fixed_bytes = output.needed;
      continue;
    }
    for (ModelRecord& record : Taken(output)) all.push_back(std::move(record));
    if (!output.more) return all;
    EXPECT_FALSE(output.found.empty()) << "a page that promises more must move on";
    if (output.found.empty()) return all;
    const uint64_t last = output.found.back().seqnum;
    if (request.reverse && last == 0) return all;
    (request.reverse ? request.to : request.from) = request.reverse ? last - 1 : last + 1;
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
      if (chance.OneIn(20)) world.state.books.Trim(chance.Between(1, 2), chance.Below(world.state.visible_end));
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
          << "tag '" << request.tag << "', " << request.from << " to " << request.to << ", limit " << request.limit
          << (request.reverse ? ", reverse" : "") << ", fixed " << fixed << ", cache " << cache_bytes;
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

// --- The disk ---

TEST(LogReaderTest, WhoMayNotWaitIsToldSoAndWhoMayIsServed) {
  World world(0);
  world.Commit({{1, {"a"}, "cold"}}, 1);
  world.env.SetCached(false);
  ReadOutput output;
  EXPECT_EQ(ReadRecords(world.state, Request("a"), ReadMode::kNoWait, &output).code(), StatusCode::kWouldBlock);
  EXPECT_TRUE(output.found.empty());
  ASSERT_OK(ReadRecords(world.state, Request("a"), ReadMode::kMayBlock, &output));
  EXPECT_EQ(Taken(output), world.model);
  world.env.SetCached(true);
  ReadOutput cached;
  ASSERT_OK(ReadRecords(world.state, Request("a"), ReadMode::kNoWait, &cached));
  EXPECT_EQ(Taken(cached), world.model) << "in the operating system's memory";
}

TEST(LogReaderTest, WhatIsInMemoryIsHandedOutBeforeTheDiskIsNeeded) {
  World world(300);
  for (int i = 0; i < 4; ++i) world.Commit({{1, {"a"}, std::to_string(i)}}, 1);
  world.env.SetCached(false);
  ASSERT_EQ(world.state.batches.Locate(0)->hot, nullptr);
  ASSERT_NE(world.state.batches.Locate(3)->hot, nullptr);
  ReadOutput newest;
  ASSERT_OK(ReadRecords(world.state, Request("a", 100, true), ReadMode::kNoWait, &newest));
  ASSERT_GE(newest.found.size(), 1u);
  EXPECT_EQ(newest.found[0].seqnum, 3u);
  EXPECT_LT(newest.found.size(), 4u);
  EXPECT_TRUE(newest.more);
}

TEST(LogReaderTest, ARottenRecordIsAnErrorThatNamesItAndNeverAWrongRecord) {
  World world(0);
  world.Commit({{1, {"a"}, "good"}, {1, {"a"}, "rotten"}, {1, {"a"}, "good too"}}, 1);
  const RecordLocation at = *world.state.batches.Locate(1);
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

TEST(LogReaderTest, AFileThatBecameShorterIsCorruptAndAFailingDiskIsAnIoError) {
  World world(0);
  world.Commit({{1, {"a"}, "data"}}, 1);
  ByteVector bytes = world.env.ReadWholeFile(world.path());
  bytes.resize(world.state.batches.Locate(0)->offset + 3);
  const ByteVector whole = world.env.ReadWholeFile(world.path());
  world.env.WriteWholeFile(world.path(), bytes);
  ReadOutput output;
  EXPECT_EQ(ReadRecords(world.state, Request("a"), ReadMode::kMayBlock, &output).code(), StatusCode::kCorrupt);
  world.env.WriteWholeFile(world.path(), whole);
  world.faults.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kRead) return {};
    return Status(StatusCode::kIo, "a bad sector", EIO);
  });
  EXPECT_EQ(ReadRecords(world.state, Request("a"), ReadMode::kMayBlock, &output).code(), StatusCode::kIo);
  EXPECT_TRUE(output.found.empty());
}

// --- Damage that was found when the log was opened ---

TEST(LogReaderTest, DamageIsNeverAnsweredAsAbsenceInEitherDirection) {
  World world(1 << 20);
  for (int i = 0; i < 10; ++i) world.Commit({{1, {"a"}, std::to_string(i)}}, 1);
  world.LeaveOut(10);  // seqnums 10 to 19 are unreadable
  for (int i = 20; i < 30; ++i) world.Commit({{1, {"a"}, std::to_string(i)}}, 1);
  world.state.damage.Add({10, 20, "segment", 12288, "the checksums of a batch do not hold", false});
  const auto read = [&](uint64_t from, uint64_t to, bool reverse, uint32_t limit, size_t* found) {
    ReadOutput output;
    const Status status = ReadRecords(world.state, {1, "a", from, to, reverse, limit}, ReadMode::kNoWait, &output);
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

TEST(LogReaderTest, ALostTagIsNotAnEmptyTag) {
  World world(1 << 20);
  for (int i = 0; i < 3; ++i) world.Commit({{1, {"a"}, "x"}}, 1);
  world.state.damage.Add({1, 2, "segment", 12288, "gone", false});
  ReadOutput output;
  EXPECT_EQ(ReadRecords(world.state, Request("never seen"), ReadMode::kNoWait, &output).code(), StatusCode::kCorrupt);
  EXPECT_EQ(ReadRecords(world.state, Request("never seen", 1, true), ReadMode::kNoWait, &output).code(),
            StatusCode::kCorrupt);
}

TEST(LogReaderTest, WhenANameMayBeLostABookWithoutANameIsNotAnEmptyBook) {
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

TEST(LogReaderTest, ARecordThatOnlySharesAHashIsNeverHandedOut) {
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

TEST(LogReaderTest, AStreamOfNothingButCollisionsIsEmpty) {
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

TEST(LogReaderTest, ASeqnumByTimeIsTheBooksFirstRecordOrderedThenOrLater) {
  World world(0);
  uint64_t seqnum = 99;
  ASSERT_OK(SeqnumAtTime(world.state, 1, 0, &seqnum));
  EXPECT_EQ(seqnum, 0u) << "an empty book";
  world.Commit({{1, {}, "0"}, {2, {}, "1"}}, 1000);
  world.Commit({{2, {}, "2"}}, 2000);
  world.Commit({{1, {}, "3"}}, 3000);
  const auto at = [&](uint64_t book, uint64_t time) {
    uint64_t found = 99;
    EXPECT_OK(SeqnumAtTime(world.state, book, time, &found));
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

TEST(LogReaderTest, ASeqnumByTimeIsNeverOneOfAnotherBooksThatSharesTheHash) {
  // architecture.md: a hit that decides anything is checked against what the record says.
  World world(1 << 20);
  world.Commit({{2, {}, "of another book"}}, 1000);
  // Streams of tags and numbers of books are apart, so a tag's hash that equals a book's number is harmless.
  world.state.index.Add(1, 0);
  world.Commit({{1, {}, "mine"}}, 1000);
  uint64_t seqnum = 99;
  ASSERT_OK(SeqnumAtTime(world.state, 1, 0, &seqnum));
  EXPECT_EQ(seqnum, 1u);
}

}  // namespace
}  // namespace daybook
