#include "log/record_codec.h"

#include <gtest/gtest.h>

#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

constexpr ShardIdentity kShard{1, 0, 0};

// The worked example of docs/formats/frame.md in the example log, byte by byte.
ByteVector ExampleRecord() {
  return Hex(
      "b8 1b e0 09"  // crc32c("0123456789abcdef", view 1, physical log 0, shard 0, local id 0, what follows)
      "01"           // flags: first
      "06 00"        // size
      "01"           // book
      "01"           // one tag
      "01 61"        // "a"
      "68 69");      // "hi"
}

bool Holds(std::span<const std::byte> bytes, const LogIdentity& identity, const ShardIdentity& shard,
           uint64_t local_id) {
  RecordView record;
  return ParseRecord(bytes, &record) == ParseResult::kOk && record.size == bytes.size() &&
         RecordCrc(RecordCrcBase(identity, shard), local_id, record.checked) == record.crc;
}

TEST(RecordCodecTest, TheExampleOfTheFormatPageIsReadAsThePageSays) {
  const ByteVector bytes = ExampleRecord();
  ASSERT_EQ(bytes.size(), 4u + 9);
  RecordView record;
  ASSERT_EQ(ParseRecord(bytes, &record), ParseResult::kOk);
  EXPECT_EQ(record.size, bytes.size());
  EXPECT_EQ(record.crc, 0x09e01bb8u);
  EXPECT_TRUE(record.first());
  EXPECT_EQ(record.book, 1u);
  EXPECT_EQ(record.tag_count, 1u);
  EXPECT_TRUE(record.extras.empty());
  EXPECT_TRUE(HasTag(record, "a"));
  EXPECT_EQ(TextOf(record.data), "hi");
  EXPECT_TRUE(Holds(bytes, ExampleIdentity(), kShard, 0));
}

TEST(RecordCodecTest, ARecordIsBoundToItsLogViewPhysicalLogShardAndLocalId) {
  const ByteVector bytes = ExampleRecord();
  EXPECT_FALSE(Holds(bytes, OtherIdentity(), kShard, 0));
  EXPECT_FALSE(Holds(bytes, ExampleIdentity(), {2, 0, 0}, 0));
  EXPECT_FALSE(Holds(bytes, ExampleIdentity(), {1, 1, 0}, 0));
  EXPECT_FALSE(Holds(bytes, ExampleIdentity(), {1, 0, 1}, 0));
  EXPECT_FALSE(Holds(bytes, ExampleIdentity(), kShard, 1));
}

TEST(RecordCodecTest, EveryTruncationAndEveryFlippedBitOfARecordIsRefused) {
  ExpectEveryDamageRefused(ExampleRecord(), [](std::span<const std::byte> bytes) {
    return Holds(bytes, ExampleIdentity(), kShard, 0);
  });
}

TEST(RecordCodecTest, AWideRecordWithExtrasAndManyTagsComesApartAsItWasPutTogether) {
  TestRecord made;
  made.book = 300;
  made.wide = true;
  made.first = false;
  made.extras = std::string("\x04\x01\x01", 3);  // durability: disk
  for (size_t i = 0; i < kTagsMax; ++i) made.tags.push_back("tag-" + std::to_string(i));
  made.tags[7] = std::string(kTagBytesMax, 'x');
  made.data = std::string(70000, 'd');
  const ByteVector bytes = EncodedRecord(made);
  RecordView record;
  ASSERT_EQ(ParseRecord(bytes, &record), ParseResult::kOk);
  EXPECT_EQ(record.size, bytes.size());
  EXPECT_FALSE(record.first());
  EXPECT_EQ(record.book, 300u);
  EXPECT_EQ(TextOf(record.extras), made.extras);
  EXPECT_EQ(TextOf(record.data), made.data);
  std::vector<std::string> tags;
  ForEachTag(record, [&](std::string_view tag) {
    tags.emplace_back(tag);
    return true;
  });
  EXPECT_EQ(tags, made.tags);
  EXPECT_TRUE(HasTag(record, made.tags[7]));
  EXPECT_FALSE(HasTag(record, "tag-7"));
}

