// The bytes of a file in memory, in pages that copies share: a copy costs a pointer for each page,
// and what is written to one copy the others never see.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace daybook::memory_env_internal {

using ByteVector = std::vector<std::byte>;

// SplitMix64's finalizer: spreads every bit over the whole word.
constexpr uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
  return value ^ (value >> 31U);
}

// A hash for telling test images apart, not for any format.
uint64_t HashBytes(std::span<const std::byte> bytes);

// Invariant: bytes of the last page behind the size are zero.
class Content {
 public:
  static constexpr size_t kPageSize = 4096;

  [[nodiscard]] uint64_t size() const { return size_; }

  // Fills as much of `into` as there are bytes at `offset`; returns how many.
  size_t Read(uint64_t offset, std::span<std::byte> into) const;
  // As Read, but what lies behind the end reads as zero.
  void ReadPadded(uint64_t offset, std::span<std::byte> into) const;
  [[nodiscard]] ByteVector Bytes() const;

  // Lengthens if need be, a hole reads as zeroes. Writing nothing changes nothing.
  void Write(uint64_t offset, std::span<const std::byte> bytes);
  void Resize(uint64_t size);

  // Equal for equal bytes and size, however they came about.
  [[nodiscard]] uint64_t Hash() const;

 private:
  // Never changes once it is in `pages_`.
  struct Page {
    std::array<std::byte, kPageSize> bytes{};
    mutable std::atomic<uint64_t> hash = 0;  // 0: not computed yet
  };

  std::vector<std::shared_ptr<const Page>> pages_;  // null: zeroes
  uint64_t size_ = 0;
};

}  // namespace daybook::memory_env_internal
