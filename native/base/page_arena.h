// Memory for what grows piece by piece and goes as a whole. Its pages are mapped for it alone, so
// that they go back to the operating system when it goes, whatever else lies in the heap and
// whichever thread ends it.
//
// Not synchronised: its owner lets one thread at a time call it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace daybook {

class PageArena {
 public:
  static constexpr size_t kAlignment = 16;  // bytes; of all it gives
  // Bytes. Up to here a piece is rounded up to a power of two and cut from a block; above, it is a
  // mapping of its own in whole pages.
  static constexpr size_t kPieceMax = size_t{32} << 10U;

  PageArena() = default;
  ~PageArena();
  PageArena(const PageArena&) = delete;
  PageArena& operator=(const PageArena&) = delete;

  // So many bytes or more, with anything in them; theirs until Free or the arena's end. Throws
  // std::bad_alloc.
  [[nodiscard]] void* Allocate(size_t bytes);
  // `bytes`: as in Allocate. A mapping goes back at once; a piece is kept for requests to come.
  void Free(void* piece, size_t bytes);

  // Bytes that are taken from the operating system and used: pieces, those that wait for reuse too,
  // and mappings. The same calls make the same number.
  [[nodiscard]] size_t bytes() const { return bytes_; }
  // What Allocate would add to it now, and what Free takes off.
  [[nodiscard]] size_t BytesToTake(size_t bytes) const;
  [[nodiscard]] static size_t BytesGivenBack(size_t bytes);
  // Bytes that a request has for itself: a power of two, or whole pages.
  [[nodiscard]] static size_t Rounded(size_t bytes);

 private:
  static constexpr size_t kBlockBytesAtStart = size_t{4} << 10U;
  static constexpr size_t kBlockBytesMax = size_t{1} << 20U;
  static constexpr unsigned kClasses = 12;  // class n: pieces of kAlignment << n bytes
  static_assert(kAlignment << (kClasses - 1) == kPieceMax);
  struct FreePiece {
    FreePiece* next;
  };
  struct Mapping {
    std::byte* begin;
    size_t bytes;
  };

  std::byte* Cut(size_t bytes);
  void NewBlock(size_t piece_bytes);
  void Push(std::byte* piece, unsigned size_class);
  std::byte* Pop(unsigned size_class);
  std::byte* Map(size_t bytes);
  [[nodiscard]] std::vector<Mapping>::iterator Find(const std::byte* begin);

  std::array<FreePiece*, kClasses> free_{};
  uint32_t free_classes_ = 0;  // bit n: free_[n] is not null
  std::byte* next_ = nullptr;  // the rest of the newest block; its pages have not been touched
  std::byte* end_ = nullptr;
  size_t block_bytes_ = kBlockBytesAtStart;  // of the next block
  size_t bytes_ = 0;
  std::vector<Mapping> mappings_;  // blocks too; ascending
};

}  // namespace daybook
