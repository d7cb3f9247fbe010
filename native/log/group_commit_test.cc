#include "log/group_commit.h"

#include <gtest/gtest.h>

#include "log/batch_reader.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// The first batch of the example log, as docs/formats spells it: the example record of frame.md, the entry
// that orders it, and the name of its book.
ByteVector ExampleBatch() {
  return Hex(
      // batch.md
      "44 42 42 54  c4 2b 0b 34"   // magic, checksum
      "01 00  00 00  01 00 00 00"  // version, lane, flags: holds commands
      "01 00 00 00 00 00 00 00"    // batch_number
      "01 00 00 00 00 00 00 00"    // term
      "01 00 00 00 00 00 00 00"    // segment
      "00 30 00 00 00 00 00 00"    // offset
      "00 00 00 00 00 00 00 00"    // durable_number
      "00 00 00 00  02 00 00 00"   // previous_checksum, frame_count
      "7f 00 00 00 00 00 00 00"    // body_size
      "00 00 00 00 00 00 00 00"    // first_seqnum
      "01 00 00 00 00 00 00 00"    // end_seqnum
      "01 00 00 00 00 00 00 00"    // reserved_seqnum
      "01 00 00 00 00 00 00 00"    // metalog_index
      "27 46 3b 8a  00 00 00 00"   // frames_crc, zero
      "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66"
      // frame.md
      "44 42 46 52  a9 4b 98 3b"  // magic, header_crc
      "01  01  00 00"             // type records, version, flags
      "0d 00 00 00  6b 2d 62 80"  // body_size, body_crc: crc32c(log id, the record's checksum)
      "01 00 00 00  01 00 00 00"  // record_count, view
      "00 00 00 00"               // shard
      "00 00 00 00 00 00 00 00"   // first_local_id
      "00 00 00 00  30 31 32 33"  // physical_log, log_tag
      "b8 1b e0 09  01  06 00  01  01  01 61  68 69"
      // metalog-entry.md, in a frame of type 2
      "44 42 46 52  5f 74 5b 35"
      "02  01  00 00"
      "12 00 00 00  c0 0b 35 64"  // body_size, body_crc: crc32c(log id, body)
      "00 00 00 00  01 00 00 00"
      "00 00 00 00"
      "00 00 00 00 00 00 00 00"
      "00 00 00 00  30 31 32 33"
      "01"                 // index
      "80 d0 95 ff bc 31"  // timestamp
      "00  00"             // first_seqnum, flags
      "01  00 01"          // cut: shard 0 up to 1
      "01  01 02 01 62"    // name book 1 "b"
      "00");               // fields
}

BatchHeader FirstPlace() {
  BatchHeader place;
  place.batch_number = 1;
  place.term = 1;
  place.segment = 1;
  place.offset = 12288;
  return place;
}

Command NameBook(uint64_t book, const std::string& name) {
  Command command;
  command.kind = CommandKind::kNameBook;
  command.book = book;
  command.name = name;
  return command;
}

constexpr uint64_t kNow = 1700000000000;

TEST(GroupCommitTest, ABatchHasTheBytesThatThePagesSay) {
  MetalogCursor cursor;
  PreparedBatch batch;
  ASSERT_OK(MakeBatch(ExampleIdentity(), {{0, {{1, {"a"}, "hi"}}}}, {NameBook(1, "b")}, kNow, FirstPlace(),
                      &cursor, &batch));
  EXPECT_EQ(ToHex(batch.slab->bytes()), ToHex(ExampleBatch()));
}

TEST(GroupCommitTest, TheBytesOfThePagesAreReadAsThePagesSay) {
  const ByteVector bytes = ExampleBatch();
  BatchHeader header;
  ASSERT_EQ(DecodeBatchHeader(ExampleIdentity(), bytes, &header), ParseResult::kOk);
  std::vector<FrameView> frames;
  ASSERT_EQ(ParseBatch(ExampleIdentity(), header, bytes, &frames), ParseResult::kOk);
  MetalogCursor cursor;
  OrderedBatch ordered;
  ASSERT_OK(ApplyBatch(ExampleIdentity(), header, frames, false, &cursor, &ordered));
  EXPECT_EQ(ordered.first_seqnum, 0u);
  EXPECT_EQ(ordered.timestamp, kNow);
  EXPECT_EQ(ordered.offsets, (std::vector<uint32_t>{128 + 48}));
  ASSERT_EQ(ordered.commands.size(), 1u);
  EXPECT_EQ(ordered.commands[0], NameBook(1, "b"));
  EXPECT_EQ(cursor.next_seqnum(), 1u);
  EXPECT_EQ(cursor.progress(0), 1u);
}