TEST(RecordCodecTest, OnlyTheFirstOfSeveralRecordsIsTaken) {
  ByteVector bytes = EncodedRecord({1, {"a"}, "one"});
  const size_t first = bytes.size();
  AppendRecord({1, {}, ""}, &bytes);
  RecordView record;
  ASSERT_EQ(ParseRecord(bytes, &record), ParseResult::kOk);
  EXPECT_EQ(record.size, first);
  EXPECT_EQ(TextOf(record.data), "one");
  ASSERT_EQ(ParseRecord(std::span(bytes).subspan(first), &record), ParseResult::kOk);
  EXPECT_EQ(record.size, bytes.size() - first);
  EXPECT_EQ(record.tag_count, 0u);
  EXPECT_TRUE(record.data.empty());
}

TEST(RecordCodecTest, ALengthInsideARecordNeverLeadsOutOfIt) {
  // The bytes behind the record are readable, and still not its own.
  const auto parse = [](std::string_view text) {
    ByteVector bytes = Hex(text);
    const size_t padding = 1024;
    bytes.resize(bytes.size() + padding, std::byte{1});
    RecordView record;
    return ParseRecord(bytes, &record);
  };
  EXPECT_EQ(parse("00000000 01 0000"), ParseResult::kDamaged) << "no book";
  EXPECT_EQ(parse("00000000 01 0100 01"), ParseResult::kDamaged) << "no tag count";
  EXPECT_EQ(parse("00000000 01 0100 81"), ParseResult::kDamaged) << "a varint that goes on behind the end";
  EXPECT_EQ(parse("00000000 01 0300 01 01 01"), ParseResult::kDamaged) << "a tag longer than the rest";
  EXPECT_EQ(parse("00000000 01 0400 01 02 01 61"), ParseResult::kDamaged) << "the second tag is missing";
  EXPECT_EQ(parse("00000000 01 0400 01 01 00 61"), ParseResult::kDamaged) << "an empty tag";
  EXPECT_EQ(parse("00000000 01 0400 01 81 02 61"), ParseResult::kDamaged) << "257 tags";
  EXPECT_EQ(parse("00000000 05 0300 01 02 01"), ParseResult::kDamaged) << "extras longer than the rest";
  EXPECT_EQ(parse("00000000 05 0c00 01 ff ff ff ff ff ff ff ff ff 01 00"), ParseResult::kDamaged)
      << "extras of 2^64 - 1 bytes";
  EXPECT_EQ(parse("00000000 03 ffffffff 01"), ParseResult::kDamaged) << "a record of 4 GiB";
}

TEST(RecordCodecTest, AFlagOfTheFutureIsNeitherUnderstoodNorCalledDamage) {
  for (int bit = 3; bit < 8; ++bit) {
    ByteVector bytes = ExampleRecord();
    bytes[4] |= static_cast<std::byte>(1U << static_cast<unsigned>(bit));
    RecordView record;
    EXPECT_EQ(ParseRecord(bytes, &record), ParseResult::kNewer) << bit;
  }
}

TEST(RecordCodecTest, RandomBytesNeverLeadOutsideOfThemselves) {
  Chance chance;
  for (int round = 0; round < 20000; ++round) {
    ByteVector bytes =
        chance.OneIn(2) ? ExampleRecord() : EncodedRecord({chance.Below(1 << 20), {"a", "bc"}, "data"});
    for (uint64_t i = chance.Below(4); i > 0; --i)
      bytes[chance.Below(bytes.size())] = static_cast<std::byte>(chance.Below(256));
    bytes.resize(chance.Below(bytes.size() + 1));
    bytes.shrink_to_fit();
    RecordView record;
    if (ParseRecord(bytes, &record) != ParseResult::kOk) continue;
    ASSERT_LE(record.size, bytes.size());
    size_t tags = 0;
    ForEachTag(record, [&](std::string_view tag) {
      tags += 1 + tag.size();
      return true;
    });
    ASSERT_EQ(tags, record.tags.size());
    ASSERT_EQ(record.data.data() + record.data.size(), bytes.data() + record.size);
  }
}

}  // namespace
}  // namespace daybook
