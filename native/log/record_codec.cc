#include "log/record_codec.h"

#include "base/coding.h"

namespace daybook {
namespace {

bool ParseTags(ByteReader* reader, std::span<const std::byte> body, RecordView* record) {
  uint64_t count = 0;
  if (!reader->ReadVarint(&count) || count > kTagsMax) return false;
  record->tag_count = static_cast<uint32_t>(count);
  const size_t begin = reader->position();
  for (uint64_t i = 0; i < count; ++i) {
    uint8_t length = 0;
    if (!reader->ReadU8(&length) || length == 0 || !reader->Skip(length)) return false;
  }
  record->tags = body.subspan(begin, reader->position() - begin);
  return true;
}

bool ReadExtra(ByteReader* reader, uint64_t* kind, std::span<const std::byte>* body) {
  uint64_t size = 0;
  return reader->ReadVarint(kind) && reader->ReadVarint(&size) && reader->ReadBytes(size, body);
}

// Producers must be understood by whoever writes behind them; this version does not. The durability that
// was asked for says nothing that matters here. Conditions are looked into by whoever judges them.
ParseResult CheckExtras(std::span<const std::byte> extras) {
  ByteReader reader(extras);
  while (reader.remaining() > 0) {
    uint64_t kind = 0;
    std::span<const std::byte> body;
    if (!ReadExtra(&reader, &kind, &body)) return ParseResult::kDamaged;
    const bool is_known = kind == kExtraKey || kind == kExtraConditions || kind == kExtraDurability;
    if (kind < kExtraSkippable && !is_known) return ParseResult::kNewer;
    if (kind == kExtraKey && (body.empty() || body.size() > kKeyBytesMax)) return ParseResult::kDamaged;
  }
  return ParseResult::kOk;
}

}  // namespace

ParseResult ParseRecord(std::span<const std::byte> bytes, RecordView* record) {
  ByteReader head(bytes);
  uint64_t size = 0;
  if (!head.ReadU32(&record->crc) || !head.ReadU8(&record->flags)) return ParseResult::kDamaged;
  if ((record->flags & kRecordWide) != 0) {
    uint32_t wide = 0;
    if (!head.ReadU32(&wide)) return ParseResult::kDamaged;
    size = wide;
  } else {
    uint16_t narrow = 0;
    if (!head.ReadU16(&narrow)) return ParseResult::kDamaged;
    size = narrow;
  }
  std::span<const std::byte> body;
  if (!head.ReadBytes(size, &body)) return ParseResult::kDamaged;
  record->size = head.position();
  record->checked = bytes.subspan(kRecordCrcSize, record->size - kRecordCrcSize);
  if ((record->flags & ~kRecordKnownFlags) != 0) return ParseResult::kNewer;

  ByteReader reader(body);
  if (!reader.ReadVarint(&record->book)) return ParseResult::kDamaged;
  record->extras = {};
  if ((record->flags & kRecordExtras) != 0) {
    uint64_t extras_size = 0;
    if (!reader.ReadVarint(&extras_size) || !reader.ReadBytes(extras_size, &record->extras)) {
      return ParseResult::kDamaged;
    }
    if (const ParseResult known = CheckExtras(record->extras); known != ParseResult::kOk) return known;
  }
  if (!ParseTags(&reader, body, record)) return ParseResult::kDamaged;
  record->data = body.subspan(reader.position());
  return ParseResult::kOk;
}

GroupExtras ExtrasOf(const RecordView& record) {
  GroupExtras extras;
  ByteReader reader(record.extras);
  uint64_t kind = 0;
  std::span<const std::byte> body;
  while (reader.remaining() > 0 && ReadExtra(&reader, &kind, &body)) {
    if (kind == kExtraKey) extras.key = {reinterpret_cast<const char*>(body.data()), body.size()};
    if (kind == kExtraConditions) extras.conditions = body;
  }
  return extras;
}

bool HasTag(const RecordView& record, std::string_view tag) {
  bool found = false;
  ForEachTag(record, [&](std::string_view candidate) {
    found = candidate == tag;
    return !found;
  });
  return found;
}

}  // namespace daybook
