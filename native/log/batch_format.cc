#include "log/batch_format.h"

#include <cstring>

#include "base/coding.h"

namespace daybook {
namespace {

enum Offset : size_t {
  kMagic = 0,
  kChecksum = 4,
  kVersion = 8,
  kLane = 10,
  kFlags = 12,
  kBatchNumber = 16,
  kTerm = 24,
  kSegment = 32,
  kOffset = 40,
  kDurableNumber = 48,
  kPreviousChecksum = 56,
  kFrameCount = 60,
  kBodySize = 64,
  kFirstSeqnum = 72,
  kEndSeqnum = 80,
  kReservedSeqnum = 88,
  kMetalogIndex = 96,
  kFramesCrc = 104,
  kZero = 108,
  kLogId = 112,
  kEnd = 128,
};
static_assert(kEnd == kBatchHeaderSize && kLogId + kLogIdSize == kEnd);

uint32_t Checksum(const LogIdentity& identity, const std::byte* header) {
  return Crc32cExtend(identity.crc_base(), {header + kVersion, kEnd - kVersion});
}

}  // namespace

void EncodeBatchHeader(const LogIdentity& identity, BatchHeader* header, std::byte* to) {
  StoreU32(to + kMagic, kBatchMagic);
  StoreU16(to + kVersion, kBatchVersion);
  StoreU16(to + kLane, header->lane);
  StoreU32(to + kFlags, header->flags);
  StoreU64(to + kBatchNumber, header->batch_number);
  StoreU64(to + kTerm, header->term);
  StoreU64(to + kSegment, header->segment);
  StoreU64(to + kOffset, header->offset);
  StoreU64(to + kDurableNumber, header->durable_number);
  StoreU32(to + kPreviousChecksum, header->previous_checksum);
  StoreU32(to + kFrameCount, header->frame_count);
  StoreU64(to + kBodySize, header->body_size);
  StoreU64(to + kFirstSeqnum, header->first_seqnum);
  StoreU64(to + kEndSeqnum, header->end_seqnum);
  StoreU64(to + kReservedSeqnum, header->reserved_seqnum);
  StoreU64(to + kMetalogIndex, header->metalog_index);
  StoreU32(to + kFramesCrc, header->frames_crc);
  StoreU32(to + kZero, 0);
  std::memcpy(to + kLogId, identity.id().data(), kLogIdSize);
  header->checksum = Checksum(identity, to);
  StoreU32(to + kChecksum, header->checksum);
}

ParseResult DecodeBatchHeader(const LogIdentity& identity, std::span<const std::byte> bytes,
                              BatchHeader* header) {
  if (bytes.size() < kBatchHeaderSize) return ParseResult::kDamaged;
  const std::byte* from = bytes.data();
  if (LoadU32(from + kMagic) != kBatchMagic) return ParseResult::kDamaged;
  header->checksum = LoadU32(from + kChecksum);
  if (Checksum(identity, from) != header->checksum) return ParseResult::kDamaged;
  if (std::memcmp(from + kLogId, identity.id().data(), kLogIdSize) != 0) return ParseResult::kDamaged;
  header->flags = LoadU32(from + kFlags);
  header->lane = LoadU16(from + kLane);
  header->batch_number = LoadU64(from + kBatchNumber);
  header->term = LoadU64(from + kTerm);
  header->segment = LoadU64(from + kSegment);
  header->offset = LoadU64(from + kOffset);
  header->durable_number = LoadU64(from + kDurableNumber);
  header->previous_checksum = LoadU32(from + kPreviousChecksum);
  header->frame_count = LoadU32(from + kFrameCount);
  header->body_size = LoadU64(from + kBodySize);
  header->first_seqnum = LoadU64(from + kFirstSeqnum);
  header->end_seqnum = LoadU64(from + kEndSeqnum);
  header->reserved_seqnum = LoadU64(from + kReservedSeqnum);
  header->metalog_index = LoadU64(from + kMetalogIndex);
  header->frames_crc = LoadU32(from + kFramesCrc);
  const bool known = LoadU16(from + kVersion) == kBatchVersion && (header->flags & 0xffff0000U) == 0;
  return known ? ParseResult::kOk : ParseResult::kNewer;
}

}  // namespace daybook
