#include "base/crc32c.h"

#include <array>
#include <atomic>

#include "base/coding.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace daybook {
namespace {

// The Castagnoli polynomial x^32 + … with its bits reversed and x^32 left out: bit 31 is x^0.
constexpr uint32_t kPolynomial = 0x82f63b78;

// In this file a "register" is the checksum with its bits inverted, as the algorithm keeps it.

constexpr uint32_t TimesX(uint32_t value) { return (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0); }

// ---- Portable: eight bytes at a time through eight tables ----

using ByteTable = std::array<uint32_t, 256>;

// Table k says what a byte does to the register when k zero bytes follow it.
constexpr std::array<ByteTable, 8> MakeSlicingTables() {
  std::array<ByteTable, 8> tables{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = TimesX(value);
    tables[0][byte] = value;
  }
  for (size_t k = 1; k < 8; k++) {
    for (size_t byte = 0; byte < 256; byte++) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr std::array<ByteTable, 8> kSlicing = MakeSlicingTables();

uint32_t PortableStep8(uint32_t crc, uint64_t value) {
  value ^= crc;
  return kSlicing[7][value & 0xff] ^ kSlicing[6][(value >> 8) & 0xff] ^ kSlicing[5][(value >> 16) & 0xff] ^
         kSlicing[4][(value >> 24) & 0xff] ^ kSlicing[3][(value >> 32) & 0xff] ^
         kSlicing[2][(value >> 40) & 0xff] ^ kSlicing[1][(value >> 48) & 0xff] ^ kSlicing[0][value >> 56];
}

uint32_t PortableStep4(uint32_t crc, uint32_t value) {
  value ^= crc;
  return kSlicing[3][value & 0xff] ^ kSlicing[2][(value >> 8) & 0xff] ^ kSlicing[1][(value >> 16) & 0xff] ^
         kSlicing[0][value >> 24];
}

uint32_t PortableStep1(uint32_t crc, std::byte value) {
  return (crc >> 8) ^ kSlicing[0][(crc ^ std::to_integer<uint32_t>(value)) & 0xff];
}

uint32_t PortableBytes(uint32_t crc, const std::byte* from, size_t size) {
  for (; size >= 8; from += 8, size -= 8) crc = PortableStep8(crc, LoadU64(from));
  for (; size > 0; from++, size--) crc = PortableStep1(crc, *from);
  return crc;
}

// ---- With a CRC instruction ----

#if defined(__x86_64__) || (defined(__aarch64__) && defined(__ARM_FEATURE_CRC32))
#define DAYBOOK_CRC32C_HARDWARE 1

#if defined(__x86_64__)
#define DAYBOOK_CRC32C_TARGET __attribute__((target("sse4.2")))
constexpr const char* kHardwareName = "sse4.2";

bool HardwareIsThere() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0;
}

DAYBOOK_CRC32C_TARGET inline uint32_t HardwareStep8(uint32_t crc, uint64_t value) {
  return static_cast<uint32_t>(_mm_crc32_u64(crc, value));
}
DAYBOOK_CRC32C_TARGET inline uint32_t HardwareStep4(uint32_t crc, uint32_t value) {
  return _mm_crc32_u32(crc, value);
}
DAYBOOK_CRC32C_TARGET inline uint32_t HardwareStep1(uint32_t crc, std::byte value) {
  return _mm_crc32_u8(crc, std::to_integer<uint8_t>(value));
}
#else
#define DAYBOOK_CRC32C_TARGET
constexpr const char* kHardwareName = "armv8";

bool HardwareIsThere() { return true; }

inline uint32_t HardwareStep8(uint32_t crc, uint64_t value) { return __crc32cd(crc, value); }
inline uint32_t HardwareStep4(uint32_t crc, uint32_t value) { return __crc32cw(crc, value); }
inline uint32_t HardwareStep1(uint32_t crc, std::byte value) {
  return __crc32cb(crc, std::to_integer<uint8_t>(value));
}
#endif

// The instruction takes three cycles but one can start in each, so three neighbouring blocks are
// run through side by side and then joined: the register of A followed by B is that of A, moved
// over as many zero bytes as B has, xor that of B from zero.

// a * b modulo the polynomial.
constexpr uint32_t Multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 0x80000000; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = TimesX(b);
  }
  return product;
}

