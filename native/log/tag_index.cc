#include "log/tag_index.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/assert.h"

namespace daybook {
namespace {
constexpr size_t kSlotsAtStart = 32;
}  // namespace

TagIndex::Stream::Stream(const Slot& slot, uint64_t base) : base_(base) {
  newest_.end = slot.size;
  if (slot.is_inline()) {
    newest_.offsets = slot.offsets;
    return;
  }
  newest_.number = Chunk::Newest(slot.capacity());
  newest_.begin = slot.capacity() - Chunk::Size(newest_.number);
  newest_.offsets = slot.next - (newest_.end - newest_.begin);
}

size_t TagIndex::Stream::LowerBound(uint64_t from) const {
  if (from <= base_) return 0;
  if (from - base_ >= kSpan) return size();
  const auto offset = static_cast<uint32_t>(from - base_);
  Part part = newest_;
  while (part.begin != 0 && part.offsets[0] >= offset) part = Before(part);
  const uint32_t* const end = part.offsets + (part.end - part.begin);
  return part.begin + static_cast<size_t>(std::lower_bound(part.offsets, end, offset) - part.offsets);
}

size_t TagIndex::Stream::UpperBound(uint64_t to) const {
  if (to < base_) return 0;
  if (to - base_ >= kSpan) return size();
  const auto offset = static_cast<uint32_t>(to - base_);
  Part part = newest_;
  while (part.begin != 0 && part.offsets[0] > offset) part = Before(part);
  const uint32_t* const end = part.offsets + (part.end - part.begin);
  return part.begin + static_cast<size_t>(std::upper_bound(part.offsets, end, offset) - part.offsets);
}

size_t TagIndex::SlotOf(uint64_t stream) const {
  const size_t mask = slot_count_ - 1;
  size_t at = static_cast<size_t>(stream) & mask;
  while (slots_[at].size != 0 && slots_[at].stream != stream) at = (at + 1) & mask;
  return at;
}

size_t TagIndex::BytesWithTableGrown() const {
  return bytes() + arena_.BytesToTake(slot_count_ * 2 * sizeof(Slot)) -
         PageArena::BytesGivenBack(slot_count_ * sizeof(Slot));
}

void TagIndex::GrowTable() {
  const size_t old_count = slot_count_;
  Slot* const old = slots_;
  const size_t count = used_ == 0 ? kSlotsAtStart : old_count * 2;
  slots_ = static_cast<Slot*>(arena_.Allocate(count * sizeof(Slot)));
  slot_count_ = count;
  std::uninitialized_value_construct_n(slots_, count);
  for (size_t i = 0; i < old_count; ++i) {
    if (old[i].size != 0) slots_[SlotOf(old[i].stream)] = old[i];
  }
  if (used_ != 0) arena_.Free(old, old_count * sizeof(Slot));
}

void TagIndex::GrowSlot(Slot* slot) {
  static_assert(Chunk::Newest(Chunk::Size(0)) == 0);
  static_assert(Chunk::Newest(Chunk::Size(0) + Chunk::Size(1)) == 1);
  static_assert(Chunk::Newest(Chunk::Size(0) + Chunk::Size(1) + Chunk::Size(2)) == 2);
  const bool is_first = slot->is_inline();
  const unsigned number = is_first ? 0 : Chunk::Newest(slot->capacity()) + 1;
  auto* const chunk = static_cast<Chunk*>(arena_.Allocate(Chunk::Bytes(number)));
  uint32_t* next = chunk->offsets();
  if (is_first) {
    chunk->previous = nullptr;
    next = std::copy_n(slot->offsets, kInline, next);
  } else {
    chunk->previous = slot->next - Chunk::Size(number - 1);
  }
  slot->room = Chunk::Size(number) - (is_first ? kInline : 0);
  slot->next = next;
}

void TagIndex::Add(uint64_t stream, uint64_t seqnum) {
  DAYBOOK_ASSERT(seqnum >= base_ && seqnum - base_ < kSpan);
  const auto offset = static_cast<uint32_t>(seqnum - base_);
  Slot* slot = &slots_[SlotOf(stream)];
  if (slot->size == 0) {
    if ((used_ + 1) * 3 > slot_count_ * 2) {
      GrowTable();
      slot = &slots_[SlotOf(stream)];
    }
    slot->stream = stream;
    slot->room = kInline;
    ++used_;
  } else {
    DAYBOOK_ASSERT(slot->last() < offset);
    if (slot->room == 0) GrowSlot(slot);
  }
  slot->push_back(offset);
  ++postings_;
}

TagIndex::Stream TagIndex::Find(uint64_t stream) const {
  const Slot& slot = slots_[SlotOf(stream)];
  return slot.size == 0 ? Stream() : Stream(slot, base_);
}

std::optional<uint64_t> TagIndex::Next(uint64_t stream, uint64_t from) const {
  const Stream seqnums = Find(stream);
  const size_t at = seqnums.LowerBound(from);
  if (at == seqnums.size()) return std::nullopt;
  return seqnums[at];
}

std::optional<uint64_t> TagIndex::Previous(uint64_t stream, uint64_t to) const {
  const Stream seqnums = Find(stream);
  const size_t end = seqnums.UpperBound(to);
  if (end == 0) return std::nullopt;
  return seqnums[end - 1];
}

std::vector<uint64_t> TagIndex::Streams() const {
  std::vector<uint64_t> streams;
  streams.reserve(used_);
  for (size_t i = 0; i < slot_count_; ++i) {
    if (slots_[i].size != 0) streams.push_back(slots_[i].stream);
  }
  std::sort(streams.begin(), streams.end());
  return streams;
}

}  // namespace daybook
