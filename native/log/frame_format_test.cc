#include "log/frame_format.h"

#include <gtest/gtest.h>

#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// docs/formats/frame.md, each field with a value of its own.
ByteVector ExampleHeader() {
  return Hex(
      "44 42 46 52"              //  0 magic "DBFR"
      "ae a6 d8 3c"              //  4 header_crc: crc32c(log id, bytes 8 to 47)
      "05"                       //  8 type: sparse records
      "01"                       //  9 version
      "02 00"                    // 10 flags
      "03 00 00 00"              // 12 body_size
      "04 00 00 00"              // 16 body_crc
      "05 00 00 00"              // 20 record_count
      "06 00 00 00"              // 24 view
      "07 00 00 00"              // 28 shard
      "08 00 00 00 00 00 00 00"  // 32 first_local_id
      "09 00 00 00"              // 40 physical_log
      "30 31 32 33");            // 44 log_tag: the front of the log id
}

FrameHeader ExampleFields() {
  FrameHeader header;
  header.type = FrameType::kSparseRecords;
  header.flags = 2;
  header.body_size = 3;
  header.body_crc = 4;
  header.record_count = 5;
  header.shard = {6, 9, 7};
  header.first_local_id = 8;
  return header;
}

// The header with its byte at `offset` set to `value`, and a checksum that holds.
ByteVector WithByte(size_t offset, int value) {
  ByteVector bytes = ExampleHeader();
  bytes[offset] = static_cast<std::byte>(value);
  StoreU32(bytes.data() + 4, Crc32cExtend(ExampleIdentity().crc_base(), std::span(bytes).subspan(8)));
  return bytes;
}

ParseResult Decode(std::span<const std::byte> bytes) {
  FrameHeader header;
  return DecodeFrameHeader(ExampleIdentity(), bytes, &header);
}

TEST(FrameFormatTest, AHeaderHasTheBytesThatThePageSays) {
  FrameHeader header = ExampleFields();
  ByteVector bytes(kFrameHeaderSize);
  EncodeFrameHeader(ExampleIdentity(), &header, bytes.data());
  EXPECT_EQ(ToHex(bytes), ToHex(ExampleHeader()));
  EXPECT_EQ(header.header_crc, 0x3cd8a6aeu);
}

TEST(FrameFormatTest, TheBytesOfThePageAreReadAsThePageSays) {
  FrameHeader header;
  ASSERT_EQ(DecodeFrameHeader(ExampleIdentity(), ExampleHeader(), &header), ParseResult::kOk);
  const FrameHeader expected = ExampleFields();
  EXPECT_EQ(header.type, expected.type);
  EXPECT_EQ(header.flags, expected.flags);
  EXPECT_EQ(header.body_size, expected.body_size);
  EXPECT_EQ(header.body_crc, expected.body_crc);
  EXPECT_EQ(header.record_count, expected.record_count);
  EXPECT_EQ(header.shard, expected.shard);
  EXPECT_EQ(header.first_local_id, expected.first_local_id);
  EXPECT_EQ(header.header_crc, 0x3cd8a6aeu);
}

TEST(FrameFormatTest, EveryTruncationAndEveryFlippedBitIsRefused) {
  ExpectEveryDamageRefused(
      ExampleHeader(), [](std::span<const std::byte> bytes) { return Decode(bytes) == ParseResult::kOk; });
}

TEST(FrameFormatTest, AFlippedBitIsNeverTakenForANewerFormat) {
  // A newer format refuses the whole log; damage must not be able to do that.
  const ByteVector good = ExampleHeader();
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    ByteVector flipped = good;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_EQ(Decode(flipped), ParseResult::kDamaged) << bit;
  }
}

TEST(FrameFormatTest, AnotherLogsFrameIsABadFrame) {
  FrameHeader header;
  EXPECT_EQ(DecodeFrameHeader(OtherIdentity(), ExampleHeader(), &header), ParseResult::kDamaged);
}

TEST(FrameFormatTest, WhatMustBeUnderstoodAndIsNotIsNewerAndWhatMayBeSkippedIsNot) {
  EXPECT_EQ(Decode(WithByte(8, 0)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithByte(8, 6)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithByte(8, 127)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithByte(8, 128)), ParseResult::kOk);
  EXPECT_EQ(Decode(WithByte(8, 255)), ParseResult::kOk);
  EXPECT_EQ(Decode(WithByte(9, 2)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithByte(10, 0xff)), ParseResult::kOk);
  for (int bit = 0; bit < 8; ++bit) EXPECT_EQ(Decode(WithByte(11, 1 << bit)), ParseResult::kNewer) << bit;
}

TEST(FrameFormatTest, ZerosAreNoFrame) {
  EXPECT_EQ(Decode(ByteVector(kFrameHeaderSize)), ParseResult::kDamaged);
}

}  // namespace
}  // namespace daybook
