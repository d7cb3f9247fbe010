#include "log/segment_format.h"

#include <cstring>

#include "base/coding.h"

namespace daybook {
namespace {

constexpr char kSegmentMagic[8] = {'D', 'A', 'Y', 'B', 'K', 'S', 'E', 'G'};

enum HeaderOffset : size_t {
  kHeaderCrc = 8,
  kFormatVersionAt = 12,
  kMinimumReaderAt = 16,
  kKind = 20,
  kLogId = 24,
  kSeed = 40,
  kSegment = 56,
  kTerm = 64,
  kFirstBatch = 72,
  kPreviousChecksum = 80,
  kSectorSizeAt = 84,
  kLane = 88,
  kDataOffset = 92,
  kCreated = 96,
};

enum MarkField : size_t {
  kMarkCrc = 4,
  kMarkSegment = 8,
  kMarkTerm = 16,
  kMarkBatch = 24,
  kMarkChecksum = 32,
  kMarkFlags = 36,
  kMarkEnd = 40,
  kMarkNextSeqnum = 48,
  kMarkReserved = 56,
  kMarkIndex = 64,
  kMarkTimestamp = 72,
  kMarkLogId = 80,
};
static_assert(kMarkLogId + kLogIdSize == kMarkSize);

uint32_t HeaderCrc(const std::byte* header) {
  return Crc32c({header + kFormatVersionAt, kSegmentHeaderSize - kFormatVersionAt});
}

uint32_t MarkCrc(const LogIdentity& identity, const std::byte* mark) {
  return Crc32cExtend(identity.crc_base(), {mark + kMarkSegment, kMarkSize - kMarkSegment});
}

}  // namespace

void EncodeSegmentHeader(const SegmentHeader& header, std::byte* to) {
  std::memset(to, 0, kSegmentHeaderSize);
  std::memcpy(to, kSegmentMagic, sizeof kSegmentMagic);
  StoreU32(to + kFormatVersionAt, header.format_version);
  StoreU32(to + kMinimumReaderAt, header.minimum_reader);
  StoreU32(to + kKind, static_cast<uint32_t>(header.kind));
  std::memcpy(to + kLogId, header.identity.id().data(), kLogIdSize);
  std::memcpy(to + kSeed, header.identity.seed_bytes().data(), kHashSeedSize);
  StoreU64(to + kSegment, header.segment);
  StoreU64(to + kTerm, header.term);
  StoreU64(to + kFirstBatch, header.first_batch_number);
  StoreU32(to + kPreviousChecksum, header.previous_checksum);
  StoreU32(to + kSectorSizeAt, static_cast<uint32_t>(kSectorSize));
  StoreU32(to + kLane, header.lane);
  StoreU32(to + kDataOffset, static_cast<uint32_t>(kSegmentDataOffset));
  StoreU64(to + kCreated, header.created_ms);
  StoreU32(to + kHeaderCrc, HeaderCrc(to));
}

ParseResult DecodeSegmentHeader(std::span<const std::byte> bytes, SegmentHeader* header) {
  if (bytes.size() < kSegmentHeaderSize) return ParseResult::kDamaged;
  const std::byte* from = bytes.data();
  if (std::memcmp(from, kSegmentMagic, sizeof kSegmentMagic) != 0 ||
      HeaderCrc(from) != LoadU32(from + kHeaderCrc)) {
    return ParseResult::kDamaged;
  }
  header->format_version = LoadU32(from + kFormatVersionAt);
  header->minimum_reader = LoadU32(from + kMinimumReaderAt);
  if (header->minimum_reader > kFormatVersion) return ParseResult::kNewer;
  if (LoadU32(from + kSectorSizeAt) != kSectorSize || LoadU32(from + kDataOffset) != kSegmentDataOffset) {
    return ParseResult::kNewer;
  }
  header->kind = static_cast<SegmentKind>(LoadU32(from + kKind));
  if (header->kind != SegmentKind::kLog && header->kind != SegmentKind::kRewritten)
    return ParseResult::kNewer;
  LogIdentity::Id id;
  LogIdentity::Seed seed;
  std::memcpy(id.data(), from + kLogId, id.size());
  std::memcpy(seed.data(), from + kSeed, seed.size());
  header->identity = LogIdentity(id, seed);
  header->segment = LoadU64(from + kSegment);
  header->term = LoadU64(from + kTerm);
  header->first_batch_number = LoadU64(from + kFirstBatch);
  header->previous_checksum = LoadU32(from + kPreviousChecksum);
  header->lane = LoadU32(from + kLane);
  header->created_ms = LoadU64(from + kCreated);
  return ParseResult::kOk;
}

void EncodeDurableMark(const LogIdentity& identity, const DurableMark& mark, std::byte* to) {
  StoreU32(to, kMarkMagic);
  StoreU64(to + kMarkSegment, mark.segment);
  StoreU64(to + kMarkTerm, mark.term);
  StoreU64(to + kMarkBatch, mark.batch_number);
  StoreU32(to + kMarkChecksum, mark.batch_checksum);
  StoreU32(to + kMarkFlags, mark.flags);
  StoreU64(to + kMarkEnd, mark.end_offset);
  StoreU64(to + kMarkNextSeqnum, mark.next_seqnum);
  StoreU64(to + kMarkReserved, mark.reserved_seqnum);
  StoreU64(to + kMarkIndex, mark.metalog_index);
  StoreU64(to + kMarkTimestamp, mark.timestamp);
  std::memcpy(to + kMarkLogId, identity.id().data(), kLogIdSize);
  StoreU32(to + kMarkCrc, MarkCrc(identity, to));
}

bool DecodeDurableMark(const LogIdentity& identity, std::span<const std::byte> bytes, DurableMark* mark) {
  if (bytes.size() < kMarkSize) return false;
  const std::byte* from = bytes.data();
  if (LoadU32(from) != kMarkMagic || LoadU32(from + kMarkCrc) != MarkCrc(identity, from)) return false;
  if (std::memcmp(from + kMarkLogId, identity.id().data(), kLogIdSize) != 0) return false;
  mark->segment = LoadU64(from + kMarkSegment);
  mark->term = LoadU64(from + kMarkTerm);
  mark->batch_number = LoadU64(from + kMarkBatch);
  mark->batch_checksum = LoadU32(from + kMarkChecksum);
  mark->flags = LoadU32(from + kMarkFlags);
  mark->end_offset = LoadU64(from + kMarkEnd);
  mark->next_seqnum = LoadU64(from + kMarkNextSeqnum);
  mark->reserved_seqnum = LoadU64(from + kMarkReserved);
  mark->metalog_index = LoadU64(from + kMarkIndex);
  mark->timestamp = LoadU64(from + kMarkTimestamp);
  return true;
}

}  // namespace daybook
