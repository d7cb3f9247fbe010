#include "log/log_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "base/assert.h"
#include "log/identity.h"

namespace daybook {
namespace {

// Scans that walk close records fetch this much at once.
constexpr size_t kWindowBytes = size_t{64} << 10U;

// Bytes of one file that a scan has fetched already.
struct Window {
  uint64_t segment = 0;
  uint64_t offset = 0;
  std::vector<std::byte> bytes;

  [[nodiscard]] bool Holds(const HotLocation& location) const {
    return location.segment == segment && location.offset >= offset &&
           location.offset + location.size <= offset + bytes.size();
  }
  [[nodiscard]] bool IsNear(const HotLocation& location) const {
    return location.segment == segment && location.offset >= offset &&
           location.offset < offset + bytes.size() + kWindowBytes;
  }
};

// Walks along a stream within inclusive bounds, in either direction. Valid while the index is.
class StreamWalk {
 public:
  StreamWalk(const std::vector<uint64_t>* seqnums, uint64_t from, uint64_t to, bool reverse)
      : reverse_(reverse) {
    if (seqnums == nullptr) return;
    begin_ = std::lower_bound(seqnums->data(), seqnums->data() + seqnums->size(), from);
    end_ = std::upper_bound(begin_, seqnums->data() + seqnums->size(), to);
  }

  std::optional<uint64_t> Next() {
    if (begin_ == end_) return std::nullopt;
    return reverse_ ? *--end_ : *begin_++;
  }

 private:
  const uint64_t* begin_ = nullptr;
  const uint64_t* end_ = nullptr;
  bool reverse_;
};

class Scan {
 public:
  Scan(const LogState& state, const ReadRequest& request, ReadMode mode, ReadOutput* output)
      : state_(state),
        request_(request),
        mode_(mode),
        output_(output),
        index_(request.tag.empty() ? state.book_index : state.index),
        stream_(request.tag.empty() ? request.book
                                    : StreamOf(state.identity.hash_seed(), request.book, request.tag)),
        from_(request.from),
        to_(request.to) {}

  Status Run() {
    while (true) {
      std::optional<HotLocation> cold;
      SegmentFile file;
      {
        std::shared_lock lock(state_.mutex);
        if (const Status status = WalkHot(&cold); !status.ok() || done_) return Settle(status);
        const auto segment = state_.segments.find(cold->segment);
        DAYBOOK_ASSERT(segment != state_.segments.end());
        file = segment->second;
      }
      if (const Status status = Fetch(file, *cold); !status.ok() || done_) return Settle(status);
    }
  }

 private:
  // Records in front of a failure are handed out first; the failure meets the next call.
  Status Settle(const Status& status) {
    if (status.ok() || output_->found.empty()) return status;
    output_->more = true;
    return Status::Ok();
  }

  // Narrows the range to what is visible and not trimmed. False: nothing is left.
  bool Clamp() {
    const BookTable::Book* book = state_.books.Find(request_.book);
    if (book == nullptr || state_.visible_end == 0) return false;
    from_ = std::max(from_, book->trim_before);
    // The end is fixed by the first look, so that a scan does not run after appends for ever.
    if (end_ == 0) end_ = state_.visible_end;
    to_ = std::min(to_, end_ - 1);
    return from_ <= to_;
  }

  // Takes records as long as they are in memory; `*cold` is the first that is not.
  Status WalkHot(std::optional<HotLocation>* cold) {
    if (!state_.damage.empty()) {
      const BookTable::Book* book = state_.books.Find(request_.book);
      if (book == nullptr || !book->named) DAYBOOK_RETURN_IF_ERROR(state_.damage.CheckUnnamedBook());
    }
    if (!Clamp()) return CheckNothing();
    StreamWalk walk(index_.Find(stream_), from_, to_, request_.reverse);
    while (true) {
      const std::optional<uint64_t> next = walk.Next();
      if (!next.has_value()) return CheckNothing();
      if (!state_.damage.empty()) {
        DAYBOOK_RETURN_IF_ERROR(request_.reverse ? state_.damage.Check(*next, to_)
                                                 : state_.damage.Check(from_, *next));
      }
      const std::optional<HotLocation> location = state_.batches.Locate(*next, &batch_hint_);
      DAYBOOK_ASSERT(location.has_value());
      if (location->hot == nullptr) {
        *cold = location;
        return Status::Ok();
      }
      RecordView record;
      DAYBOOK_ASSERT(ParseRecord({location->hot, location->size}, &record) == ParseResult::kOk);
      Take(*location, record);
      if (done_) return Status::Ok();
    }
  }

