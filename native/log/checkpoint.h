// A checkpoint: what replay would know behind a certain batch, so that opening reads only what lies
// behind it. docs/formats/checkpoint.md.
//
// It holds nothing that could not be computed again from the segments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/book_table.h"
#include "log/identity.h"
#include "log/key_table.h"
#include "log/metalog_cursor.h"
#include "log/tag_trims.h"

namespace daybook {

// Where the batches of a lane end; the next one goes to the sector behind it.
struct LaneEnd {
  uint64_t segment = 0;
  uint64_t offset = 0;
  bool operator==(const LaneEnd&) const = default;
};

// Records of a closed segment that are known to be dead.
struct SegmentDead {
  uint64_t segment = 0;
  uint64_t records = 0;
  bool operator==(const SegmentDead&) const = default;
};

// The segments that are being written side by side: what had gone into them.
struct GroupProgress {
  uint64_t first_batch = 0;
  uint64_t first_seqnum = 0;
  uint64_t records = 0;
  std::vector<LaneEnd> lanes;
};

struct Checkpoint {
  uint64_t batch = 0;  // it stands behind this batch, which is flushed
  uint32_t checksum = 0;
  uint64_t term = 0;  // of that batch
  uint64_t reserved_seqnum = 0;
  MetalogCursor cursor;
  GroupProgress group;
  BookTable books;
  std::vector<RememberedKey> keys;
  std::vector<TagMark> tag_marks;  // in no order
  std::vector<SegmentDead> dead;
};

// As the manifest lists it.
struct CheckpointInfo {
  uint64_t checkpoint = 0;  // its id, and name
  uint64_t batch = 0;
  uint64_t bytes = 0;
  bool operator==(const CheckpointInfo&) const = default;
};

std::vector<std::byte> EncodeCheckpoint(const LogIdentity& identity, uint64_t id,
                                        const Checkpoint& checkpoint);
// kCorrupt or kFormat.
Status DecodeCheckpoint(const LogIdentity& identity, uint64_t id, std::span<const std::byte> bytes,
                        Checkpoint* checkpoint);

// Writes the file, flushed with its name, but not listed. `info->checkpoint` is its id.
Status WriteCheckpoint(Env* env, const std::string& directory, const LogIdentity& identity,
                       const Checkpoint& checkpoint, CheckpointInfo* info);
// kNotFound, kCorrupt, kFormat, or kIo. Check: without taking it apart.
Status CheckCheckpoint(Env* env, const std::string& directory, const LogIdentity& identity,
                       const CheckpointInfo& info);
Status ReadCheckpoint(Env* env, const std::string& directory, const LogIdentity& identity,
                      const CheckpointInfo& info, Checkpoint* checkpoint);

}  // namespace daybook
