#include "log/tag_index.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.h"

namespace daybook {
namespace {
constexpr size_t kSlotsAtStart = 64;
// What an allocation costs beside its bytes.
constexpr size_t kHeapOverhead = 16;
}  // namespace

size_t TagIndex::Stream::LowerBound(uint64_t from) const {
  if (from <= base_) return 0;
  if (from - base_ >= kSpan) return size_;
  return static_cast<size_t>(
      std::lower_bound(offsets_, offsets_ + size_, static_cast<uint32_t>(from - base_)) - offsets_);
}

size_t TagIndex::Stream::UpperBound(uint64_t to) const {
  if (to < base_) return 0;
  if (to - base_ >= kSpan) return size_;
  return static_cast<size_t>(std::upper_bound(offsets_, offsets_ + size_, static_cast<uint32_t>(to - base_)) -
                             offsets_);
}

TagIndex::TagIndex(uint64_t base) : slots_(kSlotsAtStart), base_(base) {}

TagIndex::~TagIndex() {
  for (const Slot& slot : slots_) {
    if (slot.size != 0 && slot.capacity != kInline) std::free(slot.heap);
  }
}

size_t TagIndex::SlotOf(uint64_t stream) const {
  const size_t mask = slots_.size() - 1;
  size_t at = static_cast<size_t>(stream) & mask;
  while (slots_[at].size != 0 && slots_[at].stream != stream) at = (at + 1) & mask;
  return at;
}

void TagIndex::GrowTable() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.size != 0) slots_[SlotOf(slot.stream)] = slot;
  }
}

void TagIndex::GrowSlot(Slot* slot) {
  const uint32_t capacity = slot->capacity * 2;
  const size_t bytes = capacity * sizeof(uint32_t);
  if (slot->capacity == kInline) {
    auto* heap = static_cast<uint32_t*>(std::malloc(bytes));
    if (heap == nullptr) throw std::bad_alloc();
    std::memcpy(heap, slot->offsets, sizeof slot->offsets);
    slot->heap = heap;
    heap_bytes_ += bytes + kHeapOverhead;
  } else {
    auto* heap = static_cast<uint32_t*>(std::realloc(slot->heap, bytes));
    if (heap == nullptr) throw std::bad_alloc();
    slot->heap = heap;
    heap_bytes_ += bytes / 2;
  }
  slot->capacity = capacity;
}

void TagIndex::Add(uint64_t stream, uint64_t seqnum) {
  DAYBOOK_ASSERT(seqnum >= base_ && seqnum - base_ < kSpan);
  const auto offset = static_cast<uint32_t>(seqnum - base_);
  Slot* slot = &slots_[SlotOf(stream)];
  if (slot->size == 0) {
    if ((used_ + 1) * 3 > slots_.size() * 2) {
      GrowTable();
      slot = &slots_[SlotOf(stream)];
    }
    slot->stream = stream;
    slot->capacity = kInline;
    ++used_;
  } else {
    DAYBOOK_ASSERT(Offsets(*slot)[slot->size - 1] < offset);
    if (slot->size == slot->capacity) GrowSlot(slot);
  }
  (slot->capacity == kInline ? slot->offsets : slot->heap)[slot->size++] = offset;
  ++postings_;
}

TagIndex::Stream TagIndex::Find(uint64_t stream) const {
  const Slot& slot = slots_[SlotOf(stream)];
  return slot.size == 0 ? Stream() : Stream(Offsets(slot), slot.size, base_);
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
  for (const Slot& slot : slots_) {
    if (slot.size != 0) streams.push_back(slot.stream);
  }
  std::sort(streams.begin(), streams.end());
  return streams;
}

}  // namespace daybook
