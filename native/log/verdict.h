// Verdicts: what was decided about conditional and keyed groups; docs/formats/metalog-entry.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "log/record_codec.h"

namespace daybook {

enum class VerdictKind : uint8_t { kConflict = 1, kRepeatedKey = 2 };

// A condition that did not hold, and the newest record that it speaks of.
struct Conflict {
  uint64_t index = 0;   // of the condition in its group
  uint64_t actual = 0;  // seqnum
  bool operator==(const Conflict&) const = default;
};

// A group that is void.
struct Verdict {
  uint64_t position = 0;  // of the group's first record, from the entry's first_seqnum on
  uint64_t records = 0;   // of the group
  VerdictKind kind = VerdictKind::kConflict;
  std::vector<Conflict> conflicts;  // kConflict: ascending by index, at least one
  uint64_t first_seqnum = 0;        // kRepeatedKey: of the group that had the key first,
  uint64_t first_records = 0;       // and how many records that has
  bool operator==(const Verdict&) const = default;
};

void EncodeVerdicts(uint64_t metalog_index, std::span<const Verdict> verdicts, std::vector<std::byte>* out);

// kNewer for a kind that this version does not know.
[[nodiscard]] ParseResult DecodeVerdicts(std::span<const std::byte> bytes, uint64_t* metalog_index,
                                         std::vector<Verdict>* verdicts);

}  // namespace daybook
