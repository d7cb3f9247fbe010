// Judges conditional and keyed groups when they are ordered, from the log before them alone, so that all
// who decide decide alike. A key is looked at before the conditions; a group that loses is void and uses up
// no key. docs/formats/metalog-entry.md, "Verdicts".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daybook/status.h"
#include "log/identity.h"
#include "log/key_table.h"
#include "log/metalog_entry.h"
#include "log/query.h"
#include "log/tag_trims.h"
#include "log/verdict.h"

namespace daybook {

// The log in front of a batch, as far as judging needs it.
class LogBefore {
 public:
  virtual ~LogBefore() = default;
  // Seqnums below have been published; what is asked for lies below.
  [[nodiscard]] virtual uint64_t End() const = 0;
  // The newest visible record of the book that matches and has a seqnum in [from, End()), as if the trims in
  // `trimmed_now` had been carried out. kWouldBlock: not without the disk, which this one may not wait for.
  virtual Status FindNewest(uint64_t book, const Query& query, uint64_t from,
                            std::span<const TagMark> trimmed_now, std::optional<uint64_t>* newest) const = 0;
  [[nodiscard]] virtual const KeyTable& keys() const = 0;
};

// What was found out about conditions before their turn came: the newest match of each that lies below
// `as_of`. Later only what has come since must be looked at.
struct ConditionAnswer {
  uint64_t as_of = 0;
  std::optional<uint64_t> newest;
};
// For the groups of a piece that have conditions, in their order: an answer for each condition.
struct JudgeMemo {
  std::vector<std::vector<ConditionAnswer>> groups;
};

// Answers all conditions in a piece (whole groups, encoded but for their checksums). kInvalidArgument if
// the bytes are not groups with conditions as they should be.
Status AnswerConditions(const LogBefore& before, std::span<const std::byte> piece, JudgeMemo* memo);

// Whole groups of one shard, behind those of the piece before.
struct JudgedPiece {
  std::span<const std::byte> bytes;
  const JudgeMemo* memo = nullptr;  // may be null, or know less than there is
};

struct JudgeInput {
  const LogIdentity* identity = nullptr;
  const LogBefore* before = nullptr;
  std::span<const JudgedPiece> pieces;  // in the order of their positions
  std::span<const Command> commands;    // of the same entry: they take effect first
  uint64_t first_seqnum = 0;
  uint64_t timestamp = 0;
};

struct Judgement {
  std::vector<Verdict> verdicts;  // of the groups that are void
  std::vector<bool> is_void;      // for each record; empty: none is
  std::vector<RememberedKey> keys;
};

// kInvalidArgument as above; statuses of LogBefore.
Status JudgeGroups(const JudgeInput& input, Judgement* judgement);

}  // namespace daybook
