#include "log/verify_task.h"

#include <algorithm>
#include <cstring>

#include "base/coding.h"

namespace daybook {
namespace {

bool ReadNumbers(ByteReader* reader, std::initializer_list<uint64_t*> numbers) {
  for (uint64_t* number : numbers) {
    if (!reader->ReadVarint(number)) return false;
  }
  return true;
}

void WriteNumbers(ByteWriter* writer, std::initializer_list<uint64_t> numbers) {
  for (const uint64_t number : numbers) writer->PutVarint(number);
}

bool DecodeIdentity(ByteReader* reader, LogIdentity* identity) {
  LogIdentity::Id id;
  LogIdentity::Seed seed;
  std::span<const std::byte> id_bytes;
  std::span<const std::byte> seed_bytes;
  if (!reader->ReadBytes(id.size(), &id_bytes) || !reader->ReadBytes(seed.size(), &seed_bytes)) return false;
  std::memcpy(id.data(), id_bytes.data(), id.size());
  std::memcpy(seed.data(), seed_bytes.data(), seed.size());
  *identity = LogIdentity(id, seed);
  return true;
}

}  // namespace

GroupSpans::GroupSpans(const Manifest& manifest) : open_from_(manifest.gone_seqnum) {
  for (const ManifestSegment& segment : manifest.segments) {
    if (segment.lane != 0 || !segment.closed || segment.end_seqnum <= segment.first_seqnum) continue;
    spans_.push_back({segment.first_seqnum, segment.end_seqnum, segment.kind == SegmentKind::kRewritten});
    open_from_ = std::max(open_from_, segment.end_seqnum);
  }
}

uint64_t GroupSpans::Find(uint64_t seqnum) const {
  const auto at = std::partition_point(spans_.begin(), spans_.end(),
                                       [&](const Span& span) { return span.end_seqnum <= seqnum; });
  if (at == spans_.end()) return seqnum >= open_from_ ? open() : kNone;
  return at->first_seqnum <= seqnum ? static_cast<uint64_t>(at - spans_.begin()) : kNone;
}

std::vector<VerifyTask> VerifyTasks(const Manifest& manifest) {
  VerifyTask common;
  common.identity = manifest.identity;
  common.groups = GroupSpans(manifest);
  for (const IndexRunInfo& run : manifest.runs) common.index_end = std::max(common.index_end, run.end_seqnum);
  std::vector<VerifyTask> tasks;
  const auto add = [&](VerifyKind kind) -> VerifyTask& {
    VerifyTask& task = tasks.emplace_back(common);
    task.kind = kind;
    return task;
  };
  for (const ManifestSegment& segment : manifest.segments) add(VerifyKind::kSegment).segment = segment;
  for (const IndexRunInfo& run : manifest.runs) add(VerifyKind::kRun).run = run;
  for (const IndexRunInfo& overlay : manifest.overlays) add(VerifyKind::kOverlay).run = overlay;
  for (const CheckpointInfo& info : manifest.checkpoints) add(VerifyKind::kCheckpoint).checkpoint = info;
  return tasks;
}

std::vector<std::byte> EncodeVerifyTask(const VerifyTask& task) {
  std::vector<std::byte> bytes;
  ByteWriter writer(&bytes);
  writer.PutBytes(task.identity.id());
  writer.PutBytes(task.identity.seed_bytes());
  const ManifestSegment& segment = task.segment;
  WriteNumbers(&writer, {static_cast<uint64_t>(task.kind), task.index_end, segment.segment,
                         static_cast<uint64_t>(segment.kind), segment.lane, uint64_t{segment.closed},
                         segment.first_batch, segment.end_batch, segment.end_offset, segment.first_seqnum,
                         segment.end_seqnum, segment.end_checksum, segment.records, segment.overlay});
  WriteNumbers(&writer, {task.run.run, task.run.first_seqnum, task.run.end_seqnum, task.run.bytes,
                         task.run.records, task.checkpoint.checkpoint, task.checkpoint.batch,
                         task.checkpoint.bytes, task.groups.open_from(), task.groups.spans().size()});
  for (const GroupSpans::Span& span : task.groups.spans())
    WriteNumbers(&writer, {span.first_seqnum, span.end_seqnum, uint64_t{span.rewritten}});
  return bytes;
}

bool DecodeVerifyTask(std::span<const std::byte> bytes, VerifyTask* task) {
  ByteReader reader(bytes);
  ManifestSegment& segment = task->segment;
  uint64_t kind = 0;
  uint64_t segment_kind = 0;
  uint64_t lane = 0;
  uint64_t closed = 0;
  uint64_t checksum = 0;
  uint64_t open_from = 0;
  uint64_t count = 0;
  if (!DecodeIdentity(&reader, &task->identity) || !ReadNumbers(&reader, {&kind,
                                                                          &task->index_end,
                                                                          &segment.segment,
                                                                          &segment_kind,
                                                                          &lane,
                                                                          &closed,
                                                                          &segment.first_batch,
                                                                          &segment.end_batch,
                                                                          &segment.end_offset,
                                                                          &segment.first_seqnum,
                                                                          &segment.end_seqnum,
                                                                          &checksum,
                                                                          &segment.records,
                                                                          &segment.overlay,
                                                                          &task->run.run,
                                                                          &task->run.first_seqnum,
                                                                          &task->run.end_seqnum,
                                                                          &task->run.bytes,
                                                                          &task->run.records,
                                                                          &task->checkpoint.checkpoint,
                                                                          &task->checkpoint.batch,
                                                                          &task->checkpoint.bytes,
                                                                          &open_from,
                                                                          &count})) {
    return false;
  }
  task->kind = static_cast<VerifyKind>(kind);
  segment.kind = static_cast<SegmentKind>(segment_kind);
  segment.lane = static_cast<uint32_t>(lane);
  segment.closed = closed != 0;
  segment.end_checksum = static_cast<uint32_t>(checksum);
  std::vector<GroupSpans::Span> spans;
  for (; count > 0; --count) {
    GroupSpans::Span& span = spans.emplace_back();
    uint64_t rewritten = 0;
    if (!ReadNumbers(&reader, {&span.first_seqnum, &span.end_seqnum, &rewritten})) return false;
    span.rewritten = rewritten != 0;
  }
  task->groups = GroupSpans(std::move(spans), open_from);
  return reader.remaining() == 0;
}

Status RunVerifyTask(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report) {
  switch (task.kind) {
    case VerifyKind::kSegment:
      return VerifySegment(env, directory, task, report);
    case VerifyKind::kRun:
    case VerifyKind::kOverlay:
      return VerifyRun(env, directory, task, report);
    case VerifyKind::kCheckpoint:
      return VerifyCheckpoint(env, directory, task, report);
  }
  return {StatusCode::kInvalidArgument, "there is no such part of a verification"};
}

}  // namespace daybook
