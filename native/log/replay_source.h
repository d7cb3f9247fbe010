// Where replay reads from: the segments of a group, one for each lane, and how far each was read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/checkpoint.h"
#include "log/damage_map.h"
#include "log/manifest.h"
#include "log/segment_reader.h"

namespace daybook {

struct ReplayLane {
  ManifestSegment listed;
  std::string path;
  std::unique_ptr<SegmentReader> reader;  // null: the file is missing
  uint64_t offset = kSegmentDataOffset;   // of the head
  uint64_t limit = 0;                     // batches end here at the latest
  bool head_read = false;
  ScannedBatch head;       // what stands at `offset`
  std::string unreadable;  // why the lane as a whole cannot be read; empty: it can
  std::string bad_header;  // why its header does not hold; empty: it does

  // Reads the head if that was not done yet.
  Status ReadHead();
  void MoveTo(uint64_t next) {
    offset = next;
    head_read = false;
    head = {};
  }
  [[nodiscard]] bool has_good_head() const { return head_read && head.found == BatchFound::kGood; }
  [[nodiscard]] bool at_end() const { return offset >= limit; }
};

struct ReplayGroupSource {
  size_t listed = 0;  // index of its first segment in the manifest
  bool closed = false;
  bool rewritten = false;
  uint64_t first_batch = 0;
  uint64_t end_batch = 0;    // closed only
  uint64_t gone_before = 0;  // batches in front of it that were deleted end at this number; 0: none
  std::vector<ReplayLane> lanes;
};

// What was learned when the segments were opened.
struct ReplaySources {
  std::vector<ReplayGroupSource> groups;
  std::optional<DurableMark> mark;  // the one that says most
};

// Opens the segments from the one on where `from` stands (null: from the first). kFormat if one of
// them is of a newer version.
Status OpenReplaySources(Env* env, const std::string& directory, const Manifest& manifest,
                         const GroupProgress* from, ReplaySources* sources);

}  // namespace daybook
