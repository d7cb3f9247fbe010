// How large the next segment is. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "daybook/options.h"
#include "log/batch_format.h"

namespace daybook {

// Blocks that are written before they are used are space held in reserve: no more of it than this,
// or than a twentieth of the log, whichever is more.
inline constexpr uint64_t kReserveBytesMax = uint64_t{16} << 20U;
inline constexpr uint64_t kFirstSegmentBytes = uint64_t{256} << 10U;

// Bytes of each lane's segment in a log's first group.
inline uint64_t FirstSegmentBytes(const EngineOptions& options) {
  return std::min(options.segment_bytes, kFirstSegmentBytes);
}

inline uint64_t ReserveBytes(uint64_t log_bytes) { return std::max(kReserveBytesMax, log_bytes / 20); }

// Bytes of each lane's segment in the group behind one with segments of `before` bytes, in a log
// that takes `log_bytes`. Grows by four, within the reserve.
inline uint64_t NextSegmentBytes(const EngineOptions& options, uint64_t before, uint64_t log_bytes) {
  const uint64_t reserve = ReserveBytes(log_bytes) / options.lanes;
  const uint64_t bytes =
      std::min({options.segment_bytes, reserve, std::max(before, FirstSegmentBytes(options)) * 4});
  return std::max(AlignToSector(bytes), FirstSegmentBytes(options));
}

}  // namespace daybook
