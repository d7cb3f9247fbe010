#include "log/log_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "base/assert.h"
#include "log/identity.h"
#include "log/query_walk.h"

namespace daybook {
namespace {

// Scans that walk close records fetch this much at once.
constexpr size_t kWindowBytes = size_t{64} << 10U;
// So many postings are taken out of a run at once.
constexpr size_t kPostingsAtOnce = 512;

// Bytes of one file that a scan has fetched already.
struct Window {
  uint64_t segment = 0;
  uint64_t offset = 0;
  std::vector<std::byte> bytes;

  [[nodiscard]] bool Holds(const RecordLocation& location) const {
    return location.segment == segment && location.offset >= offset &&
           location.offset + location.size <= offset + bytes.size();
  }
  [[nodiscard]] bool IsNear(const RecordLocation& location) const {
    return location.segment == segment && location.offset >= offset &&
           location.offset < offset + bytes.size() + kWindowBytes;
  }
};

class Scan {
 public:
  Scan(const LogState& state, const ReadRequest& request, ReadMode mode, ReadOutput* output)
      : state_(state),
        request_(request),
        mode_(mode),
        output_(output),
        query_(request.query != nullptr && !request.query->whole_book ? request.query : nullptr),
        kind_(request.tag.empty() ? StreamKind::kBook : StreamKind::kTag),
        stream_(request.tag.empty() ? request.book
                                    : StreamOf(state.identity.hash_seed(), request.book, request.tag)),
        from_(request.from),
        to_(request.to) {}

  Status Run() {
    const Status status = WalkParts();
    // Records in front of a failure are handed out first; the failure meets the next call.
    if (status.ok() || output_->found.empty()) return status;
    output_->more = true;
    return Status::Ok();
  }

 private:
  Status WalkParts() {
    {
      const std::shared_lock lock(state_.mutex);
      DAYBOOK_RETURN_IF_ERROR(CheckName());
      if (!Clamp()) return CheckNothing();
      version_ = state_.version;
      frozen_ = state_.frozen;
      active_ = state_.active;
      tables_from_ = state_.tables_from;
    }
    if (request_.reverse) {
      DAYBOOK_RETURN_IF_ERROR(WalkTables());
      for (size_t i = version_->runs.size(); i > 0 && !done_; --i)
        DAYBOOK_RETURN_IF_ERROR(WalkRun(*version_->runs[i - 1]));
    } else {
      for (size_t i = FirstRun(); i < version_->runs.size() && !done_; ++i)
        DAYBOOK_RETURN_IF_ERROR(WalkRun(*version_->runs[i]));
      if (!done_) DAYBOOK_RETURN_IF_ERROR(WalkTables());
    }
    return done_ ? Status::Ok() : CheckNothing();
  }

  Status CheckName() const {
    if (state_.damage.empty()) return Status::Ok();
    const BookTable::Book* book = state_.books.Find(request_.book);
    return book == nullptr || !book->named ? state_.damage.CheckUnnamedBook() : Status::Ok();
  }

  // Narrows the range to what is visible and not trimmed. False: nothing is left.
  bool Clamp() {
    const BookTable::Book* book = state_.books.Find(request_.book);
    if (book == nullptr || state_.visible_end == 0) return false;
    if (!request_.with_trimmed) from_ = std::max(from_, book->trim_before);
    if (book->tag_trim_before > from_ || !request_.trimmed_now.empty()) ClampToTags(*book);
    // The end is fixed here, so that a scan does not run after appends for ever.
    to_ = std::min(to_, state_.visible_end - 1);
    return from_ <= to_;
  }

  // What does not carry the tag any more is not looked at; the rest is told by the records.
  void ClampToTags(const BookTable::Book& book) {
    if (request_.with_trimmed) return;
    tags_trimmed_before_ = book.tag_trim_before;
    for (const TagMark& mark : request_.trimmed_now)
      tags_trimmed_before_ = std::max(tags_trimmed_before_, mark.before);
    if (!request_.tag.empty()) from_ = std::max(from_, Tags().TrimmedBefore(request_.tag));
  }

  // REQUIRES: the lock.
  [[nodiscard]] LiveTags Tags() const {
    return {state_.identity.hash_seed(), request_.book, state_.tag_trims.MarksOf(request_.book),
            request_.trimmed_now};
  }

  // The range holds nothing more, unless damage hides it.
  Status CheckNothing() const {
    return state_.damage.empty() || from_ > to_ ? Status::Ok() : state_.damage.Check(from_, to_);
  }

  // No damage lies between where the scan has come and `next`.
  [[nodiscard]] Status CheckUpTo(uint64_t next) const {
    if (state_.damage.empty()) return Status::Ok();
    return request_.reverse ? state_.damage.Check(next, to_) : state_.damage.Check(from_, next);
  }

