// A metalog entry: a cut, and commands. Bytes and meaning; docs/formats/metalog-entry.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/coding.h"
#include "log/book_table.h"
#include "log/record_codec.h"

namespace daybook {

// How many of a shard's records are ordered.
struct ShardProgress {
  uint32_t shard = 0;
  uint64_t progress = 0;  // local id behind the last ordered record
  bool operator==(const ShardProgress&) const = default;
};

enum class CommandKind : uint8_t {
  kNameBook = 1,
  kDropBook = 2,
  kTrimBook = 3,
  kTrimTag = 4,
  kRetention = 5,
  kRegisterProducer = 6,
  kEvictProducer = 7,
  kRecover = 8,
  kSeal = 9,
  kAddShard = 10,
  kFinalizeShard = 11,
};
// Kinds from here on may be skipped by a reader that does not know them.
inline constexpr uint64_t kKindSkippable = 64;

// A command in its decoded form. Which fields mean something depends on the kind.
struct Command {
  CommandKind kind = CommandKind::kNameBook;
  uint64_t book = 0;                       // name, drop, trim book or tag; retention
  uint64_t before = 0;                     // drop, trim book or tag
  std::string name;                        // name book
  std::string tag;                         // trim tag
  Retention retention;                     // retention
  uint64_t lost_term = 0, last_batch = 0;  // recover
  uint32_t last_checksum = 0;
  uint32_t shard = 0;      // add, finalize shard
  uint64_t countdown = 0;  // the same: entries from this one on before it takes effect
  bool operator==(const Command&) const = default;
};

// What only a log of many shards says; an embedded log refuses to replay it.
inline bool IsShardCommand(const Command& command) {
  return command.kind == CommandKind::kAddShard || command.kind == CommandKind::kFinalizeShard;
}

struct MetalogEntry {
  uint64_t index = 0;
  uint64_t timestamp = 0;  // milliseconds since 1970
  uint64_t first_seqnum = 0;
  bool has_verdicts = false;
  std::vector<ShardProgress> cut;  // ascending by shard; only those that grew
  std::vector<Command> commands;
};

// Each limit that is set as a tagged piece. Of the decoding, false if the bytes are not that.
void EncodeRetention(const Retention& retention, std::vector<std::byte>* out);
[[nodiscard]] bool DecodeRetention(ByteReader* reader, Retention* retention);

void EncodeMetalogEntry(const MetalogEntry& entry, std::vector<std::byte>* out);

// kNewer for a command or field that must be understood and is not.
[[nodiscard]] ParseResult DecodeMetalogEntry(std::span<const std::byte> bytes, MetalogEntry* entry);

}  // namespace daybook
