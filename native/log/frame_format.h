// The inner layer of framing: the header in front of records, entries and verdicts, which does
// not depend on where the frame lies. docs/formats/frame.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook {

inline constexpr uint32_t kFrameMagic = 0x52464244;  // "DBFR"
inline constexpr size_t kFrameHeaderSize = 48;
inline constexpr uint8_t kFrameVersion = 1;
// Bodies are announced by a u32; the limits of groups keep frames far below it.
inline constexpr uint64_t kFrameBodyBytesMax = uint64_t{1} << 31U;

enum class FrameType : uint8_t {
  kRecords = 1,
  kMetalogEntry = 2,
  kVerdicts = 3,
  kState = 4,
  kSparseRecords = 5,
};
// Types from here on may be skipped by a reader that does not know them.
inline constexpr uint8_t kFrameTypeSkippable = 128;

struct FrameHeader {
  FrameType type = FrameType::kRecords;
  uint16_t flags = 0;
  uint32_t body_size = 0;
  uint32_t body_crc = 0;
  uint32_t record_count = 0;
  ShardIdentity shard;
  uint64_t first_local_id = 0;
  uint32_t header_crc = 0;  // set by Encode and Decode
};

// Writes kFrameHeaderSize bytes to `to` and sets `header->header_crc`.
void EncodeFrameHeader(const LogIdentity& identity, FrameHeader* header, std::byte* to);

// kDamaged unless magic and header checksum hold; kNewer for what must be understood and is not.
[[nodiscard]] ParseResult DecodeFrameHeader(const LogIdentity& identity, std::span<const std::byte> bytes,
                                            FrameHeader* header);

// The running sum over the checksums of a frame's records.
inline uint32_t FrameBodyCrcExtend(uint32_t crc, uint32_t record_crc) {
  return Crc32cExtendU32(crc, record_crc);
}

}  // namespace daybook
