#include <array>
#include <utility>

#include "base/assert.h"
#include "log/file_name.h"
#include "log/index_run.h"
#include "log/index_run_format.h"
#include "log/location_page.h"
#include "log/page_spill.h"
#include "log/posting_writer.h"
#include "log/stream_filter.h"

namespace daybook {

using index_run::EncodeFooter;
using index_run::EncodeHeader;
using index_run::EncodeTreePage;
using index_run::FilterPageBuilder;
using index_run::kPageSize;
using index_run::kSectionCount;
using index_run::kTreeFanOut;
using index_run::LocationPageBuilder;
using index_run::Page;
using index_run::PageKind;
using index_run::PageSpill;
using index_run::PostingWriter;
using index_run::RunDescription;
using index_run::RunLayout;
using index_run::Section;
using index_run::SpillFile;
using index_run::TreeEntry;

namespace {

constexpr size_t kWriteBufferSize = size_t{256} << 10U;
// A flush of much at once holds up those of the log: a large run is flushed in steps.
constexpr uint64_t kFlushStep = uint64_t{4} << 20U;

// What has been begun; a writer only goes on.
enum class Stage : uint8_t { kLocations, kTags, kBooks, kFinished };

void SetCount(size_t count, Page* page) {
  StoreU16(page->data() + index_run::kPageCountAt, static_cast<uint16_t>(count));
}

// The lowest level of a section's tree, while the section is written.
class LowestLevel {
 public:
  explicit LowestLevel(SpillFile* file) : pages_(file) {}

  Status Add(TreeEntry entry) {
    entries_.push_back(entry);
    return entries_.size() == kTreeFanOut ? FinishPage() : Status::Ok();
  }

  // Behind the last entry.
  Status Finish() { return entries_.empty() ? Status::Ok() : FinishPage(); }

  // With the number of their entries in their header.
  PageSpill& pages() { return pages_; }
  // The entries of the level above.
  std::vector<TreeEntry>& firsts() { return firsts_; }

 private:
  Status FinishPage() {
    Page page;
    EncodeTreePage(entries_, &page);
    SetCount(entries_.size(), &page);
    firsts_.push_back(entries_.front());
    entries_.clear();
    return pages_.Add(page);
  }

  std::vector<TreeEntry> entries_;  // of the page that is being filled
  std::vector<TreeEntry> firsts_;
  PageSpill pages_;
};

}  // namespace

struct IndexRunWriter::Impl {
  Impl(Env* env_in, std::string directory_in, const LogIdentity& identity_in, const IndexRunInfo& info)
      : env(env_in),
        directory(std::move(directory_in)),
        identity(identity_in),
        crc_base(index_run::RunCrcBase(identity_in, info.run)),
        tags(info.first_seqnum, SinkOf(Section::kTags)),
        books(info.first_seqnum, SinkOf(Section::kBooks)),
        spill(env_in, JoinPath(directory, IndexRunFileName(info.run)) + std::string(kTemporarySuffix)),
        filter_pages(&spill),
        trees{LowestLevel(&spill), LowestLevel(&spill), LowestLevel(&spill), LowestLevel(&spill)} {
    description.run = info.run;
    description.first_seqnum = info.first_seqnum;
    description.end_seqnum = info.end_seqnum;
    buffer.reserve(kWriteBufferSize);
  }

  PostingWriter::Sink SinkOf(Section section) {
    return [this, section](Page* page, uint8_t flags, size_t count, TreeEntry first) {
      return AddPage(section, PageKind::kPostings, flags, count, first, page);
    };
  }

  [[nodiscard]] uint64_t next_page() const { return (written + buffer.size()) / kPageSize; }

  Status FlushBuffer() {
    if (buffer.empty()) return Status::Ok();
    const std::span<const std::byte> pieces[] = {buffer};
    DAYBOOK_RETURN_IF_ERROR(file->Write(written, pieces));
    written += buffer.size();
    buffer.clear();
    if (written - flushed < kFlushStep) return Status::Ok();
    flushed = written;
    return file->Sync();
  }

  Status PutPage(const Page& page) {
    buffer.insert(buffer.end(), page.begin(), page.end());
    return buffer.size() < kWriteBufferSize ? Status::Ok() : FlushBuffer();
  }

  Status AddPage(Section section, PageKind kind, uint8_t flags, size_t count, TreeEntry first, Page* page) {
    index_run::SealPage(crc_base, next_page(), kind, flags, count, page);
    DAYBOOK_RETURN_IF_ERROR(trees[static_cast<size_t>(section)].Add(first));
    ++description.section_pages[static_cast<size_t>(section)];
    return PutPage(*page);
  }

