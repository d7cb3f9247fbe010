#include "log/query_walk.h"

#include <algorithm>
#include <memory>

#include "log/ordered_batch.h"

namespace daybook {
namespace {

class TableCursor : public StreamCursor {
 public:
  TableCursor(const MemTable& table, uint64_t stream, bool reverse)
      : seqnums_(table.tags.Find(stream)), reverse_(reverse) {}

  Status Seek(uint64_t at, std::optional<uint64_t>* found) override {
    found->reset();
    if (reverse_) {
      const size_t end = seqnums_.UpperBound(at);
      if (end > 0) *found = seqnums_[end - 1];
    } else {
      const size_t begin = seqnums_.LowerBound(at);
      if (begin < seqnums_.size()) *found = seqnums_[begin];
    }
    return Status::Ok();
  }

 private:
  const TagIndex::Stream seqnums_;
  const bool reverse_;
};

// Takes postings in stretches: few where the walk leaps, more where it follows the stream.
class RunCursor : public StreamCursor {
 public:
  RunCursor(const IndexRun& run, uint64_t stream, bool reverse, ReadMode mode)
      : run_(run), stream_(stream), reverse_(reverse), mode_(mode) {}

  Status Seek(uint64_t at, std::optional<uint64_t>* found) override {
    found->reset();
    while (true) {
      while (next_ < taken_.size() && IsBefore(taken_[next_], at)) ++next_;
      if (next_ < taken_.size()) {
        *found = taken_[next_];
        ++answered_;
        return Status::Ok();
      }
      if (ended_) return Status::Ok();
      DAYBOOK_RETURN_IF_ERROR(Take(at));
    }
  }

 private:
  static constexpr size_t kStretchMin = 4;
  static constexpr size_t kStretchMax = 512;

  [[nodiscard]] bool IsBefore(uint64_t seqnum, uint64_t at) const {
    return reverse_ ? seqnum > at : seqnum < at;
  }

  Status Take(uint64_t at) {
    const bool follows = !taken_.empty() && answered_ >= taken_.size();
    stretch_ = follows ? std::min(stretch_ * 4, kStretchMax) : kStretchMin;
    const IndexRunInfo& info = run_.info();
    const uint64_t from = reverse_ ? info.first_seqnum : std::max(at, info.first_seqnum);
    const uint64_t to = reverse_ ? std::min(at, info.end_seqnum - 1) : info.end_seqnum - 1;
    taken_.clear();
    next_ = answered_ = 0;
    bool more = false;
    if (info.first_seqnum < info.end_seqnum && from <= to) {
      DAYBOOK_RETURN_IF_ERROR(
          run_.ReadPostings(StreamKind::kTag, stream_, from, to, reverse_, stretch_, mode_, &taken_, &more));
    }
    ended_ = !more;
    return Status::Ok();
  }

  const IndexRun& run_;
  const uint64_t stream_;
  const bool reverse_;
  const ReadMode mode_;
  std::vector<uint64_t> taken_;
  size_t next_ = 0;
  size_t answered_ = 0;  // questions, out of what was taken
  size_t stretch_ = kStretchMin;
  bool ended_ = false;
};

}  // namespace

QueryWalk::QueryWalk(const Query& query, const HashSeed& seed, uint64_t book, const MemTable& table,
                     bool reverse)
    : reverse_(reverse) {
  Open(query, seed, book, [&](uint64_t stream) -> std::unique_ptr<StreamCursor> {
    return std::make_unique<TableCursor>(table, stream, reverse);
  });
}

QueryWalk::QueryWalk(const Query& query, const HashSeed& seed, uint64_t book, const IndexRun& run,
                     bool reverse, ReadMode mode)
    : reverse_(reverse) {
  Open(query, seed, book, [&](uint64_t stream) -> std::unique_ptr<StreamCursor> {
    return std::make_unique<RunCursor>(run, stream, reverse, mode);
  });
}

void QueryWalk::Open(const Query& query, const HashSeed& seed, uint64_t book, const MakeCursor& make) {
  for (const Query::Term& tags : query.terms) {
    Term& term = terms_.emplace_back();
    for (const std::string_view tag : tags) term.streams.push_back(make(StreamOf(seed, book, tag)));
  }
}

// The term's next candidate: where all its streams meet.
Status QueryWalk::Advance(uint64_t at, Term* term) const {
  uint64_t candidate = at;
  size_t agreed = 0;
  for (size_t i = 0; agreed < term->streams.size(); i = (i + 1) % term->streams.size()) {
    std::optional<uint64_t> found;
    DAYBOOK_RETURN_IF_ERROR(term->streams[i]->Seek(candidate, &found));
    if (!found.has_value()) {
      term->done = true;
      term->next.reset();
      return Status::Ok();
    }
    agreed = *found == candidate ? agreed + 1 : 1;
    candidate = *found;
  }
  term->next = candidate;
  return Status::Ok();
}

Status QueryWalk::Next(uint64_t at, std::optional<uint64_t>* candidate) {
  candidate->reset();
  for (Term& term : terms_) {
    const bool is_passed = !term.next.has_value() || IsBehind(at, *term.next);
    if (is_passed && !term.done) DAYBOOK_RETURN_IF_ERROR(Advance(at, &term));
    if (term.next.has_value() && !IsBehind(at, *term.next) &&
        (!candidate->has_value() || IsBehind(**candidate, *term.next))) {
      *candidate = term.next;
    }
  }
  return Status::Ok();
}

}  // namespace daybook
