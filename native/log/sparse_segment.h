// A rewritten segment: what is alive of a group, with its positions spelled out. Written once, never
// replayed by the cursor. docs/formats/segment.md, "Rewritten segments".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/damage_map.h"
#include "log/identity.h"
#include "log/manifest.h"
#include "log/record_location.h"
#include "log/segment_writer.h"
#include "log/sparse_frame.h"

namespace daybook {

class SparseSegmentWriter {
 public:
  using Moved = std::function<Status(const RecordLocation&)>;

  // Nothing is listed before Finish has flushed it. `moved` is told where each record lies, ascending,
  // once it has been written. `header.kind` is set here; the identity must outlive the writer.
  static Status Create(Env* env, const std::string& directory, const LogIdentity& identity,
                       SegmentHeader header, Moved moved, std::unique_ptr<SparseSegmentWriter>* writer);

  // Takes a record as it stands, checksum included; ascending by seqnum. `from` says where it lay.
  Status Add(const RecordLocation& from, std::span<const std::byte> record);
  Status Finish();

  [[nodiscard]] uint64_t records() const { return records_; }
  [[nodiscard]] uint64_t end_offset() const { return writer_->end(); }
  [[nodiscard]] uint64_t segment() const { return writer_->segment(); }
  [[nodiscard]] const std::string& path() const { return writer_->path(); }

 private:
  SparseSegmentWriter(const LogIdentity* identity, const SegmentHeader& header, Moved moved)
      : identity_(identity), header_(header), moved_(std::move(moved)), frame_(identity) {}
  Status WriteBatch();

  const LogIdentity* identity_;
  SegmentHeader header_;
  Moved moved_;
  std::unique_ptr<SegmentWriter> writer_;
  SparseFrameBuilder frame_;
  std::vector<RecordLocation> pending_;  // of the frame; offsets count in its body
  uint64_t records_ = 0;
  uint64_t batch_number_ = 0;
  uint32_t previous_checksum_ = 0;
};

// Visits every record of a rewritten segment, ascending; each was checked. What cannot be read is
// added to `*damage`.
Status ScanSparseSegment(Env* env, const std::string& directory, const LogIdentity& identity,
                         const ManifestSegment& segment,
                         const std::function<Status(const RecordLocation&, const RecordView&)>& visit,
                         std::vector<DamagedRange>* damage);

}  // namespace daybook