// What moving over `zero_bytes` zero bytes makes of each byte of the register.
constexpr std::array<ByteTable, 4> MakeShiftTables(size_t zero_bytes) {
  uint32_t factor = 0x80000000;  // 1
  uint32_t power = 0x00800000;   // x^8
  for (size_t n = zero_bytes; n != 0; n >>= 1) {
    if ((n & 1) != 0) factor = Multiply(factor, power);
    power = Multiply(power, power);
  }
  std::array<ByteTable, 4> tables{};
  for (size_t k = 0; k < 4; k++) {
    for (size_t bit = 1; bit < 256; bit <<= 1) {
      const uint32_t moved = Multiply(static_cast<uint32_t>(bit << (8 * k)), factor);
      // Moving is linear, so every other byte follows from its bits.
      for (size_t lower = 0; lower < bit; lower++) tables[k][bit + lower] = moved ^ tables[k][lower];
    }
  }
  return tables;
}

constexpr size_t kLongBlock = 2048;
constexpr size_t kShortBlock = 256;

template <size_t kZeroBytes>
inline uint32_t MoveOverZeroes(uint32_t crc) {
  static constexpr std::array<ByteTable, 4> kShift = MakeShiftTables(kZeroBytes);
  return kShift[0][crc & 0xff] ^ kShift[1][(crc >> 8) & 0xff] ^ kShift[2][(crc >> 16) & 0xff] ^
         kShift[3][crc >> 24];
}

template <size_t kBlock>
DAYBOOK_CRC32C_TARGET inline uint32_t HardwareThreeBlocks(uint32_t crc, const std::byte* from) {
  static_assert(kBlock % 8 == 0);
  uint32_t second = 0;
  uint32_t third = 0;
  for (size_t i = 0; i < kBlock; i += 8) {
    crc = HardwareStep8(crc, LoadU64(from + i));
    second = HardwareStep8(second, LoadU64(from + kBlock + i));
    third = HardwareStep8(third, LoadU64(from + 2 * kBlock + i));
  }
  return MoveOverZeroes<kBlock>(MoveOverZeroes<kBlock>(crc) ^ second) ^ third;
}

DAYBOOK_CRC32C_TARGET uint32_t HardwareBytes(uint32_t crc, const std::byte* from, size_t size) {
  for (; size >= 3 * kLongBlock; from += 3 * kLongBlock, size -= 3 * kLongBlock) {
    crc = HardwareThreeBlocks<kLongBlock>(crc, from);
  }
  for (; size >= 3 * kShortBlock; from += 3 * kShortBlock, size -= 3 * kShortBlock) {
    crc = HardwareThreeBlocks<kShortBlock>(crc, from);
  }
  for (; size >= 8; from += 8, size -= 8) crc = HardwareStep8(crc, LoadU64(from));
  for (; size > 0; from++, size--) crc = HardwareStep1(crc, *from);
  return crc;
}

DAYBOOK_CRC32C_TARGET uint32_t HardwareU64(uint32_t crc, uint64_t value) { return HardwareStep8(crc, value); }
DAYBOOK_CRC32C_TARGET uint32_t HardwareU32(uint32_t crc, uint32_t value) { return HardwareStep4(crc, value); }

#endif

// ---- The choice ----

// Functions from register to register.
struct Implementation {
  const char* name;
  uint32_t (*bytes)(uint32_t crc, const std::byte* from, size_t size);
  uint32_t (*u64)(uint32_t crc, uint64_t value);
  uint32_t (*u32)(uint32_t crc, uint32_t value);
};

constexpr Implementation kPortable = {"portable", PortableBytes, PortableStep8, PortableStep4};
#if defined(DAYBOOK_CRC32C_HARDWARE)
constexpr Implementation kHardware = {kHardwareName, HardwareBytes, HardwareU64, HardwareU32};
#endif

const Implementation* Choose() {
#if defined(DAYBOOK_CRC32C_HARDWARE)
  if (HardwareIsThere()) return &kHardware;
#endif
  return &kPortable;
}

// Null until the first use; every thread that chooses chooses alike. So a checksum may be taken
// while other static objects are still being made.
constinit std::atomic<const Implementation*> chosen = nullptr;

inline const Implementation& Chosen() {
  const Implementation* implementation = chosen.load(std::memory_order_relaxed);
  if (implementation == nullptr) [[unlikely]] {
    implementation = Choose();
    chosen.store(implementation, std::memory_order_relaxed);
  }
  return *implementation;
}

}  // namespace

uint32_t Crc32cExtend(uint32_t crc, std::span<const std::byte> bytes) {
  return ~Chosen().bytes(~crc, bytes.data(), bytes.size());
}

uint32_t Crc32cExtendU64(uint32_t crc, uint64_t value) { return ~Chosen().u64(~crc, value); }
uint32_t Crc32cExtendU32(uint32_t crc, uint32_t value) { return ~Chosen().u32(~crc, value); }

const char* Crc32cImplementation() { return Chosen().name; }

uint32_t Crc32cExtendPortable(uint32_t crc, std::span<const std::byte> bytes) {
  return ~PortableBytes(~crc, bytes.data(), bytes.size());
}

}  // namespace daybook
