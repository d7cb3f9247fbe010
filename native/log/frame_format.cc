#include "log/frame_format.h"

#include "base/coding.h"

namespace daybook {
namespace {

enum Offset : size_t {
  kMagic = 0,
  kHeaderCrc = 4,
  kType = 8,
  kVersion = 9,
  kFlags = 10,
  kBodySize = 12,
  kBodyCrc = 16,
  kRecordCount = 20,
  kView = 24,
  kShard = 28,
  kFirstLocalId = 32,
  kPhysicalLog = 40,
  kLogTag = 44,
  kEnd = 48,
};
static_assert(kEnd == kFrameHeaderSize);

uint32_t HeaderCrc(const LogIdentity& identity, const std::byte* header) {
  return Crc32cExtend(identity.crc_base(), {header + kType, kEnd - kType});
}

}  // namespace

void EncodeFrameHeader(const LogIdentity& identity, FrameHeader* header, std::byte* to) {
  StoreU32(to + kMagic, kFrameMagic);
  to[kType] = static_cast<std::byte>(header->type);
  to[kVersion] = static_cast<std::byte>(kFrameVersion);
  StoreU16(to + kFlags, header->flags);
  StoreU32(to + kBodySize, header->body_size);
  StoreU32(to + kBodyCrc, header->body_crc);
  StoreU32(to + kRecordCount, header->record_count);
  StoreU32(to + kView, header->shard.view);
  StoreU32(to + kShard, header->shard.shard);
  StoreU64(to + kFirstLocalId, header->first_local_id);
  StoreU32(to + kPhysicalLog, header->shard.physical_log);
  StoreU32(to + kLogTag, identity.tag());
  header->header_crc = HeaderCrc(identity, to);
  StoreU32(to + kHeaderCrc, header->header_crc);
}

ParseResult DecodeFrameHeader(const LogIdentity& identity, std::span<const std::byte> bytes,
                              FrameHeader* header) {
  if (bytes.size() < kFrameHeaderSize) return ParseResult::kDamaged;
  const std::byte* from = bytes.data();
  header->header_crc = LoadU32(from + kHeaderCrc);
  if (LoadU32(from + kMagic) != kFrameMagic || HeaderCrc(identity, from) != header->header_crc) {
    return ParseResult::kDamaged;
  }
  const auto type = static_cast<uint8_t>(from[kType]);
  header->flags = LoadU16(from + kFlags);
  const bool known = type >= 1 && type <= static_cast<uint8_t>(FrameType::kSparseRecords);
  if ((!known && type < kFrameTypeSkippable) || static_cast<uint8_t>(from[kVersion]) != kFrameVersion ||
      (header->flags & 0xff00U) != 0) {
    return ParseResult::kNewer;
  }
  header->type = static_cast<FrameType>(type);
  header->body_size = LoadU32(from + kBodySize);
  header->body_crc = LoadU32(from + kBodyCrc);
  header->record_count = LoadU32(from + kRecordCount);
  header->shard = {LoadU32(from + kView), LoadU32(from + kPhysicalLog), LoadU32(from + kShard)};
  header->first_local_id = LoadU64(from + kFirstLocalId);
  return ParseResult::kOk;
}

}  // namespace daybook
