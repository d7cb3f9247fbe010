// What an open log tells of itself to those who look into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "log/log_state.h"
#include "log/manifest.h"

namespace daybook {

enum class SegmentState : uint8_t {
  kOpen = 1,     // is written
  kClosed = 2,   // is full
  kReserve = 3,  // stands ready for when the open ones are full
};

struct SegmentStat {
  uint64_t segment = 0;
  SegmentKind kind = SegmentKind::kLog;
  SegmentState state = SegmentState::kOpen;
  uint64_t lane = 0;
  uint64_t records = 0;  // of the group that was written side by side; 0 until it is closed
  uint64_t dead = 0;     // of these, known to be trimmed
};

struct EngineStat {
  uint64_t next_seqnum = 0;     // every visible record has a lower one
  uint64_t durable_seqnum = 0;  // every record below is flushed
  uint64_t books = 0;
  uint64_t records = 0;  // of all books that exist
  uint64_t reserve_bytes = 0;
  uint64_t reclaimable_bytes = 0;  // of closed segments, by their share of dead records
  uint64_t runs = 0;               // of the index, overlays included
  uint64_t run_bytes = 0;
  uint64_t checkpoints = 0;
  uint64_t checkpoint_bytes = 0;
  uint64_t index_memory = 0;
  uint64_t cache_memory = 0;
  std::vector<SegmentStat> segments;  // in the order of the log
};

// The books, records and memory of the state. Holds its lock for a bounded number of books at a time.
void AddStateStat(const LogState& state, EngineStat* stat);

// The files of the manifest. `written_from`: the first segment of the group that is written; what is open
// behind it is reserve. `dead`: by the first segment of a group.
void AddManifestStat(const Manifest& manifest, uint64_t written_from,
                     const std::map<uint64_t, uint64_t>& dead, EngineStat* stat);

}  // namespace daybook
