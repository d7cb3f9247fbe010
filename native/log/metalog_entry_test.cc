#include "log/metalog_entry.h"

#include <gtest/gtest.h>

#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// docs/formats/metalog-entry.md: a cut over two shards, three commands.
ByteVector ExampleEntry() {
  return Hex(
      "ac 02"                       // index: 300
      "80 d0 95 ff bc 31"           // timestamp: 1700000000000
      "f0 a2 04"                    // first_seqnum: 70000
      "00"                          // flags
      "02"                          // two shards
      "00 05"                       // shard 0, progress 5
      "c8 01 e8 07"                 // shard 200, progress 1000
      "03"                          // three commands
      "01 07 01 6f 72 64 65 72 73"  // name book 1 "orders"
      "03 03 01 e8 07"              // trim book 1 before 1000
      "08 07 03 81 01 04 03 02 01"  // recover: lost term 3, batch 129, checksum 0x01020304
      "00");                        // no fields
}

MetalogEntry ExampleFields() {
  MetalogEntry entry;
  entry.index = 300;
  entry.timestamp = 1700000000000;
  entry.first_seqnum = 70000;
  entry.cut = {{0, 5}, {200, 1000}};
  Command name;
  name.kind = CommandKind::kNameBook;
  name.book = 1;
  name.name = "orders";
  Command trim;
  trim.kind = CommandKind::kTrimBook;
  trim.book = 1;
  trim.before = 1000;
  Command recover;
  recover.kind = CommandKind::kRecover;
  recover.lost_term = 3;
  recover.last_batch = 129;
  recover.last_checksum = 0x01020304;
  entry.commands = {name, trim, recover};
  return entry;
}

ParseResult Decode(std::string_view hex) {
  const ByteVector bytes = Hex(hex);
  MetalogEntry entry;
  return DecodeMetalogEntry(bytes, &entry);
}

TEST(MetalogEntryTest, AnEntryHasTheBytesThatThePageSays) {
  ByteVector bytes;
  EncodeMetalogEntry(ExampleFields(), &bytes);
  EXPECT_EQ(ToHex(bytes), ToHex(ExampleEntry()));
}

TEST(MetalogEntryTest, TheBytesOfThePageAreReadAsThePageSays) {
  MetalogEntry entry;
  ASSERT_EQ(DecodeMetalogEntry(ExampleEntry(), &entry), ParseResult::kOk);
  const MetalogEntry expected = ExampleFields();
  EXPECT_EQ(entry.index, expected.index);
  EXPECT_EQ(entry.timestamp, expected.timestamp);
  EXPECT_EQ(entry.first_seqnum, expected.first_seqnum);
  EXPECT_FALSE(entry.has_verdicts);
  EXPECT_EQ(entry.cut, expected.cut);
  EXPECT_EQ(entry.commands, expected.commands);
}

TEST(MetalogEntryTest, NothingOfAnEarlierEntryStaysInOneThatIsReadOverIt) {
  MetalogEntry entry;
  ASSERT_EQ(DecodeMetalogEntry(ExampleEntry(), &entry), ParseResult::kOk);
  ASSERT_EQ(DecodeMetalogEntry(Hex("01 02 03 01 00 00 00"), &entry), ParseResult::kOk);
  EXPECT_EQ(entry.index, 1u);
  EXPECT_TRUE(entry.has_verdicts);
  EXPECT_TRUE(entry.cut.empty());
  EXPECT_TRUE(entry.commands.empty());
}

TEST(MetalogEntryTest, EveryTruncationAndEveryByteTooManyIsRefused) {
  const ByteVector good = ExampleEntry();
  for (size_t size = 0; size < good.size(); ++size) {
    ByteVector cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
    cut.shrink_to_fit();
    MetalogEntry entry;
    EXPECT_EQ(DecodeMetalogEntry(cut, &entry), ParseResult::kDamaged) << size;
  }
  ByteVector longer = good;
  longer.push_back(std::byte{0});
  MetalogEntry entry;
  EXPECT_EQ(DecodeMetalogEntry(longer, &entry), ParseResult::kDamaged);
}

