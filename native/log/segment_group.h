// A group: the segments, one for each lane, that are written side by side and left together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/checkpoint.h"
#include "log/manifest.h"
#include "log/segment_writer.h"

namespace daybook {

struct SegmentGroup {
  std::vector<std::unique_ptr<SegmentWriter>> lanes;
  uint64_t limit = 0;  // bytes at which a lane is full
  uint64_t first_batch = 0;
  uint64_t first_seqnum = 0;
  uint64_t records = 0;

  [[nodiscard]] bool empty() const {
    return std::all_of(lanes.begin(), lanes.end(), [](const auto& lane) { return lane->empty(); });
  }
  [[nodiscard]] uint64_t bytes() const {
    uint64_t bytes = 0;
    for (const auto& lane : lanes) bytes += std::max(lane->written_before(), lane->end());
    return bytes;
  }
};

// What a new group is made with.
struct NewGroup {
  LogIdentity identity;
  uint64_t first_segment = 0;  // id of the first lane's; the others follow
  uint64_t term = 0;
  uint64_t first_batch = 0;  // or a lower bound
  uint64_t lanes = 1;
  uint64_t limit = 0;
  uint64_t written_before = 0;  // of each file
};

// Makes the files, flushed with their names; the manifest does not list them yet.
Status CreateGroup(Env* env, const std::string& directory, const NewGroup& plan, SegmentGroup* group,
                   const std::function<bool()>& go_on = nullptr);

// Removes what is there of a group that came to nothing.
void RemoveGroup(Env* env, const std::string& directory, const NewGroup& plan);

// The header of a lane's segment.
SegmentHeader HeaderOfLane(Env* env, const NewGroup& plan, uint64_t lane);

// Adds an open group, as of `group`, at the end of the manifest's list.
void ListGroup(const SegmentGroup& group, Manifest* manifest);

}  // namespace daybook
