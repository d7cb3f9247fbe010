#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/coding.h"

namespace daybook {
namespace {

using ExtendFunction = uint32_t (*)(uint32_t crc, std::span<const std::byte> bytes);

// The definition, bit by bit; shares nothing with the implementations.
uint32_t BitByBit(uint32_t crc, std::span<const std::byte> bytes) {
  crc = ~crc;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<uint32_t>(byte);
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82f63b78 & (0 - (crc & 1)));
  }
  return ~crc;
}

std::vector<std::byte> RandomBytes(size_t size) {
  std::mt19937 random(20261123);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

class Crc32cTest : public testing::TestWithParam<ExtendFunction> {
 protected:
  static uint32_t Extend(uint32_t crc, std::span<const std::byte> bytes) { return GetParam()(crc, bytes); }
};

TEST_P(Crc32cTest, KnownVectors) {
  EXPECT_EQ(Extend(0, {}), 0u);
  EXPECT_EQ(Extend(0, std::as_bytes(std::span(std::string_view("123456789")))), 0xe3069283u);

  // RFC 3720, appendix B.4.
  std::vector<std::byte> bytes(32, std::byte{0});
  EXPECT_EQ(Extend(0, bytes), 0x8a9136aau);
  bytes.assign(32, std::byte{0xff});
  EXPECT_EQ(Extend(0, bytes), 0x62a8ab43u);
  for (size_t i = 0; i < 32; i++) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(Extend(0, bytes), 0x46dd794eu);
  for (size_t i = 0; i < 32; i++) bytes[i] = static_cast<std::byte>(31 - i);
  EXPECT_EQ(Extend(0, bytes), 0x113fdb5cu);
  const uint8_t read_command[48] = {0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
                                    0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
                                    0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0};
  EXPECT_EQ(Extend(0, std::as_bytes(std::span(read_command))), 0xd9963a56u);
}

TEST_P(Crc32cTest, EveryLengthMatchesTheDefinition) {
  const std::vector<std::byte> bytes = RandomBytes(4200);
  uint32_t expected = 0;
  for (size_t size = 0; size <= bytes.size(); size++) {
    ASSERT_EQ(Extend(0, std::span(bytes).first(size)), expected) << size;
    if (size < bytes.size()) expected = BitByBit(expected, std::span(bytes).subspan(size, 1));
  }
}

TEST_P(Crc32cTest, EveryAlignmentMatchesTheDefinition) {
  const std::vector<std::byte> bytes = RandomBytes(20000);
  for (size_t from = 0; from < 64; from++) {
    // Around the block sizes of the interleaved loops, one long and one short block together too.
    for (const size_t size :
         std::initializer_list<size_t>{1, 7, 8, 767, 768, 776, 1536, 6143, 6144, 6913, 12289, 19900}) {
      const std::span<const std::byte> part = std::span(bytes).subspan(from, size);
      ASSERT_EQ(Extend(0x12345678, part), BitByBit(0x12345678, part)) << from << ' ' << size;
    }
  }
}

TEST_P(Crc32cTest, ExtendingIsTheChecksumOfTheWhole) {
  const std::vector<std::byte> bytes = RandomBytes(9000);
  const uint32_t whole = Extend(0, bytes);
  for (size_t cut = 0; cut <= bytes.size(); cut += cut < 20 ? 1 : 97) {
    const uint32_t front = Extend(0, std::span(bytes).first(cut));
    ASSERT_EQ(Extend(front, std::span(bytes).subspan(cut)), whole) << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(Implementations, Crc32cTest, testing::Values(&Crc32cExtend, &Crc32cExtendPortable),
                         [](const testing::TestParamInfo<ExtendFunction>& chosen) {
                           return std::string(chosen.index == 0 ? "Chosen" : "Portable");
                         });

TEST(Crc32cIntegersTest, ExtendAsTheirLittleEndianBytesDo) {
  std::mt19937_64 random(20261123);
  for (int i = 0; i < 1000; i++) {
    const uint32_t crc = static_cast<uint32_t>(random());
    const uint64_t value = random();
    std::byte bytes[8];
    StoreU64(bytes, value);
    ASSERT_EQ(Crc32cExtendU64(crc, value), BitByBit(crc, bytes));
    ASSERT_EQ(Crc32cExtendU32(crc, static_cast<uint32_t>(value)), BitByBit(crc, std::span(bytes).first(4)));
  }
}

TEST(Crc32cDispatchTest, TheInstructionIsUsedWhereThereIsOne) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  EXPECT_STREQ(Crc32cImplementation(), __builtin_cpu_supports("sse4.2") ? "sse4.2" : "portable");
#elif defined(__ARM_FEATURE_CRC32)
  EXPECT_STREQ(Crc32cImplementation(), "armv8");
#else
  EXPECT_STREQ(Crc32cImplementation(), "portable");
#endif
}

}  // namespace
}  // namespace daybook
