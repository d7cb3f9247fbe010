// The pages of an index run: their checksums, the header, the footer, and which page stands where.
// Pure; docs/formats/index-run.md is the format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook::index_run {

inline constexpr size_t kPageSize = 4096;
// Checksum, kind, flags, count.
inline constexpr size_t kPageHeaderSize = 8;
inline constexpr size_t kPageFlagsAt = 5;
inline constexpr size_t kPageCountAt = 6;

enum class PageKind : uint8_t { kLocations = 1, kPostings = 2, kFilter = 3, kTree = 4 };

using Page = std::array<std::byte, kPageSize>;
using PageView = std::span<const std::byte, kPageSize>;

// What all checksums of one run begin with.
inline uint32_t RunCrcBase(const LogIdentity& identity, uint64_t run) {
  return Crc32cExtendU64(identity.crc_base(), run);
}

// Fills in the first bytes of the page that is to stand at `page_number`; the rest is complete.
void SealPage(uint32_t crc_base, uint64_t page_number, PageKind kind, uint8_t flags, size_t count,
              Page* page);
[[nodiscard]] bool PageHolds(uint32_t crc_base, uint64_t page_number, PageKind kind, PageView page);

inline uint8_t PageFlags(PageView page) { return std::to_integer<uint8_t>(page[kPageFlagsAt]); }
inline size_t PageCount(PageView page) { return LoadU16(page.data() + kPageCountAt); }

// Header and footer say the same; the footer also what became of it.
struct RunDescription {
  uint64_t run = 0;
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;
  // In the footer only.
  uint64_t records = 0;
  std::array<uint64_t, 4> section_pages{};  // by Section
  uint64_t tag_streams = 0;
  uint64_t book_streams = 0;
  uint64_t postings = 0;
  bool operator==(const RunDescription&) const = default;
};

void EncodeHeader(const LogIdentity& identity, const RunDescription& description, Page* page);
void EncodeFooter(const LogIdentity& identity, const RunDescription& description, uint64_t page_number,
                  Page* page);
// Of another log or another run: damaged.
[[nodiscard]] ParseResult DecodeHeader(const LogIdentity& identity, uint64_t run, PageView page,
                                       RunDescription* description);
[[nodiscard]] ParseResult DecodeFooter(const LogIdentity& identity, uint64_t run, uint64_t page_number,
                                       PageView page, RunDescription* description);

// ---- Which page stands where ----

enum class Section : uint8_t { kLocations = 0, kTags = 1, kBooks = 2, kFilter = 3 };
inline constexpr size_t kSectionCount = 4;

// An entry of a tree page: what its page of the level below begins with.
struct TreeEntry {
  uint64_t key = 0;     // of the stream; the time stamp, where the page below holds locations
  uint64_t seqnum = 0;  // 0 for a page of the filter

  [[nodiscard]] bool IsAtOrBefore(uint64_t other_key, uint64_t other_seqnum) const {
    return key < other_key || (key == other_key && seqnum <= other_seqnum);
  }
};
inline constexpr size_t kTreeEntrySize = 16;
inline constexpr size_t kTreeFanOut = (kPageSize - kPageHeaderSize) / kTreeEntrySize;
// A level of so many pages needs no level above it: a reader keeps it in memory.
inline constexpr uint64_t kTopPagesMax = 16;

struct TreeLevel {
  uint64_t first_page = 0;
  uint64_t pages = 0;
  uint64_t entries = 0;

  [[nodiscard]] size_t EntriesOf(uint64_t page) const {
    const uint64_t before = page * kTreeFanOut;
    return before >= entries
               ? 0
               : static_cast<size_t>(entries - before < kTreeFanOut ? entries - before : kTreeFanOut);
  }
};

struct SectionLayout {
  uint64_t first_page = 0;
  uint64_t pages = 0;
  std::vector<TreeLevel> levels;  // the lowest first; none for an empty section
};

struct RunLayout {
  std::array<SectionLayout, kSectionCount> sections;
  uint64_t footer_page = 0;

  [[nodiscard]] const SectionLayout& of(Section section) const {
    return sections[static_cast<size_t>(section)];
  }
  [[nodiscard]] uint64_t bytes() const { return (footer_page + 1) * kPageSize; }
};

// False: the counts cannot be those of a run of `pages_max` pages.
[[nodiscard]] bool LayOut(const std::array<uint64_t, kSectionCount>& section_pages, uint64_t pages_max,
                          RunLayout* layout);

void EncodeTreePage(std::span<const TreeEntry> entries, Page* page);
inline TreeEntry TreeEntryAt(PageView page, size_t index) {
  const std::byte* at = page.data() + kPageHeaderSize + index * kTreeEntrySize;
  return {LoadU64(at), LoadU64(at + 8)};
}

}  // namespace daybook::index_run
