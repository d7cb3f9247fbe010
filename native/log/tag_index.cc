#include "log/tag_index.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace daybook {
namespace {
constexpr size_t kSlotsAtStart = 64;
}  // namespace

TagIndex::TagIndex() : slots_(kSlotsAtStart) {}

size_t TagIndex::SlotOf(uint64_t stream) const {
  const size_t mask = slots_.size() - 1;
  size_t at = static_cast<size_t>(stream) & mask;
  while (!slots_[at].seqnums.empty() && slots_[at].stream != stream) at = (at + 1) & mask;
  return at;
}

void TagIndex::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (Slot& slot : old) {
    if (slot.seqnums.empty()) continue;
    slots_[SlotOf(slot.stream)] = std::move(slot);
  }
}

void TagIndex::Add(uint64_t stream, uint64_t seqnum) {
  Slot* slot = &slots_[SlotOf(stream)];
  if (slot->seqnums.empty()) {
    if ((used_ + 1) * 3 > slots_.size() * 2) {
      Grow();
      slot = &slots_[SlotOf(stream)];
    }
    slot->stream = stream;
    ++used_;
  }
  DAYBOOK_ASSERT(slot->seqnums.empty() || slot->seqnums.back() < seqnum);
  slot->seqnums.push_back(seqnum);
}

const std::vector<uint64_t>* TagIndex::Find(uint64_t stream) const {
  const Slot& slot = slots_[SlotOf(stream)];
  return slot.seqnums.empty() ? nullptr : &slot.seqnums;
}

std::optional<uint64_t> TagIndex::Next(uint64_t stream, uint64_t from) const {
  const std::vector<uint64_t>* seqnums = Find(stream);
  if (seqnums == nullptr || seqnums->back() < from) return std::nullopt;
  return *std::lower_bound(seqnums->begin(), seqnums->end(), from);
}

std::optional<uint64_t> TagIndex::Previous(uint64_t stream, uint64_t to) const {
  const std::vector<uint64_t>* seqnums = Find(stream);
  if (seqnums == nullptr || seqnums->front() > to) return std::nullopt;
  return *(std::upper_bound(seqnums->begin(), seqnums->end(), to) - 1);
}

}  // namespace daybook
