#include "log/key_table.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace daybook {
namespace {
constexpr size_t kSlotsMin = 64;
}  // namespace

// Where the key stands, or the free slot where it would. REQUIRES: there are slots.
size_t KeyTable::SlotOf(const KeyHash& hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash.low & mask;
  while (slots_[slot] != 0 && !(EntryAt(slots_[slot]).hash == hash)) slot = (slot + 1) & mask;
  return slot;
}

const RememberedKey* KeyTable::Find(const KeyHash& hash, uint64_t now, size_t newer) const {
  if (slots_.empty()) return nullptr;
  const uint64_t ordinal = slots_[SlotOf(hash)];
  if (ordinal == 0) return nullptr;
  const RememberedKey& entry = EntryAt(ordinal);
  const uint64_t behind = first_ + entries_.size() - 1 - ordinal + newer;
  const bool too_old = now > entry.timestamp && now - entry.timestamp > kAgeMaxMs;
  return too_old || behind >= kKeysMax ? nullptr : &entry;
}

void KeyTable::Remember(const RememberedKey& key) {
  DAYBOOK_ASSERT(key.records > 0);
  if ((slots_used_ + 1) * 2 > slots_.size()) Grow();
  entries_.push_back(key);
  uint64_t& slot = slots_[SlotOf(key.hash)];
  if (slot == 0) ++slots_used_;
  slot = first_ + entries_.size() - 1;  // an older one of the same key is forgotten
  while (entries_.size() > kKeysMax) PopFront();
}

void KeyTable::Grow() {
  std::vector<uint64_t> old(std::max(kSlotsMin, slots_.size() * 2));
  old.swap(slots_);
  for (const uint64_t ordinal : old) {
    if (ordinal != 0) slots_[SlotOf(EntryAt(ordinal).hash)] = ordinal;
  }
}

// Takes the entry out of the slots, unless a newer one of the same key stands there.
void KeyTable::Release(const RememberedKey& entry, uint64_t ordinal) {
  size_t hole = SlotOf(entry.hash);
  if (slots_[hole] != ordinal) return;
  --slots_used_;
  // Those behind it that would not be found any more move up (Knuth, TAOCP 3, 6.4, algorithm R).
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hole + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const size_t home = EntryAt(slots_[at]).hash.low & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = 0;
}

void KeyTable::PopFront() {
  const RememberedKey& front = entries_.front();
  if (front.records > 0) Release(front, first_);
  entries_.pop_front();
  ++first_;
}

void KeyTable::ForgetBook(uint64_t book) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    RememberedKey& entry = entries_[i];
    if (entry.book != book || entry.records == 0) continue;
    Release(entry, first_ + i);
    entry.records = 0;
  }
}

void KeyTable::Expire(uint64_t now) {
  while (!entries_.empty() && now > entries_.front().timestamp &&
         now - entries_.front().timestamp > kAgeMaxMs) {
    PopFront();
  }
}

void KeyTable::Clear() {
  first_ += entries_.size();
  entries_.clear();
  slots_.clear();
  slots_used_ = 0;
}

std::vector<RememberedKey> KeyTable::Keys() const {
  std::vector<RememberedKey> keys;
  keys.reserve(entries_.size());
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(keys),
               [](const RememberedKey& entry) { return entry.records > 0; });
  return keys;
}

}  // namespace daybook
