#include "log/metalog_entry.h"

#include "base/assert.h"
#include "base/coding.h"

namespace daybook {
namespace {

constexpr uint64_t kFlagVerdicts = 1;

void EncodeCommand(const Command& command, std::vector<std::byte>* out) {
  std::vector<std::byte> body;
  ByteWriter writer(&body);
  switch (command.kind) {
    case CommandKind::kNameBook:
      writer.PutVarint(command.book);
      writer.PutString(command.name);
      break;
    case CommandKind::kTrimBook:
    case CommandKind::kDropBook:
      writer.PutVarint(command.book);
      writer.PutVarint(command.before);
      break;
    case CommandKind::kTrimTag:
      writer.PutVarint(command.book);
      writer.PutVarint(command.before);
      writer.PutString(command.tag);
      break;
    case CommandKind::kRetention:
      writer.PutVarint(command.book);
      EncodeRetention(command.retention, &body);
      break;
    case CommandKind::kRecover:
      writer.PutVarint(command.lost_term);
      writer.PutVarint(command.last_batch);
      writer.PutU32(command.last_checksum);
      break;
    case CommandKind::kAddShard:
    case CommandKind::kFinalizeShard:
      writer.PutVarint(command.shard);
      writer.PutVarint(command.countdown);
      break;
    default:
      DAYBOOK_ASSERT(false);  // nobody makes the others yet
  }
  PutVarint(out, static_cast<uint64_t>(command.kind));
  PutVarint(out, body.size());
  out->insert(out->end(), body.begin(), body.end());
}

ParseResult DecodeCommand(uint64_t kind, std::span<const std::byte> body, std::vector<Command>* commands) {
  ByteReader reader(body);
  Command command;
  bool good = true;
  switch (kind) {
    case static_cast<uint64_t>(CommandKind::kNameBook): {
      std::span<const std::byte> name;
      good = reader.ReadVarint(&command.book) && reader.ReadBytes(reader.remaining(), &name) &&
             !name.empty() && name.size() <= kBookNameBytesMax;
      command.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
      break;
    }
    case static_cast<uint64_t>(CommandKind::kRetention):
      good = reader.ReadVarint(&command.book) && DecodeRetention(&reader, &command.retention);
      break;
    case static_cast<uint64_t>(CommandKind::kDropBook):
    case static_cast<uint64_t>(CommandKind::kTrimBook):
      good = reader.ReadVarint(&command.book) && reader.ReadVarint(&command.before);
      break;
    case static_cast<uint64_t>(CommandKind::kTrimTag): {
      std::span<const std::byte> tag;
      good = reader.ReadVarint(&command.book) && reader.ReadVarint(&command.before) &&
             reader.ReadBytes(reader.remaining(), &tag) && !tag.empty() && tag.size() <= kTagBytesMax;
      command.tag.assign(reinterpret_cast<const char*>(tag.data()), tag.size());
      break;
    }
    case static_cast<uint64_t>(CommandKind::kRecover):
      good = reader.ReadVarint(&command.lost_term) && reader.ReadVarint(&command.last_batch) &&
             reader.ReadU32(&command.last_checksum);
      break;
    case static_cast<uint64_t>(CommandKind::kAddShard):
    case static_cast<uint64_t>(CommandKind::kFinalizeShard): {
      uint64_t shard = 0;
      good = reader.ReadVarint(&shard) && shard <= UINT32_MAX && reader.ReadVarint(&command.countdown);
      command.shard = static_cast<uint32_t>(shard);
      break;
    }
    default:
      return kind < kKindSkippable ? ParseResult::kNewer : ParseResult::kOk;
  }
  if (!good || reader.remaining() != 0) return ParseResult::kDamaged;
  command.kind = static_cast<CommandKind>(kind);
  commands->push_back(std::move(command));
  return ParseResult::kOk;
}

// Reads `count` tagged pieces and hands each to `take(kind, body)`.
template <typename Take>
ParseResult DecodeTagged(ByteReader* reader, uint64_t count, Take take) {
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t kind = 0;
    uint64_t size = 0;
    std::span<const std::byte> body;
    if (!reader->ReadVarint(&kind) || !reader->ReadVarint(&size) || !reader->ReadBytes(size, &body)) {
      return ParseResult::kDamaged;
    }
    if (const ParseResult result = take(kind, body); result != ParseResult::kOk) return result;
  }
  return ParseResult::kOk;
}

bool DecodeCut(ByteReader* reader, std::vector<ShardProgress>* cut) {
  uint64_t size = 0;
  if (!reader->ReadVarint(&size) || size > reader->remaining()) return false;
  cut->clear();
  for (uint64_t i = 0; i < size; ++i) {
    uint64_t shard = 0;
    uint64_t progress = 0;
    if (!reader->ReadVarint(&shard) || !reader->ReadVarint(&progress) || shard > UINT32_MAX) return false;
    if (!cut->empty() && cut->back().shard >= shard) return false;
    cut->push_back({static_cast<uint32_t>(shard), progress});
  }
  return true;
}

}  // namespace

