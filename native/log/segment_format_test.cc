#include "log/segment_format.h"

#include <gtest/gtest.h>

#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// docs/formats/segment.md, each field with a value of its own.
ByteVector ExampleHeader() {
  ByteVector bytes =
      Hex("44 41 59 42 4b 53 45 47"                          //   0 magic "DAYBKSEG"
          "ea 77 60 2d"                                      //   8 header_crc: crc32c(bytes 12 to 511)
          "01 00 00 00"                                      //  12 format_version
          "01 00 00 00"                                      //  16 minimum_reader
          "02 00 00 00"                                      //  20 kind: rewritten
          "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66"  //  24 log id
          "66 65 64 63 62 61 39 38 37 36 35 34 33 32 31 30"  //  40 hash seed
          "03 00 00 00 00 00 00 00"                          //  56 segment id
          "04 00 00 00 00 00 00 00"                          //  64 term
          "05 00 00 00 00 00 00 00"                          //  72 first_batch_number
          "06 00 00 00"                                      //  80 previous_checksum
          "00 10 00 00"                                      //  84 sector_size
          "07 00 00 00"                                      //  88 lane
          "00 30 00 00"                                      //  92 data_offset
          "00 68 e5 cf 8b 01 00 00");                        //  96 created: 1700000000000
  bytes.resize(512);                                         // 104 zero
  return bytes;
}

SegmentHeader ExampleFields() {
  SegmentHeader header;
  header.kind = SegmentKind::kRewritten;
  header.identity = ExampleIdentity();
  header.segment = 3;
  header.term = 4;
  header.first_batch_number = 5;
  header.previous_checksum = 6;
  header.lane = 7;
  header.created_ms = 1700000000000;
  return header;
}

ByteVector ExampleMark() {
  return Hex(
      "44 42 4d 4b"                                        //  0 magic "DBMK"
      "1f 54 81 5b"                                        //  4 mark_crc: crc32c(log id, bytes 8 to 95)
      "03 00 00 00 00 00 00 00"                            //  8 segment
      "04 00 00 00 00 00 00 00"                            // 16 term
      "05 00 00 00 00 00 00 00"                            // 24 batch_number
      "06 00 00 00"                                        // 32 batch_checksum
      "01 00 00 00"                                        // 36 flags: closed
      "08 00 00 00 00 00 00 00"                            // 40 end_offset
      "09 00 00 00 00 00 00 00"                            // 48 next_seqnum
      "0a 00 00 00 00 00 00 00"                            // 56 reserved_seqnum
      "0b 00 00 00 00 00 00 00"                            // 64 metalog_index
      "00 68 e5 cf 8b 01 00 00"                            // 72 timestamp
      "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66");  // 80 log id
}

DurableMark ExampleMarkFields() { return {3, 4, 5, 6, 1, 8, 9, 10, 11, 1700000000000}; }

ParseResult Decode(std::span<const std::byte> bytes) {
  SegmentHeader header;
  return DecodeSegmentHeader(bytes, &header);
}

ByteVector WithU32(size_t offset, uint32_t value) {
  ByteVector bytes = ExampleHeader();
  StoreU32(bytes.data() + offset, value);
  StoreU32(bytes.data() + 8, Crc32c(std::span(bytes).subspan(12)));
  return bytes;
}

TEST(SegmentFormatTest, AHeaderHasTheBytesThatThePageSays) {
  ByteVector bytes(kSegmentHeaderSize, std::byte{0xee});
  EncodeSegmentHeader(ExampleFields(), bytes.data());
  EXPECT_EQ(ToHex(bytes), ToHex(ExampleHeader()));
}

TEST(SegmentFormatTest, TheBytesOfThePageAreReadAsThePageSays) {
  SegmentHeader header;
  ASSERT_EQ(DecodeSegmentHeader(ExampleHeader(), &header), ParseResult::kOk);
  const SegmentHeader expected = ExampleFields();
  EXPECT_EQ(header.format_version, 1u);
  EXPECT_EQ(header.minimum_reader, 1u);
  EXPECT_EQ(header.kind, expected.kind);
  EXPECT_EQ(header.identity.id(), expected.identity.id());
  EXPECT_EQ(header.identity.seed_bytes(), expected.identity.seed_bytes());
  EXPECT_EQ(header.identity.hash_seed(), expected.identity.hash_seed());
  EXPECT_EQ(header.segment, expected.segment);
  EXPECT_EQ(header.term, expected.term);
  EXPECT_EQ(header.first_batch_number, expected.first_batch_number);
  EXPECT_EQ(header.previous_checksum, expected.previous_checksum);
  EXPECT_EQ(header.lane, expected.lane);
  EXPECT_EQ(header.created_ms, expected.created_ms);
}