  [[nodiscard]] size_t FirstRun() const {
    const auto at =
        std::partition_point(version_->runs.begin(), version_->runs.end(),
                             [&](const SharedRun& run) { return run->info().end_seqnum <= from_; });
    return static_cast<size_t>(at - version_->runs.begin());
  }

  // --- The part of the index that is in memory ---

  Status WalkTables() {
    const std::array<const MemTable*, 2> tables = {frozen_.get(), active_.get()};
    for (size_t i = 0; i < tables.size() && !done_; ++i) {
      const MemTable* table = tables[request_.reverse ? 1 - i : i];
      if (table != nullptr) DAYBOOK_RETURN_IF_ERROR(WalkTable(*table));
    }
    return Status::Ok();
  }

  Status WalkTable(const MemTable& table) {
    while (from_ <= to_ && !done_) {
      RecordLocation cold;
      bool found = false;
      {
        const std::shared_lock lock(state_.mutex);
        DAYBOOK_RETURN_IF_ERROR(TakeHot(table, &cold, &found));
      }
      if (done_ || !found) return Status::Ok();
      DAYBOOK_RETURN_IF_ERROR(Fetch(cold));
    }
    return Status::Ok();
  }

  // Takes records as long as they are in memory; `*cold` is the first that is not. `*found` is false
  // when the table holds no more.
  Status TakeHot(const MemTable& table, RecordLocation* cold, bool* found) {
    if (query_ != nullptr) return TakeHotByQuery(table, cold, found);
    const TagIndex::Stream seqnums = table.streams(kind_).Find(stream_);
    size_t begin = seqnums.LowerBound(std::max(from_, tables_from_));
    size_t end = seqnums.UpperBound(to_);
    while (begin < end) {
      const uint64_t next = seqnums[request_.reverse ? --end : begin++];
      DAYBOOK_RETURN_IF_ERROR(TakeFrom(table, next, cold, found));
      if (*found || done_) return Status::Ok();
    }
    *found = false;
    return Status::Ok();
  }

  Status TakeHotByQuery(const MemTable& table, RecordLocation* cold, bool* found) {
    QueryWalk walk(*query_, state_.identity.hash_seed(), request_.book, table, request_.reverse);
    *found = false;
    while (!*found && !done_ && from_ <= to_) {
      const uint64_t lowest = std::max(from_, tables_from_);
      std::optional<uint64_t> next;
      DAYBOOK_RETURN_IF_ERROR(walk.Next(request_.reverse ? to_ : lowest, &next));
      if (!next.has_value() || *next < lowest || *next > to_) return Status::Ok();
      DAYBOOK_RETURN_IF_ERROR(TakeFrom(table, *next, cold, found));
    }
    return Status::Ok();
  }

  // Takes the table's record with this seqnum, if its bytes are in memory; else says where they are.
  Status TakeFrom(const MemTable& table, uint64_t seqnum, RecordLocation* cold, bool* found) {
    DAYBOOK_RETURN_IF_ERROR(CheckUpTo(seqnum));
    const std::optional<RecordLocation> location = table.batches.Locate(seqnum, &batch_hint_);
    DAYBOOK_ASSERT(location.has_value());
    const std::byte* hot = state_.slabs.Find(*location, &slab_hint_);
    *found = hot == nullptr;
    if (*found) {
      *cold = *location;
    } else {
      TakeChecked(*location, {hot, location->size});
    }
    return Status::Ok();
  }

  // The bytes were checked when they were written or read.
  void TakeChecked(const RecordLocation& location, std::span<const std::byte> bytes) {
    RecordView record;
    DAYBOOK_ASSERT(ParseRecord(bytes, &record) == ParseResult::kOk);
    ++output_->hot;
    TakeHeld(location, &record);
  }

  // --- The part that is on disk ---

  Status WalkRun(const IndexRun& run) {
    const IndexRunInfo& info = run.info();
    if (query_ != nullptr) return WalkRunByQuery(run);
    bool more = true;
    while (more && !done_ && from_ <= to_ && from_ < info.end_seqnum && to_ >= info.first_seqnum) {
      const size_t wanted = std::min<size_t>(request_.limit - output_->found.size(), kPostingsAtOnce);
      std::vector<uint64_t> seqnums;
      DAYBOOK_RETURN_IF_ERROR(Blame(run, run.ReadPostings(kind_, stream_, from_, to_, request_.reverse,
                                                          wanted, mode_, &seqnums, &more)));
      for (const uint64_t seqnum : seqnums) {
        DAYBOOK_RETURN_IF_ERROR(CheckUpTo(seqnum));
        DAYBOOK_RETURN_IF_ERROR(TakeAt(run, seqnum));
        if (done_) return Status::Ok();
      }
    }
    return Status::Ok();
  }

