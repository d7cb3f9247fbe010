#include "base/coding.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace daybook {
namespace {

std::vector<std::byte> Bytes(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(CodingTest, FixedWidthsAreLittleEndianAtEveryAlignment) {
  for (size_t at = 0; at < 8; at++) {
    std::vector<std::byte> bytes(24, std::byte{0xee});
    StoreU16(bytes.data() + at, 0x0102);
    EXPECT_EQ(LoadU16(bytes.data() + at), 0x0102);
    EXPECT_EQ(bytes[at], std::byte{0x02});
    EXPECT_EQ(bytes[at + 1], std::byte{0x01});
    EXPECT_EQ(bytes[at + 2], std::byte{0xee});

    StoreU32(bytes.data() + at, 0x01020304);
    EXPECT_EQ(LoadU32(bytes.data() + at), 0x01020304u);
    EXPECT_EQ(bytes[at], std::byte{0x04});
    EXPECT_EQ(bytes[at + 4], std::byte{0xee});

    StoreU64(bytes.data() + at, 0x0102030405060708);
    EXPECT_EQ(LoadU64(bytes.data() + at), 0x0102030405060708u);
    EXPECT_EQ(bytes[at], std::byte{0x08});
    EXPECT_EQ(bytes[at + 7], std::byte{0x01});
    EXPECT_EQ(bytes[at + 8], std::byte{0xee});
  }
}

TEST(CodingTest, VarintsHaveTheirKnownBytes) {
  struct Case {
    uint64_t value;
    std::vector<std::byte> bytes;
  };
  const Case cases[] = {
      {0, Bytes({0x00})},
      {127, Bytes({0x7f})},
      {128, Bytes({0x80, 0x01})},
      {300, Bytes({0xac, 0x02})},
      {16383, Bytes({0xff, 0x7f})},
      {16384, Bytes({0x80, 0x80, 0x01})},
      {std::numeric_limits<uint64_t>::max(),
       Bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})},
  };
  for (const Case& c : cases) {
    std::vector<std::byte> out;
    PutVarint(&out, c.value);
    EXPECT_EQ(out, c.bytes) << c.value;
  }
}

TEST(CodingTest, VarintsRoundTripAroundEveryPowerOfTwo) {
  for (int bit = 0; bit < 64; bit++) {
    for (const uint64_t value : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit, (uint64_t{1} << bit) + 1}) {
      std::vector<std::byte> out;
      PutVarint(&out, value);
      EXPECT_EQ(out.size(), VarintSize(value)) << value;
      std::byte stored[kVarintSizeMax];
      EXPECT_EQ(StoreVarint(stored, value), stored + out.size());
      EXPECT_EQ(std::memcmp(stored, out.data(), out.size()), 0);

      uint64_t read = 0;
      ByteReader reader(out);
      ASSERT_TRUE(reader.ReadVarint(&read)) << value;
      EXPECT_EQ(read, value);
      EXPECT_EQ(reader.remaining(), 0u);
    }
  }
}

TEST(CodingTest, AVarintCutShortIsRefusedAtEveryLength) {
  std::vector<std::byte> whole;
  PutVarint(&whole, std::numeric_limits<uint64_t>::max());
  for (size_t size = 0; size < whole.size(); size++) {
    ByteReader reader(std::span<const std::byte>(whole).first(size));
    uint64_t value = 77;
    EXPECT_FALSE(reader.ReadVarint(&value)) << size;
    EXPECT_EQ(value, 77u);
    EXPECT_EQ(reader.position(), 0u);
  }
}

TEST(CodingTest, VarintsThatOverflowOrArePaddedAreRefused) {
  const std::vector<std::byte> refused[] = {
      Bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}),        // bit 64
      Bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}),        // bits 63 to 69
      Bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00}),  // eleven bytes
      Bytes({0x80, 0x00}),                                                        // 0 in two bytes
      Bytes({0xff, 0x80, 0x00}),                                                  // 127 in three
  };
  for (const std::vector<std::byte>& bytes : refused) {
    ByteReader reader(bytes);
    uint64_t value = 77;
    EXPECT_FALSE(reader.ReadVarint(&value));
    EXPECT_EQ(value, 77u);
    EXPECT_EQ(reader.position(), 0u);
  }
}

TEST(CodingTest, TheReaderTakesBackWhatTheWriterPut) {
  std::vector<std::byte> out;
  ByteWriter writer(&out);
  writer.PutU8(0xfe);
  writer.PutU16(0xfedc);
  writer.PutU32(0xfedcba98);
  writer.PutU64(0xfedcba9876543210);
  writer.PutVarint(1000);
  writer.PutString("tag");
  writer.PutBytes(Bytes({1, 2}));
  EXPECT_EQ(writer.size(), 1u + 2 + 4 + 8 + 2 + 3 + 2);

  ByteReader reader(out);
  uint8_t u8 = 0;
  uint16_t u16 = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  uint64_t varint = 0;
  std::span<const std::byte> text;
  ASSERT_TRUE(reader.ReadU8(&u8) && reader.ReadU16(&u16) && reader.ReadU32(&u32) && reader.ReadU64(&u64));
  ASSERT_TRUE(reader.ReadVarint(&varint) && reader.ReadBytes(3, &text));
  EXPECT_EQ(u8, 0xfe);
  EXPECT_EQ(u16, 0xfedc);
  EXPECT_EQ(u32, 0xfedcba98u);
  EXPECT_EQ(u64, 0xfedcba9876543210u);
  EXPECT_EQ(varint, 1000u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(text.data()), text.size()), "tag");
  EXPECT_EQ(reader.position(), 20u);
  EXPECT_TRUE(reader.Skip(2));
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(CodingTest, AReaderNeitherMovesNorWritesWhenTheBytesAreNotThere) {
  const std::vector<std::byte> seven(7, std::byte{1});
  for (size_t size = 0; size <= seven.size(); size++) {
    ByteReader reader(std::span<const std::byte>(seven).first(size));
    uint8_t u8 = 9;
    uint16_t u16 = 9;
    uint32_t u32 = 9;
    uint64_t u64 = 9;
    std::span<const std::byte> bytes;
    EXPECT_FALSE(reader.ReadU64(&u64));
    EXPECT_EQ(u64, 9u);
    EXPECT_FALSE(reader.ReadBytes(size + 1, &bytes));
    EXPECT_FALSE(reader.ReadBytes(std::numeric_limits<size_t>::max(), &bytes));
    EXPECT_FALSE(reader.Skip(size + 1));
    EXPECT_FALSE(reader.Skip(std::numeric_limits<size_t>::max()));
    if (size < 4) {
      EXPECT_FALSE(reader.ReadU32(&u32));
      EXPECT_EQ(u32, 9u);
    }
    if (size < 2) {
      EXPECT_FALSE(reader.ReadU16(&u16));
      EXPECT_EQ(u16, 9);
    }
    if (size < 1) {
      EXPECT_FALSE(reader.ReadU8(&u8));
      EXPECT_EQ(u8, 9);
    }
    EXPECT_EQ(reader.position(), 0u);
    EXPECT_EQ(reader.remaining(), size);
    EXPECT_TRUE(reader.Skip(size));
  }
}

}  // namespace
}  // namespace daybook
