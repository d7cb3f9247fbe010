// Reads the batches of one segment file, believing nothing that is not checked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/batch_reader.h"
#include "log/segment_format.h"
#include "log/slab.h"

namespace daybook {

enum class BatchFound : uint8_t {
  kGood,
  kEnd,        // nothing there: the end of the file, or zeros up to it or to the end of the sector
  kBadHeader,  // something there that is no header of this place
  kBadBody,    // the header holds, what it announces does not
};

struct ScannedBatch {
  BatchFound found = BatchFound::kEnd;
  BatchHeader header;             // kGood, kBadBody
  SharedSlab slab;                // kGood: the whole batch
  std::vector<FrameView> frames;  // kGood: views into the slab
};

class SegmentReader {
 public:
  SegmentReader(const LogIdentity* identity, std::shared_ptr<File> file, uint64_t segment)
      : identity_(identity), file_(std::move(file)), segment_(segment) {}

  // Reads the file's size; first of all.
  Status Open() { return file_->Size(&size_); }
  [[nodiscard]] uint64_t size() const { return size_; }

  // kFormat when the segment is of a newer version; kCorrupt when its header does not hold or is
  // of another log or segment (and then `*foreign`).
  Status ReadHeader(SegmentHeader* header, bool* foreign = nullptr);

  // The good marks of the two copies, if any; the one with the higher number if both are good.
  Status ReadMark(bool* found, DurableMark* mark);

  // Reads and checks the batch at `offset`, which must not lead past `limit`. Only a failing disk
  // or a newer format is an error; damage is an answer.
  Status ReadBatch(uint64_t offset, uint64_t limit, ScannedBatch* batch);

  // Looks from `offset` on, sector by sector, for a header that belongs where it stands. `*offset`
  // is where it was found, or `limit`.
  Status FindHeader(uint64_t* offset, uint64_t limit, BatchHeader* header);

 private:
  [[nodiscard]] bool Belongs(const BatchHeader& header, uint64_t offset) const {
    return header.segment == segment_ && header.offset == offset;
  }

  const LogIdentity* identity_;
  std::shared_ptr<File> file_;
  uint64_t segment_;
  uint64_t size_ = 0;
  // What FindHeader has read last: searches go on where the one before ended.
  std::vector<std::byte> chunk_;
  uint64_t chunk_offset_ = 0;
};

}  // namespace daybook
