#include "log/batch_format.h"

#include <gtest/gtest.h>

#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// docs/formats/batch.md, each field with a value of its own.
ByteVector ExampleHeader() {
  return Hex(
      "44 42 42 54"                                        //   0 magic "DBBT"
      "9a 72 c4 d1"                                        //   4 checksum: crc32c(log id, bytes 8 to 127)
      "01 00"                                              //   8 version
      "02 00"                                              //  10 lane
      "03 00 00 00"                                        //  12 flags: commands, verdicts
      "04 00 00 00 00 00 00 00"                            //  16 batch_number
      "05 00 00 00 00 00 00 00"                            //  24 term
      "06 00 00 00 00 00 00 00"                            //  32 segment
      "00 70 00 00 00 00 00 00"                            //  40 offset: the seventh sector
      "08 00 00 00 00 00 00 00"                            //  48 durable_number
      "09 00 00 00"                                        //  56 previous_checksum
      "0a 00 00 00"                                        //  60 frame_count
      "0b 00 00 00 00 00 00 00"                            //  64 body_size
      "0c 00 00 00 00 00 00 00"                            //  72 first_seqnum
      "0d 00 00 00 00 00 00 00"                            //  80 end_seqnum
      "0e 00 00 00 00 00 00 00"                            //  88 reserved_seqnum
      "0f 00 00 00 00 00 00 00"                            //  96 metalog_index
      "10 00 00 00"                                        // 104 frames_crc
      "00 00 00 00"                                        // 108 zero
      "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66");  // 112 log id
}

BatchHeader ExampleFields() {
  BatchHeader header;
  header.lane = 2;
  header.flags = 3;
  header.batch_number = 4;
  header.term = 5;
  header.segment = 6;
  header.offset = 7 * kSectorSize;
  header.durable_number = 8;
  header.previous_checksum = 9;
  header.frame_count = 10;
  header.body_size = 11;
  header.first_seqnum = 12;
  header.end_seqnum = 13;
  header.reserved_seqnum = 14;
  header.metalog_index = 15;
  header.frames_crc = 16;
  return header;
}

ParseResult Decode(std::span<const std::byte> bytes) {
  BatchHeader header;
  return DecodeBatchHeader(ExampleIdentity(), bytes, &header);
}

ByteVector WithByte(size_t offset, int value) {
  ByteVector bytes = ExampleHeader();
  bytes[offset] = static_cast<std::byte>(value);
  StoreU32(bytes.data() + 4, Crc32cExtend(ExampleIdentity().crc_base(), std::span(bytes).subspan(8)));
  return bytes;
}

TEST(BatchFormatTest, AHeaderHasTheBytesThatThePageSays) {
  BatchHeader header = ExampleFields();
  ByteVector bytes(kBatchHeaderSize, std::byte{0xee});
  EncodeBatchHeader(ExampleIdentity(), &header, bytes.data());
  EXPECT_EQ(ToHex(bytes), ToHex(ExampleHeader()));
  EXPECT_EQ(header.checksum, 0xd1c4729au);
}

TEST(BatchFormatTest, TheBytesOfThePageAreReadAsThePageSays) {
  BatchHeader header;
  ASSERT_EQ(DecodeBatchHeader(ExampleIdentity(), ExampleHeader(), &header), ParseResult::kOk);
  const BatchHeader expected = ExampleFields();
  EXPECT_EQ(header.checksum, 0xd1c4729au);
  EXPECT_EQ(header.lane, expected.lane);
  EXPECT_EQ(header.flags, expected.flags);
  EXPECT_EQ(header.batch_number, expected.batch_number);
  EXPECT_EQ(header.term, expected.term);
  EXPECT_EQ(header.segment, expected.segment);
  EXPECT_EQ(header.offset, expected.offset);
  EXPECT_EQ(header.durable_number, expected.durable_number);
  EXPECT_EQ(header.previous_checksum, expected.previous_checksum);
  EXPECT_EQ(header.frame_count, expected.frame_count);
  EXPECT_EQ(header.body_size, expected.body_size);
  EXPECT_EQ(header.first_seqnum, expected.first_seqnum);
  EXPECT_EQ(header.end_seqnum, expected.end_seqnum);
  EXPECT_EQ(header.reserved_seqnum, expected.reserved_seqnum);
  EXPECT_EQ(header.metalog_index, expected.metalog_index);
  EXPECT_EQ(header.frames_crc, expected.frames_crc);
}

TEST(BatchFormatTest, EveryTruncationAndEveryFlippedBitIsRefusedAsDamage) {
  ExpectEveryDamageRefused(ExampleHeader(), [](std::span<const std::byte> bytes) {
    return Decode(bytes) != ParseResult::kDamaged;
  });
}

TEST(BatchFormatTest, AnotherLogsBatchIsABadBatch) {
  BatchHeader header;
  EXPECT_EQ(DecodeBatchHeader(OtherIdentity(), ExampleHeader(), &header), ParseResult::kDamaged);
  // Not even with a checksum that holds there.
  ByteVector bytes = ExampleHeader();
  StoreU32(bytes.data() + 4, Crc32cExtend(OtherIdentity().crc_base(), std::span(bytes).subspan(8)));
  EXPECT_EQ(DecodeBatchHeader(OtherIdentity(), bytes, &header), ParseResult::kDamaged);
}

TEST(BatchFormatTest, TheUpperHalfOfTheFlagsMustBeUnderstoodTheLowerNeedNot) {
  EXPECT_EQ(Decode(WithByte(8, 2)), ParseResult::kNewer);
  EXPECT_EQ(Decode(WithByte(12, 0xff)), ParseResult::kOk);
  EXPECT_EQ(Decode(WithByte(13, 0xff)), ParseResult::kOk);
  for (int bit = 0; bit < 8; ++bit) {
    EXPECT_EQ(Decode(WithByte(14, 1 << bit)), ParseResult::kNewer) << bit;
    EXPECT_EQ(Decode(WithByte(15, 1 << bit)), ParseResult::kNewer) << bit;
  }
}

TEST(BatchFormatTest, ABatchBeginsOnTheNextSector) {
  EXPECT_EQ(AlignToSector(0), 0u);
  EXPECT_EQ(AlignToSector(1), 4096u);
  EXPECT_EQ(AlignToSector(4095), 4096u);
  EXPECT_EQ(AlignToSector(4096), 4096u);
  EXPECT_EQ(AlignToSector(4097), 8192u);
}

}  // namespace
}  // namespace daybook
