// An array that only grows, in chunks from an arena: growing copies nothing and leaves at most one
// chunk unused. Only a short one is copied, since it begins with a small chunk.
//
// Not synchronised. It gives nothing back itself: its memory goes with the arena.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include "base/page_arena.h"

namespace daybook {

template <typename T>
class ArenaArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  static_assert(alignof(T) <= PageArena::kAlignment);

 public:
  // `arena` must outlive it. Takes no memory before the first element.
  explicit ArenaArray(PageArena* arena) : arena_(arena) {}
  ArenaArray(const ArenaArray&) = delete;
  ArenaArray& operator=(const ArenaArray&) = delete;

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // REQUIRES: at < size(). A reference is valid until the next push_back.
  [[nodiscard]] const T& operator[](size_t at) const { return chunks_[at / kChunkSize][at % kChunkSize]; }
  [[nodiscard]] const T& back() const { return next_[-1]; }

  void push_back(T value) {  // by value: it may lie in the chunk that Grow replaces
    if (next_ == end_) Grow();
    std::construct_at(next_++, value);
    ++size_;
  }

  // `values` lie elsewhere.
  void append(std::span<const T> values) {
    while (!values.empty()) {
      if (next_ == end_) Grow();
      const size_t count = std::min(values.size(), static_cast<size_t>(end_ - next_));
      next_ = std::uninitialized_copy_n(values.data(), count, next_);
      size_ += count;
      values = values.subspan(count);
    }
  }

  // Index of the first element that `is_before` does not hold for, or size(). REQUIRES: it holds for
  // none behind that.
  template <typename IsBefore>
  [[nodiscard]] size_t PartitionPoint(IsBefore is_before) const {
    if (size_ == 0) return 0;
    T* const* const chunk = std::partition_point(chunks_ + 1, chunks_ + chunk_count_,
                                                 [&](const T* first) { return is_before(*first); }) -
                            1;
    const size_t before = static_cast<size_t>(chunk - chunks_) * kChunkSize;
    const T* const begin = *chunk;
    const T* const end = begin + std::min(kChunkSize, size_ - before);
    return before + static_cast<size_t>(std::partition_point(begin, end, is_before) - begin);
  }

 private:
  static constexpr size_t kChunkBytesAtStart = 256;
  static constexpr size_t kChunkBytes = size_t{4} << 10U;
  static constexpr size_t kChunkSize = kChunkBytes / sizeof(T);  // elements
  static_assert(kChunkBytesAtStart >= sizeof(T));

  void Grow() {
    if (size_ == 0) {
      AddChunk(kChunkBytesAtStart);
    } else if (chunk_bytes_ < kChunkBytes) {
      GrowFirst();
    } else {
      AddChunk(kChunkBytes);
    }
  }

  void AddChunk(size_t bytes) {
    if (chunk_count_ == chunks_max_) GrowDirectory();
    auto* const chunk = static_cast<T*>(arena_->Allocate(bytes));
    chunks_[chunk_count_++] = chunk;
    SetRoom(chunk, 0, bytes);
  }

  void GrowFirst() {
    auto* const chunk = static_cast<T*>(arena_->Allocate(chunk_bytes_ * 2));
    std::uninitialized_copy_n(chunks_[0], size_, chunk);
    arena_->Free(chunks_[0], chunk_bytes_);
    chunks_[0] = chunk;
    SetRoom(chunk, size_, chunk_bytes_ * 2);
  }

  void SetRoom(T* chunk, size_t used, size_t bytes) {
    chunk_bytes_ = bytes;
    next_ = chunk + used;
    end_ = chunk + bytes / sizeof(T);
  }

  void GrowDirectory() {
    const size_t count_max = std::max<size_t>(chunks_max_ * 2, 2);
    auto** const chunks = static_cast<T**>(arena_->Allocate(count_max * sizeof(T*)));
    if (chunks_ != nullptr) {
      std::uninitialized_copy_n(chunks_, chunk_count_, chunks);
      arena_->Free(chunks_, chunks_max_ * sizeof(T*));
    }
    chunks_ = chunks;
    chunks_max_ = count_max;
  }

  PageArena* const arena_;
  T** chunks_ = nullptr;
  size_t chunk_count_ = 0;
  size_t chunks_max_ = 0;   // room in chunks_
  size_t chunk_bytes_ = 0;  // of the newest chunk; less than kChunkBytes: it is the first
  T* next_ = nullptr;       // where the next element goes, in the newest chunk
  T* end_ = nullptr;
  size_t size_ = 0;
};

}  // namespace daybook