TEST(MetalogEntryTest, CountsAndSizesThatLeadOutsideAreRefused) {
  EXPECT_EQ(Decode("01 02 03 00 ff ff ff ff ff ff ff ff ff 01"), ParseResult::kDamaged)
      << "a cut over 2^64 - 1 shards";
  EXPECT_EQ(Decode("01 02 03 00 00 ff ff ff ff ff ff ff ff ff 01"), ParseResult::kDamaged)
      << "as many commands";
  EXPECT_EQ(Decode("01 02 03 00 00 01 03 ff ff ff ff ff ff ff ff ff 01 00"), ParseResult::kDamaged)
      << "a command of 2^64 - 1 bytes";
  EXPECT_EQ(Decode("01 02 03 00 00 00 ff ff ff ff ff ff ff ff ff 01"), ParseResult::kDamaged)
      << "as many fields";
}

TEST(MetalogEntryTest, ACutMustAscendByShardAndNameNoShardTwice) {
  EXPECT_EQ(Decode("01 02 03 00 02 00 05 01 05 00 00"), ParseResult::kOk);
  EXPECT_EQ(Decode("01 02 03 00 02 01 05 00 05 00 00"), ParseResult::kDamaged);
  EXPECT_EQ(Decode("01 02 03 00 02 01 05 01 06 00 00"), ParseResult::kDamaged);
  EXPECT_EQ(Decode("01 02 03 00 01 ff ff ff ff 0f 05 00 00"), ParseResult::kOk) << "shard 2^32 - 1";
  EXPECT_EQ(Decode("01 02 03 00 01 80 80 80 80 10 05 00 00"), ParseResult::kDamaged) << "shard 2^32";
}

TEST(MetalogEntryTest, ACommandFillsItsSizeExactly) {
  EXPECT_EQ(Decode("01 02 03 00 00 01 03 02 01 05 00"), ParseResult::kOk);
  EXPECT_EQ(Decode("01 02 03 00 00 01 03 03 01 05 05 00"), ParseResult::kDamaged)
      << "a trim with a byte too many";
  EXPECT_EQ(Decode("01 02 03 00 00 01 03 01 01 00"), ParseResult::kDamaged) << "a trim without its mark";
  EXPECT_EQ(Decode("01 02 03 00 00 01 01 01 01 00"), ParseResult::kDamaged) << "a book without a name";
  EXPECT_EQ(Decode("01 02 03 00 00 01 08 05 03 01 01 02 03 00"), ParseResult::kDamaged) << "half a checksum";
}

TEST(MetalogEntryTest, CommandsAboutShardsAreReadAsTheyWereWritten) {
  MetalogEntry entry;
  Command command;
  command.kind = CommandKind::kAddShard;
  command.shard = 300;
  command.countdown = 5;
  entry.commands = {command, command};
  entry.commands[1].kind = CommandKind::kFinalizeShard;
  ByteVector bytes;
  EncodeMetalogEntry(entry, &bytes);
  EXPECT_EQ(ToHex(bytes), ToHex(Hex("00 00 00 00 00 02 0a 03 ac 02 05 0b 03 ac 02 05 00")));
  MetalogEntry read;
  ASSERT_EQ(DecodeMetalogEntry(bytes, &read), ParseResult::kOk);
  EXPECT_EQ(read.commands, entry.commands);
  EXPECT_EQ(Decode("00 00 00 00 00 01 0a 06 80 80 80 80 10 05 00"), ParseResult::kDamaged) << "shard 2^32";
}

TEST(MetalogEntryTest, ANameHasAtMost255Bytes) {
  for (const size_t size : {255, 256}) {
    MetalogEntry entry;
    Command command;
    command.book = 1;
    command.name = std::string(size, 'n');
    entry.commands = {command};
    ByteVector bytes;
    EncodeMetalogEntry(entry, &bytes);
    MetalogEntry read;
    EXPECT_EQ(DecodeMetalogEntry(bytes, &read), size == 255 ? ParseResult::kOk : ParseResult::kDamaged)
        << size;
  }
}

