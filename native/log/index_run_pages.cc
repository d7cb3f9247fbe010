#include "log/index_run_pages.h"

#include <utility>

#include "base/assert.h"

namespace daybook::index_run {

RunPages::RunPages(std::string path, const LogIdentity& identity, const IndexRunInfo& listed,
                   std::shared_ptr<BlockCache> cache, std::unique_ptr<File> file)
    : path_(std::move(path)),
      identity_(identity),
      listed_(listed),
      crc_base_(RunCrcBase(identity, listed.run)),
      cache_(std::move(cache)),
      file_(std::move(file)),
      cache_file_(cache_->NextFile()) {}

Status RunPages::Damaged(uint64_t page_number) const {
  return {StatusCode::kCorrupt, "the block at offset " + std::to_string(page_number * kPageSize) +
                                    " of the index run " + path_ + " does not hold"};
}

size_t RunPages::memory_bytes() const {
  size_t bytes = sizeof(RunPages) + path_.capacity();
  for (size_t i = 0; i < kSectionCount; ++i) {
    bytes += tops_[i].capacity() * sizeof(TreeEntry);
    bytes += layout_.sections[i].levels.capacity() * sizeof(TreeLevel);
  }
  return bytes;
}

Status RunPages::ReadPast(uint64_t first_page, std::span<std::byte> into) const {
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(file_->Read(first_page * kPageSize, into, &count));
  return count == into.size() ? Status::Ok() : Damaged(first_page + count / kPageSize);
}

Status RunPages::ReadPage(uint64_t page_number, PageKind kind, ReadMode mode, HeldPage* page) const {
  const uint64_t offset = page_number * kPageSize;
  if (CachedBlock cached = cache_->Find(cache_file_, offset); cached != nullptr) {
    *page = HeldPage(std::move(cached));
    return Status::Ok();
  }
  auto block = std::make_shared<std::vector<std::byte>>(kPageSize);
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(mode == ReadMode::kNoWait ? file_->ReadCached(offset, *block, &count)
                                                    : file_->Read(offset, *block, &count));
  if (count != kPageSize) return Damaged(page_number);
  if (!PageHolds(crc_base_, page_number, kind, PageView(block->data(), kPageSize)))
    return Damaged(page_number);
  cache_->Insert(cache_file_, offset, block);
  *page = HeldPage(std::move(block));
  return Status::Ok();
}

Status RunPages::EntryOf(Section section, uint64_t page, ReadMode mode, TreeEntry* entry) const {
  const SectionLayout& layout = layout_.of(section);
  DAYBOOK_ASSERT(page < layout.pages);
  if (layout.levels.size() == 1) {
    *entry = tops_[static_cast<size_t>(section)][static_cast<size_t>(page)];
    return Status::Ok();
  }
  const TreeLevel& lowest = layout.levels[0];
  const uint64_t page_number = lowest.first_page + page / kTreeFanOut;
  HeldPage held;
  DAYBOOK_RETURN_IF_ERROR(ReadPage(page_number, PageKind::kTree, mode, &held));
  if (PageCount(held.view()) != lowest.EntriesOf(page / kTreeFanOut)) return Damaged(page_number);
  *entry = TreeEntryAt(held.view(), static_cast<size_t>(page % kTreeFanOut));
  return Status::Ok();
}

Status RunPages::Open() {
  uint64_t file_size = 0;
  DAYBOOK_RETURN_IF_ERROR(file_->Size(&file_size));
  DAYBOOK_RETURN_IF_ERROR(CheckDescription(file_size));
  for (size_t i = 0; i < kSectionCount; ++i) DAYBOOK_RETURN_IF_ERROR(ReadTop(static_cast<Section>(i)));
  return Status::Ok();
}

Status RunPages::CheckDescription(uint64_t file_size) {
  if (file_size != listed_.bytes || file_size % kPageSize != 0 || file_size < 2 * kPageSize) {
    return {StatusCode::kCorrupt, "the index run " + path_ + " has " + std::to_string(file_size) +
                                      " bytes and was listed with " + std::to_string(listed_.bytes)};
  }
  const Status newer(StatusCode::kFormat,
                     "the index run " + path_ + " was written by a newer version of daybook than this one");
  const uint64_t pages = file_size / kPageSize;
  Page page;
  RunDescription header;
  DAYBOOK_RETURN_IF_ERROR(ReadPast(0, page));
  const ParseResult header_parsed = DecodeHeader(identity_, listed_.run, page, &header);
  if (header_parsed == ParseResult::kNewer) return newer;
  if (header_parsed != ParseResult::kOk) return Damaged(0);
  DAYBOOK_RETURN_IF_ERROR(ReadPast(pages - 1, page));
  const ParseResult footer_parsed = DecodeFooter(identity_, listed_.run, pages - 1, page, &description_);
  if (footer_parsed == ParseResult::kNewer) return newer;
  if (footer_parsed != ParseResult::kOk) return Damaged(pages - 1);
  if (!LayOut(description_.section_pages, pages, &layout_) || layout_.footer_page != pages - 1)
    return Damaged(pages - 1);
  const auto says = [&](const RunDescription& description) {
    return description.first_seqnum == listed_.first_seqnum && description.end_seqnum == listed_.end_seqnum;
  };
  if (!says(header) || !says(description_) || description_.records != listed_.records) {
    return {StatusCode::kCorrupt, "the index run " + path_ + " is not the one that was listed"};
  }
  return Status::Ok();
}

Status RunPages::ReadTop(Section section) {
  const SectionLayout& layout = layout_.of(section);
  if (layout.pages == 0) return Status::Ok();
  const TreeLevel& level = layout.levels.back();
  std::vector<std::byte> bytes(static_cast<size_t>(level.pages) * kPageSize);
  DAYBOOK_RETURN_IF_ERROR(ReadPast(level.first_page, bytes));
  std::vector<TreeEntry>& top = tops_[static_cast<size_t>(section)];
  top.reserve(static_cast<size_t>(level.entries));
  for (size_t i = 0; i < level.pages; ++i) {
    const PageView page(bytes.data() + i * kPageSize, kPageSize);
    const size_t size = level.EntriesOf(i);
    if (!PageHolds(crc_base_, level.first_page + i, PageKind::kTree, page) || PageCount(page) != size)
      return Damaged(level.first_page + i);
    for (size_t j = 0; j < size; ++j) top.push_back(TreeEntryAt(page, j));
  }
  return Status::Ok();
}

}  // namespace daybook::index_run