TEST(GroupCommitTest, EveryTruncationAndEveryFlippedBitOfABatchIsRefused) {
  ExpectEveryDamageRefused(ExampleBatch(), [](std::span<const std::byte> bytes) {
    BatchHeader header;
    std::vector<FrameView> frames;
    return DecodeBatchHeader(ExampleIdentity(), bytes, &header) == ParseResult::kOk &&
           ParseBatch(ExampleIdentity(), header, bytes, &frames) == ParseResult::kOk;
  });
}

TEST(GroupCommitTest, TheTimeOfAnEntryNeverGoesBackThoughTheClockDoes) {
  MetalogCursor cursor;
  for (const auto& [now, expected] :
       std::vector<std::pair<uint64_t, uint64_t>>{{50, 50}, {20, 50}, {60, 60}}) {
    PreparedBatch batch;
    ASSERT_OK(MakeBatch(ExampleIdentity(), {{0, {{}}}}, {}, now, FirstPlace(), &cursor, &batch));
    EXPECT_EQ(batch.ordered.timestamp, expected);
  }
}

TEST(GroupCommitTest, BytesThatAreNotRecordsAreRefusedAndMoveNothing) {
  const ByteVector good = EncodedRecord({1, {"a"}, "data"});
  struct Case {
    const char* what;
    ByteVector bytes;
    uint64_t count;
  };
  const ByteVector cut(good.begin(), good.end() - 1);
  ByteVector flagged = good;
  flagged[4] |= std::byte{0x80};
  const Case cases[] = {{"cut short", cut, 1},
                        {"a byte too many", Joined({good, Hex("00")}), 1},
                        {"an unknown flag", flagged, 1},
                        {"fewer than announced", good, 2},
                        {"more than announced", Joined({good, good}), 1}};
  for (const Case& c : cases) {
    MetalogCursor cursor;
    const LogIdentity identity = ExampleIdentity();
    const ShardSubmission submissions[] = {{0, c.count, {c.bytes}}};
    GroupCommitInput input;
    input.identity = &identity;
    input.cursor = &cursor;
    input.shards = submissions;
    input.place = FirstPlace();
    PreparedBatch batch;
    EXPECT_EQ(PrepareBatch(input, &batch).code(), StatusCode::kInvalidArgument) << c.what;
    EXPECT_EQ(cursor.next_seqnum(), 0u);
  }
}

TEST(GroupCommitTest, AFullLogTakesNoMoreRecordsAndSaysSo) {
  MetalogCursor cursor;
  cursor.RaiseNextSeqnum(kSeqnumEnd - 1);
  PreparedBatch last;
  ASSERT_OK(MakeBatch(ExampleIdentity(), {{0, {{}}}}, {}, kNow, FirstPlace(), &cursor, &last));
  EXPECT_EQ(last.ordered.first_seqnum, kSeqnumEnd - 1);
  PreparedBatch beyond;
  EXPECT_EQ(MakeBatch(ExampleIdentity(), {{0, {{}}}}, {}, kNow, FirstPlace(), &cursor, &beyond).code(),
            StatusCode::kTooLarge);
}

TEST(GroupCommitTest, ABatchNeverReservesLessThanItOrders) {
  for (const uint64_t reserved : {0, 1, 1000}) {
    MetalogCursor cursor;
    BatchHeader place = FirstPlace();
    place.reserved_seqnum = reserved;
    PreparedBatch batch;
    ASSERT_OK(MakeBatch(ExampleIdentity(), {{0, {{}, {}}}}, {}, kNow, place, &cursor, &batch));
    EXPECT_EQ(batch.header.reserved_seqnum, std::max<uint64_t>(reserved, 2));
  }
}

TEST(GroupCommitTest, CommandsOfALogOfManyShardsAreRefusedAsNewer) {
  for (const CommandKind kind : {CommandKind::kAddShard, CommandKind::kFinalizeShard}) {
    Command command;
    command.kind = kind;
    command.shard = 7;
    MetalogCursor writer;
    PreparedBatch batch;
    ASSERT_OK(MakeBatch(ExampleIdentity(), {{0, {{}}}}, {command}, kNow, FirstPlace(), &writer, &batch));
    BatchHeader header;
    std::vector<FrameView> frames;
    ASSERT_EQ(DecodeBatchHeader(ExampleIdentity(), batch.slab->bytes(), &header), ParseResult::kOk);
    ASSERT_EQ(ParseBatch(ExampleIdentity(), header, batch.slab->bytes(), &frames), ParseResult::kOk);
    MetalogCursor reader;
    OrderedBatch ordered;
    const Status status = ApplyBatch(ExampleIdentity(), header, frames, false, &reader, &ordered);
    EXPECT_EQ(status.code(), StatusCode::kFormat);
    EXPECT_EQ(reader.index(), 0u) << "nothing was applied";
  }
}

