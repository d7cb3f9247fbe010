#include "log/replay_source.h"

#include <algorithm>
#include <utility>

#include "log/file_name.h"

namespace daybook {
namespace {

void TakeMark(const DurableMark& mark, std::optional<DurableMark>* best) {
  if (!best->has_value() || mark.batch_number >= (*best)->batch_number) *best = mark;
}

Status OpenLane(Env* env, const std::string& directory, const LogIdentity& identity,
                const ManifestSegment& listed, ReplaySources* sources, ReplayLane* lane) {
  lane->listed = listed;
  lane->path = JoinPath(directory, SegmentFileName(listed.segment));
  std::unique_ptr<File> file;
  const Status opened = env->OpenFile(lane->path, OpenMode::kRead, &file);
  if (opened.Is(StatusCode::kNotFound)) {
    lane->unreadable = "the segment is missing";
    return Status::Ok();
  }
  DAYBOOK_RETURN_IF_ERROR(opened);
  lane->reader = std::make_unique<SegmentReader>(&identity, std::move(file), listed.segment);
  DAYBOOK_RETURN_IF_ERROR(lane->reader->Open());
  SegmentHeader header;
  bool foreign = false;
  const Status readable = lane->reader->ReadHeader(&header, &foreign);
  if (foreign) {
    // Nobody knows what the right file held.
    lane->unreadable = readable.message();
    return Status::Ok();
  }
  if (readable.Is(StatusCode::kCorrupt)) {
    lane->bad_header = readable.message();
  } else if (!readable.ok()) {
    return {readable.code(), lane->path + ": " + readable.message(), readable.system_error()};
  }
  bool found = false;
  DurableMark mark;
  DAYBOOK_RETURN_IF_ERROR(lane->reader->ReadMark(&found, &mark));
  if (found) TakeMark(mark, &sources->mark);
  lane->limit = listed.closed ? listed.end_offset : lane->reader->size();
  // A segment is listed only when its first sectors are flushed. With them the marks are gone, and so
  // whatever says how far the log went.
  if (lane->reader->size() < kSegmentDataOffset)
    lane->unreadable = "the file is shorter than the header of a segment";
  return Status::Ok();
}

}  // namespace

Status ReplayLane::ReadHead() {
  if (head_read) return Status::Ok();
  head_read = true;
  if (reader == nullptr || !unreadable.empty() || at_end()) {
    head.found = BatchFound::kEnd;
    return Status::Ok();
  }
  const Status read = reader->ReadBatch(offset, limit, &head);
  return read.ok() ? read : Status(read.code(), path + ": " + read.message(), read.system_error());
}

Status OpenReplaySources(Env* env, const std::string& directory, const Manifest& manifest,
                         const GroupProgress* from, ReplaySources* sources) {
  const std::vector<ManifestSegment>& listed = manifest.segments;
  size_t at = 0;
  if (from != nullptr) {
    while (at < listed.size() && listed[at].segment != from->lanes.front().segment) ++at;
  }
  uint64_t behind =
      at == 0 && from == nullptr ? 1 : 0;  // number behind the group before; 0: open, or not known
  while (at < listed.size()) {
    ReplayGroupSource group;
    group.listed = at;
    group.closed = listed[at].closed;
    group.rewritten = listed[at].kind == SegmentKind::kRewritten;
    group.first_batch = listed[at].first_batch;
    group.end_batch = listed[at].end_batch;
    if (behind != 0 && group.first_batch > behind) group.gone_before = group.first_batch;
    do {
      ReplayLane lane;
      if (group.rewritten) {
        lane.listed = listed[at];
      } else {
        DAYBOOK_RETURN_IF_ERROR(OpenLane(env, directory, manifest.identity, listed[at], sources, &lane));
      }
      if (from != nullptr && sources->groups.empty() && group.lanes.size() < from->lanes.size())
        lane.offset = AlignToSector(from->lanes[group.lanes.size()].offset);
      group.lanes.push_back(std::move(lane));
      ++at;
    } while (at < listed.size() && listed[at].lane != 0);
    behind = group.closed ? group.end_batch : 0;
    sources->groups.push_back(std::move(group));
  }
  return Status::Ok();
}

}  // namespace daybook
