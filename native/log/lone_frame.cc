#include "log/lone_frame.h"

#include <utility>

#include "base/assert.h"
#include "base/coding.h"

namespace daybook {
namespace {

// Checksum, flags, wide size.
constexpr size_t kRecordHeadMax = kRecordCrcSize + 1 + 4;

}  // namespace

RecordFrameBuilder::RecordFrameBuilder(const LogIdentity& identity, const ShardIdentity& shard,
                                       uint64_t first_local_id)
    : identity_(identity), crc_base_(RecordCrcBase(identity, shard)), bytes_(kFrameHeaderSize) {
  header_.type = FrameType::kRecords;
  header_.shard = shard;
  header_.first_local_id = first_local_id;
  header_.body_crc = identity.crc_base();
}

bool RecordFrameBuilder::Add(bool is_first, uint64_t book, std::span<const std::string_view> tags,
                             std::span<const std::byte> data) {
  if (tags.size() > kTagsMax || data.size() > kFrameBodyBytesMax) return false;
  size_t size = VarintSize(book) + VarintSize(tags.size()) + data.size();
  for (const std::string_view tag : tags) {
    if (tag.empty() || tag.size() > kTagBytesMax) return false;
    size += 1 + tag.size();
  }
  if (size + kRecordHeadMax > kFrameBodyBytesMax - (bytes_.size() - kFrameHeaderSize)) return false;
  const size_t begin = bytes_.size();
  const bool is_wide = size > UINT16_MAX;
  ByteWriter writer(&bytes_);
  writer.PutU32(0);
  const unsigned flags = (is_first ? kRecordFirst : 0U) | (is_wide ? kRecordWide : 0U);
  writer.PutU8(static_cast<uint8_t>(flags));
  if (is_wide) {
    writer.PutU32(static_cast<uint32_t>(size));
  } else {
    writer.PutU16(static_cast<uint16_t>(size));
  }
  const size_t body = bytes_.size();
  writer.PutVarint(book);
  writer.PutVarint(tags.size());
  for (const std::string_view tag : tags) {
    writer.PutU8(static_cast<uint8_t>(tag.size()));
    writer.PutString(tag);
  }
  writer.PutBytes(data);
  DAYBOOK_ASSERT(bytes_.size() - body == size);
  const std::span<const std::byte> checked{bytes_.data() + begin + kRecordCrcSize,
                                           bytes_.size() - begin - kRecordCrcSize};
  const uint32_t crc = RecordCrc(crc_base_, header_.first_local_id + header_.record_count, checked);
  StoreU32(bytes_.data() + begin, crc);
  header_.body_crc = FrameBodyCrcExtend(header_.body_crc, crc);
  ++header_.record_count;
  return true;
}

std::vector<std::byte> RecordFrameBuilder::Finish() {
  header_.body_size = static_cast<uint32_t>(bytes_.size() - kFrameHeaderSize);
  EncodeFrameHeader(identity_, &header_, bytes_.data());
  return std::move(bytes_);
}

std::vector<std::byte> EncodeBodyFrame(const LogIdentity& identity, FrameType type,
                                       const ShardIdentity& shard, std::span<const std::byte> body) {
  DAYBOOK_ASSERT(body.size() <= kFrameBodyBytesMax);
  FrameHeader header;
  header.type = type;
  header.shard = shard;
  header.body_size = static_cast<uint32_t>(body.size());
  header.body_crc = Crc32cExtend(identity.crc_base(), body);
  std::vector<std::byte> bytes(kFrameHeaderSize);
  EncodeFrameHeader(identity, &header, bytes.data());
  ByteWriter(&bytes).PutBytes(body);
  return bytes;
}

Status ReadLoneFrame(const LogIdentity& identity, std::span<const std::byte> bytes, FrameView* frame) {
  const ParseResult head = DecodeFrameHeader(identity, bytes, &frame->header);
  if (head == ParseResult::kDamaged) return {StatusCode::kCorrupt, "the bytes are no frame of this log"};
  if (head == ParseResult::kNewer) return {StatusCode::kFormat, "the frame is of a newer version of daybook"};
  const FrameHeader& header = frame->header;
  if (header.body_size > bytes.size() - kFrameHeaderSize)
    return {StatusCode::kCorrupt, "the frame is cut short"};
  frame->body = bytes.subspan(kFrameHeaderSize, header.body_size);
  frame->body_offset = kFrameHeaderSize;
  ParseResult body = ParseResult::kNewer;
  if (header.type == FrameType::kRecords) {
    body = CheckRecords(identity, *frame);
  } else if (header.type == FrameType::kMetalogEntry) {
    const uint32_t crc = Crc32cExtend(identity.crc_base(), frame->body);
    body = crc == header.body_crc ? ParseResult::kOk : ParseResult::kDamaged;
  }
  if (body == ParseResult::kDamaged) return {StatusCode::kCorrupt, "a checksum in the frame does not hold"};
  if (body == ParseResult::kNewer)
    return {StatusCode::kFormat, "the frame holds what this version of daybook does not know"};
  return Status::Ok();
}

}  // namespace daybook