// Reads a batch back and compares what it means with what was meant when it was made.
void ExpectReadBack(const PreparedBatch& batch, MetalogCursor* reader) {
  BatchHeader header;
  std::vector<FrameView> frames;
  ASSERT_EQ(DecodeBatchHeader(ExampleIdentity(), batch.slab->bytes(), &header), ParseResult::kOk);
  ASSERT_EQ(ParseBatch(ExampleIdentity(), header, batch.slab->bytes(), &frames), ParseResult::kOk);
  OrderedBatch ordered;
  ASSERT_OK(ApplyBatch(ExampleIdentity(), header, frames, false, reader, &ordered));
  EXPECT_EQ(ordered.first_seqnum, batch.ordered.first_seqnum);
  EXPECT_EQ(ordered.timestamp, batch.ordered.timestamp);
  EXPECT_EQ(ordered.size, batch.ordered.size);
  EXPECT_EQ(ordered.offsets, batch.ordered.offsets);
  EXPECT_EQ(ordered.runs, batch.ordered.runs);
  EXPECT_EQ(ordered.commands, batch.ordered.commands);
  EXPECT_EQ(ordered.view, ordered.offsets.empty() ? 0 : batch.ordered.view);
  ASSERT_EQ(ordered.postings.size(), batch.ordered.postings.size());
  for (size_t i = 0; i < ordered.postings.size(); ++i) {
    EXPECT_EQ(ordered.postings[i].stream, batch.ordered.postings[i].stream);
    EXPECT_EQ(ordered.postings[i].seqnum, batch.ordered.postings[i].seqnum);
  }
}

TEST(GroupCommitTest, RandomBatchesMeanTheSameWhenTheyAreReadBack) {
  Chance chance;
  MetalogCursor writer;
  MetalogCursor reader;
  for (int round = 0; round < 200; ++round) {
    std::vector<ShardRecords> shards;
    for (uint32_t shard = 0; shard < 5; ++shard) {
      if (chance.OneIn(2)) continue;
      ShardRecords submission{shard, {}};
      for (uint64_t i = chance.Between(1, 6); i > 0; --i) {
        TestRecord record{
            chance.Between(1, 300), {}, chance.Text(chance.OneIn(20) ? 70000 : chance.Below(50))};
        record.first = chance.OneIn(2);
        record.wide = chance.OneIn(4);
        if (chance.OneIn(4)) record.extras = std::string("\x04\x01\x01", 3);
        for (uint64_t t = chance.Below(5); t > 0; --t)
          record.tags.push_back(chance.Text(chance.Between(1, 255)));
        submission.records.push_back(std::move(record));
      }
      shards.push_back(std::move(submission));
    }
    std::vector<Command> commands;
    if (chance.OneIn(4)) commands.push_back(NameBook(chance.Between(1, 300), "name"));
    PreparedBatch batch;
    ASSERT_OK(MakeBatch(ExampleIdentity(), shards, commands, kNow + chance.Below(100), FirstPlace(), &writer,
                        &batch));
    ExpectReadBack(batch, &reader);
    ASSERT_EQ(reader.next_seqnum(), writer.next_seqnum());
  }
}

TEST(GroupCommitTest, APieceOfASubmissionMayHoldSeveralRecordsAndASubmissionSeveralPieces) {
  const LogIdentity identity = ExampleIdentity();
  MetalogCursor cursor;
  const ByteVector one = EncodedRecord({1, {}, "one"});
  const ByteVector two = Joined({EncodedRecord({1, {}, "two"}), EncodedRecord({1, {}, "three"})});
  const ShardSubmission submissions[] = {{4, 3, {one, two}}};
  GroupCommitInput input;
  input.identity = &identity;
  input.cursor = &cursor;
  input.shards = submissions;
  input.place = FirstPlace();
  PreparedBatch batch;
  ASSERT_OK(PrepareBatch(input, &batch));
  EXPECT_EQ(batch.ordered.offsets.size(), 3u);
  EXPECT_EQ(batch.header.frame_count, 2u);
  EXPECT_EQ(batch.ordered.runs, (std::vector<OrderedRun>{{4, 0, 3, 0}}));
}

}  // namespace
}  // namespace daybook
