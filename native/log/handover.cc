#include "log/handover.h"

#include <algorithm>

namespace daybook {

void ApplyLeft(const std::vector<LeftGroup>& left, uint64_t group_segment, uint64_t group_first_batch,
               Manifest* manifest) {
  for (const LeftGroup& group : left) {
    for (const LaneEnd& lane : group.lanes) {
      const auto listed =
          std::find_if(manifest->segments.begin(), manifest->segments.end(),
                       [&](const ManifestSegment& segment) { return segment.segment == lane.segment; });
      if (listed == manifest->segments.end() || listed->closed) continue;
      listed->closed = true;
      listed->first_batch = group.first_batch;
      listed->end_batch = group.end_batch;
      listed->end_offset = lane.offset;
      listed->first_seqnum = group.first_seqnum;
      listed->end_seqnum = group.end_seqnum;
      listed->end_checksum = group.end_checksum;
      listed->records = listed->lane == 0 ? group.records : 0;
    }
  }
  bool is_current = false;
  for (ManifestSegment& segment : manifest->segments) {
    if (segment.lane == 0) is_current = segment.segment == group_segment;
    if (is_current && !segment.closed) segment.first_batch = group_first_batch;
    // What is made ready begins behind it, at a batch that is not known yet.
    if (!is_current && !segment.closed)
      segment.first_batch = std::max(segment.first_batch, group_first_batch);
  }
}

}  // namespace daybook