  // The range holds nothing more, unless damage hides it.
  Status CheckNothing() {
    if (!state_.damage.empty() && from_ <= to_) DAYBOOK_RETURN_IF_ERROR(state_.damage.Check(from_, to_));
    return Finish();
  }

  Status Finish() {
    done_ = true;
    return Status::Ok();
  }

  // Reads a record from its file and takes it.
  Status Fetch(const SegmentFile& file, const HotLocation& location) {
    if (!window_.Holds(location)) DAYBOOK_RETURN_IF_ERROR(Fill(file, location));
    RecordView record;
    const std::span<const std::byte> bytes =
        std::span(window_.bytes)
            .subspan(static_cast<size_t>(location.offset - window_.offset), location.size);
    const bool good = ParseRecord(bytes, &record) == ParseResult::kOk &&
                      RecordCrc(RecordCrcBase(state_.identity, location.shard), location.local_id,
                                record.checked) == record.crc;
    if (!good) {
      return {StatusCode::kCorrupt, file.path + ", offset " + std::to_string(location.offset) +
                                        ": the checksum of the record with seqnum " +
                                        std::to_string(location.seqnum) + " does not hold"};
    }
    Take(location, record);
    return Status::Ok();
  }

  Status Fill(const SegmentFile& file, const HotLocation& location) {
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
  void Take(const HotLocation& location, const RecordView& record) {
    const bool mine = record.book == request_.book && (request_.tag.empty() || HasTag(record, request_.tag));
    if (mine && !Put(location, record)) {
      done_ = true;
      output_->more = true;
      return;
    }
    if (request_.reverse) {
      if (location.seqnum == 0) done_ = true;
      to_ = location.seqnum - 1;
    } else {
      from_ = location.seqnum + 1;
    }
    if (output_->found.size() < request_.limit) return;
    // Whether there is more is not looked up: whoever wants to know asks for it.
    done_ = true;
    output_->more = true;
  }

  // False if the output is full.
  bool Put(const HotLocation& location, const RecordView& record) {
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
    // The tags stand in front of the data, in the record as in the output.
    if (size > 0) std::memcpy(to, record.tags.data(), size);
    output_->found.push_back({location.seqnum, location.timestamp, output_->used, record.tag_count,
                              output_->used + record.tags.size(), record.data.size()});
    output_->used += size;
    return true;
  }

  const LogState& state_;
  const ReadRequest& request_;
  const ReadMode mode_;
  ReadOutput* const output_;
  const TagIndex& index_;
  const uint64_t stream_;
  uint64_t from_;
  uint64_t to_;
  uint64_t end_ = 0;
  Window window_;
  size_t batch_hint_ = 0;
  bool done_ = false;
};

}  // namespace

Status ReadRecords(const LogState& state, const ReadRequest& request, ReadMode mode, ReadOutput* output) {
  return Scan(state, request, mode, output).Run();
}

Status SeqnumAtTime(const LogState& state, uint64_t book, uint64_t time, uint64_t* seqnum) {
  std::shared_lock lock(state.mutex);
  const BookTable::Book* entry = state.books.Find(book);
  const uint64_t trimmed = entry == nullptr ? 0 : entry->trim_before;
  *seqnum = 0;
  if (state.visible_end == 0) return Status::Ok();
  const uint64_t last = state.visible_end - 1;
  const std::optional<uint64_t> from = state.batches.FirstAtOrAfterTime(time);
  if (!state.damage.empty()) DAYBOOK_RETURN_IF_ERROR(state.damage.Check(0, last));
  if (from.has_value()) {
    const std::optional<uint64_t> next = state.book_index.Next(book, std::max(*from, trimmed));
    // A batch that is being published may stand in the index already.
    if (next.has_value() && *next < state.visible_end) {
      *seqnum = *next;
      return Status::Ok();
    }
  }
  const std::optional<uint64_t> tail = state.book_index.Previous(book, last);
  *seqnum = tail.has_value() && *tail >= trimmed ? *tail + 1 : 0;
  return Status::Ok();
}

}  // namespace daybook
