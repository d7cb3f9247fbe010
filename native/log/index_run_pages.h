// An open index run: its file, what of its trees is kept in memory, and its pages through the cache.
// Behind IndexRun and IndexRunCursor.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log/index_run.h"
#include "log/index_run_format.h"

namespace daybook {

namespace index_run {

// A page that has been checked, and what holds it.
class HeldPage {
 public:
  HeldPage() = default;
  explicit HeldPage(CachedBlock block) : block_(std::move(block)) {}
  [[nodiscard]] PageView view() const { return PageView(block_->data(), kPageSize); }

 private:
  CachedBlock block_;
};

class RunPages {
 public:
  RunPages(std::string path, const LogIdentity& identity, const IndexRunInfo& listed,
           std::shared_ptr<BlockCache> cache, std::unique_ptr<File> file);
  ~RunPages() { cache_->Forget(cache_file_); }

  // Reads header, footer and the top of each tree. First of all.
  Status Open();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const LogIdentity& identity() const { return identity_; }
  [[nodiscard]] const IndexRunInfo& info() const { return listed_; }
  [[nodiscard]] uint32_t crc_base() const { return crc_base_; }
  [[nodiscard]] const RunDescription& description() const { return description_; }
  [[nodiscard]] const SectionLayout& section(Section section) const { return layout_.of(section); }
  [[nodiscard]] const RunLayout& layout() const { return layout_; }
  [[nodiscard]] size_t memory_bytes() const;

  [[nodiscard]] Status Damaged(uint64_t page_number) const;

  // Through the cache.
  Status ReadPage(uint64_t page_number, PageKind kind, ReadMode mode, HeldPage* page) const;
  // Past the cache, and unchecked but for the size: whole pages, at most `into` holds.
  Status ReadPast(uint64_t first_page, std::span<std::byte> into) const;

  // The last page of the section of whose entry `not_behind(entry)` is true, the first if there is none: it
  // is true up to some page, and false from there on. REQUIRES: the section has pages.
  template <typename NotBehind>
  Status FindPage(Section section, NotBehind not_behind, ReadMode mode, uint64_t* page) const;
  // What the page of the section begins with.
  Status EntryOf(Section section, uint64_t page, ReadMode mode, TreeEntry* entry) const;

 private:
  Status CheckDescription(uint64_t file_size);
  Status ReadTop(Section section);

  const std::string path_;
  const LogIdentity identity_;
  const IndexRunInfo listed_;
  const uint32_t crc_base_;
  const std::shared_ptr<BlockCache> cache_;
  const std::unique_ptr<File> file_;
  const uint64_t cache_file_;
  RunDescription description_;
  RunLayout layout_;
  std::array<std::vector<TreeEntry>, kSectionCount> tops_;  // of each section's highest level, at most 64 KiB
};

template <typename NotBehind>
Status RunPages::FindPage(Section section, NotBehind not_behind, ReadMode mode, uint64_t* page) const {
  const SectionLayout& layout = layout_.of(section);
  const std::vector<TreeEntry>& top = tops_[static_cast<size_t>(section)];
  // Of `size` entries, the last that is not behind the target, or the first.
  const auto last_of = [&](size_t size, const auto& entry_at) {
    size_t low = 0;
    while (size > 1) {
      const size_t half = size / 2;
      low = not_behind(entry_at(low + half)) ? low + half : low;
      size -= half;
    }
    return low;
  };
  uint64_t index = last_of(top.size(), [&](size_t i) { return top[i]; });
  for (size_t level = layout.levels.size() - 1; level-- > 0;) {
    const TreeLevel& below = layout.levels[level];
    HeldPage held;
    DAYBOOK_RETURN_IF_ERROR(ReadPage(below.first_page + index, PageKind::kTree, mode, &held));
    const size_t size = below.EntriesOf(index);
    if (size == 0 || PageCount(held.view()) != size) return Damaged(below.first_page + index);
    index = index * kTreeFanOut + last_of(size, [&](size_t i) { return TreeEntryAt(held.view(), i); });
  }
  *page = index;
  return Status::Ok();
}

}  // namespace index_run

struct IndexRun::Impl {
  Impl(std::string path, const LogIdentity& identity, const IndexRunInfo& listed,
       std::shared_ptr<BlockCache> cache, std::unique_ptr<File> file)
      : pages(std::move(path), identity, listed, std::move(cache), std::move(file)) {}
  index_run::RunPages pages;
};

}  // namespace daybook
