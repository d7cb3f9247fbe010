// The newest batches' bytes, so that what was just written is read from memory.
//
// Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "log/record_location.h"
#include "log/slab.h"

namespace daybook {

class SlabCache {
 public:
  explicit SlabCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // REQUIRES: ascending by seqnum. `segment` and `offset` say where the batch lies.
  void Append(uint64_t first_seqnum, uint64_t end_seqnum, uint64_t segment, uint64_t offset,
              SharedSlab slab) {
    if (slab == nullptr || first_seqnum == end_seqnum) return;
    bytes_ += slab->size() + sizeof(Entry);
    entries_.push_back({first_seqnum, end_seqnum, segment, offset, std::move(slab)});
    while (bytes_ > bytes_max_ && !entries_.empty()) {
      bytes_ -= entries_.front().slab->size() + sizeof(Entry);
      entries_.pop_front();
    }
  }

  // The record's bytes; null: not here. Valid while the owner's lock is held. `*hint` is for the
  // caller to keep between calls.
  [[nodiscard]] const std::byte* Find(const RecordLocation& at, uint64_t* hint) const {
    if (entries_.empty() || at.seqnum < entries_.front().first_seqnum) return nullptr;
    const bool guessed = *hint < entries_.size() && entries_[*hint].Holds(at.seqnum);
    const Entry* entry = guessed ? &entries_[*hint] : Search(at.seqnum, hint);
    // A record that was moved since lies elsewhere.
    if (entry == nullptr || entry->segment != at.segment || at.offset < entry->offset) return nullptr;
    const uint64_t begin = at.offset - entry->offset;
    if (begin > entry->slab->size() || at.size > entry->slab->size() - begin) return nullptr;
    return entry->slab->data() + begin;
  }

  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    uint64_t first_seqnum;
    uint64_t end_seqnum;
    uint64_t segment;
    uint64_t offset;
    SharedSlab slab;
    [[nodiscard]] bool Holds(uint64_t seqnum) const { return seqnum >= first_seqnum && seqnum < end_seqnum; }
  };

  const Entry* Search(uint64_t seqnum, uint64_t* hint) const {
    size_t begin = 0;
    size_t end = entries_.size();
    while (begin < end) {
      const size_t middle = begin + (end - begin) / 2;
      if (entries_[middle].end_seqnum <= seqnum) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    if (begin == entries_.size() || !entries_[begin].Holds(seqnum)) return nullptr;
    *hint = begin;
    return &entries_[begin];
  }

  std::deque<Entry> entries_;
  uint64_t bytes_ = 0;
  const uint64_t bytes_max_;
};

}  // namespace daybook
