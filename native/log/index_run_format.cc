#include "log/index_run_format.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace daybook::index_run {
namespace {

constexpr size_t kKindAt = 4;

constexpr char kHeaderMagic[8] = {'D', 'A', 'Y', 'B', 'K', 'I', 'D', 'X'};
constexpr char kFooterMagic[8] = {'D', 'A', 'Y', 'B', 'K', 'I', 'D', 'E'};
constexpr size_t kCrcAt = 8;
constexpr size_t kFormatVersionAt = 12;
constexpr size_t kMinimumReaderAt = 16;
constexpr size_t kPageSizeAt = 20;
constexpr size_t kLogIdAt = 24;
constexpr size_t kRunAt = 40;
constexpr size_t kFirstSeqnumAt = 48;
constexpr size_t kEndSeqnumAt = 56;
constexpr size_t kRecordsAt = 64;
constexpr size_t kSectionPagesAt = 72;
constexpr size_t kTagStreamsAt = 104;
constexpr size_t kBookStreamsAt = 112;
constexpr size_t kPostingsAt = 120;

// Of what stands behind `from`, at this place of this run.
uint32_t PageCrc(uint32_t crc_base, uint64_t page_number, PageView page, size_t from) {
  return Crc32cExtend(Crc32cExtendU64(crc_base, page_number * kPageSize), page.subspan(from));
}

void EncodeDescription(const LogIdentity& identity, const RunDescription& description, const char* magic,
                       Page* page) {
  page->fill(std::byte{0});
  std::byte* const to = page->data();
  std::memcpy(to, magic, sizeof kHeaderMagic);
  StoreU32(to + kFormatVersionAt, kFormatVersion);
  StoreU32(to + kMinimumReaderAt, kMinimumReader);
  StoreU32(to + kPageSizeAt, kPageSize);
  std::memcpy(to + kLogIdAt, identity.id().data(), kLogIdSize);
  StoreU64(to + kRunAt, description.run);
  StoreU64(to + kFirstSeqnumAt, description.first_seqnum);
  StoreU64(to + kEndSeqnumAt, description.end_seqnum);
}

void SealDescription(const LogIdentity& identity, uint64_t run, uint64_t page_number, Page* page) {
  StoreU32(page->data() + kCrcAt, PageCrc(RunCrcBase(identity, run), page_number, *page, kCrcAt + 4));
}

ParseResult DecodeDescription(const LogIdentity& identity, uint64_t run, uint64_t page_number,
                              const char* magic, PageView page, RunDescription* description) {
  const std::byte* const from = page.data();
  if (std::memcmp(from, magic, sizeof kHeaderMagic) != 0) return ParseResult::kDamaged;
  const uint32_t crc = PageCrc(RunCrcBase(identity, run), page_number, page, kCrcAt + 4);
  if (LoadU32(from + kCrcAt) != crc) return ParseResult::kDamaged;
  if (LoadU32(from + kMinimumReaderAt) > kFormatVersion) return ParseResult::kNewer;
  if (LoadU32(from + kPageSizeAt) != kPageSize || LoadU64(from + kRunAt) != run ||
      std::memcmp(from + kLogIdAt, identity.id().data(), kLogIdSize) != 0) {
    return ParseResult::kDamaged;
  }
  description->run = run;
  description->first_seqnum = LoadU64(from + kFirstSeqnumAt);
  description->end_seqnum = LoadU64(from + kEndSeqnumAt);
  const bool ordered = description->first_seqnum <= description->end_seqnum;
  return ordered && description->end_seqnum <= kSeqnumEnd ? ParseResult::kOk : ParseResult::kDamaged;
}

// The levels of one section's tree, from `*next_page` on. REQUIRES: 0 < section->pages, all counts are small.
void LayOutTree(uint64_t* next_page, SectionLayout* section) {
  uint64_t entries = section->pages;
  while (true) {
    const TreeLevel level{*next_page, (entries + kTreeFanOut - 1) / kTreeFanOut, entries};
    section->levels.push_back(level);
    *next_page += level.pages;
    if (level.pages <= kTopPagesMax) return;
    entries = level.pages;
  }
}

}  // namespace

