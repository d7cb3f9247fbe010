#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "log/index_run_pages.h"
#include "log/location_page.h"
#include "log/posting_page.h"

namespace daybook {

using index_run::Chunk;
using index_run::ChunkSeqnums;
using index_run::DecodeFooter;
using index_run::DecodeHeader;
using index_run::Fragment;
using index_run::kPageSize;
using index_run::LocationPageReader;
using index_run::PageKind;
using index_run::PageView;
using index_run::PostingPageReader;
using index_run::RunDescription;
using index_run::RunPages;
using index_run::Section;
using index_run::SectionLayout;

namespace {

constexpr size_t kReadAheadPages = 16;

// What a view is before it is one of a page.
constexpr index_run::Page kZeros{};
constexpr PageView kNoPage{kZeros};

// The pages of a run from front to back, each checked, read some at a time.
class PageWalk {
 public:
  explicit PageWalk(const RunPages* pages) : pages_(pages) {}

  // The view is good until the next call. REQUIRES: there is a next page.
  Status Next(PageKind kind, PageView* view) {
    DAYBOOK_RETURN_IF_ERROR(Fetch(view));
    const bool holds = index_run::PageHolds(pages_->crc_base(), number_, kind, *view);
    return holds ? Status::Ok() : pages_->Damaged(number_);
  }

  Status CheckHeader() {
    PageView view = kNoPage;
    DAYBOOK_RETURN_IF_ERROR(Fetch(&view));
    RunDescription header;
    const auto parsed = DecodeHeader(pages_->identity(), pages_->info().run, view, &header);
    return parsed == ParseResult::kOk ? Status::Ok() : pages_->Damaged(number_);
  }

  // What no stream leads to: filter, trees and footer.
  Status CheckRest() {
    const uint64_t footer_page = pages_->layout().footer_page;
    const SectionLayout& filter = pages_->section(Section::kFilter);
    PageView view = kNoPage;
    while (next_ < footer_page) {
      const bool in_filter = next_ < filter.first_page + filter.pages;
      DAYBOOK_RETURN_IF_ERROR(Next(in_filter ? PageKind::kFilter : PageKind::kTree, &view));
    }
    DAYBOOK_RETURN_IF_ERROR(Fetch(&view));
    RunDescription footer;
    const auto parsed = DecodeFooter(pages_->identity(), pages_->info().run, footer_page, view, &footer);
    return parsed == ParseResult::kOk && footer == pages_->description() ? Status::Ok()
                                                                         : pages_->Damaged(footer_page);
  }

  // Of the page that came last.
  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] uint64_t next() const { return next_; }

 private:
  Status Fetch(PageView* view) {
    number_ = next_;
    if (number_ >= begin_ + buffer_.size() / kPageSize) {
      const uint64_t left = pages_->layout().footer_page + 1 - number_;
      begin_ = number_;
      buffer_.resize(static_cast<size_t>(std::min<uint64_t>(left, kReadAheadPages)) * kPageSize);
      if (Status read = pages_->ReadPast(begin_, buffer_); !read.ok()) {
        buffer_.clear();
        return read;
      }
    }
    *view = PageView(buffer_.data() + static_cast<size_t>(number_ - begin_) * kPageSize, kPageSize);
    ++next_;
    return Status::Ok();
  }

  const RunPages* const pages_;
  std::vector<std::byte> buffer_;
  uint64_t begin_ = 0;  // the page that the buffer begins with
  uint64_t next_ = 0;
  uint64_t number_ = 0;
};

}  // namespace

struct IndexRunCursor::Impl {
  explicit Impl(const RunPages* pages_in) : pages(pages_in), walk(pages_in) {}

  [[nodiscard]] Status Damaged() const { return pages->Damaged(walk.number()); }
  [[nodiscard]] uint64_t EndOf(Section which) const {
    const SectionLayout& layout = pages->section(which);
    return layout.first_page + layout.pages;
  }

