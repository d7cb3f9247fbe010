#include <array>
#include <deque>
#include <utility>

#include "base/assert.h"
#include "log/file_name.h"
#include "log/index_run.h"
#include "log/index_run_format.h"
#include "log/location_page.h"
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
using index_run::PostingWriter;
using index_run::RunDescription;
using index_run::RunLayout;
using index_run::Section;
using index_run::TreeEntry;

namespace {

constexpr size_t kWriteBufferSize = size_t{256} << 10U;

// What has been begun; a writer only goes on.
enum class Stage : uint8_t { kLocations, kTags, kBooks, kFinished };

}  // namespace

struct IndexRunWriter::Impl {
  Impl(Env* env_in, std::string directory_in, const LogIdentity& identity_in, const IndexRunInfo& info)
      : env(env_in),
        directory(std::move(directory_in)),
        identity(identity_in),
        crc_base(index_run::RunCrcBase(identity_in, info.run)),
        tags(info.first_seqnum, SinkOf(Section::kTags)),
        books(info.first_seqnum, SinkOf(Section::kBooks)) {
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
    return Status::Ok();
  }

  Status PutPage(const Page& page) {
    buffer.insert(buffer.end(), page.begin(), page.end());
    return buffer.size() < kWriteBufferSize ? Status::Ok() : FlushBuffer();
  }

  Status AddPage(Section section, PageKind kind, uint8_t flags, size_t count, TreeEntry first, Page* page) {
    index_run::SealPage(crc_base, next_page(), kind, flags, count, page);
    entries[static_cast<size_t>(section)].push_back(first);
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
      if (stage == Stage::kTags) AddToFilter(stream_key);
    }
    ++description.postings;
    return (stage == Stage::kTags ? tags : books).Add(seqnum);
  }

  void AddToFilter(uint64_t key) {
    if (filter.Add(key)) return;
    FinishFilterPage();
    DAYBOOK_ASSERT(filter.Add(key));
  }

  void FinishFilterPage() {
    if (filter.count() == 0) return;
    filter_firsts.push_back(filter.first());
    filter_counts.push_back(filter.count());
    filter_pages.emplace_back();
    filter.Finish(&filter_pages.back());
  }

  Status WriteFilter() {
    FinishFilterPage();
    for (size_t i = 0; i < filter_pages.size(); ++i) {
      DAYBOOK_RETURN_IF_ERROR(AddPage(Section::kFilter, PageKind::kFilter, 0, filter_counts[i],
                                      filter_firsts[i], &filter_pages[i]));
    }
    return Status::Ok();
  }

  Status WriteTrees(const RunLayout& layout) {
    for (size_t i = 0; i < kSectionCount; ++i) {
      std::vector<TreeEntry> level_entries = std::move(entries[i]);
      for (const index_run::TreeLevel& level : layout.sections[i].levels) {
        DAYBOOK_ASSERT(level.first_page == next_page() && level.entries == level_entries.size());
        std::vector<TreeEntry> firsts;
        for (size_t page_index = 0; page_index < level.pages; ++page_index) {
          const std::span<const TreeEntry> part =
              std::span(level_entries).subspan(page_index * kTreeFanOut, level.EntriesOf(page_index));
          Page page;
          EncodeTreePage(part, &page);
          index_run::SealPage(crc_base, next_page(), PageKind::kTree, 0, part.size(), &page);
          DAYBOOK_RETURN_IF_ERROR(PutPage(page));
          firsts.push_back(part[0]);
        }
        level_entries = std::move(firsts);
      }
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

  Stage stage = Stage::kLocations;
  RecordLocation last_location;
  uint64_t stream_key = 0;
  bool stream_begun = false;    // in this stage
  bool stream_counted = false;  // the stream has a posting

  LocationPageBuilder locations;
  PostingWriter tags;
  PostingWriter books;
  FilterPageBuilder filter;
  // Pages of the filter, which stand behind the postings.
  std::deque<Page> filter_pages;
  std::vector<TreeEntry> filter_firsts;
  std::vector<size_t> filter_counts;
  std::array<std::vector<TreeEntry>, kSectionCount> entries;  // of the lowest level of each tree
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
