#include "log/stream_filter.h"

namespace daybook::index_run {
namespace {

constexpr size_t kLineSize = 64;
constexpr uint64_t kLines = (kPageSize - kLineSize) / kLineSize;  // the first 64 bytes hold the header
constexpr unsigned kProbes = 6;
constexpr unsigned kProbeBits = 9;  // of the 512 bits of a line

// Keys are hashes already, but those of one page are neighbours: their upper bits are alike.
constexpr uint64_t Mix(uint64_t key) {
  key = (key ^ (key >> 30U)) * 0xbf58476d1ce4e5b9U;
  key = (key ^ (key >> 27U)) * 0x94d049bb133111ebU;
  return key ^ (key >> 31U);
}

constexpr size_t LineOf(uint64_t mixed) {
  return kLineSize * (1 + static_cast<size_t>(((mixed >> 32U) * kLines) >> 32U));
}

}  // namespace

bool FilterPageBuilder::Add(uint64_t key) {
  if (count_ == kFilterKeysPerPage) return false;
  if (count_ == 0) first_ = key;
  ++count_;
  uint64_t mixed = Mix(key);
  std::byte* const line = page_.data() + LineOf(mixed);
  for (unsigned i = 0; i < kProbes; ++i, mixed >>= kProbeBits) {
    const uint64_t bit = mixed & ((1U << kProbeBits) - 1);
    line[bit / 8] |= static_cast<std::byte>(1U << (bit % 8));
  }
  return true;
}

void FilterPageBuilder::Finish(Page* page) {
  *page = page_;
  page_.fill(std::byte{0});
  count_ = 0;
}

bool FilterMayHold(PageView page, uint64_t key) {
  uint64_t mixed = Mix(key);
  const std::byte* const line = page.data() + LineOf(mixed);
  for (unsigned i = 0; i < kProbes; ++i, mixed >>= kProbeBits) {
    const uint64_t bit = mixed & ((1U << kProbeBits) - 1);
    if ((line[bit / 8] & static_cast<std::byte>(1U << (bit % 8))) == std::byte{0}) return false;
  }
  return true;
}

}  // namespace daybook::index_run
