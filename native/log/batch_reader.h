// Checks a batch that was read, frame by frame and record by record, and applies it to a cursor.
// Pure; the opposite of group_commit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "daybook/status.h"
#include "log/batch_format.h"
#include "log/frame_format.h"
#include "log/metalog_cursor.h"
#include "log/metalog_entry.h"
#include "log/ordered_batch.h"

namespace daybook {

struct FrameView {
  FrameHeader header;
  std::span<const std::byte> body;
  size_t body_offset = 0;  // in the batch
};

// Compares the checksum of each record of a frame of records, and that of the frame.
[[nodiscard]] ParseResult CheckRecords(const LogIdentity& identity, const FrameView& frame);

// Splits a whole batch into its frames and compares every checksum in it. kDamaged names nothing:
// the caller knows the place.
[[nodiscard]] ParseResult ParseBatch(const LogIdentity& identity, const BatchHeader& header,
                                     std::span<const std::byte> batch, std::vector<FrameView>* frames);

// Applies a good batch. `after_gap`: entries before it could not be read, so the cursor takes up
// its state from the batch itself. kCorrupt if the batch contradicts what came before it, or
// itself; then nothing was applied.
Status ApplyBatch(const LogIdentity& identity, const BatchHeader& header, std::span<const FrameView> frames,
                  bool after_gap, MetalogCursor* cursor, OrderedBatch* ordered);

}  // namespace daybook