void SealPage(uint32_t crc_base, uint64_t page_number, PageKind kind, uint8_t flags, size_t count,
              Page* page) {
  DAYBOOK_ASSERT(count <= UINT16_MAX);
  (*page)[kKindAt] = static_cast<std::byte>(kind);
  (*page)[kPageFlagsAt] = static_cast<std::byte>(flags);
  StoreU16(page->data() + kPageCountAt, static_cast<uint16_t>(count));
  StoreU32(page->data(), PageCrc(crc_base, page_number, *page, kKindAt));
}

bool PageHolds(uint32_t crc_base, uint64_t page_number, PageKind kind, PageView page) {
  return page[kKindAt] == static_cast<std::byte>(kind) &&
         LoadU32(page.data()) == PageCrc(crc_base, page_number, page, kKindAt);
}

void EncodeHeader(const LogIdentity& identity, const RunDescription& description, Page* page) {
  EncodeDescription(identity, description, kHeaderMagic, page);
  SealDescription(identity, description.run, 0, page);
}

void EncodeFooter(const LogIdentity& identity, const RunDescription& description, uint64_t page_number,
                  Page* page) {
  EncodeDescription(identity, description, kFooterMagic, page);
  std::byte* const to = page->data();
  StoreU64(to + kRecordsAt, description.records);
  for (size_t i = 0; i < kSectionCount; ++i)
    StoreU64(to + kSectionPagesAt + 8 * i, description.section_pages[i]);
  StoreU64(to + kTagStreamsAt, description.tag_streams);
  StoreU64(to + kBookStreamsAt, description.book_streams);
  StoreU64(to + kPostingsAt, description.postings);
  SealDescription(identity, description.run, page_number, page);
}

ParseResult DecodeHeader(const LogIdentity& identity, uint64_t run, PageView page,
                         RunDescription* description) {
  return DecodeDescription(identity, run, 0, kHeaderMagic, page, description);
}

ParseResult DecodeFooter(const LogIdentity& identity, uint64_t run, uint64_t page_number, PageView page,
                         RunDescription* description) {
  const ParseResult result = DecodeDescription(identity, run, page_number, kFooterMagic, page, description);
  if (result != ParseResult::kOk) return result;
  const std::byte* const from = page.data();
  description->records = LoadU64(from + kRecordsAt);
  for (size_t i = 0; i < kSectionCount; ++i)
    description->section_pages[i] = LoadU64(from + kSectionPagesAt + 8 * i);
  description->tag_streams = LoadU64(from + kTagStreamsAt);
  description->book_streams = LoadU64(from + kBookStreamsAt);
  description->postings = LoadU64(from + kPostingsAt);
  return ParseResult::kOk;
}

bool LayOut(const std::array<uint64_t, kSectionCount>& section_pages, uint64_t pages_max, RunLayout* layout) {
  // No count above this can overflow what is computed from it.
  if (pages_max > UINT64_MAX / kPageSize) return false;
  for (const uint64_t pages : section_pages) {
    if (pages > pages_max) return false;
  }
  uint64_t next_page = 1;
  for (size_t i = 0; i < kSectionCount; ++i) {
    layout->sections[i] = {next_page, section_pages[i], {}};
    next_page += section_pages[i];
  }
  for (SectionLayout& section : layout->sections) {
    if (section.pages > 0) LayOutTree(&next_page, &section);
  }
  layout->footer_page = next_page;
  return next_page < pages_max;
}

void EncodeTreePage(std::span<const TreeEntry> entries, Page* page) {
  DAYBOOK_ASSERT(entries.size() <= kTreeFanOut);
  page->fill(std::byte{0});
  std::byte* to = page->data() + kPageHeaderSize;
  for (const TreeEntry& entry : entries) {
    StoreU64(to, entry.key);
    StoreU64(to + 8, entry.seqnum);
    to += kTreeEntrySize;
  }
}

}  // namespace daybook::index_run
