// The frame of records whose positions are spelled out (type 5): its encoding, and the way back.
// docs/formats/frame.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/coding.h"
#include "log/frame_format.h"
#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook {

// What stands in front of a record: its position, and what its checksum is bound to.
struct SparsePosition {
  uint64_t seqnum = 0;
  uint64_t timestamp = 0;
  ShardIdentity shard;
  uint64_t local_id = 0;
};

// Builds the body of a frame. The physical log of all its records is that of the frame's header.
class SparseFrameBuilder {
 public:
  explicit SparseFrameBuilder(const LogIdentity* identity) : identity_(identity) { Clear(); }

  // REQUIRES: ascending by seqnum. Gives the record's offset in the body.
  size_t Add(const SparsePosition& position, std::span<const std::byte> record);
  void Clear();
  [[nodiscard]] const std::vector<std::byte>& body() const { return body_; }
  [[nodiscard]] uint32_t count() const { return count_; }
  [[nodiscard]] uint32_t body_crc() const;

 private:
  const LogIdentity* identity_;
  std::vector<std::byte> body_;
  std::vector<std::byte> positions_;
  SparsePosition before_;
  uint32_t records_crc_ = 0;
  uint32_t count_ = 0;
};

// Takes records off the front of a body.
class SparseFrameReader {
 public:
  SparseFrameReader(std::span<const std::byte> body, uint32_t physical_log);

  // kDamaged when the bytes do not parse; the record's checksum is not compared. `*offset` is where
  // the record begins in the body.
  [[nodiscard]] ParseResult Next(SparsePosition* position, RecordView* record, size_t* offset);
  [[nodiscard]] bool done() const { return at_ == body_.size(); }
  // What stood in front of the record taken last.
  [[nodiscard]] std::span<const std::byte> position_bytes() const { return position_bytes_; }

 private:
  std::span<const std::byte> body_;
  std::span<const std::byte> position_bytes_;
  size_t at_ = 0;
  SparsePosition before_;
};

// Compares every checksum in the frame.
[[nodiscard]] ParseResult CheckSparseRecords(const LogIdentity& identity, const FrameHeader& header,
                                             std::span<const std::byte> body);

}  // namespace daybook
