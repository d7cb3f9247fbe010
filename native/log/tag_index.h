// The tag index: for each stream (a book, or a tag in a book) the ascending seqnums of its
// records. Streams are known by a keyed 64-bit hash only; a hit that decides anything is checked
// against the tags in the record.
//
// In memory. Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace daybook {

struct Posting {
  uint64_t stream = 0;
  uint64_t seqnum = 0;
};

class TagIndex {
 public:
  TagIndex();

  // REQUIRES: `seqnum` is above all that were added to the stream before.
  void Add(uint64_t stream, uint64_t seqnum);

  // The stream's first seqnum >= `from`, or its last <= `to`.
  [[nodiscard]] std::optional<uint64_t> Next(uint64_t stream, uint64_t from) const;
  [[nodiscard]] std::optional<uint64_t> Previous(uint64_t stream, uint64_t to) const;

  // The stream's seqnums, for walking along; invalid after the next Add. Null: none.
  [[nodiscard]] const std::vector<uint64_t>* Find(uint64_t stream) const;

  [[nodiscard]] size_t stream_count() const { return used_; }

 private:
  struct Slot {
    uint64_t stream = 0;
    std::vector<uint64_t> seqnums;  // empty: the slot is free
  };

  [[nodiscard]] size_t SlotOf(uint64_t stream) const;
  void Grow();

  // Open addressing, linear probing; a power of two, at most two thirds full.
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace daybook
