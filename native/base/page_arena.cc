#include "base/page_arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <new>

#include "base/assert.h"

namespace daybook {
namespace {

unsigned ClassOf(size_t bytes) {
  constexpr size_t kUnit = PageArena::kAlignment;
  return bytes <= kUnit ? 0 : static_cast<unsigned>(std::bit_width((bytes - 1) / kUnit));
}

size_t BytesOfClass(unsigned size_class) { return PageArena::kAlignment << size_class; }

size_t WholePages(size_t bytes) {
  static const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  if (bytes > SIZE_MAX - page) throw std::bad_alloc();
  return (bytes + page - 1) / page * page;
}

}  // namespace

PageArena::~PageArena() {
  for (const Mapping& mapping : mappings_) ::munmap(mapping.begin, mapping.bytes);
}

size_t PageArena::Rounded(size_t bytes) {
  return bytes > kPieceMax ? WholePages(bytes) : BytesOfClass(ClassOf(bytes));
}

size_t PageArena::BytesToTake(size_t bytes) const {
  const size_t rounded = Rounded(bytes);
  if (bytes > kPieceMax) return rounded;
  if (free_classes_ >> ClassOf(bytes) != 0) return 0;
  // The rest of a block that is too small for it becomes pieces.
  const auto rest = static_cast<size_t>(end_ - next_);
  return rest < rounded ? rest + rounded : rounded;
}

size_t PageArena::BytesGivenBack(size_t bytes) { return bytes > kPieceMax ? WholePages(bytes) : 0; }

void* PageArena::Allocate(size_t bytes) {
  if (bytes > kPieceMax) {
    std::byte* const mapping = Map(WholePages(bytes));
    bytes_ += WholePages(bytes);
    return mapping;
  }
  const unsigned wanted = ClassOf(bytes);
  const uint32_t fitting = free_classes_ >> wanted << wanted;
  if (fitting == 0) return Cut(BytesOfClass(wanted));
  // A larger one is halved until it fits: what arrays leave behind as they grow serves smaller ones.
  auto at = static_cast<unsigned>(std::countr_zero(fitting));
  std::byte* const piece = Pop(at);
  for (; at > wanted; --at) Push(piece + BytesOfClass(at - 1), at - 1);
  return piece;
}

void PageArena::Free(void* piece, size_t bytes) {
  auto* const begin = static_cast<std::byte*>(piece);
  if (bytes <= kPieceMax) {
    Push(begin, ClassOf(bytes));
    return;
  }
  const auto mapping = Find(begin);
  DAYBOOK_ASSERT(mapping != mappings_.end() && mapping->begin == begin &&
                 mapping->bytes == WholePages(bytes));
  // What the system does not take back (it can have too many mappings) is still held, and counted.
  if (::munmap(begin, mapping->bytes) != 0) return;
  bytes_ -= mapping->bytes;
  mappings_.erase(mapping);
}

std::byte* PageArena::Cut(size_t bytes) {
  if (static_cast<size_t>(end_ - next_) < bytes) NewBlock(bytes);
  std::byte* const piece = next_;
  next_ += bytes;
  bytes_ += bytes;
  return piece;
}

void PageArena::NewBlock(size_t piece_bytes) {
  const size_t block_bytes = std::max(block_bytes_, piece_bytes);
  std::byte* const block = Map(block_bytes);
  // The rest of the last one, which is smaller than a piece, in the largest powers of two.
  while (next_ != end_) {
    const unsigned largest = ClassOf(std::bit_floor(static_cast<size_t>(end_ - next_)));
    Push(Cut(BytesOfClass(largest)), largest);
  }
  next_ = block;
  end_ = block + block_bytes;
  block_bytes_ = std::min(block_bytes * 2, kBlockBytesMax);
}

void PageArena::Push(std::byte* piece, unsigned size_class) {
  free_[size_class] = ::new (piece) FreePiece{free_[size_class]};
  free_classes_ |= 1U << size_class;
}

// REQUIRES: there is one.
std::byte* PageArena::Pop(unsigned size_class) {
  FreePiece* const piece = free_[size_class];
  free_[size_class] = piece->next;
  if (piece->next == nullptr) free_classes_ &= ~(1U << size_class);
  return reinterpret_cast<std::byte*>(piece);
}

std::byte* PageArena::Map(size_t bytes) {
  // Nothing may fail once there is a mapping.
  if (mappings_.size() == mappings_.capacity()) mappings_.reserve(mappings_.size() * 2 + 4);
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(mapped);
  mappings_.insert(Find(begin), {begin, bytes});
  return begin;
}

// The first at or behind `begin`.
std::vector<PageArena::Mapping>::iterator PageArena::Find(const std::byte* begin) {
  return std::lower_bound(
      mappings_.begin(), mappings_.end(), begin,
      [](const Mapping& mapping, const std::byte* address) { return std::less<>()(mapping.begin, address); });
}

}  // namespace daybook
