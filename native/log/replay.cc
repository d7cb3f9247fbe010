#include "log/replay.h"

#include <algorithm>
#include <utility>

#include "log/file_name.h"

namespace daybook {

Replay::Replay(Env* env, std::string directory, const Manifest& manifest, LogState* state)
    : env_(env), directory_(std::move(directory)), manifest_(manifest), state_(state) {}

Status Replay::Run(ReplayResult* result) {
  result_ = result;
  result_->reserved_seqnum = manifest_.reserved_seqnum;
  DAYBOOK_RETURN_IF_ERROR(OpenSegments());
  for (const Source& source : sources_) DAYBOOK_RETURN_IF_ERROR(ReplaySegment(source));
  Finish();
  return Status::Ok();
}

Status Replay::OpenSegments() {
  for (const ManifestSegment& listed : manifest_.segments) DAYBOOK_RETURN_IF_ERROR(OpenSegment(listed));
  return Status::Ok();
}

Status Replay::OpenSegment(const ManifestSegment& listed) {
  Source source;
  source.listed = listed;
  source.path = JoinPath(directory_, SegmentFileName(listed.segment));
  if (listed.closed) evidence_ = std::max(evidence_, listed.end_batch == 0 ? 0 : listed.end_batch - 1);
  std::unique_ptr<File> opened;
  const Status status = env_->OpenFile(source.path, OpenMode::kRead, &opened);
  if (!status.ok() && !status.Is(StatusCode::kNotFound)) return status;
  if (status.ok()) {
    std::shared_ptr<File> file = std::move(opened);
    state_->segments[listed.segment] = {file, source.path};
    source.reader = std::make_unique<SegmentReader>(&manifest_.identity, file, listed.segment);
    DAYBOOK_RETURN_IF_ERROR(source.reader->Open());
    SegmentHeader header;
    Status readable = source.reader->ReadHeader(&header);
    if (readable.Is(StatusCode::kCorrupt)) {
      state_->damage.Add({0, 0, source.path, 0, readable.message(), false});
    } else if (!readable.ok()) {
      return {readable.code(), source.path + ": " + readable.message(), readable.system_error()};
    }
    bool found = false;
    DurableMark mark;
    DAYBOOK_RETURN_IF_ERROR(source.reader->ReadMark(&found, &mark));
    if (found && (!mark_.has_value() || mark.batch_number >= mark_->batch_number)) mark_ = mark;
    if (found) evidence_ = std::max(evidence_, mark.batch_number);
  }
  sources_.push_back(std::move(source));
  return Status::Ok();
}

Status Replay::ReplaySegment(const Source& source) {
  end_offset_ = kSegmentDataOffset;
  result_->durable_end_offset = kSegmentDataOffset;
  ScannedBatch batch;
  if (source.reader == nullptr) {
    const bool empty = source.listed.closed ? source.listed.end_batch <= source.listed.first_batch : false;
    if (!empty) {
      batch.found = BatchFound::kBadHeader;
      OpenGap(source, 0, batch);
      gap_->what = "the segment is missing";
    }
    return Status::Ok();
  }
  if (source.reader->size() < kSegmentDataOffset) {
    // A segment is listed only when its first sectors are flushed. With them the marks are gone, and
    // so whatever says how far the log went.
    batch.found = BatchFound::kEnd;
    OpenGap(source, 0, batch);
    gap_->what = "the file is shorter than the header of a segment";
    return Status::Ok();
  }
  const uint64_t limit = source.listed.closed ? source.listed.end_offset : source.reader->size();
  uint64_t offset = kSegmentDataOffset;
  while (!source.listed.closed || offset < limit) {
    const Status read = source.reader->ReadBatch(offset, limit, &batch);
    if (!read.ok()) return {read.code(), source.path + ": " + read.message(), read.system_error()};
    bool accepted = false;
    if (batch.found == BatchFound::kGood) {
      DAYBOOK_RETURN_IF_ERROR(Accept(source, &batch, &accepted));
      if (!accepted) batch.found = BatchFound::kBadHeader;
    }
    if (accepted) {
      offset = AlignToSector(end_offset_);
      continue;
    }
    bool go_on = false;
    DAYBOOK_RETURN_IF_ERROR(Skip(source, batch, &offset, &go_on));
    if (!go_on) break;
  }
  return Status::Ok();
}

Status Replay::Accept(const Source& source, ScannedBatch* batch, bool* accepted) {
  const BatchHeader& header = batch->header;
  *accepted = false;
  const bool follows = gap_.has_value() ? header.batch_number > result_->last_batch &&
                                              header.first_seqnum >= gap_->first_seqnum
                                        : header.batch_number == result_->last_batch + 1 &&
                                              header.previous_checksum == result_->last_checksum;
  if (!follows || header.term < result_->last_term || header.term > manifest_.term) return Status::Ok();
  OrderedBatch ordered;
  const Status applied =
      ApplyBatch(manifest_.identity, header, batch->frames, gap_.has_value(), &result_->cursor, &ordered);
  if (applied.Is(StatusCode::kCorrupt)) return Status::Ok();
  if (!applied.ok()) return {applied.code(), source.path + ": " + applied.message()};
  if (gap_.has_value()) {
    if (header.batch_number != result_->last_batch + 2) gap_->commands_lost = true;  // more than one is gone
    CloseGap(header.first_seqnum);
  }
  *accepted = true;
  result_->last_batch = header.batch_number;
  result_->last_checksum = header.checksum;
  result_->last_term = header.term;
  result_->reserved_seqnum = std::max(result_->reserved_seqnum, header.reserved_seqnum);
  evidence_ = std::max(evidence_, header.durable_number);
  end_offset_ = header.offset + header.size();
  result_->tail.push_back({header, std::move(batch->slab), std::move(ordered)});
  PublishDurable();
  return Status::Ok();
}

// What stands at `*offset` is no batch that follows. Finds out whether one was there.
Status Replay::Skip(const Source& source, const ScannedBatch& batch, uint64_t* offset, bool* go_on) {
  const uint64_t bad = *offset;
  const uint64_t limit = source.listed.closed ? source.listed.end_offset : source.reader->size();
  *go_on = false;
  // A header that holds says where the batch ends, so nothing in its body is taken for a header.
  const bool skip_body = batch.found == BatchFound::kBadBody && batch.header.body_size < limit;
  uint64_t next = skip_body ? AlignToSector(bad + batch.header.size()) : bad + kSectorSize;
  uint64_t first_found = limit;
  uint64_t probe = next;
  while (probe < limit) {
    BatchHeader header;
    DAYBOOK_RETURN_IF_ERROR(source.reader->FindHeader(&probe, limit, &header));
    if (probe >= std::min(limit, source.reader->size())) break;
    if (header.batch_number > result_->last_batch && header.term <= manifest_.term) {
      evidence_ = std::max(evidence_, header.durable_number);
      if (first_found == limit) first_found = probe;
      if (source.listed.closed) break;
    }
    probe += kSectorSize;
  }
  if (!source.listed.closed && evidence_ <= result_->last_batch)
    return Status::Ok();  // torn, or simply the end
  if (!gap_.has_value()) OpenGap(source, bad, batch);
  *offset = first_found;
  *go_on = first_found < limit;
  return Status::Ok();
}

void Replay::OpenGap(const Source& source, uint64_t offset, const ScannedBatch& batch) {
  Gap gap;
  gap.first_seqnum = result_->cursor.next_seqnum();
  gap.path = source.path;
  gap.offset = offset;
  const bool known =
      batch.found == BatchFound::kBadBody && batch.header.batch_number == result_->last_batch + 1;
  gap.commands_lost = !known || (batch.header.flags & kBatchHasCommands) != 0;
  gap.what = batch.found == BatchFound::kEnd       ? "the file ends before its last batch"
             : batch.found == BatchFound::kBadBody ? "the checksums of a batch do not hold"
                                                   : "no batch begins where one was written";
  if (!gap_.has_value()) gap_ = std::move(gap);
}

void Replay::CloseGap(uint64_t end_seqnum) {
  state_->damage.Add(
      {gap_->first_seqnum, end_seqnum, gap_->path, gap_->offset, gap_->what, gap_->commands_lost});
  gap_.reset();
}

void Replay::Publish(const TailBatch& batch) {
  state_->Publish(batch.ordered, batch.header.segment, batch.header.offset, batch.slab,
                  batch.header.end_seqnum);
}

void Replay::PublishDurable() {
  while (!result_->tail.empty() && result_->tail.front().header.batch_number <= evidence_) {
    const TailBatch& batch = result_->tail.front();
    Publish(batch);
    result_->durable_batch = batch.header.batch_number;
    result_->durable_checksum = batch.header.checksum;
    result_->durable_end_offset = batch.header.offset + batch.header.size();
    result_->tail.pop_front();
  }
}

void Replay::PublishAll() {
  for (const TailBatch& batch : result_->tail) Publish(batch);
  result_->tail.clear();
}

void Replay::Finish() {
  if (gap_.has_value()) {
    // More than the batch in which the gap begins is gone, and what they said with them.
    if (evidence_ > result_->last_batch + 1) gap_->commands_lost = true;
    // A mark speaks of the past. Only that of a proper close says that nothing came behind it.
    const bool end_known = mark_.has_value() && mark_->clean() && mark_->term == manifest_.term &&
                           mark_->batch_number >= evidence_;
    CloseGap(end_known ? std::max(mark_->next_seqnum, gap_->first_seqnum) : kSeqnumEnd);
  }
  if (mark_.has_value()) {
    result_->marked_batch = mark_->batch_number;
    result_->reserved_seqnum = std::max(result_->reserved_seqnum, mark_->reserved_seqnum);
  }
  if (!state_->damage.empty()) {
    PublishAll();
    for (const DamagedRange& range : state_->damage.ranges()) {
      state_->visible_end = std::max(state_->visible_end, std::min(range.end_seqnum, kSeqnumEnd));
    }
    return;
  }
  const Source& last = sources_.back();
  result_->nothing_follows = last.reader->size() <= AlignToSector(end_offset_);
  result_->clean = result_->nothing_follows && mark_.has_value() && mark_->clean() &&
                   mark_->batch_number == result_->last_batch && mark_->term >= result_->last_term;
  if (result_->clean) result_->clean_next_seqnum = mark_->next_seqnum;
}

}  // namespace daybook
