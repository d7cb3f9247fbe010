// The record: its bytes, and how they are checked. Pure; docs/formats/frame.md is the format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/crc32c.h"
#include "log/identity.h"

namespace daybook {

inline constexpr size_t kRecordCrcSize = 4;
inline constexpr uint8_t kRecordFirst = 1U << 0U;
inline constexpr uint8_t kRecordWide = 1U << 1U;
inline constexpr uint8_t kRecordExtras = 1U << 2U;
inline constexpr uint8_t kRecordKnownFlags = kRecordFirst | kRecordWide | kRecordExtras;

// Extras from this kind on may be skipped by a reader that does not know them.
inline constexpr uint64_t kExtraSkippable = 64;
inline constexpr uint64_t kExtraKey = 1;
inline constexpr uint64_t kExtraConditions = 2;
inline constexpr uint64_t kExtraDurability = 4;

inline constexpr size_t kKeyBytesMax = 255;

inline constexpr size_t kTagBytesMax = 255;
inline constexpr size_t kTagsMax = 256;
inline constexpr size_t kBookNameBytesMax = 255;

// A parsed record: views into the bytes it was parsed from.
struct RecordView {
  uint32_t crc = 0;
  uint8_t flags = 0;
  uint32_t tag_count = 0;
  uint64_t book = 0;
  std::span<const std::byte> checked;  // what the checksum runs over, behind its prefix
  std::span<const std::byte> extras;
  std::span<const std::byte> tags;  // tag_count times: length u8, bytes
  std::span<const std::byte> data;
  size_t size = 0;  // of the whole encoded record

  [[nodiscard]] bool first() const { return (flags & kRecordFirst) != 0; }
};

enum class ParseResult : uint8_t { kOk, kDamaged, kNewer };

// Takes one record from the front of `bytes`. Believes no length that leads outside of them.
// Does not compare the checksum. kNewer: flags or extras that this version does not know; then only `crc`,
// `flags`, `size` and `checked` are set, and mean something if the checksum holds.
[[nodiscard]] ParseResult ParseRecord(std::span<const std::byte> bytes, RecordView* record);

// Where a shard's records come from; part of each record's checksum.
struct ShardIdentity {
  uint32_t view = 0;
  uint32_t physical_log = 0;
  uint32_t shard = 0;
  bool operator==(const ShardIdentity&) const = default;
};

inline uint32_t RecordCrcBase(const LogIdentity& identity, const ShardIdentity& shard) {
  uint32_t crc = Crc32cExtendU32(identity.crc_base(), shard.view);
  crc = Crc32cExtendU32(crc, shard.physical_log);
  return Crc32cExtendU32(crc, shard.shard);
}

inline uint32_t RecordCrc(uint32_t crc_base, uint64_t local_id, std::span<const std::byte> checked) {
  return Crc32cExtend(Crc32cExtendU64(crc_base, local_id), checked);
}

// Calls `visit(std::string_view tag)` for each encoded tag; stops early when it returns false.
template <typename Visit>
void ForEachTag(const RecordView& record, Visit visit) {
  const auto* at = reinterpret_cast<const char*>(record.tags.data());
  for (uint32_t i = 0; i < record.tag_count; ++i) {
    const auto length = static_cast<size_t>(static_cast<uint8_t>(*at));
    if (!visit(std::string_view(at + 1, length))) return;
    at += 1 + length;
  }
}

// What the record that begins a group says about the group; views into the record.
struct GroupExtras {
  std::string_view key;                   // empty: none
  std::span<const std::byte> conditions;  // encoded, log/condition.h; empty: none
};
// REQUIRES: the record was parsed. What this version does not know is skipped.
[[nodiscard]] GroupExtras ExtrasOf(const RecordView& record);

[[nodiscard]] bool HasTag(const RecordView& record, std::string_view tag);

}  // namespace daybook
