// What the writing side of the engine leaves for the background, and the background for it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "log/checkpoint.h"
#include "log/manifest.h"
#include "log/segment_group.h"

namespace daybook {

// A group that the writing side has left: how it ends.
struct LeftGroup {
  std::vector<LaneEnd> lanes;
  uint64_t first_batch = 0;
  uint64_t end_batch = 0;
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;
  uint32_t end_checksum = 0;
  uint64_t records = 0;
};

// Every member is guarded by `mutex`, which is held for moments only.
struct Handover {
  mutable std::mutex mutex;

  // From the background: segments for when the group is full; commands.
  std::optional<SegmentGroup> prepared;
  std::vector<Command> commands;
  // The background wants the live state told again, as it is from now on: requests are counted. Those up to
  // state_begun are answered by a batch that was begun, those up to state_told by one that is flushed.
  uint64_t state_asked = 0;
  uint64_t state_begun = 0;
  uint64_t state_told = 0;

  // From the writing side.
  std::vector<LeftGroup> left;           // not yet closed in the manifest
  std::optional<Checkpoint> checkpoint;  // as of the end of LogState::frozen
  uint64_t group_segment = 0;            // the group that is written: its first segment,
  uint64_t group_first_batch = 0;        // its first batch,
  uint64_t group_limit = 0;              // bytes of each lane,
  uint64_t group_bytes = 0;              // and what its files hold
  uint64_t state_batch = 0;              // the last batch that holds the live state and is flushed
  uint64_t published_batch = 0;
  uint64_t trims = 0;  // counts trims, drops and changes of retention
};

// Closes in the manifest what was left, and says where the current group begins.
void ApplyLeft(const std::vector<LeftGroup>& left, uint64_t group_segment, uint64_t group_first_batch,
               Manifest* manifest);

}  // namespace daybook
