// The recent part of the index, in memory: for each stream (a book, or a tag in a book) the
// ascending seqnums of its records. Streams are known by a keyed 64-bit hash only; a hit that
// decides anything is checked against the tags in the record.
//
// Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/page_arena.h"

namespace daybook {

struct Posting {
  uint64_t stream = 0;
  uint64_t seqnum = 0;
};

class TagIndex {
 public:
  // Seqnums from `base` on, and less than kSpan above it.
  static constexpr uint64_t kSpan = uint64_t{1} << 32U;
  explicit TagIndex(uint64_t base = 0) : base_(base) {}
  TagIndex(const TagIndex&) = delete;
  TagIndex& operator=(const TagIndex&) = delete;

  // REQUIRES: `seqnum` is above all that were added to the stream before, and within the span.
  void Add(uint64_t stream, uint64_t seqnum);

  // A stream's seqnums; invalid after the next Add.
  class Stream;
  [[nodiscard]] Stream Find(uint64_t stream) const;  // empty: none

  // The stream's first seqnum >= `from`, or its last <= `to`.
  [[nodiscard]] std::optional<uint64_t> Next(uint64_t stream, uint64_t from) const;
  [[nodiscard]] std::optional<uint64_t> Previous(uint64_t stream, uint64_t to) const;

  [[nodiscard]] size_t stream_count() const { return used_; }
  [[nodiscard]] uint64_t posting_count() const { return postings_; }
  // Bytes of memory that it holds; none before the first Add.
  [[nodiscard]] size_t bytes() const { return arena_.bytes(); }
  // The same, or where the table is about to double, what it will hold then.
  [[nodiscard]] size_t bytes_soon() const {
    return used_ * 12 > slot_count_ * 7 ? BytesWithTableGrown() : bytes();
  }
  [[nodiscard]] uint64_t base() const { return base_; }
  // Every stream's number, ascending.
  [[nodiscard]] std::vector<uint64_t> Streams() const;

 private:
  // The offsets of a stream's seqnums from the base lie in chunks of 32, 64, 128 … bytes, so growing
  // moves nothing and leaves nothing behind. The newest chunk holds about half of them.
  struct Chunk {
    const uint32_t* previous;  // the offsets of the one before; its own lie behind this

    [[nodiscard]] uint32_t* offsets() { return reinterpret_cast<uint32_t*>(this + 1); }
    static const Chunk* Of(const uint32_t* offsets) { return reinterpret_cast<const Chunk*>(offsets) - 1; }
    static constexpr size_t Bytes(unsigned number) { return size_t{32} << number; }
    static constexpr uint32_t Size(unsigned number) {
      return static_cast<uint32_t>((Bytes(number) - sizeof(Chunk)) / sizeof(uint32_t));
    }
    // The newest chunk's number where all of them have room for `capacity` offsets.
    static constexpr unsigned Newest(uint32_t capacity) {
      return static_cast<unsigned>(std::bit_width(uint64_t{capacity} + 8)) - 4;
    }
  };
  static_assert(sizeof(Chunk) == 8);

  static constexpr uint32_t kInline = 2;
  struct Slot {
    uint64_t stream;
    uint32_t size;  // 0: the slot is free
    uint32_t room;  // for so many more; in the newest chunk, or here
    union {
      uint32_t offsets[kInline];
      uint32_t* next;  // where the next offset goes, in the newest chunk
    };

    [[nodiscard]] uint32_t capacity() const { return size + room; }
    [[nodiscard]] bool is_inline() const { return capacity() == kInline; }
    [[nodiscard]] uint32_t last() const { return is_inline() ? offsets[size - 1] : next[-1]; }
    void push_back(uint32_t offset) {  // REQUIRES: room
      *(is_inline() ? offsets + size : next++) = offset;
      ++size;
      --room;
    }
  };
  static_assert(sizeof(Slot) == 24);

  [[nodiscard]] size_t SlotOf(uint64_t stream) const;
  [[nodiscard]] size_t BytesWithTableGrown() const;
  void GrowTable();
  void GrowSlot(Slot* slot);

  PageArena arena_;  // of slots and chunks
  // Open addressing, linear probing; a power of two, at most two thirds full. An empty index has one
  // free slot to look into, which is never used.
  Slot no_stream_{};
  Slot* slots_ = &no_stream_;
  size_t slot_count_ = 1;
  size_t used_ = 0;
  uint64_t postings_ = 0;
  const uint64_t base_;
};

class TagIndex::Stream {
 public:
  Stream() = default;
  [[nodiscard]] size_t size() const { return newest_.end; }
  // Soon found near the end; it takes some steps more for the first ones of many.
  [[nodiscard]] uint64_t operator[](size_t at) const {
    Part part = newest_;
    while (at < part.begin) part = Before(part);
    return base_ + part.offsets[at - part.begin];
  }
  // Index of the first seqnum >= `from`, or size().
  [[nodiscard]] size_t LowerBound(uint64_t from) const;
  // Index behind the last seqnum <= `to`.
  [[nodiscard]] size_t UpperBound(uint64_t to) const;

 private:
  friend class TagIndex;
  // What one chunk holds, or the slot.
  struct Part {
    const uint32_t* offsets = nullptr;
    size_t begin = 0;  // indexes in the stream
    size_t end = 0;
    unsigned number = 0;  // of the chunk
  };

  Stream(const Slot& slot, uint64_t base);
  // REQUIRES: part.begin > 0.
  static Part Before(const Part& part) {
    const unsigned number = part.number - 1;
    return {Chunk::Of(part.offsets)->previous, part.begin - Chunk::Size(number), part.begin, number};
  }

  Part newest_;
  uint64_t base_ = 0;
};

}  // namespace daybook