  // Everything before `next` is complete.
  Status Enter(Stage next) {
    DAYBOOK_ASSERT(stage <= next && stage != Stage::kFinished);
    while (stage < next) {
      if (stage == Stage::kLocations) DAYBOOK_RETURN_IF_ERROR(FinishLocationPage());
      if (stage == Stage::kTags) DAYBOOK_RETURN_IF_ERROR(tags.Finish());
      if (stage == Stage::kBooks) DAYBOOK_RETURN_IF_ERROR(books.Finish());
      stage = static_cast<Stage>(static_cast<uint8_t>(stage) + 1);
      stream_begun = stream_counted = false;
    }
    return Status::Ok();
  }

  Status AddLocation(const RecordLocation& location) {
    DAYBOOK_ASSERT(stage == Stage::kLocations);
    DAYBOOK_ASSERT(location.seqnum >= description.first_seqnum && location.seqnum < description.end_seqnum);
    DAYBOOK_ASSERT(description.records == 0 ||
                   (location.seqnum > last_location.seqnum && location.timestamp >= last_location.timestamp));
    if (!locations.Add(location)) {
      DAYBOOK_RETURN_IF_ERROR(FinishLocationPage());
      DAYBOOK_ASSERT(locations.Add(location));
    }
    last_location = location;
    ++description.records;
    return Status::Ok();
  }

  Status FinishLocationPage() {
    if (locations.count() == 0) return Status::Ok();
    Page page;
    const size_t count = locations.count();
    const TreeEntry first = locations.first();
    locations.Finish(&page);
    return AddPage(Section::kLocations, PageKind::kLocations, 0, count, first, &page);
  }

  Status BeginStream(StreamKind kind, uint64_t key) {
    DAYBOOK_RETURN_IF_ERROR(Enter(kind == StreamKind::kTag ? Stage::kTags : Stage::kBooks));
    DAYBOOK_ASSERT(!stream_begun || key > stream_key);
    stream_key = key;
    stream_begun = true;
    stream_counted = false;
    return (stage == Stage::kTags ? tags : books).Begin(key);
  }

  Status AddPosting(uint64_t seqnum) {
    DAYBOOK_ASSERT(stream_begun && seqnum >= description.first_seqnum && seqnum < description.end_seqnum);
    if (!stream_counted) {
      // A stream without postings is none.
      stream_counted = true;
      ++(stage == Stage::kTags ? description.tag_streams : description.book_streams);
      if (stage == Stage::kTags) DAYBOOK_RETURN_IF_ERROR(AddToFilter(stream_key));
    }
    ++description.postings;
    return (stage == Stage::kTags ? tags : books).Add(seqnum);
  }

  Status AddToFilter(uint64_t key) {
    if (filter.Add(key)) return Status::Ok();
    DAYBOOK_RETURN_IF_ERROR(FinishFilterPage());
    DAYBOOK_ASSERT(filter.Add(key));
    return Status::Ok();
  }

  // The pages of the filter stand behind the postings.
  Status FinishFilterPage() {
    if (filter.count() == 0) return Status::Ok();
    Page page;
    const size_t count = filter.count();
    DAYBOOK_RETURN_IF_ERROR(trees[static_cast<size_t>(Section::kFilter)].Add(filter.first()));
    filter.Finish(&page);
    SetCount(count, &page);
    return filter_pages.Add(page);
  }

  Status WriteFilter() {
    DAYBOOK_RETURN_IF_ERROR(FinishFilterPage());
    description.section_pages[static_cast<size_t>(Section::kFilter)] = filter_pages.count();
    return filter_pages.Drain([this](Page* page) { return PutSpilled(PageKind::kFilter, page); });
  }

  Status PutSpilled(PageKind kind, Page* page) {
    index_run::SealPage(crc_base, next_page(), kind, 0, index_run::PageCount(*page), page);
    return PutPage(*page);
  }

  Status WriteTrees(const RunLayout& layout) {
    for (size_t i = 0; i < kSectionCount; ++i) {
      const std::vector<index_run::TreeLevel>& levels = layout.sections[i].levels;
      if (levels.empty()) continue;
      DAYBOOK_RETURN_IF_ERROR(trees[i].Finish());
      DAYBOOK_ASSERT(levels[0].first_page == next_page() && levels[0].pages == trees[i].pages().count());
      DAYBOOK_RETURN_IF_ERROR(
          trees[i].pages().Drain([this](Page* page) { return PutSpilled(PageKind::kTree, page); }));
      DAYBOOK_RETURN_IF_ERROR(WriteUpperLevels(std::span(levels).subspan(1), std::move(trees[i].firsts())));
    }
    return Status::Ok();
  }

