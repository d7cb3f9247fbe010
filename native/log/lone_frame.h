// A frame by itself, outside of any batch: as it travels from a shard to its replicas, and from a sequencer
// to whoever applies its entries. Pure; docs/formats/frame.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "daybook/status.h"
#include "log/batch_reader.h"
#include "log/frame_format.h"
#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook {

// Builds a frame of records of one shard. Give whole groups.
class RecordFrameBuilder {
 public:
  // `first_local_id`: of the first record; the others follow it.
  RecordFrameBuilder(const LogIdentity& identity, const ShardIdentity& shard, uint64_t first_local_id);

  // `is_first`: the record begins a group. False, with nothing added, if it does not fit: over kTagsMax tags,
  // one that is empty or over kTagBytesMax, or a body over kFrameBodyBytesMax.
  [[nodiscard]] bool Add(bool is_first, uint64_t book, std::span<const std::string_view> tags,
                         std::span<const std::byte> data);

  // The whole frame. The builder is spent.
  std::vector<std::byte> Finish();

 private:
  const LogIdentity& identity_;
  const uint32_t crc_base_;
  FrameHeader header_;
  std::vector<std::byte> bytes_;  // room for the header, and the records
};

// A frame of another type around `body`, which must be within kFrameBodyBytesMax.
std::vector<std::byte> EncodeBodyFrame(const LogIdentity& identity, FrameType type,
                                       const ShardIdentity& shard, std::span<const std::byte> body);

// Takes a frame of records or a metalog entry off the front of `bytes`; what is behind it is not looked at.
// Compares every checksum. kCorrupt, or kFormat for what a newer version wrote.
Status ReadLoneFrame(const LogIdentity& identity, std::span<const std::byte> bytes, FrameView* frame);

}  // namespace daybook
