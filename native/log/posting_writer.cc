#include "log/posting_writer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace daybook::index_run {
namespace {

// A stream that does not fit into what is left of a page begins there only with so much room for its chunks.
constexpr size_t kFragmentRoomMin = 256;
// A packed chunk is cut at the end of a page only if at least so many gaps still fit.
constexpr size_t kCutGapsMin = 8;

}  // namespace

PostingWriter::PostingWriter(uint64_t base, Sink sink) : builder_(base), sink_(std::move(sink)) {
  gaps_.reserve(kChunkGapsMax);
}

Status PostingWriter::Begin(uint64_t key) {
  DAYBOOK_RETURN_IF_ERROR(EndStream());
  key_ = key;
  in_stream_ = true;
  return Status::Ok();
}

Status PostingWriter::Add(uint64_t seqnum) {
  DAYBOOK_ASSERT(in_stream_ && (!any_ || seqnum > last_));
  ++postings_;
  if (!any_) {
    any_ = true;
    encoded_ = last_ = seqnum;
    return Status::Ok();
  }
  const uint64_t gap = seqnum - last_ - 1;
  if (gap == 0 && gaps_.empty() && consecutive_ > 0) {
    ++consecutive_;
    last_ = seqnum;
    return Status::Ok();
  }
  if (gaps_.size() == kChunkGapsMax) DAYBOOK_RETURN_IF_ERROR(FlushGaps(false));
  last_ = seqnum;
  if (gap == 0 && gaps_.empty() && consecutive_ > 0) {
    ++consecutive_;
  } else {
    gaps_.push_back(gap);
  }
  return Status::Ok();
}

Status PostingWriter::EndStream() {
  if (!any_) {
    in_stream_ = false;
    return Status::Ok();
  }
  DAYBOOK_RETURN_IF_ERROR(FlushGaps(true));
  in_stream_ = any_ = open_ = false;
  return Status::Ok();
}

Status PostingWriter::Finish() {
  DAYBOOK_RETURN_IF_ERROR(EndStream());
  return builder_.empty() ? Status::Ok() : FinishPage();
}

// Puts the gaps into chunks. Those of a run of consecutive seqnums at their end stay, unless the stream ends.
Status PostingWriter::FlushGaps(bool ended) {
  plan_.clear();
  PlanChunks(gaps_, &plan_);
  if (!open_) {
    // Nothing of the stream is in a page yet. If it has ended it is all here.
    size_t size = ended ? 1 : kFragmentRoomMin;
    for (const ChunkPlan& chunk : plan_) size += PostingPageBuilder::ChunkSizeMax(chunk.count, chunk.width);
    DAYBOOK_RETURN_IF_ERROR(BeginFragment(size));
  }
  if (ended && plan_.empty() && consecutive_ == 0) {
    // Just one posting; anything else would have left a gap.
    builder_.AddNone(false);
    return Status::Ok();
  }
  size_t begin = 0;
  for (size_t i = 0; i < plan_.size(); ++i) {
    const ChunkPlan& chunk = plan_[i];
    if (chunk.width == 0) {
      consecutive_ += chunk.count;
    } else {
      if (consecutive_ > 0) DAYBOOK_RETURN_IF_ERROR(FlushConsecutive(true));
      const bool more = !ended || i + 1 < plan_.size();
      DAYBOOK_RETURN_IF_ERROR(AddChunk(std::span(gaps_).subspan(begin, chunk.count), chunk.width, more));
    }
    begin += chunk.count;
  }
  gaps_.clear();
  if (ended && consecutive_ > 0) return FlushConsecutive(false);
  return Status::Ok();
}

Status PostingWriter::FlushConsecutive(bool more) {
  const uint64_t count = std::exchange(consecutive_, 0);
  return AddConsecutive(count, more);
}

Status PostingWriter::BeginFragment(size_t size) {
  const size_t room = builder_.RoomInFragment(key_, encoded_);
  if (!builder_.empty() && room < std::min(size, kFragmentRoomMin)) DAYBOOK_RETURN_IF_ERROR(FinishPage());
  builder_.BeginFragment(key_, encoded_, false);
  open_ = true;
  return Status::Ok();
}

Status PostingWriter::AddChunk(std::span<const uint64_t> gaps, unsigned width, bool more) {
  while (!gaps.empty()) {
    size_t fit = gaps.size();
    while (fit > 0 && PostingPageBuilder::ChunkSizeMax(fit, width) > builder_.room()) --fit;
    if (fit == gaps.size() || fit >= kCutGapsMin) {
      const uint64_t before = encoded_;
      for (const uint64_t gap : gaps.first(fit)) encoded_ += gap + 1;
      builder_.AddChunk(gaps.first(fit), width, before, more || fit < gaps.size());
      gaps = gaps.subspan(fit);
    }
    if (gaps.empty()) break;
    // The first of the rest begins the next page.
    DAYBOOK_RETURN_IF_ERROR(ContinueInNextPage(encoded_ + gaps[0] + 1));
    gaps = gaps.subspan(1);
    if (gaps.empty() && !more) builder_.AddNone(false);
  }
  return Status::Ok();
}

Status PostingWriter::AddConsecutive(uint64_t count, bool more) {
  if (builder_.room() < 1 + VarintSize(count)) {
    DAYBOOK_RETURN_IF_ERROR(ContinueInNextPage(encoded_ + 1));
    --count;
  }
  if (count > 0) {
    builder_.AddConsecutive(count, more);
    encoded_ += count;
  } else if (!more) {
    builder_.AddNone(false);
  }
  return Status::Ok();
}

Status PostingWriter::ContinueInNextPage(uint64_t first) {
  builder_.MarkContinued();
  DAYBOOK_RETURN_IF_ERROR(FinishPage());
  encoded_ = first;
  builder_.BeginFragment(key_, first, true);
  return Status::Ok();
}

Status PostingWriter::FinishPage() {
  Page page;
  const size_t count = builder_.count();
  const uint8_t flags = builder_.flags();
  const TreeEntry first = builder_.first();
  builder_.Finish(&page);
  return sink_(&page, flags, count, first);
}

}  // namespace daybook::index_run