void EncodeRetention(const Retention& retention, std::vector<std::byte>* out) {
  const uint64_t limits[] = {retention.max_age_ms, retention.max_bytes, retention.max_records};
  for (uint64_t kind = 1; kind <= 3; ++kind) {
    const uint64_t limit = limits[kind - 1];
    if (limit == 0) continue;
    PutVarint(out, kind);
    PutVarint(out, VarintSize(limit));
    PutVarint(out, limit);
  }
}

bool DecodeRetention(ByteReader* reader, Retention* retention) {
  uint64_t* const limits[] = {&retention->max_age_ms, &retention->max_bytes, &retention->max_records};
  while (reader->remaining() > 0) {
    uint64_t kind = 0;
    uint64_t size = 0;
    if (!reader->ReadVarint(&kind) || kind < 1 || kind > 3 || !reader->ReadVarint(&size)) return false;
    const size_t begin = reader->position();
    if (!reader->ReadVarint(limits[kind - 1]) || reader->position() - begin != size) return false;
  }
  return true;
}

void EncodeMetalogEntry(const MetalogEntry& entry, std::vector<std::byte>* out) {
  PutVarint(out, entry.index);
  PutVarint(out, entry.timestamp);
  PutVarint(out, entry.first_seqnum);
  PutVarint(out, entry.has_verdicts ? kFlagVerdicts : 0);
  PutVarint(out, entry.cut.size());
  for (const ShardProgress& shard : entry.cut) {
    PutVarint(out, shard.shard);
    PutVarint(out, shard.progress);
  }
  PutVarint(out, entry.commands.size());
  for (const Command& command : entry.commands) EncodeCommand(command, out);
  PutVarint(out, 0);  // fields
}

ParseResult DecodeMetalogEntry(std::span<const std::byte> bytes, MetalogEntry* entry) {
  ByteReader reader(bytes);
  uint64_t flags = 0;
  uint64_t count = 0;
  if (!reader.ReadVarint(&entry->index) || !reader.ReadVarint(&entry->timestamp) ||
      !reader.ReadVarint(&entry->first_seqnum) || !reader.ReadVarint(&flags)) {
    return ParseResult::kDamaged;
  }
  if ((flags & ~kFlagVerdicts) != 0) return ParseResult::kNewer;
  entry->has_verdicts = (flags & kFlagVerdicts) != 0;
  entry->commands.clear();
  if (!DecodeCut(&reader, &entry->cut) || !reader.ReadVarint(&count)) return ParseResult::kDamaged;
  const auto take_command = [&](uint64_t kind, std::span<const std::byte> body) {
    return DecodeCommand(kind, body, &entry->commands);
  };
  if (const ParseResult result = DecodeTagged(&reader, count, take_command); result != ParseResult::kOk)
    return result;
  if (!reader.ReadVarint(&count)) return ParseResult::kDamaged;
  const auto take_field = [](uint64_t kind, std::span<const std::byte>) {
    return kind < kKindSkippable ? ParseResult::kNewer : ParseResult::kOk;
  };
  if (const ParseResult result = DecodeTagged(&reader, count, take_field); result != ParseResult::kOk)
    return result;
  return reader.remaining() == 0 ? ParseResult::kOk : ParseResult::kDamaged;
}

}  // namespace daybook
