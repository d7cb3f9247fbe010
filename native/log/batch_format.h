// The outer layer of framing: the header that binds what was written at once to its place, its
// time and everything before it. docs/formats/batch.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook {

inline constexpr uint32_t kBatchMagic = 0x54424244;  // "DBBT"
inline constexpr size_t kBatchHeaderSize = 128;
inline constexpr uint16_t kBatchVersion = 1;
inline constexpr uint64_t kSectorSize = 4096;

inline constexpr uint32_t kBatchHasCommands = 1U << 0U;
inline constexpr uint32_t kBatchHasVerdicts = 1U << 1U;
inline constexpr uint32_t kBatchHasState = 1U << 2U;

struct BatchHeader {
  uint32_t checksum = 0;  // set by Encode and Decode
  uint16_t lane = 0;
  uint32_t flags = 0;
  uint64_t batch_number = 0;
  uint64_t term = 0;
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint64_t durable_number = 0;
  uint32_t previous_checksum = 0;
  uint32_t frame_count = 0;
  uint64_t body_size = 0;
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;
  uint64_t reserved_seqnum = 0;
  uint64_t metalog_index = 0;
  uint32_t frames_crc = 0;

  [[nodiscard]] uint64_t size() const { return kBatchHeaderSize + body_size; }
};

// Writes kBatchHeaderSize bytes to `to` and sets `header->checksum`.
void EncodeBatchHeader(const LogIdentity& identity, BatchHeader* header, std::byte* to);

// kDamaged unless magic, checksum and log id hold. The caller compares segment and offset.
[[nodiscard]] ParseResult DecodeBatchHeader(const LogIdentity& identity, std::span<const std::byte> bytes,
                                            BatchHeader* header);

// The next place where a batch may begin.
constexpr uint64_t AlignToSector(uint64_t offset) {
  return (offset + kSectorSize - 1) / kSectorSize * kSectorSize;
}

}  // namespace daybook
