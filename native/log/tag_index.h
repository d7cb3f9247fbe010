// The recent part of the index, in memory: for each stream (a book, or a tag in a book) the
// ascending seqnums of its records. Streams are known by a keyed 64-bit hash only; a hit that
// decides anything is checked against the tags in the record.
//
// Not synchronised: its owner lets one thread write, or many read.
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
  // Seqnums from `base` on, and less than kSpan above it.
  static constexpr uint64_t kSpan = uint64_t{1} << 32U;
  explicit TagIndex(uint64_t base = 0);
  ~TagIndex();
  TagIndex(const TagIndex&) = delete;
  TagIndex& operator=(const TagIndex&) = delete;

  // REQUIRES: `seqnum` is above all that were added to the stream before, and within the span.
  void Add(uint64_t stream, uint64_t seqnum);

  // A stream's seqnums in an array; invalid after the next Add.
  class Stream {
   public:
    Stream() = default;
    Stream(const uint32_t* offsets, uint32_t size, uint64_t base)
        : offsets_(offsets), size_(size), base_(base) {}
    [[nodiscard]] size_t size() const { return size_; }
    [[nodiscard]] uint64_t operator[](size_t at) const { return base_ + offsets_[at]; }
    // Index of the first seqnum >= `from`, or size().
    [[nodiscard]] size_t LowerBound(uint64_t from) const;
    // Index behind the last seqnum <= `to`.
    [[nodiscard]] size_t UpperBound(uint64_t to) const;

   private:
    const uint32_t* offsets_ = nullptr;
    uint32_t size_ = 0;
    uint64_t base_ = 0;
  };
  [[nodiscard]] Stream Find(uint64_t stream) const;  // empty: none

  // The stream's first seqnum >= `from`, or its last <= `to`.
  [[nodiscard]] std::optional<uint64_t> Next(uint64_t stream, uint64_t from) const;
  [[nodiscard]] std::optional<uint64_t> Previous(uint64_t stream, uint64_t to) const;

  [[nodiscard]] size_t stream_count() const { return used_; }
  [[nodiscard]] uint64_t posting_count() const { return postings_; }
  [[nodiscard]] size_t bytes() const { return slots_.capacity() * sizeof(Slot) + heap_bytes_; }
  // The same, and where the table is about to double, what that will take.
  [[nodiscard]] size_t bytes_soon() const {
    return bytes() + (used_ * 12 > slots_.size() * 7 ? slots_.size() * sizeof(Slot) : 0);
  }
  [[nodiscard]] uint64_t base() const { return base_; }
  // Every stream's number, ascending.
  [[nodiscard]] std::vector<uint64_t> Streams() const;

 private:
  static constexpr uint32_t kInline = 2;
  struct Slot {
    uint64_t stream;
    uint32_t size;      // 0: the slot is free
    uint32_t capacity;  // kInline: in the slot itself
    union {
      uint32_t offsets[kInline];
      uint32_t* heap;
    };
  };
  static_assert(sizeof(Slot) == 24);

  [[nodiscard]] size_t SlotOf(uint64_t stream) const;
  static const uint32_t* Offsets(const Slot& slot) {
    return slot.capacity == kInline ? slot.offsets : slot.heap;
  }
  void GrowTable();
  void GrowSlot(Slot* slot);

  // Open addressing, linear probing; a power of two, at most two thirds full.
  std::vector<Slot> slots_;
  size_t used_ = 0;
  uint64_t postings_ = 0;
  size_t heap_bytes_ = 0;
  const uint64_t base_;
};

}  // namespace daybook
