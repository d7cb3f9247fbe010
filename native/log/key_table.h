// The idempotency keys that a log remembers: which group had a key first. Bounded: the newest keys of the
// whole log, for a time counted by the log; docs/formats/checkpoint.md, "Keys".
//
// Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace daybook {

// A key in a book, as 128 bits that nobody can foresee who does not know the seed. That two keys of a log
// share them is taken for impossible: once in 10^27 for all keys that are remembered at once.
struct KeyHash {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const KeyHash&) const = default;
};

inline KeyHash HashOfKey(const HashSeed& seed, uint64_t book, std::string_view key) {
  return {KeyedHash(seed, ~book, key), KeyedHash(seed, book, key)};
}

// The group that had the key first.
struct RememberedKey {
  KeyHash hash;
  uint64_t seqnum = 0;     // of its first record
  uint64_t timestamp = 0;  // ms since 1970
  uint32_t book = 0;
  uint32_t records = 0;
  bool operator==(const RememberedKey&) const = default;
};

class KeyTable {
 public:
  // Both are part of the format: verdicts follow from them.
  static constexpr size_t kKeysMax = size_t{1} << 18U;
  static constexpr uint64_t kAgeMaxMs = uint64_t{24} * 3600 * 1000;

  // The group that has the key, for a group that is ordered at `now` behind `newer` further keys that the
  // table does not know yet; null: nobody has it, or it is forgotten.
  [[nodiscard]] const RememberedKey* Find(const KeyHash& hash, uint64_t now, size_t newer = 0) const;

  // REQUIRES: behind all that are remembered.
  void Remember(const RememberedKey& key);
  // The book was dropped: its keys are forgotten.
  void ForgetBook(uint64_t book);
  // Forgets what is too old at `now`.
  void Expire(uint64_t now);
  void Clear();

  [[nodiscard]] size_t size() const { return slots_used_; }
  [[nodiscard]] size_t bytes() const {
    return entries_.size() * sizeof(RememberedKey) + slots_.capacity() * sizeof(uint64_t);
  }
  // All of them, ascending by seqnum.
  [[nodiscard]] std::vector<RememberedKey> Keys() const;

 private:
  [[nodiscard]] size_t SlotOf(const KeyHash& hash) const;
  [[nodiscard]] const RememberedKey& EntryAt(uint64_t ordinal) const {
    return entries_[static_cast<size_t>(ordinal - first_)];
  }
  void Grow();
  void Release(const RememberedKey& entry, uint64_t ordinal);
  void PopFront();

  // Keys are numbered as they come. One that was forgotten early has no records.
  std::deque<RememberedKey> entries_;
  uint64_t first_ = 1;  // number of the front
  // Numbers by hash; 0: free. Open addressing, linear probing; a power of two, at most half full.
  std::vector<uint64_t> slots_;
  size_t slots_used_ = 0;
};

}  // namespace daybook
