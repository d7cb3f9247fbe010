#include "log/block_cache.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <utility>

#include "base/assert.h"

namespace daybook {
namespace {

constexpr size_t kShardsMax = 16;
// Fewer shards than that rather than shards that hold next to nothing.
constexpr size_t kShardBytesMin = size_t{256} << 10U;
// A shard has one bucket for so many bytes: about as many buckets as blocks of an index run.
constexpr size_t kBytesPerBucket = 4096;
constexpr size_t kBucketSize = sizeof(void*);
// What an allocation costs beside the bytes asked for.
constexpr size_t kAllocationOverhead = 16;

// A block and its place in two chains: that of its bucket, and the ring around which the hand goes.
struct Node {
  uint64_t file = 0;
  uint64_t offset = 0;
  CachedBlock block;
  size_t charge = 0;
  Node* next_in_bucket = nullptr;
  Node* previous = nullptr;
  Node* next = nullptr;
  bool used = false;  // since the hand came by
};

// The block's bytes, its vector and the count of its holders; and the node.
size_t ChargeOf(const CachedBlock& block) {
  return block->capacity() + sizeof(std::vector<std::byte>) + sizeof(Node) + 3 * kAllocationOverhead;
}

uint64_t HashOf(uint64_t file, uint64_t offset) {
  uint64_t hash = (file * 0x9e3779b97f4a7c15U) ^ offset;
  hash = (hash ^ (hash >> 32U)) * 0xd6e8feb86659fd93U;
  return hash ^ (hash >> 32U);
}

// One part of the cache under a lock of its own. Pushes out by CLOCK: the hand passes over a block that has
// been used since it last came by, once.
class alignas(64) Shard {
 public:
  Shard() = default;
  ~Shard() { FreeAll(TakeAll()); }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void SetBytesMax(size_t bytes_max) {
    bytes_max_ = bytes_max;
    const size_t buckets = std::bit_floor(bytes_max / kBytesPerBucket);
    if (buckets == 0) return;
    buckets_.resize(buckets);
    bytes_ = buckets * kBucketSize + kAllocationOverhead;
  }

  CachedBlock Find(uint64_t hash, uint64_t file, uint64_t offset) {
    const std::lock_guard guard(mutex_);
    Node* const node = buckets_.empty() ? nullptr : NodeAt(hash, file, offset);
    if (node == nullptr) {
      ++misses_;
      return nullptr;
    }
    ++hits_;
    node->used = true;
    return node->block;
  }

  void Insert(uint64_t hash, uint64_t file, uint64_t offset, CachedBlock block) {
    const size_t charge = ChargeOf(block);
    Node* freed = nullptr;  // their blocks may be large: not freed under the lock
    {
      const std::lock_guard guard(mutex_);
      if (buckets_.empty()) return;
      if (Node* const there = NodeAt(hash, file, offset); there != nullptr) Unlink(there, &freed);
      if (charge <= bytes_max_ - buckets_.size() * kBucketSize - kAllocationOverhead) {
        while (bytes_ + charge > bytes_max_) PushOutOne(&freed);
        Link(hash, new Node{file, offset, std::move(block), charge});
      }
    }
    FreeAll(freed);
  }

  void Forget(uint64_t file) {
    Node* freed = nullptr;
    {
      const std::lock_guard guard(mutex_);
      size_t left = count_;
      for (Node* node = hand_; left > 0; --left) {
        Node* const next = node->next;
        if (node->file == file) Unlink(node, &freed);
        node = next;
      }
    }
    FreeAll(freed);
  }

  size_t bytes() const {
    const std::lock_guard guard(mutex_);
    return bytes_;
  }
  uint64_t hits() const {
    const std::lock_guard guard(mutex_);
    return hits_;
  }
  uint64_t misses() const {
    const std::lock_guard guard(mutex_);
    return misses_;
  }

 private:
  [[nodiscard]] Node** BucketOf(uint64_t hash) { return &buckets_[hash & (buckets_.size() - 1)]; }

  [[nodiscard]] Node* NodeAt(uint64_t hash, uint64_t file, uint64_t offset) {
    Node* node = *BucketOf(hash);
    while (node != nullptr && (node->file != file || node->offset != offset)) node = node->next_in_bucket;
    return node;
  }

