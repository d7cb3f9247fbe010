// The next term of a log that was opened again: it goes on where it was closed, or its tail is written again.
#include "log/recovery_term.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "log/file_name.h"
#include "log/group_commit.h"
#include "log/segment_policy.h"

namespace daybook {

Status BeginGroup(const RecoveryContext& context, uint64_t first_batch, uint64_t first_seqnum) {
  Manifest& manifest = context.log->manifest;
  NewGroup plan;
  plan.identity = manifest.identity;
  plan.first_segment = manifest.next_segment;
  plan.term = manifest.term;
  plan.first_batch = first_batch;
  plan.lanes = context.options.lanes;
  plan.limit = plan.written_before = FirstSegmentBytes(context.options);
  SegmentGroup group;
  DAYBOOK_RETURN_IF_ERROR(CreateGroup(context.env, context.directory, plan, &group));
  group.first_seqnum = first_seqnum;
  ListGroup(group, &manifest);
  context.log->group = std::move(group);
  return Status::Ok();
}

void RegisterGroup(const SegmentGroup& group, LogState* state) {
  for (const auto& lane : group.lanes) state->segments.Add(lane->segment(), lane->file());
}

namespace {

// Writes a batch again, at another place and in another term; its frames stay as they are.
Status MoveBatch(const RecoveryContext& context, const TailBatch& tail, uint64_t durable_batch,
                 uint32_t* previous_checksum, BatchHeader* header, SharedSlab* moved) {
  SegmentWriter* writer = context.log->group.lanes.front().get();
  auto slab = std::make_shared<Slab>(tail.slab->size());
  std::memcpy(slab->data(), tail.slab->data(), slab->size());
  *header = tail.header;
  header->lane = 0;
  header->segment = writer->segment();
  header->offset = writer->next_offset();
  header->term = context.log->manifest.term;
  header->durable_number = durable_batch;
  header->previous_checksum = *previous_checksum;
  EncodeBatchHeader(context.log->manifest.identity, header, slab->data());
  bool clean = false;
  DAYBOOK_RETURN_IF_ERROR(writer->Append(slab->bytes(), &clean));
  *previous_checksum = header->checksum;
  *moved = std::move(slab);
  return Status::Ok();
}

// Says in the log itself that a new term goes on behind `last_batch`.
Status WriteRecoverBatch(const RecoveryContext& context, const ReplayResult& replay, uint32_t last_checksum) {
  RecoveredLog* log = context.log;
  SegmentWriter* writer = log->group.lanes.front().get();
  Command recover;
  recover.kind = CommandKind::kRecover;
  recover.lost_term = replay.last_term;
  recover.last_batch = replay.last_batch;
  recover.last_checksum = replay.last_checksum;
  GroupCommitInput input;
  input.identity = &log->manifest.identity;
  input.cursor = &log->cursor;
  input.commands = {&recover, 1};
  input.now_ms = NowMs(context.env);
  input.place.batch_number = replay.last_batch + 1;
  input.place.term = log->manifest.term;
  input.place.segment = writer->segment();
  input.place.offset = writer->next_offset();
  input.place.durable_number = replay.durable_batch;
  input.place.previous_checksum = last_checksum;
  input.place.reserved_seqnum = log->cursor.next_seqnum();
  PreparedBatch batch;
  DAYBOOK_RETURN_IF_ERROR(PrepareBatch(input, &batch));
  bool clean = false;
  DAYBOOK_RETURN_IF_ERROR(writer->Append(batch.slab->bytes(), &clean));
  log->cursor = batch.next;
  log->last_batch = batch.header.batch_number;
  log->last_checksum = batch.header.checksum;
  log->last_term = log->manifest.term;
  return Status::Ok();
}

// The groups from `begin` on that replay went through: those that hold something are closed where
// the flushed batches end, the others leave the manifest.
void CloseGroups(const RecoveryContext& context, const ReplayResult& replay, size_t begin, size_t end) {
  Manifest& manifest = context.log->manifest;
  std::vector<ManifestSegment> kept(
      manifest.segments.begin(),
      manifest.segments.begin() + static_cast<std::ptrdiff_t>(replay.groups.empty()
                                                                  ? manifest.segments.size()
                                                                  : replay.groups[begin].listed));
  const std::vector<ManifestSegment> rest(
      manifest.segments.begin() + static_cast<std::ptrdiff_t>(kept.size()), manifest.segments.end());
  size_t at = 0;
  for (size_t i = begin; i < replay.groups.size(); ++i) {
    const ReplayedGroup& group = replay.groups[i];
    for (const LaneEnd& lane : group.progress.lanes) {
      ManifestSegment listed = rest[at++];
      if (!group.closed && i < end) {
        if (group.end_batch <= group.progress.first_batch) {
          context.state->segments.Add(listed.segment, nullptr);
          bool still_read = false;
          context.state->segments.Remove(listed.segment, &still_read);
          context.log->useless.push_back(JoinPath(context.directory, SegmentFileName(listed.segment)));
          continue;
        }
        listed.closed = true;
        listed.first_batch = group.progress.first_batch;
        listed.end_batch = group.end_batch;
        listed.end_offset = lane.offset;
        listed.first_seqnum = group.progress.first_seqnum;
        listed.end_seqnum = group.end_seqnum;
        listed.end_checksum = group.end_checksum;
        listed.records = listed.lane == 0 ? group.progress.records : 0;
      }
      kept.push_back(listed);
    }
  }
  manifest.segments = std::move(kept);
}

// The end of the log is not known to be on stable storage: everything above the last durable batch
// goes into a fresh group.
Status RewriteTail(const RecoveryContext& context, const ReplayResult& replay) {
  RecoveredLog* log = context.log;
  CloseGroups(context, replay, 0, replay.groups.size());
  const uint64_t first_seqnum =
      replay.tail.empty() ? log->cursor.next_seqnum() : replay.tail.front().header.first_seqnum;
  DAYBOOK_RETURN_IF_ERROR(BeginGroup(context, replay.durable_batch + 1, first_seqnum));
  uint32_t previous_checksum = replay.durable_checksum;
  std::vector<std::pair<BatchHeader, SharedSlab>> moved(replay.tail.size());
  for (size_t i = 0; i < moved.size(); ++i) {
    DAYBOOK_RETURN_IF_ERROR(MoveBatch(context, replay.tail[i], replay.durable_batch, &previous_checksum,
                                      &moved[i].first, &moved[i].second));
  }
  DAYBOOK_RETURN_IF_ERROR(WriteRecoverBatch(context, replay, previous_checksum));
  DAYBOOK_RETURN_IF_ERROR(log->group.lanes.front()->Sync());
  RegisterGroup(log->group, context.state);
  for (size_t i = 0; i < moved.size(); ++i) {
    const BatchHeader& header = moved[i].first;
    log->group.records += replay.tail[i].ordered.visible_records();
    context.state->Publish(replay.tail[i].ordered, header.segment, header.offset, moved[i].second,
                           header.end_seqnum);
  }
  return Status::Ok();
}

// The log was closed properly: writing goes on where it ended. False if it cannot.
Status ContinueGroup(const RecoveryContext& context, const ReplayResult& replay, bool* continued) {
  *continued = false;
  RecoveredLog* log = context.log;
  size_t current = 0;
  for (size_t i = 0; i < replay.groups.size(); ++i) {
    if (replay.groups[i].end_batch > replay.groups[i].progress.first_batch) current = i;
  }
  if (replay.groups.empty()) return Status::Ok();
  // An empty log has but its first group.
  while (current < replay.groups.size() && replay.groups[current].closed) ++current;
  if (current == replay.groups.size() ||
      replay.groups[current].progress.lanes.size() != context.options.lanes)
    return Status::Ok();
  const ReplayedGroup& group = replay.groups[current];
  if (!group.readable) return Status::Ok();
  const bool is_last_used = group.end_batch > group.progress.first_batch;
  for (const LaneEnd& lane : group.progress.lanes) {
    std::unique_ptr<SegmentWriter> writer;
    DAYBOOK_RETURN_IF_ERROR(
        SegmentWriter::Continue(context.env, context.directory, lane.segment, lane.offset, &writer));
    log->group.limit = std::max(log->group.limit, writer->written_before());
    log->group.lanes.push_back(std::move(writer));
  }
  log->group.first_batch = is_last_used ? group.progress.first_batch : replay.last_batch + 1;
  log->group.first_seqnum = is_last_used ? group.progress.first_seqnum : log->cursor.next_seqnum();
  log->group.records = group.progress.records;
  // One more group may have been made ready; what lies behind it is of no use, nor is one with a file less.
  if (current + 1 < replay.groups.size() && replay.groups[current + 1].readable &&
      replay.groups[current + 1].progress.lanes.size() == context.options.lanes) {
    SegmentGroup prepared;
    for (const LaneEnd& lane : replay.groups[current + 1].progress.lanes) {
      std::unique_ptr<SegmentWriter> writer;
      DAYBOOK_RETURN_IF_ERROR(
          SegmentWriter::Continue(context.env, context.directory, lane.segment, kSegmentDataOffset, &writer));
      prepared.limit = std::max(prepared.limit, writer->written_before());
      prepared.lanes.push_back(std::move(writer));
    }
    log->prepared = std::move(prepared);
  }
  std::vector<ManifestSegment>& segments = log->manifest.segments;
  const size_t listed = group.listed;
  std::vector<ManifestSegment> behind(segments.begin() + static_cast<std::ptrdiff_t>(listed), segments.end());
  CloseGroups(context, replay, 0, current);
  const size_t kept = context.options.lanes * (log->prepared.has_value() ? 2 : 1);
  segments.resize(segments.size() - behind.size());
  for (size_t i = 0; i < behind.size(); ++i) {
    if (i < context.options.lanes) behind[i].first_batch = log->group.first_batch;
    if (i < kept) {
      segments.push_back(behind[i]);
    } else {
      log->useless.push_back(JoinPath(context.directory, SegmentFileName(behind[i].segment)));
    }
  }
  RegisterGroup(log->group, context.state);
  *continued = true;
  return Status::Ok();
}

// An opening that did not come to its end may have left a segment with batches of the term that begins
// now. The next opening would take it for one of this term that the manifest has lost.
Status RemoveUnfinished(const RecoveryContext& context) {
  for (const std::string& path : context.log->unfinished) {
    const Status removed = context.env->Remove(path);
    if (!removed.ok() && !removed.Is(StatusCode::kNotFound)) return removed;
  }
  // The names that were read may stand in the page cache alone: an earlier process may have been killed
  // before it flushed them. What is made now must not outlive them.
  return context.env->SyncDirectory(context.directory);
}

}  // namespace

Status BeginTerm(const RecoveryContext& context, const ReplayResult& replay, bool* tail_published) {
  RecoveredLog* log = context.log;
  DAYBOOK_RETURN_IF_ERROR(RemoveUnfinished(context));
  Manifest& manifest = log->manifest;
  EndTerm({manifest.term, log->cursor.index(), replay.clean}, &manifest.term_ends);
  manifest.generation += 1;
  manifest.term += 1;
  manifest.reserved_seqnum = log->cursor.next_seqnum();
  bool continued = false;
  if (replay.clean) DAYBOOK_RETURN_IF_ERROR(ContinueGroup(context, replay, &continued));
  if (continued) log->marked_batch = replay.marked_batch;
  if (!continued) DAYBOOK_RETURN_IF_ERROR(RewriteTail(context, replay));
  *tail_published = true;
  bool reached_disk = false;
  const Status written = WriteManifest(context.env, context.directory, manifest, &reached_disk);
  if (!written.ok()) {
    // The next opening may believe either manifest, so this one may not go on with what it has read.
    return reached_disk ? Status(StatusCode::kIo, written.message(), written.system_error()) : written;
  }
  log->durable_reserved_seqnum = log->cursor.next_seqnum();
  return Status::Ok();
}

}  // namespace daybook