  Status WriteUpperLevels(std::span<const index_run::TreeLevel> levels, std::vector<TreeEntry> entries) {
    for (const index_run::TreeLevel& level : levels) {
      DAYBOOK_ASSERT(level.first_page == next_page() && level.entries == entries.size());
      std::vector<TreeEntry> firsts;
      for (size_t page_index = 0; page_index < level.pages; ++page_index) {
        const std::span<const TreeEntry> part =
            std::span(entries).subspan(page_index * kTreeFanOut, level.EntriesOf(page_index));
        Page page;
        EncodeTreePage(part, &page);
        SetCount(part.size(), &page);
        DAYBOOK_RETURN_IF_ERROR(PutSpilled(PageKind::kTree, &page));
        firsts.push_back(part[0]);
      }
      entries = std::move(firsts);
    }
    return Status::Ok();
  }

  Status Finish(IndexRunInfo* info) {
    DAYBOOK_RETURN_IF_ERROR(Enter(Stage::kFinished));
    DAYBOOK_RETURN_IF_ERROR(WriteFilter());
    RunLayout layout;
    DAYBOOK_ASSERT(index_run::LayOut(description.section_pages, UINT64_MAX / kPageSize, &layout));
    DAYBOOK_RETURN_IF_ERROR(WriteTrees(layout));
    DAYBOOK_ASSERT(layout.footer_page == next_page());
    Page page;
    EncodeFooter(identity, description, layout.footer_page, &page);
    DAYBOOK_RETURN_IF_ERROR(PutPage(page));
    spill.Remove();
    DAYBOOK_RETURN_IF_ERROR(FlushBuffer());
    DAYBOOK_RETURN_IF_ERROR(file->Sync());
    DAYBOOK_RETURN_IF_ERROR(file->Close());
    DAYBOOK_RETURN_IF_ERROR(env->SyncDirectory(directory));
    *info = {description.run, description.first_seqnum, description.end_seqnum, layout.bytes(),
             description.records};
    return Status::Ok();
  }

  Env* const env;
  const std::string directory;
  const LogIdentity identity;
  const uint32_t crc_base;
  RunDescription description;
  std::unique_ptr<File> file;
  Status failed;  // the first failure; nothing is written behind it

  std::vector<std::byte> buffer;
  uint64_t written = 0;  // bytes before those in the buffer
  uint64_t flushed = 0;  // of them

  Stage stage = Stage::kLocations;
  RecordLocation last_location;
  uint64_t stream_key = 0;
  bool stream_begun = false;    // in this stage
  bool stream_counted = false;  // the stream has a posting

  LocationPageBuilder locations;
  PostingWriter tags;
  PostingWriter books;
  FilterPageBuilder filter;
  // What stands behind the postings.
  SpillFile spill;
  PageSpill filter_pages;
  std::array<LowestLevel, kSectionCount> trees;
};

IndexRunWriter::IndexRunWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexRunWriter::~IndexRunWriter() = default;

Status IndexRunWriter::Create(Env* env, const std::string& directory, const LogIdentity& identity,
                              const IndexRunInfo& info, std::unique_ptr<IndexRunWriter>* writer) {
  DAYBOOK_ASSERT(info.first_seqnum <= info.end_seqnum && info.end_seqnum <= kSeqnumEnd);
  const std::string path = JoinPath(directory, IndexRunFileName(info.run));
  if (Status removed = env->Remove(path); !removed.ok() && !removed.Is(StatusCode::kNotFound)) return removed;
  auto impl = std::make_unique<Impl>(env, directory, identity, info);
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kCreateNew, &impl->file));
  Page page;
  EncodeHeader(identity, impl->description, &page);
  DAYBOOK_RETURN_IF_ERROR(impl->PutPage(page));
  writer->reset(new IndexRunWriter(std::move(impl)));
  return Status::Ok();
}

Status IndexRunWriter::AddLocation(const RecordLocation& location) {
  if (impl_->failed.ok()) impl_->failed = impl_->AddLocation(location);
  return impl_->failed;
}

Status IndexRunWriter::BeginStream(StreamKind kind, uint64_t key) {
  if (impl_->failed.ok()) impl_->failed = impl_->BeginStream(kind, key);
  return impl_->failed;
}

Status IndexRunWriter::AddPosting(uint64_t seqnum) {
  if (impl_->failed.ok()) impl_->failed = impl_->AddPosting(seqnum);
  return impl_->failed;
}

Status IndexRunWriter::Finish(IndexRunInfo* info) {
  if (impl_->failed.ok()) impl_->failed = impl_->Finish(info);
  return impl_->failed;
}

uint64_t IndexRunWriter::bytes_written() const { return impl_->written + impl_->buffer.size(); }

}  // namespace daybook