  void Link(uint64_t hash, Node* node) {
    Node** const bucket = BucketOf(hash);
    node->next_in_bucket = *bucket;
    *bucket = node;
    // Right behind the hand: it comes by all others first.
    if (hand_ == nullptr) {
      hand_ = node->previous = node->next = node;
    } else {
      node->next = hand_;
      node->previous = hand_->previous;
      node->previous->next = node;
      hand_->previous = node;
    }
    bytes_ += node->charge;
    ++count_;
  }

  // Moves the node to the list `*freed`.
  void Unlink(Node* node, Node** freed) {
    Node** link = BucketOf(HashOf(node->file, node->offset));
    while (*link != node) link = &(*link)->next_in_bucket;
    *link = node->next_in_bucket;
    if (node->next == node) {
      hand_ = nullptr;
    } else {
      node->next->previous = node->previous;
      node->previous->next = node->next;
      if (hand_ == node) hand_ = node->next;
    }
    bytes_ -= node->charge;
    --count_;
    node->next_in_bucket = std::exchange(*freed, node);
  }

  void PushOutOne(Node** freed) {
    DAYBOOK_ASSERT(hand_ != nullptr);
    while (hand_->used) {
      hand_->used = false;
      hand_ = hand_->next;
    }
    Unlink(hand_, freed);
  }

  Node* TakeAll() {
    Node* freed = nullptr;
    while (hand_ != nullptr) Unlink(hand_, &freed);
    return freed;
  }

  static void FreeAll(Node* freed) {
    while (freed != nullptr) delete std::exchange(freed, freed->next_in_bucket);
  }

  mutable std::mutex mutex_;
  size_t bytes_max_ = 0;        // set once, before any use
  std::vector<Node*> buckets_;  // a power of two of them, or none: nothing is kept
  Node* hand_ = nullptr;        // in the ring of all nodes
  size_t count_ = 0;
  size_t bytes_ = 0;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace

struct BlockCache::Impl {
  explicit Impl(size_t bytes_max_in)
      : bytes_max(bytes_max_in),
        shard_count(std::bit_floor(std::clamp(bytes_max_in / kShardBytesMin, size_t{1}, kShardsMax))),
        shards(std::make_unique<Shard[]>(shard_count)) {
    for (size_t i = 0; i < shard_count; ++i) shards[i].SetBytesMax(bytes_max / shard_count);
  }

  // Buckets are chosen by the lower bits.
  Shard& ShardOf(uint64_t hash) { return shards[(hash >> 56U) & (shard_count - 1)]; }

  template <typename Count>
  [[nodiscard]] auto Sum(Count count) const {
    decltype((shards[0].*count)()) sum = 0;
    for (size_t i = 0; i < shard_count; ++i) sum += (shards[i].*count)();
    return sum;
  }

  const size_t bytes_max;
  const size_t shard_count;
  const std::unique_ptr<Shard[]> shards;
  std::atomic<uint64_t> next_file{1};
};

BlockCache::BlockCache(size_t bytes_max) : impl_(std::make_unique<Impl>(bytes_max)) {}
BlockCache::~BlockCache() = default;

CachedBlock BlockCache::Find(uint64_t file, uint64_t offset) {
  const uint64_t hash = HashOf(file, offset);
  return impl_->ShardOf(hash).Find(hash, file, offset);
}

void BlockCache::Insert(uint64_t file, uint64_t offset, CachedBlock block) {
  DAYBOOK_ASSERT(block != nullptr);
  const uint64_t hash = HashOf(file, offset);
  impl_->ShardOf(hash).Insert(hash, file, offset, std::move(block));
}

void BlockCache::Forget(uint64_t file) {
  for (size_t i = 0; i < impl_->shard_count; ++i) impl_->shards[i].Forget(file);
}

uint64_t BlockCache::NextFile() { return impl_->next_file.fetch_add(1, std::memory_order_relaxed); }
size_t BlockCache::bytes() const { return impl_->Sum(&Shard::bytes); }
size_t BlockCache::bytes_max() const { return impl_->bytes_max; }
uint64_t BlockCache::hits() const { return impl_->Sum(&Shard::hits); }
uint64_t BlockCache::misses() const { return impl_->Sum(&Shard::misses); }

}  // namespace daybook
