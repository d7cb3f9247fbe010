// The manifest: which log this is, its term, and which segments belong to it. Replacing it is
// the point at which a segment begins to exist and a recovery takes effect.
// docs/formats/manifest.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/checkpoint.h"
#include "log/identity.h"
#include "log/index_run.h"
#include "log/segment_format.h"
#include "log/term_end.h"

namespace daybook {

struct ManifestSegment {
  uint64_t segment = 0;
  SegmentKind kind = SegmentKind::kLog;
  uint32_t lane = 0;
  bool closed = false;
  uint64_t first_batch = 0;  // of its group: the segments that were written side by side
  // Closed only, and of the whole group but for the offset:
  uint64_t end_batch = 0;  // number behind its last batch
  uint64_t end_offset = 0;
  uint64_t first_seqnum = 0;  // its records lie in [first_seqnum, end_seqnum)
  uint64_t end_seqnum = 0;
  uint32_t end_checksum = 0;  // of its last batch
  uint64_t records = 0;       // that it holds
  uint64_t overlay = 0;       // rewritten only: the run that says where its records lie

  [[nodiscard]] bool holds_batches() const { return end_batch > first_batch; }
};

struct Manifest {
  LogIdentity identity;
  uint64_t generation = 0;
  uint64_t term = 0;
  uint64_t created_ms = 0;
  uint64_t incarnation = 0;
  uint64_t next_segment = 1;
  uint64_t reserved_seqnum = 0;
  uint64_t next_file = 1;                   // id of the next index run or checkpoint
  std::vector<ManifestSegment> segments;    // ascending by first_batch, then by lane
  std::vector<IndexRunInfo> runs;           // ascending by seqnum
  std::vector<IndexRunInfo> overlays;       // of rewritten segments
  std::vector<CheckpointInfo> checkpoints;  // the newest first, at most two
  // Number of the last batch that repeats the whole live state; 0: none. Segments in front of it may go.
  uint64_t state_batch = 0;
  uint64_t gone_seqnum = 0;        // end of the last segment that was deleted or rewritten
  std::vector<TermEnd> term_ends;  // of earlier terms; see term_end.h
};

std::vector<std::byte> EncodeManifest(const Manifest& manifest);

// kCorrupt or kFormat (both versions in the message).
Status DecodeManifest(std::span<const std::byte> bytes, Manifest* manifest);

// What ReadManifest found.
struct ManifestState {
  bool found = false;         // false: neither copy exists
  bool needs_repair = false;  // one copy is missing, bad or behind
  Manifest manifest;
};
// kCorrupt when copies exist and none is good; kFormat when one is newer.
Status ReadManifest(Env* env, const std::string& directory, ManifestState* state);

// Replaces both copies. On failure `*reached_disk` tells whether the new manifest may count at
// the next opening: if it is false, nothing has changed.
Status WriteManifest(Env* env, const std::string& directory, const Manifest& manifest, bool* reached_disk);

}  // namespace daybook
