#include "env/memory_content.h"

#include <algorithm>
#include <cstring>

namespace daybook::memory_env_internal {
namespace {

constexpr uint64_t kHashStep = 0x9e3779b97f4a7c15;

bool AllZero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

uint64_t HashBytes(std::span<const std::byte> bytes) {
  uint64_t lanes[4] = {1, 2, 3, 4};
  size_t at = 0;
  for (; at + 32 <= bytes.size(); at += 32) {
    for (size_t lane = 0; lane < 4; ++lane) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at + lane * 8, 8);
      lanes[lane] = (lanes[lane] ^ word) * kHashStep;
      lanes[lane] ^= lanes[lane] >> 32U;
    }
  }
  uint64_t hash = bytes.size();
  for (const uint64_t lane : lanes) hash = Mix(hash ^ lane) + kHashStep;
  for (; at < bytes.size(); ++at) hash = Mix(hash ^ std::to_integer<uint64_t>(bytes[at])) + kHashStep;
  return hash;
}

size_t Content::Read(uint64_t offset, std::span<std::byte> into) const {
  if (offset >= size_) return 0;
  const auto count = static_cast<size_t>(std::min<uint64_t>(into.size(), size_ - offset));
  for (size_t done = 0; done < count;) {
    const auto within = static_cast<size_t>((offset + done) % kPageSize);
    const size_t part = std::min(count - done, kPageSize - within);
    const std::shared_ptr<const Page>& page = pages_[static_cast<size_t>((offset + done) / kPageSize)];
    if (page == nullptr) {
      std::memset(into.data() + done, 0, part);
    } else {
      std::memcpy(into.data() + done, page->bytes.data() + within, part);
    }
    done += part;
  }
  return count;
}

void Content::ReadPadded(uint64_t offset, std::span<std::byte> into) const {
  const size_t count = Read(offset, into);
  std::fill(into.begin() + static_cast<ptrdiff_t>(count), into.end(), std::byte{0});
}

ByteVector Content::Bytes() const {
  ByteVector bytes(static_cast<size_t>(size_));
  Read(0, bytes);
  return bytes;
}

void Content::Write(uint64_t offset, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (offset + bytes.size() > size_) Resize(offset + bytes.size());
  for (size_t done = 0; done < bytes.size();) {
    const auto within = static_cast<size_t>((offset + done) % kPageSize);
    const size_t part = std::min(bytes.size() - done, kPageSize - within);
    std::shared_ptr<const Page>& page = pages_[static_cast<size_t>((offset + done) / kPageSize)];
    auto changed = std::make_shared<Page>();
    if (page != nullptr && part < kPageSize) changed->bytes = page->bytes;
    std::memcpy(changed->bytes.data() + within, bytes.data() + done, part);
    page = std::move(changed);
    done += part;
  }
}

void Content::Resize(uint64_t size) {
  pages_.resize(static_cast<size_t>((size + kPageSize - 1) / kPageSize));
  const auto within = static_cast<size_t>(size % kPageSize);
  if (size < size_ && within > 0 && pages_.back() != nullptr) {
    auto cut = std::make_shared<Page>();
    std::memcpy(cut->bytes.data(), pages_.back()->bytes.data(), within);
    pages_.back() = std::move(cut);
  }
  size_ = size;
}

uint64_t Content::Hash() const {
  uint64_t sum = Mix(size_ + kHashStep);
  for (size_t i = 0; i < pages_.size(); ++i) {
    if (pages_[i] == nullptr) continue;
    uint64_t hash = pages_[i]->hash.load(std::memory_order_relaxed);
    if (hash == 0) {
      // 1 stands for a page of zeroes, which counts as much as none.
      hash = AllZero(pages_[i]->bytes) ? 1 : HashBytes(pages_[i]->bytes) | 2U;
      pages_[i]->hash.store(hash, std::memory_order_relaxed);
    }
    if (hash != 1) sum += Mix(hash + i * kHashStep);
  }
  return sum;
}

}  // namespace daybook::memory_env_internal
