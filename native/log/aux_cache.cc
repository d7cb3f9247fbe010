#include "log/aux_cache.h"

#include "base/assert.h"

namespace daybook {
namespace {

AuxValue CopyOf(std::span<const std::byte> bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

}  // namespace

void AuxCache::PushFront(Node* node) {
  node->newer = nullptr;
  node->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = node;
  newest_ = node;
}

void AuxCache::PushBack(Node* node) {
  node->older = nullptr;
  node->newer = oldest_;
  (oldest_ == nullptr ? newest_ : oldest_->older) = node;
  oldest_ = node;
}

void AuxCache::Detach(Node* node) {
  (node->newer == nullptr ? newest_ : node->newer->older) = node->older;
  (node->older == nullptr ? oldest_ : node->older->newer) = node->newer;
}

AuxCache::Table::iterator AuxCache::Remove(Table::iterator at, Freed* freed) {
  Detach(&at->second);
  bytes_ -= at->second.value->size() + kEntryBytes;
  freed->push_back(std::move(at->second.value));
  return table_.erase(at);
}

void AuxCache::MakeRoom(size_t charge, Freed* freed) {
  while (bytes_ + charge > bytes_max_) {
    DAYBOOK_ASSERT(oldest_ != nullptr);
    (void)Remove(table_.find(*oldest_->key), freed);
    ++evictions_;
  }
}

void AuxCache::Set(uint64_t book, uint64_t seqnum, std::span<const std::byte> bytes) {
  const size_t charge = bytes.size() + kEntryBytes;
  AuxValue value = charge <= bytes_max_ ? CopyOf(bytes) : nullptr;
  Freed freed;
  used_.store(true);
  const std::lock_guard lock(mutex_);
  ++version_;
  const Key key(book, seqnum);
  if (const auto there = table_.find(key); there != table_.end()) (void)Remove(there, &freed);
  if (value == nullptr) {
    ++evictions_;
    return;
  }
  MakeRoom(charge, &freed);
  const auto at = table_.try_emplace(key).first;
  at->second.value = std::move(value);
  at->second.key = &at->first;
  PushFront(&at->second);
  bytes_ += charge;
}

AuxValue AuxCache::Find(uint64_t book, uint64_t seqnum) {
  if (!used_.load()) return nullptr;
  AuxValue value;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = table_.find(Key(book, seqnum)); at != table_.end()) {
      value = at->second.value;
      Detach(&at->second);
      PushFront(&at->second);
    }
  }
  (value == nullptr ? misses_ : hits_).fetch_add(1, std::memory_order_relaxed);
  return value;
}

void AuxCache::Erase(uint64_t book, uint64_t seqnum) {
  Freed freed;
  const std::lock_guard lock(mutex_);
  if (const auto at = table_.find(Key(book, seqnum)); at != table_.end()) (void)Remove(at, &freed);
}

void AuxCache::Forget(uint64_t book, uint64_t before) {
  if (!used_.load()) return;
  Freed freed;
  const std::lock_guard lock(mutex_);
  auto at = table_.lower_bound(Key(book, 0));
  while (at != table_.end() && at->first < Key(book, before)) at = Remove(at, &freed);
}

bool AuxCache::Restore(uint64_t book, uint64_t seqnum, std::span<const std::byte> bytes) {
  const size_t charge = bytes.size() + kEntryBytes;
  AuxValue value = CopyOf(bytes);
  used_.store(true);
  const std::lock_guard lock(mutex_);
  if (evictions_ > 0 || charge > bytes_max_ - bytes_) return false;
  const auto [at, is_new] = table_.try_emplace(Key(book, seqnum));
  if (!is_new) return true;
  at->second.value = std::move(value);
  at->second.key = &at->first;
  PushBack(&at->second);
  bytes_ += charge;
  return true;
}

std::vector<AuxEntry> AuxCache::Snapshot(uint64_t* version) const {
  std::vector<AuxEntry> entries;
  const std::lock_guard lock(mutex_);
  *version = version_;
  entries.reserve(table_.size());
  for (const Node* node = newest_; node != nullptr; node = node->older)
    entries.push_back({node->key->first, node->key->second, node->value});
  return entries;
}

uint64_t AuxCache::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

size_t AuxCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

size_t AuxCache::entries() const {
  const std::lock_guard lock(mutex_);
  return table_.size();
}

uint64_t AuxCache::evictions() const {
  const std::lock_guard lock(mutex_);
  return evictions_;
}

}  // namespace daybook
