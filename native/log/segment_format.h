// The fixed sectors at the front of a segment: its header, and the two durable marks.
// docs/formats/segment.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "log/batch_format.h"
#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook {

inline constexpr size_t kSegmentHeaderSize = 512;
inline constexpr uint64_t kSegmentDataOffset = 3 * kSectorSize;
inline constexpr uint32_t kMarkMagic = 0x4b4d4244;  // "DBMK"
inline constexpr size_t kMarkSize = 96;
inline constexpr uint32_t kMarkClean = 1U << 0U;

enum class SegmentKind : uint32_t { kLog = 1, kRewritten = 2 };

struct SegmentHeader {
  uint32_t format_version = kFormatVersion;
  uint32_t minimum_reader = kMinimumReader;
  SegmentKind kind = SegmentKind::kLog;
  LogIdentity identity;
  uint64_t segment = 0;
  uint64_t term = 0;
  uint64_t first_batch_number = 0;
  uint32_t previous_checksum = 0;
  uint32_t lane = 0;
  uint64_t created_ms = 0;
};

void EncodeSegmentHeader(const SegmentHeader& header, std::byte* to);  // kSegmentHeaderSize bytes
[[nodiscard]] ParseResult DecodeSegmentHeader(std::span<const std::byte> bytes, SegmentHeader* header);

struct DurableMark {
  uint64_t segment = 0;
  uint64_t term = 0;
  uint64_t batch_number = 0;
  uint32_t batch_checksum = 0;
  uint32_t flags = 0;
  uint64_t end_offset = 0;
  uint64_t next_seqnum = 0;
  uint64_t reserved_seqnum = 0;
  uint64_t metalog_index = 0;
  uint64_t timestamp = 0;

  [[nodiscard]] bool clean() const { return (flags & kMarkClean) != 0; }
};

void EncodeDurableMark(const LogIdentity& identity, const DurableMark& mark,
                       std::byte* to);  // kMarkSize bytes
[[nodiscard]] bool DecodeDurableMark(const LogIdentity& identity, std::span<const std::byte> bytes,
                                     DurableMark* mark);

// Offset of copy 0 or 1 of the mark.
constexpr uint64_t MarkOffset(int copy) { return kSectorSize * (1 + static_cast<uint64_t>(copy)); }

}  // namespace daybook
