// A block of bytes with one size and many readers; never changed once it is shared.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace daybook {

class Slab {
 public:
  explicit Slab(size_t size) : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

  [[nodiscard]] std::byte* data() { return bytes_.get(); }
  [[nodiscard]] const std::byte* data() const { return bytes_.get(); }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  size_t size_;
};

using SharedSlab = std::shared_ptr<const Slab>;

}  // namespace daybook
