// Where a record lies, and all that is needed to check it there. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>

#include "log/record_codec.h"

namespace daybook {

struct RecordLocation {
  uint64_t seqnum = 0;
  uint64_t timestamp = 0;
  uint64_t segment = 0;
  uint64_t offset = 0;  // in the segment's file
  size_t size = 0;      // of the encoded record
  ShardIdentity shard;
  uint64_t local_id = 0;
};

// May the caller wait for the disk?
enum class ReadMode : uint8_t { kNoWait, kMayBlock };

}  // namespace daybook