TEST(MetalogEntryTest, WhatMustBeUnderstoodAndIsNotIsNewerAndTheRestIsSkipped) {
  EXPECT_EQ(Decode("01 02 03 02 00 00 00"), ParseResult::kNewer) << "an unknown flag";
  EXPECT_EQ(Decode("01 02 03 00 00 01 3f 01 aa 00"), ParseResult::kNewer) << "command 63";
  EXPECT_EQ(Decode("01 02 03 00 00 01 00 01 aa 00"), ParseResult::kNewer) << "command 0";
  EXPECT_EQ(Decode("01 02 03 00 00 00 01 3f 01 aa"), ParseResult::kNewer) << "field 63";
  const ByteVector bytes = Hex("01 02 03 00 00 02 40 01 aa 03 02 01 05 01 40 02 bb cc");
  MetalogEntry entry;
  ASSERT_EQ(DecodeMetalogEntry(bytes, &entry), ParseResult::kOk);
  ASSERT_EQ(entry.commands.size(), 1u) << "command 64 is skipped, the one behind it is not";
  EXPECT_EQ(entry.commands[0].kind, CommandKind::kTrimBook);
}

TEST(MetalogEntryTest, EveryCommandOfThePageThatThisVersionDoesNotMakeIsRefusedAsNewer) {
  for (const int kind : {6, 7, 9}) {
    ByteVector bytes = Hex("01 02 03 00 00 01 00 01 01 00");
    bytes[6] = static_cast<std::byte>(kind);
    MetalogEntry entry;
    EXPECT_EQ(DecodeMetalogEntry(bytes, &entry), ParseResult::kNewer) << kind;
  }
}

TEST(MetalogEntryTest, DropRetentionAndTrimOfATagComeBackAsTheyWere) {
  MetalogEntry entry;
  entry.index = 1;
  Command drop;
  drop.kind = CommandKind::kDropBook;
  drop.book = 300;
  drop.before = 70'000;
  Command retain;
  retain.kind = CommandKind::kRetention;
  retain.book = 7;
  retain.retention = {86'400'000, 0, 1000};
  Command trim;
  trim.kind = CommandKind::kTrimTag;
  trim.book = 7;
  trim.before = 12;
  trim.tag = std::string(255, 't');
  entry.commands = {drop, retain, trim};
  ByteVector bytes;
  EncodeMetalogEntry(entry, &bytes);
  MetalogEntry read;
  ASSERT_EQ(DecodeMetalogEntry(bytes, &read), ParseResult::kOk);
  EXPECT_EQ(read.commands, entry.commands);
}

TEST(MetalogEntryTest, ALimitOfRetentionThatIsNotKnownOrOfAnotherSizeIsDamage) {
  for (const char* body : {"05 04 07 04 01 09", "05 04 07 01 02 09", "05 03 07 01 01"}) {
    ByteVector bytes = Joined({Hex("01 02 03 00 00 01"), Hex(body), Hex("00")});
    MetalogEntry entry;
    EXPECT_EQ(DecodeMetalogEntry(bytes, &entry), ParseResult::kDamaged) << body;
  }
}

TEST(MetalogEntryTest, RandomEntriesComeBackAsTheyWere) {
  Chance chance;
  for (int round = 0; round < 2000; ++round) {
    MetalogEntry entry;
    entry.index = chance.Below(UINT64_MAX) >> chance.Below(64);
    entry.timestamp = chance.Below(UINT64_MAX) >> chance.Below(64);
    entry.first_seqnum = chance.Below(UINT64_MAX) >> chance.Below(64);
    entry.has_verdicts = chance.OneIn(2);
    uint64_t shard = chance.Below(3);
    for (uint64_t i = chance.Below(5); i > 0; --i, shard += chance.Between(1, 1000)) {
      entry.cut.push_back({static_cast<uint32_t>(shard), chance.Below(UINT64_MAX) >> chance.Below(64)});
    }
    for (uint64_t i = chance.Below(4); i > 0; --i) {
      entry.commands.push_back(ExampleFields().commands[chance.Below(3)]);
      entry.commands.back().book =
          entry.commands.back().kind == CommandKind::kRecover ? 0 : chance.Below(UINT64_MAX);
    }
    ByteVector bytes;
    EncodeMetalogEntry(entry, &bytes);
    MetalogEntry read;
    ASSERT_EQ(DecodeMetalogEntry(bytes, &read), ParseResult::kOk);
    ASSERT_EQ(read.index, entry.index);
    ASSERT_EQ(read.timestamp, entry.timestamp);
    ASSERT_EQ(read.first_seqnum, entry.first_seqnum);
    ASSERT_EQ(read.has_verdicts, entry.has_verdicts);
    ASSERT_EQ(read.cut, entry.cut);
    ASSERT_EQ(read.commands, entry.commands);
  }
}

}  // namespace
}  // namespace daybook