  Status Begin() {
    if (walk.next() > 0) return Status::Ok();
    return walk.CheckHeader();
  }

  // ---- Locations ----

  Status NextLocation(RecordLocation* location, bool* found) {
    *found = false;
    DAYBOOK_RETURN_IF_ERROR(Begin());
    while (!locations || locations->remaining() == 0) {
      if (walk.next() >= EndOf(Section::kLocations)) {
        const bool all = locations_seen == pages->description().records || streams_begun;
        return all ? Status::Ok() : pages->Damaged(pages->layout().footer_page);
      }
      PageView view = kNoPage;
      DAYBOOK_RETURN_IF_ERROR(walk.Next(PageKind::kLocations, &view));
      locations.emplace(view);
    }
    RecordLocation next;
    if (!locations->Next(&next)) return Damaged();
    const bool fits = locations_seen == 0
                          ? next.seqnum >= pages->info().first_seqnum
                          : next.seqnum > last_location.seqnum && next.timestamp >= last_location.timestamp;
    if (!fits || next.seqnum >= pages->info().end_seqnum) return Damaged();
    ++locations_seen;
    *location = last_location = next;
    *found = true;
    return Status::Ok();
  }

  // ---- Streams ----

  Status BeginStreams() {
    if (std::exchange(streams_begun, true)) return Status::Ok();
    DAYBOOK_RETURN_IF_ERROR(Begin());
    locations.reset();
    PageView view = kNoPage;
    while (walk.next() < EndOf(Section::kLocations))
      DAYBOOK_RETURN_IF_ERROR(walk.Next(PageKind::kLocations, &view));
    return Status::Ok();
  }

  Status NextPostingPage() {
    PageView view = kNoPage;
    DAYBOOK_RETURN_IF_ERROR(walk.Next(PageKind::kPostings, &view));
    postings.emplace(view, pages->info().first_seqnum, pages->info().end_seqnum);
    fragments_read = 0;
    at = 0;
    // A page goes on with a stream if and only if one has announced it.
    return postings->count() > 0 && postings->continues() == in_stream ? Status::Ok() : Damaged();
  }

  // The next fragment of the page, and its first chunk.
  Status NextFragment() {
    const uint64_t key_before = fragment.key;
    if (!postings->ReadFragment(fragments_read, &at, &fragment)) return Damaged();
    // In a page the keys ascend; the first one is compared with the page before.
    if (fragments_read == 0 && any_stream) {
      if (in_stream ? fragment.key != key_before || fragment.first <= last_seqnum
                    : fragment.key <= key_before)
        return Damaged();
    }
    ++fragments_read;
    last_seqnum = fragment.first;
    first_waits = true;
    return NextChunk();
  }

  Status NextChunk() {
    if (!postings->ReadChunk(&at, last_seqnum, &chunk)) return Damaged();
    postings_seen += chunk.count;
    taken = 0;
    if (chunk.width > 0 && !postings->Unpack(chunk, &unpacked)) return Damaged();
    last_seqnum = chunk.width > 0 ? unpacked[static_cast<size_t>(chunk.count) - 1] : chunk.last;
    in_stream = chunk.more;
    return Status::Ok();
  }

  // The next chunk of the stream, maybe in the next page. REQUIRES: in_stream.
  Status GoOn() {
    if (!chunk.continued) return NextChunk();
    if (fragments_read < postings->count() || walk.next() >= EndOf(section)) return Damaged();
    DAYBOOK_RETURN_IF_ERROR(NextPostingPage());
    DAYBOOK_RETURN_IF_ERROR(NextFragment());
    ++postings_seen;
    return Status::Ok();
  }

