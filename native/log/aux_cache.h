// Aux data: bytes that programs keep beside records, in memory, bounded, pushed out by least recent use.
// Whoever asks gets what was set last, or nothing. Safe from any number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace daybook {

using AuxValue = std::shared_ptr<const std::vector<std::byte>>;

struct AuxEntry {
  uint64_t book = 0;
  uint64_t seqnum = 0;
  AuxValue value;
};

class AuxCache {
 public:
  explicit AuxCache(size_t bytes_max) : bytes_max_(bytes_max) {}
  AuxCache(const AuxCache&) = delete;
  AuxCache& operator=(const AuxCache&) = delete;

  // Copies the bytes, in place of what was there. If they are too large for the cache, nothing is there then.
  void Set(uint64_t book, uint64_t seqnum, std::span<const std::byte> bytes);
  // Null: not there.
  [[nodiscard]] AuxValue Find(uint64_t book, uint64_t seqnum);
  void Erase(uint64_t book, uint64_t seqnum);
  // The book's entries below `before` go.
  void Forget(uint64_t book, uint64_t before);

  // Takes up what an earlier process had, behind all that is there: where something is set, that stays.
  // False: no more of it is wanted, because there is no room, or because something was pushed out that may
  // have been set since.
  [[nodiscard]] bool Restore(uint64_t book, uint64_t seqnum, std::span<const std::byte> bytes);
  // All that is there, the most recently used first, as of `*version`.
  [[nodiscard]] std::vector<AuxEntry> Snapshot(uint64_t* version) const;

  // How often something was set.
  [[nodiscard]] uint64_t version() const;
  [[nodiscard]] size_t bytes() const;  // held now, keys and bookkeeping included; at most bytes_max
  [[nodiscard]] size_t entries() const;
  [[nodiscard]] uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t evictions() const;

  // What one entry counts beside its bytes: its key, its places in the table and in the order of use, and
  // what three allocations cost.
  static constexpr size_t kEntryBytes = 192;

 private:
  using Key = std::pair<uint64_t, uint64_t>;  // book, seqnum
  struct Node {
    AuxValue value;
    const Key* key = nullptr;
    Node* newer = nullptr;
    Node* older = nullptr;
  };
  using Table = std::map<Key, Node>;

  // All of these: REQUIRES mutex_. What they take out goes to `freed`, which lets go of it outside the lock.
  using Freed = std::vector<AuxValue>;
  void PushFront(Node* node);
  void PushBack(Node* node);
  void Detach(Node* node);
  Table::iterator Remove(Table::iterator at, Freed* freed);
  void MakeRoom(size_t charge, Freed* freed);

  const size_t bytes_max_;
  // False: nothing was ever set, and nobody needs the lock to know that there is nothing.
  std::atomic<bool> used_ = false;
  std::atomic<uint64_t> hits_ = 0;
  std::atomic<uint64_t> misses_ = 0;
  mutable std::mutex mutex_;
  Table table_;
  Node* newest_ = nullptr;
  Node* oldest_ = nullptr;
  size_t bytes_ = 0;
  uint64_t version_ = 0;
  uint64_t evictions_ = 0;
};

}  // namespace daybook