  Status WalkRunByQuery(const IndexRun& run) {
    const IndexRunInfo& info = run.info();
    QueryWalk walk(*query_, state_.identity.hash_seed(), request_.book, run, request_.reverse, mode_);
    while (!done_ && from_ <= to_ && from_ < info.end_seqnum && to_ >= info.first_seqnum) {
      std::optional<uint64_t> next;
      DAYBOOK_RETURN_IF_ERROR(Blame(run, walk.Next(request_.reverse ? to_ : from_, &next)));
      if (!next.has_value() || *next < from_ || *next > to_) return Status::Ok();
      DAYBOOK_RETURN_IF_ERROR(CheckUpTo(*next));
      DAYBOOK_RETURN_IF_ERROR(TakeAt(run, *next));
    }
    return Status::Ok();
  }

  Status TakeAt(const IndexRun& run, uint64_t seqnum) {
    const IndexRun* place = &run;
    const auto overlay = std::partition_point(
        version_->overlays.begin(), version_->overlays.end(),
        [&](const SharedRun& candidate) { return candidate->info().end_seqnum <= seqnum; });
    const bool rewritten = overlay != version_->overlays.end() && (*overlay)->info().first_seqnum <= seqnum;
    if (rewritten) place = overlay->get();
    RecordLocation location;
    bool found = false;
    DAYBOOK_RETURN_IF_ERROR(Blame(*place, place->Locate(seqnum, mode_, &location, &found)));
    // Of a rewritten segment only what was alive is left.
    if (!found && rewritten) return StepOver(seqnum);
    if (!found) {
      return Blame(*place,
                   {StatusCode::kCorrupt, place->path() + ": it names the record with seqnum " +
                                              std::to_string(seqnum) + " and does not say where it lies"});
    }
    {
      const std::shared_lock lock(state_.mutex);
      if (const std::byte* hot = state_.slabs.Find(location, &slab_hint_); hot != nullptr) {
        TakeChecked(location, {hot, location.size});
        return Status::Ok();
      }
    }
    return Fetch(location);
  }

  // A run that does not hold what it should is made again from the segments by whoever may wait.
  Status Blame(const IndexRun& run, const Status& status) {
    if (status.Is(StatusCode::kCorrupt)) output_->damaged_run = run.info().run;
    return status;
  }

  // --- Records ---

  // Reads a record from its file and takes it.
  Status Fetch(const RecordLocation& location) {
    SegmentFile file;
    const Status opened = state_.segments.Get(location.segment, mode_, &file);
    // The segment has gone since the scan began: what was in it was trimmed, or lies elsewhere now.
    if (opened.Is(StatusCode::kNotFound)) return Moved(location, opened);
    DAYBOOK_RETURN_IF_ERROR(opened);
    if (!window_.Holds(location)) DAYBOOK_RETURN_IF_ERROR(Fill(file, location));
    RecordView record;
    const std::span<const std::byte> bytes =
        std::span(window_.bytes)
            .subspan(static_cast<size_t>(location.offset - window_.offset), location.size);
    const bool good = ParseRecord(bytes, &record) == ParseResult::kOk &&
                      RecordCrc(RecordCrcBase(state_.identity, location.shard), location.local_id,
                                record.checked) == record.crc;
    if (!good) {
      window_.bytes.clear();
      return {StatusCode::kCorrupt, file.path + ", offset " + std::to_string(location.offset) +
                                        ": the checksum of the record with seqnum " +
                                        std::to_string(location.seqnum) + " does not hold"};
    }
    ++output_->from_files;
    if (location.seqnum < tags_trimmed_before_) {
      const std::shared_lock lock(state_.mutex);
      TakeHeld(location, &record);
    } else {
      Take(location, record);
    }
    return Status::Ok();
  }

  // REQUIRES: the lock.
  void TakeHeld(const RecordLocation& location, RecordView* record) {
    const bool is_gone = location.seqnum < tags_trimmed_before_ && record->book == request_.book &&
                         !Tags().Prune(location.seqnum, record, &live_tags_);
    if (is_gone) {
      (void)StepOver(location.seqnum);
    } else {
      Take(location, *record);
    }
  }

