#include "log/segment_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

namespace daybook {
namespace {

constexpr size_t kFindChunkBytes = size_t{256} * kSectorSize;

bool AllZero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

Status NewerBatch(const BatchHeader& header) {
  return {StatusCode::kFormat,
          "batch " + std::to_string(header.batch_number) +
              " was written by a newer version of daybook than this one (format version " +
              std::to_string(kFormatVersion) + ")"};
}

}  // namespace

Status SegmentReader::ReadHeader(SegmentHeader* header, bool* foreign) {
  if (foreign != nullptr) *foreign = false;
  std::array<std::byte, kSegmentHeaderSize> bytes{};
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(file_->Read(0, bytes, &count));
  const ParseResult result = DecodeSegmentHeader(std::span(bytes).first(count), header);
  if (result == ParseResult::kNewer) {
    return {StatusCode::kFormat, "the segment has format version " + std::to_string(header->format_version) +
                                     "; this daybook reads up to version " + std::to_string(kFormatVersion)};
  }
  if (result != ParseResult::kOk) return {StatusCode::kCorrupt, "the segment's header does not hold"};
  if (header->identity.id() != identity_->id() || header->segment != segment_) {
    if (foreign != nullptr) *foreign = true;
    return {StatusCode::kCorrupt, "the file is a segment of another log, or another segment of this one"};
  }
  return Status::Ok();
}

Status SegmentReader::ReadMark(bool* found, DurableMark* mark) {
  *found = false;
  for (int copy = 0; copy < 2; ++copy) {
    std::array<std::byte, kMarkSize> bytes{};
    size_t count = 0;
    DAYBOOK_RETURN_IF_ERROR(file_->Read(MarkOffset(copy), bytes, &count));
    DurableMark read;
    if (!DecodeDurableMark(*identity_, std::span(bytes).first(count), &read) || read.segment != segment_)
      continue;
    if (!*found || std::tie(read.batch_number, read.term) > std::tie(mark->batch_number, mark->term))
      *mark = read;
    *found = true;
  }
  return Status::Ok();
}

Status SegmentReader::ReadBatch(uint64_t offset, uint64_t limit, ScannedBatch* batch) {
  batch->frames.clear();
  batch->slab = nullptr;
  limit = std::min(limit, size_);
  if (offset >= limit) {
    batch->found = BatchFound::kEnd;
    return Status::Ok();
  }
  std::array<std::byte, kSectorSize> sector{};
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(
      file_->Read(offset, std::span(sector).first(std::min<uint64_t>(kSectorSize, limit - offset)), &count));
  const std::span<const std::byte> front = std::span(sector).first(count);
  const ParseResult decoded = DecodeBatchHeader(*identity_, front, &batch->header);
  if (decoded == ParseResult::kNewer && Belongs(batch->header, offset)) return NewerBatch(batch->header);
  if (decoded != ParseResult::kOk || !Belongs(batch->header, offset)) {
    batch->found = AllZero(front) ? BatchFound::kEnd : BatchFound::kBadHeader;
    return Status::Ok();
  }
  batch->found = BatchFound::kBadBody;
  if (batch->header.body_size > limit - offset || batch->header.size() > limit - offset) return Status::Ok();
  auto slab = std::make_shared<Slab>(batch->header.size());
  DAYBOOK_RETURN_IF_ERROR(file_->Read(offset, {slab->data(), slab->size()}, &count));
  if (count != slab->size()) return Status::Ok();
  // The header was read twice; what is checked must be what is used.
  BatchHeader again;
  if (DecodeBatchHeader(*identity_, slab->bytes(), &again) != ParseResult::kOk ||
      again.checksum != batch->header.checksum) {
    return Status::Ok();
  }
  const ParseResult parsed = ParseBatch(*identity_, batch->header, slab->bytes(), &batch->frames);
  if (parsed == ParseResult::kNewer) return NewerBatch(batch->header);
  if (parsed != ParseResult::kOk) return Status::Ok();
  batch->slab = std::move(slab);
  batch->found = BatchFound::kGood;
  return Status::Ok();
}

Status SegmentReader::FindHeader(uint64_t* offset, uint64_t limit, BatchHeader* header) {
  const uint64_t readable = std::min(limit, size_);
  while (*offset < readable) {
    if (*offset < chunk_offset_ || *offset >= chunk_offset_ + chunk_.size()) {
      chunk_.resize(std::min<uint64_t>(kFindChunkBytes, readable - *offset));
      chunk_offset_ = *offset;
      size_t count = 0;
      DAYBOOK_RETURN_IF_ERROR(file_->Read(*offset, chunk_, &count));
      chunk_.resize(count);
      if (count == 0) break;
    }
    const uint64_t end = std::min(readable, chunk_offset_ + chunk_.size());
    for (; *offset < end; *offset += kSectorSize) {
      const auto front =
          std::span<const std::byte>(chunk_).subspan(static_cast<size_t>(*offset - chunk_offset_));
      if (DecodeBatchHeader(*identity_, front, header) == ParseResult::kOk && Belongs(*header, *offset)) {
        return Status::Ok();
      }
    }
  }
  *offset = std::max(*offset, limit);
  return Status::Ok();
}

}  // namespace daybook
