#include "log/index_run.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "log/file_name.h"
#include "log/index_run_pages.h"
#include "log/location_page.h"
#include "log/posting_scan.h"
#include "log/stream_filter.h"

namespace daybook {

using index_run::HeldPage;
using index_run::LocationPageReader;
using index_run::PageKind;
using index_run::PostingScan;
using index_run::RunPages;
using index_run::Section;
using index_run::TreeEntry;

namespace {

// False: the run has no such tag stream.
Status AskFilter(const RunPages& pages, uint64_t key, ReadMode mode, bool* may_hold) {
  *may_hold = false;
  if (pages.section(Section::kFilter).pages == 0) return Status::Ok();
  uint64_t page = 0;
  DAYBOOK_RETURN_IF_ERROR(pages.FindPage(
      Section::kFilter, [&](const TreeEntry& entry) { return entry.key <= key; }, mode, &page));
  HeldPage held;
  DAYBOOK_RETURN_IF_ERROR(
      pages.ReadPage(pages.section(Section::kFilter).first_page + page, PageKind::kFilter, mode, &held));
  *may_hold = index_run::FilterMayHold(held.view(), key);
  return Status::Ok();
}

}  // namespace

IndexRun::IndexRun(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexRun::~IndexRun() = default;

Status IndexRun::Open(Env* env, const std::string& directory, const LogIdentity& identity,
                      const IndexRunInfo& listed, std::shared_ptr<BlockCache> cache,
                      std::shared_ptr<const IndexRun>* run) {
  DAYBOOK_ASSERT(cache != nullptr);
  std::string path = JoinPath(directory, IndexRunFileName(listed.run));
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kRead, &file));
  auto impl = std::make_unique<Impl>(std::move(path), identity, listed, std::move(cache), std::move(file));
  DAYBOOK_RETURN_IF_ERROR(impl->pages.Open());
  run->reset(new IndexRun(std::move(impl)));
  return Status::Ok();
}

const IndexRunInfo& IndexRun::info() const { return impl_->pages.info(); }
const std::string& IndexRun::path() const { return impl_->pages.path(); }
size_t IndexRun::memory_bytes() const { return sizeof(IndexRun) + impl_->pages.memory_bytes(); }

Status IndexRun::Locate(uint64_t seqnum, ReadMode mode, RecordLocation* location, bool* found) const {
  *found = false;
  const RunPages& pages = impl_->pages;
  const uint64_t first_page = pages.section(Section::kLocations).first_page;
  if (seqnum < info().first_seqnum || seqnum >= info().end_seqnum || info().records == 0) return Status::Ok();
  uint64_t page = 0;
  DAYBOOK_RETURN_IF_ERROR(pages.FindPage(
      Section::kLocations, [&](const TreeEntry& entry) { return entry.seqnum <= seqnum; }, mode, &page));
  HeldPage held;
  DAYBOOK_RETURN_IF_ERROR(pages.ReadPage(first_page + page, PageKind::kLocations, mode, &held));
  const bool holds = LocationPageReader(held.view()).Find(seqnum, location, found);
  return holds ? Status::Ok() : pages.Damaged(first_page + page);
}

Status IndexRun::ReadPostings(StreamKind kind, uint64_t key, uint64_t from, uint64_t to, bool reverse,
                              size_t max, ReadMode mode, std::vector<uint64_t>* seqnums, bool* more) const {
  *more = false;
  const RunPages& pages = impl_->pages;
  const Section section = kind == StreamKind::kTag ? Section::kTags : Section::kBooks;
  from = std::max(from, info().first_seqnum);
  if (info().end_seqnum == 0 || pages.section(section).pages == 0) return Status::Ok();
  to = std::min(to, info().end_seqnum - 1);
  if (from > to) return Status::Ok();
  if (kind == StreamKind::kTag) {
    bool may_hold = false;
    DAYBOOK_RETURN_IF_ERROR(AskFilter(pages, key, mode, &may_hold));
    if (!may_hold) return Status::Ok();
  }
  if (max == 0) {
    *more = true;
    return Status::Ok();
  }
  const size_t before = seqnums->size();
  PostingScan scan(&pages, section, key, from, to, max, mode, seqnums);
  Status status = reverse ? scan.Backward() : scan.Forward();
  if (!status.ok()) {
    seqnums->resize(before);
    return status;
  }
  *more = scan.more();
  return status;
}

Status IndexRun::FirstAtOrAfterTime(uint64_t time, ReadMode mode, std::optional<uint64_t>* seqnum) const {
  seqnum->reset();
  const RunPages& pages = impl_->pages;
  const index_run::SectionLayout& layout = pages.section(Section::kLocations);
  if (layout.pages == 0) return Status::Ok();
  uint64_t page = 0;
  DAYBOOK_RETURN_IF_ERROR(pages.FindPage(
      Section::kLocations, [&](const TreeEntry& entry) { return entry.key < time; }, mode, &page));
  HeldPage held;
  DAYBOOK_RETURN_IF_ERROR(pages.ReadPage(layout.first_page + page, PageKind::kLocations, mode, &held));
  LocationPageReader reader(held.view());
  if (!reader.SeekTime(time)) return pages.Damaged(layout.first_page + page);
  while (reader.remaining() > 0) {
    RecordLocation location;
    if (!reader.Next(&location)) return pages.Damaged(layout.first_page + page);
    if (location.timestamp < time) continue;
    *seqnum = location.seqnum;
    return Status::Ok();
  }
  if (page + 1 == layout.pages) return Status::Ok();
  TreeEntry entry;
  DAYBOOK_RETURN_IF_ERROR(pages.EntryOf(Section::kLocations, page + 1, mode, &entry));
  *seqnum = entry.seqnum;
  return Status::Ok();
}

}  // namespace daybook
