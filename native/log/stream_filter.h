// The filter of an index run: pages of a blocked Bloom filter over the keys of its tag streams, each for
// keys that follow each other. docs/formats/index-run.md, "Filter". Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "log/index_run_format.h"

namespace daybook::index_run {

// 63 lines of 64 bytes, 10 bits for each key.
inline constexpr size_t kFilterKeysPerPage = 3225;

class FilterPageBuilder {
 public:
  // False: the page is full, and unchanged. REQUIRES: ascending keys.
  [[nodiscard]] bool Add(uint64_t key);

  [[nodiscard]] size_t count() const { return count_; }
  [[nodiscard]] TreeEntry first() const { return {first_, 0}; }
  // All of the page but its header. The builder is empty then.
  void Finish(Page* page);

 private:
  Page page_{};
  uint64_t first_ = 0;
  size_t count_ = 0;
};

// False: the key is not among those of the page.
[[nodiscard]] bool FilterMayHold(PageView page, uint64_t key);

}  // namespace daybook::index_run