  Status Moved(const RecordLocation& location, const Status& missing) {
    const std::shared_lock lock(state_.mutex);
    const BookTable::Book* book = state_.books.Find(request_.book);
    if (book != nullptr && location.seqnum < book->trim_before) return StepOver(location.seqnum);
    if (version_ == state_.version) {
      // Its tags are all trimmed, and so was whatever else the segment held: nothing of it was moved.
      const bool is_gone = book != nullptr && location.seqnum < book->tag_trim_before &&
                           !state_.segments.Has(location.segment);
      if (is_gone) return StepOver(location.seqnum);
      return {StatusCode::kCorrupt, missing.message() +
                                        ", but the index says that it holds the record with seqnum " +
                                        std::to_string(location.seqnum)};
    }
    // Whoever asks again finds it where it lies now.
    output_->moved = true;
    return {StatusCode::kWouldBlock, "the record was moved"};
  }

  Status StepOver(uint64_t seqnum) {
    if (request_.reverse) {
      if (seqnum == 0) done_ = true;
      to_ = seqnum - 1;
    } else {
      from_ = seqnum + 1;
    }
    return Status::Ok();
  }

  Status Fill(const SegmentFile& file, const RecordLocation& location) {
    const bool wide = request_.limit > 1 && window_.IsNear(location);
    const size_t wanted = wide ? std::max(location.size, kWindowBytes) : location.size;
    window_.bytes.resize(wanted);
    size_t count = 0;
    const Status status = mode_ == ReadMode::kNoWait
                              ? file.file->ReadCached(location.offset, window_.bytes, &count)
                              : file.file->Read(location.offset, window_.bytes, &count);
    if (!status.ok()) {
      window_.bytes.clear();
      return status;
    }
    window_.bytes.resize(count);
    window_.segment = location.segment;
    window_.offset = location.offset;
    if (count >= location.size) return Status::Ok();
    window_.bytes.clear();
    return {StatusCode::kCorrupt, file.path + ", offset " + std::to_string(location.offset) +
                                      ": the file ends before the record with seqnum " +
                                      std::to_string(location.seqnum)};
  }

  // Hands a record out, unless the hash of another tag led here, and steps behind it.
  void Take(const RecordLocation& location, const RecordView& record) {
    if (IsMine(record) && !Put(location, record)) {
      done_ = true;
      output_->more = true;
      return;
    }
    (void)StepOver(location.seqnum);
    if (output_->found.size() < request_.limit) return;
    // Whether there is more is not looked up: whoever wants to know asks for it.
    done_ = true;
    output_->more = true;
  }

  [[nodiscard]] bool IsMine(const RecordView& record) const {
    if (record.book != request_.book) return false;
    if (query_ != nullptr) return query_->Matches(record);
    return request_.tag.empty() || HasTag(record, request_.tag);
  }

  // False if the output is full.
  bool Put(const RecordLocation& location, const RecordView& record) {
    if (request_.seqnums_only) {
      output_->found.push_back({location.seqnum, location.timestamp, output_->used, 0, output_->used, 0});
      return true;
    }
    const size_t size = record.tags.size() + record.data.size();
    std::byte* to = nullptr;
    if (output_->fixed.data() != nullptr) {
      if (size > output_->fixed.size() - output_->used) {
        if (output_->found.empty()) output_->needed = size;
        return false;
      }
      to = output_->fixed.data() + output_->used;
    } else {
      if (!output_->found.empty() && output_->used + size > ReadOutput::kGrowingBytesMax) return false;
      output_->growing.resize(output_->used + size);
      to = output_->growing.data() + output_->used;
    }
    if (!record.tags.empty()) std::memcpy(to, record.tags.data(), record.tags.size());
    if (!record.data.empty()) std::memcpy(to + record.tags.size(), record.data.data(), record.data.size());
    output_->found.push_back({location.seqnum, location.timestamp, output_->used, record.tag_count,
                              output_->used + record.tags.size(), record.data.size()});
    output_->used += size;
    return true;
  }

  const LogState& state_;
  const ReadRequest& request_;
  const ReadMode mode_;
  ReadOutput* const output_;
  const Query* const query_;
  const StreamKind kind_;
  const uint64_t stream_;
  uint64_t from_;
  uint64_t to_;
  std::shared_ptr<const IndexVersion> version_;
  std::shared_ptr<const MemTable> frozen_;
  std::shared_ptr<const MemTable> active_;
  uint64_t tables_from_ = 0;
  uint64_t tags_trimmed_before_ = 0;  // of records at or above no tag is trimmed
  std::vector<std::byte> live_tags_;  // of the record at hand
  Window window_;
  size_t batch_hint_ = 0;
  uint64_t slab_hint_ = 0;
  bool done_ = false;
};

}  // namespace

Status ReadRecords(const LogState& state, const ReadRequest& request, ReadMode mode, ReadOutput* output) {
  while (true) {
    output->moved = false;
    const Status status = Scan(state, request, mode, output).Run();
    if (status.ok() || !output->moved) return status;
  }
}

}  // namespace daybook