  Status NextStream(StreamKind* kind, uint64_t* key, bool* found) {
    *found = false;
    DAYBOOK_RETURN_IF_ERROR(BeginStreams());
    while (in_stream) DAYBOOK_RETURN_IF_ERROR(GoOn());
    taken = chunk.count;
    first_waits = false;
    if (finished) return Status::Ok();
    while (!postings || fragments_read == postings->count()) {
      if (walk.next() < EndOf(section)) {
        DAYBOOK_RETURN_IF_ERROR(NextPostingPage());
      } else if (section == Section::kTags) {
        tag_streams_seen = std::exchange(streams_seen, 0);
        section = Section::kBooks;
        any_stream = false;
      } else {
        finished = true;
        return CheckEnd();
      }
    }
    DAYBOOK_RETURN_IF_ERROR(NextFragment());
    any_stream = true;
    ++postings_seen;
    ++streams_seen;
    *kind = section == Section::kTags ? StreamKind::kTag : StreamKind::kBook;
    *key = fragment.key;
    *found = true;
    return Status::Ok();
  }

  Status CheckEnd() {
    DAYBOOK_RETURN_IF_ERROR(walk.CheckRest());
    const RunDescription& description = pages->description();
    const bool all = tag_streams_seen == description.tag_streams &&
                     streams_seen == description.book_streams && postings_seen == description.postings;
    return all ? Status::Ok() : pages->Damaged(pages->layout().footer_page);
  }

  Status NextPostings(size_t max, std::vector<uint64_t>* seqnums) {
    while (max > 0) {
      if (first_waits) {
        first_waits = false;
        seqnums->push_back(fragment.first);
        --max;
      } else if (taken < chunk.count) {
        const uint64_t seqnum =
            chunk.width > 0 ? unpacked[static_cast<size_t>(taken)] : chunk.before + taken + 1;
        seqnums->push_back(seqnum);
        ++taken;
        --max;
      } else if (in_stream) {
        DAYBOOK_RETURN_IF_ERROR(GoOn());
      } else {
        break;
      }
    }
    return Status::Ok();
  }

  const RunPages* const pages;
  PageWalk walk;
  Status failed;  // the first failure; a cursor does not go on behind it

  std::optional<LocationPageReader> locations;  // of the page that came last
  uint64_t locations_seen = 0;
  RecordLocation last_location;

  bool streams_begun = false;
  bool finished = false;
  Section section = Section::kTags;
  std::optional<PostingPageReader> postings;  // of the page that came last
  size_t fragments_read = 0;
  size_t at = 0;
  Fragment fragment;
  Chunk chunk;
  ChunkSeqnums unpacked{};
  bool first_waits = false;  // the first seqnum of the fragment has not been taken
  uint64_t taken = 0;        // of the chunk
  bool in_stream = false;    // the stream goes on behind the chunk
  bool any_stream = false;   // in this section
  uint64_t last_seqnum = 0;  // of the chunk
  uint64_t streams_seen = 0;
  uint64_t tag_streams_seen = 0;
  uint64_t postings_seen = 0;
};

IndexRunCursor::IndexRunCursor(const IndexRun* run) : impl_(std::make_unique<Impl>(&run->impl_->pages)) {}
IndexRunCursor::~IndexRunCursor() = default;

std::unique_ptr<IndexRunCursor> IndexRun::Walk() const { return std::make_unique<IndexRunCursor>(this); }

Status IndexRunCursor::NextLocation(RecordLocation* location, bool* found) {
  if (impl_->failed.ok()) impl_->failed = impl_->NextLocation(location, found);
  return impl_->failed;
}

Status IndexRunCursor::NextStream(StreamKind* kind, uint64_t* key, bool* found) {
  if (impl_->failed.ok()) impl_->failed = impl_->NextStream(kind, key, found);
  return impl_->failed;
}

Status IndexRunCursor::NextPostings(size_t max, std::vector<uint64_t>* seqnums) {
  if (impl_->failed.ok()) impl_->failed = impl_->NextPostings(max, seqnums);
  return impl_->failed;
}

}  // namespace daybook
