// A cache of checked blocks of immutable files, bounded in bytes. Blocks are shared: one that is
// pushed out lives on as long as somebody holds it. Safe from any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace daybook {

using CachedBlock = std::shared_ptr<const std::vector<std::byte>>;

class BlockCache {
 public:
  explicit BlockCache(size_t bytes_max);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  // Null: not there. `file` is a number that is given to one file only, ever (see NextFile).
  [[nodiscard]] CachedBlock Find(uint64_t file, uint64_t offset);
  // A block larger than a share of the cache is not kept.
  void Insert(uint64_t file, uint64_t offset, CachedBlock block);
  void Forget(uint64_t file);  // its blocks go

  [[nodiscard]] uint64_t NextFile();
  [[nodiscard]] size_t bytes() const;  // held now, bookkeeping included; at most bytes_max
  [[nodiscard]] size_t bytes_max() const;
  [[nodiscard]] uint64_t hits() const;
  [[nodiscard]] uint64_t misses() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook
