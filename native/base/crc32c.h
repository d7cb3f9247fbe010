// CRC32C (Castagnoli; RFC 3720 appendix B.4): the checksum of every header and block.
//
// The fastest implementation that the processor has is chosen once, at the first use; all
// of them give the same values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace daybook {

// Extend continues a checksum: Crc32cExtend(Crc32c(a), b) is the checksum of a followed by b, and
// the checksum of no bytes is 0.
uint32_t Crc32cExtend(uint32_t crc, std::span<const std::byte> bytes);

inline uint32_t Crc32c(std::span<const std::byte> bytes) { return Crc32cExtend(0, bytes); }

// As if by the value's little-endian bytes.
uint32_t Crc32cExtendU64(uint32_t crc, uint64_t value);
uint32_t Crc32cExtendU32(uint32_t crc, uint32_t value);

// The implementation in use: "sse4.2", "armv8" or "portable".
const char* Crc32cImplementation();

// The implementation for processors without an instruction for it; here for tests.
uint32_t Crc32cExtendPortable(uint32_t crc, std::span<const std::byte> bytes);
inline uint32_t Crc32cPortable(std::span<const std::byte> bytes) { return Crc32cExtendPortable(0, bytes); }

}  // namespace daybook
