#include "log/replay.h"

#include <algorithm>
#include <utility>

#include "log/sparse_segment.h"

namespace daybook {

Replay::Replay(Env* env, std::string directory, const Manifest& manifest, const Checkpoint* checkpoint,
               LogState* state, std::function<Status(uint64_t)> published)
    : env_(env),
      directory_(std::move(directory)),
      manifest_(manifest),
      checkpoint_(checkpoint),
      state_(state),
      published_(std::move(published)) {}

Status Replay::Run(ReplayResult* result) {
  result_ = result;
  result_->reserved_seqnum = manifest_.reserved_seqnum;
  if (checkpoint_ != nullptr) {
    result_->cursor = checkpoint_->cursor;
    result_->last_batch = result_->durable_batch = evidence_ = checkpoint_->batch;
    result_->last_checksum = result_->durable_checksum = checkpoint_->checksum;
    result_->last_term = checkpoint_->term;
    result_->reserved_seqnum = std::max(result_->reserved_seqnum, checkpoint_->reserved_seqnum);
  }
  ReplaySources sources;
  DAYBOOK_RETURN_IF_ERROR(OpenReplaySources(
      env_, directory_, manifest_, checkpoint_ == nullptr ? nullptr : &checkpoint_->group, &sources));
  groups_ = std::move(sources.groups);
  mark_ = sources.mark;
  if (mark_.has_value()) evidence_ = std::max(evidence_, mark_->batch_number);
  for (const IndexRunInfo& run : manifest_.runs) indexed_end_ = std::max(indexed_end_, run.end_seqnum);
  if (limit_.has_value()) evidence_ = std::max(evidence_, *limit_);
  for (const ReplayGroupSource& group : groups_) {
    ReplayedGroup replayed;
    replayed.listed = group.listed;
    replayed.closed = group.closed;
    replayed.progress.first_batch = replayed.end_batch = group.first_batch;
    for (const ReplayLane& lane : group.lanes) {
      replayed.progress.lanes.push_back({lane.listed.segment, lane.offset});
      replayed.readable = replayed.readable && lane.unreadable.empty() && lane.bad_header.empty();
    }
    if (group.closed && group.end_batch > 0) evidence_ = std::max(evidence_, group.end_batch - 1);
    result_->groups.push_back(std::move(replayed));
  }
  if (checkpoint_ != nullptr && !groups_.empty()) {
    ReplayedGroup& first = result_->groups.front();
    first.progress = checkpoint_->group;
    first.end_batch = checkpoint_->batch + 1;
    first.end_seqnum = checkpoint_->cursor.next_seqnum();
    first.end_checksum = checkpoint_->checksum;
  }
  for (size_t i = 0; i < groups_.size() && !ended_; ++i) DAYBOOK_RETURN_IF_ERROR(ReplayGroup(i));
  result_->skipped = skipped_;
  Finish();
  return Status::Ok();
}

// Steps over what was deleted in front of the group, or was rewritten with it.
Status Replay::Enter(const ReplayGroupSource& group) {
  if (group.gone_before > result_->last_batch + 1) {
    result_->last_batch = result_->durable_batch = group.gone_before - 1;
    skipped_ = true;
    checksum_known_ = false;
  }
  if (!group.rewritten) return Status::Ok();
  const ManifestSegment& listed = group.lanes.front().listed;
  result_->last_batch = result_->durable_batch = group.end_batch - 1;
  result_->last_checksum = result_->durable_checksum = listed.end_checksum;
  result_->cursor.RaiseNextSeqnum(listed.end_seqnum);
  state_->visible_end = std::max(state_->visible_end, listed.end_seqnum);
  skipped_ = checksum_known_ = true;
  std::vector<DamagedRange> damage;
  const auto count = [&](const RecordLocation& location, const RecordView& record) {
    state_->books.Count(record.book, 1, record.size, location.seqnum + 1);
    return Status::Ok();
  };
  DAYBOOK_RETURN_IF_ERROR(ScanSparseSegment(env_, directory_, manifest_.identity, listed, count, &damage));
  for (DamagedRange& range : damage) state_->damage.Add(std::move(range));
  return Status::Ok();
}

Status Replay::ReplayGroup(size_t index) {
  ReplayGroupSource& group = groups_[index];
  DAYBOOK_RETURN_IF_ERROR(Enter(group));
  if (group.rewritten) return Status::Ok();
  while (true) {
    if (limit_.has_value() && result_->last_batch >= *limit_) {
      ended_ = true;
      return Status::Ok();
    }
    ReplayLane* lane = nullptr;
    DAYBOOK_RETURN_IF_ERROR(NextThatFollows(&group, &lane));
    if (lane != nullptr) {
      bool accepted = false;
      DAYBOOK_RETURN_IF_ERROR(Accept(index, lane, &accepted));
      if (accepted) continue;
      lane->head.found = BatchFound::kBadHeader;
      continue;
    }
    if (group.closed && result_->last_batch + 1 >= group.end_batch) return Status::Ok();
    if (!group.closed && !gap_.has_value()) {
      bool follows = false;
      DAYBOOK_RETURN_IF_ERROR(FollowsInLaterGroup(index, &follows));
      if (follows) return Status::Ok();
      DAYBOOK_RETURN_IF_ERROR(LookAhead(index));
      // Torn, or simply the end: nothing says that anything behind it was flushed.
      if (evidence_ <= result_->last_batch) {
        ended_ = true;
        return Status::Ok();
      }
    }
    bool found = false;
    DAYBOOK_RETURN_IF_ERROR(OpenGapAt(&group));
    DAYBOOK_RETURN_IF_ERROR(StepBehindGap(&group, &found));
    if (!found) return Status::Ok();
  }
}

bool Replay::Follows(const BatchHeader& header) const {
  if (header.term < result_->last_term || header.term > manifest_.term) return false;
  if (gap_.has_value())
    return header.batch_number > result_->last_batch && header.first_seqnum >= gap_->first_seqnum;
  return header.batch_number == result_->last_batch + 1 &&
         (!checksum_known_ || header.previous_checksum == result_->last_checksum);
}

// The lane whose head is the next batch; null if none is.
Status Replay::NextThatFollows(ReplayGroupSource* group, ReplayLane** next) {
  *next = nullptr;
  for (ReplayLane& lane : group->lanes) {
    DAYBOOK_RETURN_IF_ERROR(lane.ReadHead());
    if (!lane.has_good_head() || !Follows(lane.head.header)) continue;
    if (*next == nullptr || lane.head.header.batch_number < (*next)->head.header.batch_number) *next = &lane;
  }
  return Status::Ok();
}

Status Replay::Accept(size_t index, ReplayLane* lane, bool* accepted) {
  const BatchHeader& header = lane->head.header;
  *accepted = false;
  TailBatch batch;
  const bool behind_gap = gap_.has_value() || skipped_;
  const Status applied =
      ApplyBatch(manifest_.identity, header, lane->head.frames, behind_gap, &result_->cursor, &batch.ordered);
  if (applied.Is(StatusCode::kCorrupt)) return Status::Ok();
  if (!applied.ok()) return {applied.code(), lane->path + ": " + applied.message()};
  if (gap_.has_value()) {
    if (header.batch_number != result_->last_batch + 2) gap_->commands_lost = true;  // more than one is gone
    CloseGap(header.first_seqnum);
  }
  *accepted = true;
  skipped_ = false;
  checksum_known_ = true;
  result_->last_batch = header.batch_number;
  result_->last_checksum = header.checksum;
  result_->last_term = header.term;
  result_->reserved_seqnum = std::max(result_->reserved_seqnum, header.reserved_seqnum);
  result_->replayed_bytes += header.size();
  evidence_ = std::max(evidence_, header.durable_number);
  if (header.batch_number == manifest_.state_batch) state_seen_ = true;
  batch.header = header;
  batch.slab = std::move(lane->head.slab);
  batch.group = index;
  batch.lane = static_cast<size_t>(lane - groups_[index].lanes.data());
  lane->MoveTo(AlignToSector(header.offset + header.size()));
  result_->tail.push_back(std::move(batch));
  return PublishDurable();
}

// The head is the next batch, by a header that holds, whatever is behind that.
bool Replay::IsNextButDamaged(const ReplayLane& lane) const {
  return lane.head_read && lane.head.found == BatchFound::kBadBody && Follows(lane.head.header) &&
         lane.head.header.batch_number == result_->last_batch + 1;
}

// Whether the next batch, good or damaged, lies in a group behind this one.
Status Replay::FollowsInLaterGroup(size_t index, bool* follows) {
  *follows = false;
  for (size_t i = index + 1; i < groups_.size() && !*follows; ++i) {
    ReplayLane* next = nullptr;
    DAYBOOK_RETURN_IF_ERROR(NextThatFollows(&groups_[i], &next));
    const std::vector<ReplayLane>& lanes = groups_[i].lanes;
    *follows = next != nullptr || std::any_of(lanes.begin(), lanes.end(), [this](const ReplayLane& lane) {
                 return IsNextButDamaged(lane);
               });
  }
  return Status::Ok();
}

// A mark speaks of the past; only that of a proper close says that nothing came behind it. Every opening
// begins a term before it writes, so a mark of this one is the last word.
bool Replay::EndsByMark() const {
  return mark_.has_value() && mark_->clean() && mark_->term == manifest_.term &&
         mark_->batch_number <= result_->last_batch;
}

// What do batches further on say was flushed?
Status Replay::LookAhead(size_t index) {
  for (size_t i = index; i < groups_.size(); ++i) {
    if (groups_[i].closed) evidence_ = std::max(evidence_, groups_[i].end_batch - 1);
    for (ReplayLane& lane : groups_[i].lanes) {
      if (lane.reader == nullptr || !lane.unreadable.empty()) {
        // Behind the mark of a proper close there is nothing; in front of the checkpoint there may have been.
        const bool was_used = lane.offset > kSegmentDataOffset;
        if (groups_[i].closed || (EndsByMark() && !was_used)) continue;
        if (suspect_ == nullptr) suspect_ = &lane;
        evidence_ = std::max(evidence_, result_->last_batch + 1);
        continue;
      }
      for (uint64_t at = lane.offset; at < lane.limit; at += kSectorSize) {
        BatchHeader header;
        DAYBOOK_RETURN_IF_ERROR(lane.reader->FindHeader(&at, lane.limit, &header));
        if (at >= std::min(lane.limit, lane.reader->size())) break;
        if (header.batch_number > result_->last_batch && header.term <= manifest_.term)
          evidence_ = std::max(evidence_, header.durable_number);
      }
    }
  }
  return Status::Ok();
}

// Something was flushed where nothing can be read.
Status Replay::OpenGapAt(ReplayGroupSource* group) {
  if (gap_.has_value()) return Status::Ok();
  const auto tells = [](const ReplayLane& lane) {
    return !lane.unreadable.empty() || lane.head.found != BatchFound::kEnd;
  };
  const ReplayLane* worst = suspect_ != nullptr ? suspect_ : &group->lanes.front();
  for (const ReplayLane& lane : group->lanes) {
    if (lane.has_good_head() || (tells(*worst) && !IsNextButDamaged(lane))) continue;
    worst = &lane;
    if (IsNextButDamaged(lane)) break;
  }
  OpenGap(*worst);
  return Status::Ok();
}

// Moves every lane to its next batch that may follow the gap.
Status Replay::StepBehindGap(ReplayGroupSource* group, bool* found) {
  *found = false;
  for (ReplayLane& lane : group->lanes) {
    if (lane.reader == nullptr || !lane.unreadable.empty() || lane.at_end()) continue;
    if (lane.has_good_head() && Follows(lane.head.header)) {
      *found = true;
      continue;
    }
    // A header that holds says where the batch ends, so nothing in its body is taken for a header.
    const bool skip_body = lane.head.found == BatchFound::kBadBody && lane.head.header.body_size < lane.limit;
    uint64_t next =
        skip_body ? AlignToSector(lane.offset + lane.head.header.size()) : lane.offset + kSectorSize;
    BatchHeader header;
    while (next < lane.limit) {
      DAYBOOK_RETURN_IF_ERROR(lane.reader->FindHeader(&next, lane.limit, &header));
      if (next >= std::min(lane.limit, lane.reader->size())) break;
      if (header.batch_number > result_->last_batch && header.term <= manifest_.term) break;
      next += kSectorSize;
    }
    lane.MoveTo(std::min(next, lane.limit));
    *found = *found || !lane.at_end();
  }
  return Status::Ok();
}

void Replay::OpenGap(const ReplayLane& lane) {
  Gap gap;
  gap.first_seqnum = result_->cursor.next_seqnum();
  gap.path = lane.path;
  gap.offset = lane.unreadable.empty() ? lane.offset : 0;
  const bool known = IsNextButDamaged(lane);
  gap.commands_lost = !known || (lane.head.header.flags & (kBatchHasCommands | kBatchHasState)) != 0;
  gap.what = !lane.unreadable.empty()                  ? lane.unreadable
             : lane.head.found == BatchFound::kEnd     ? "the file ends before its last batch"
             : lane.head.found == BatchFound::kBadBody ? "the checksums of a batch do not hold"
                                                       : "no batch begins where one was written";
  gap_ = std::move(gap);
}

void Replay::CloseGap(uint64_t end_seqnum) {
  state_->damage.Add(
      {gap_->first_seqnum, end_seqnum, gap_->path, gap_->offset, gap_->what, gap_->commands_lost});
  gap_.reset();
  suspect_ = nullptr;
}

Status Replay::Publish(const TailBatch& batch) {
  state_->Publish(batch.ordered, batch.header.segment, batch.header.offset, batch.slab,
                  batch.header.end_seqnum);
  return published_(batch.header.end_seqnum);
}

void Replay::NoteDurable(const TailBatch& batch) {
  ReplayedGroup& group = result_->groups[batch.group];
  GroupProgress& progress = group.progress;
  if (group.end_batch <= group.progress.first_batch) {
    progress.first_batch = batch.header.batch_number;
    progress.first_seqnum = batch.header.first_seqnum;
  }
  progress.records += batch.ordered.visible_records();
  progress.lanes[batch.lane].offset = batch.header.offset + batch.header.size();
  group.end_batch = batch.header.batch_number + 1;
  group.end_seqnum = batch.header.end_seqnum;
  group.end_checksum = batch.header.checksum;
  result_->durable_batch = batch.header.batch_number;
  result_->durable_checksum = batch.header.checksum;
}

Status Replay::PublishDurable() {
  while (!result_->tail.empty()) {
    const BatchHeader& header = result_->tail.front().header;
    // Rewritten elsewhere it would not be where the run says. The mark by which an opening knew that it was
    // flushed may be lost since.
    if (header.first_seqnum < indexed_end_) evidence_ = std::max(evidence_, header.batch_number);
    if (header.batch_number > evidence_) break;
    DAYBOOK_RETURN_IF_ERROR(Publish(result_->tail.front()));
    NoteDurable(result_->tail.front());
    result_->tail.pop_front();
  }
  return Status::Ok();
}

// No batch hangs on a header, but where one does not hold, what else does not? Unless nothing was written
// there.
void Replay::NoteBadHeaders() {
  for (size_t i = 0; i < groups_.size(); ++i) {
    const ReplayedGroup& replayed = result_->groups[i];
    const bool is_unused = !groups_[i].closed && replayed.end_batch <= replayed.progress.first_batch;
    if (is_unused && EndsByMark()) continue;
    for (const ReplayLane& lane : groups_[i].lanes) {
      if (!lane.bad_header.empty()) state_->damage.Add({0, 0, lane.path, 0, lane.bad_header, false});
    }
  }
}

// The live state that stood in deleted segments must have been told again.
void Replay::NoteMissing() {
  const bool gone = std::any_of(groups_.begin(), groups_.end(), [](const ReplayGroupSource& group) {
    return group.rewritten || group.gone_before != 0;
  });
  if (checkpoint_ != nullptr || !gone || state_seen_ || !state_->damage.empty()) return;
  state_->damage.Add({0, result_->cursor.next_seqnum(), directory_, 0,
                      "no checkpoint can be read, and the batch that repeats the live state is lost", true});
}

void Replay::Finish() {
  if (gap_.has_value()) {
    // More than the batch in which the gap begins is gone, and what they said with them.
    if (evidence_ > result_->last_batch + 1) gap_->commands_lost = true;
    const bool end_known = mark_.has_value() && mark_->clean() && mark_->term == manifest_.term &&
                           mark_->batch_number >= evidence_;
    CloseGap(end_known ? std::max(mark_->next_seqnum, gap_->first_seqnum) : kSeqnumEnd);
  }
  NoteBadHeaders();
  NoteMissing();
  if (mark_.has_value()) {
    result_->marked_batch = mark_->batch_number;
    result_->reserved_seqnum = std::max(result_->reserved_seqnum, mark_->reserved_seqnum);
  }
  if (!state_->damage.empty()) {
    for (const TailBatch& batch : result_->tail) (void)Publish(batch);
    result_->tail.clear();
    for (const DamagedRange& range : state_->damage.ranges()) {
      state_->visible_end = std::max(state_->visible_end, std::min(range.end_seqnum, kSeqnumEnd));
    }
    return;
  }
  result_->clean = EndsByMark() && mark_->batch_number == result_->last_batch && result_->tail.empty();
  if (result_->clean) result_->clean_next_seqnum = mark_->next_seqnum;
}

}  // namespace daybook