TEST(SegmentFormatTest, EveryTruncationAndEveryFlippedBitOfAHeaderIsRefusedAsDamage) {
  ExpectEveryDamageRefused(ExampleHeader(), [](std::span<const std::byte> bytes) {
    return Decode(bytes) != ParseResult::kDamaged;
  });
}

TEST(SegmentFormatTest, WhatStandsBehindTheHeaderInItsSectorIsNotLookedAt) {
  ByteVector bytes = ExampleHeader();
  bytes.resize(kSectorSize, std::byte{0xee});
  EXPECT_EQ(Decode(bytes), ParseResult::kOk);
}

TEST(SegmentFormatTest, ASegmentForANewerReaderIsRefusedAndItsVersionKnown) {
  ByteVector bytes = WithU32(12, 7);
  EXPECT_EQ(Decode(bytes), ParseResult::kOk) << "newer, but readable by version 1";
  StoreU32(bytes.data() + 16, 2);
  StoreU32(bytes.data() + 8, Crc32c(std::span(bytes).subspan(12)));
  SegmentHeader header;
  EXPECT_EQ(DecodeSegmentHeader(bytes, &header), ParseResult::kNewer);
  EXPECT_EQ(header.format_version, 7u);
  EXPECT_EQ(header.minimum_reader, 2u);
}

TEST(SegmentFormatTest, AnUnknownKindSectorSizeOrDataOffsetIsNewer) {
  EXPECT_EQ(Decode(WithU32(20, 0)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithU32(20, 3)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithU32(84, 512)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithU32(92, 4096)), ParseResult::kNewer);
}

TEST(SegmentFormatTest, AMarkHasTheBytesThatThePageSays) {
  ByteVector bytes(kMarkSize, std::byte{0xee});
  EncodeDurableMark(ExampleIdentity(), ExampleMarkFields(), bytes.data());
  EXPECT_EQ(ToHex(bytes), ToHex(ExampleMark()));
  EXPECT_EQ(MarkOffset(0), 4096u);
  EXPECT_EQ(MarkOffset(1), 8192u);
  EXPECT_EQ(kSegmentDataOffset, 12288u);
}

TEST(SegmentFormatTest, TheBytesOfAMarkAreReadAsThePageSays) {
  DurableMark mark;
  ASSERT_TRUE(DecodeDurableMark(ExampleIdentity(), ExampleMark(), &mark));
  EXPECT_EQ(mark.segment, 3u);
  EXPECT_EQ(mark.term, 4u);
  EXPECT_EQ(mark.batch_number, 5u);
  EXPECT_EQ(mark.batch_checksum, 6u);
  EXPECT_TRUE(mark.clean());
  EXPECT_EQ(mark.end_offset, 8u);
  EXPECT_EQ(mark.next_seqnum, 9u);
  EXPECT_EQ(mark.reserved_seqnum, 10u);
  EXPECT_EQ(mark.metalog_index, 11u);
  EXPECT_EQ(mark.timestamp, 1700000000000u);
}

TEST(SegmentFormatTest, EveryTruncationAndEveryFlippedBitOfAMarkIsRefused) {
  ExpectEveryDamageRefused(ExampleMark(), [](std::span<const std::byte> bytes) {
    DurableMark mark;
    return DecodeDurableMark(ExampleIdentity(), bytes, &mark);
  });
}

TEST(SegmentFormatTest, AnotherLogsMarkPromisesNothingHere) {
  DurableMark mark;
  EXPECT_FALSE(DecodeDurableMark(OtherIdentity(), ExampleMark(), &mark));
  ByteVector bytes = ExampleMark();
  StoreU32(bytes.data() + 4, Crc32cExtend(OtherIdentity().crc_base(), std::span(bytes).subspan(8)));
  EXPECT_FALSE(DecodeDurableMark(OtherIdentity(), bytes, &mark));
}

}  // namespace
}  // namespace daybook
