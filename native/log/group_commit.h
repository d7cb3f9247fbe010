// Group commit: turns what the shards have appended into one batch, which is a cut and a metalog
// entry as well. Pure; the engine writes what this makes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daybook/status.h"
#include "log/batch_format.h"
#include "log/frame_format.h"
#include "log/judge.h"
#include "log/metalog_cursor.h"
#include "log/ordered_batch.h"
#include "log/slab.h"

namespace daybook {

// New records of one shard: whole groups, encoded but for their checksums.
struct ShardSubmission {
  uint32_t shard = 0;
  uint64_t record_count = 0;
  std::vector<std::span<const std::byte>> pieces;  // each holds whole groups
};

// A batch ready to be written. `next` is the cursor behind it.
struct PreparedBatch {
  BatchHeader header;
  std::shared_ptr<Slab> slab;
  OrderedBatch ordered;
  MetalogCursor next;
};

struct GroupCommitInput {
  const LogIdentity* identity = nullptr;
  const MetalogCursor* cursor = nullptr;
  std::span<const ShardSubmission> shards;  // ascending by shard, none empty
  std::span<const Command> commands;
  const Judgement* judgement = nullptr;  // of the groups; null: all are accepted, and none has a key
  std::span<const std::byte> state;      // the live state in front of the batch, encoded; empty: not repeated
  uint64_t now_ms = 0;  // the entry gets this, or the time of the entry before if that is later
  BatchHeader place;    // segment, offset, number, term, chain, durable number, reservation
};

inline constexpr uint32_t kEmbeddedView = 1;
inline constexpr uint32_t kEmbeddedPhysicalLog = 0;

// The time stamp of an entry behind the cursor's.
inline uint64_t TimestampBehind(const MetalogCursor& cursor, uint64_t now_ms) {
  return std::max(now_ms, cursor.timestamp());
}

// kInvalidArgument when the submitted bytes are not records; kTooLarge past the last seqnum.
Status PrepareBatch(const GroupCommitInput& input, PreparedBatch* batch);

}  // namespace daybook
