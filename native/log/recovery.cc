#include "log/recovery.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "log/file_name.h"
#include "log/group_commit.h"
#include "log/replay.h"
#include "log/segment_reader.h"

namespace daybook {
namespace {

Status DrawIdentity(Env* env, Manifest* manifest) {
  LogIdentity::Id id;
  LogIdentity::Seed seed;
  std::array<std::byte, 8> incarnation{};
  DAYBOOK_RETURN_IF_ERROR(env->Random(id));
  DAYBOOK_RETURN_IF_ERROR(env->Random(seed));
  DAYBOOK_RETURN_IF_ERROR(env->Random(incarnation));
  manifest->identity = LogIdentity(id, seed);
  manifest->incarnation = LoadU64(incarnation.data());
  return Status::Ok();
}

uint64_t NowMs(Env* env) { return static_cast<uint64_t>(std::max<int64_t>(env->NowMillis(), 0)); }

SegmentHeader HeaderOf(Env* env, const Manifest& manifest, uint64_t segment, uint64_t first_batch,
                       uint32_t previous) {
  SegmentHeader header;
  header.identity = manifest.identity;
  header.segment = segment;
  header.term = manifest.term;
  header.first_batch_number = first_batch;
  header.previous_checksum = previous;
  header.created_ms = NowMs(env);
  return header;
}

// Begins the manifest's next segment.
Status BeginSegment(Env* env, const std::string& directory, uint64_t first_batch, uint32_t previous,
                    Manifest* manifest, std::unique_ptr<SegmentWriter>* writer) {
  const uint64_t segment = manifest->next_segment;
  DAYBOOK_RETURN_IF_ERROR(SegmentWriter::Create(
      env, directory, HeaderOf(env, *manifest, segment, first_batch, previous), writer));
  manifest->next_segment = segment + 1;
  ManifestSegment listed;
  listed.segment = segment;
  listed.first_batch = first_batch;
  manifest->segments.push_back(listed);
  return Status::Ok();
}

// Segments are listed before batches go into them. So without a manifest there is no batch either,
// unless the manifest itself was lost.
Status CheckNothingWritten(Env* env, const std::string& directory, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (ParseFileName(name).kind != FileKind::kSegment) continue;
    std::unique_ptr<File> file;
    DAYBOOK_RETURN_IF_ERROR(env->OpenFile(JoinPath(directory, name), OpenMode::kRead, &file));
    uint64_t size = 0;
    DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
    if (size > kSegmentDataOffset) {
      return {StatusCode::kCorrupt,
              directory + " holds segments but no manifest; restore manifest-0 or manifest-1 from a copy"};
    }
  }
  return Status::Ok();
}

Status CreateLog(Env* env, const std::string& directory, const std::vector<std::string>& names,
                 LogState* state, RecoveredLog* log) {
  DAYBOOK_RETURN_IF_ERROR(CheckNothingWritten(env, directory, names));
  Manifest& manifest = log->manifest;
  DAYBOOK_RETURN_IF_ERROR(DrawIdentity(env, &manifest));
  manifest.generation = 1;
  manifest.term = 1;
  manifest.created_ms = NowMs(env);
  DAYBOOK_RETURN_IF_ERROR(BeginSegment(env, directory, 1, 0, &manifest, &log->writer));
  bool reached_disk = false;
  DAYBOOK_RETURN_IF_ERROR(WriteManifest(env, directory, manifest, &reached_disk));
  // The directory may have been made by somebody who did not flush its name.
  DAYBOOK_RETURN_IF_ERROR(env->SyncDirectory(ParentDirectory(directory)));
  state->identity = manifest.identity;
  state->segments[log->writer->segment()] = {log->writer->file(), log->writer->path()};
  return Status::Ok();
}

// Does the segment with the manifest's next id hold batches of a term that the manifest knows?
Status CheckNextSegment(Env* env, const std::string& path, const Manifest& manifest, bool* holds_batches) {
  *holds_batches = false;
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kRead, &file));
  SegmentReader reader(&manifest.identity, std::move(file), manifest.next_segment);
  DAYBOOK_RETURN_IF_ERROR(reader.Open());
  SegmentHeader header;
  // Cut off in the middle of being made, or of a newer term: an attempt that was not finished.
  if (!reader.ReadHeader(&header).ok() || header.term > manifest.term) return Status::Ok();
  BatchHeader batch;
  uint64_t offset = kSegmentDataOffset;
  DAYBOOK_RETURN_IF_ERROR(reader.FindHeader(&offset, reader.size(), &batch));
  *holds_batches = offset < reader.size();
  return Status::Ok();
}

// A segment that the manifest does not list is what an unfinished opening or roll has left: it has
// the next id, and no batches or those of a term that never began. Anything else says that the
// manifest is older than the log.
Status CheckUnlisted(Env* env, const std::string& directory, const std::vector<std::string>& names,
                     const Manifest& manifest) {
  for (const std::string& name : names) {
    const ParsedFileName parsed = ParseFileName(name);
    if (parsed.kind != FileKind::kSegment || parsed.id < manifest.next_segment) continue;
    const std::string path = JoinPath(directory, name);
    bool newer = parsed.id > manifest.next_segment;
    if (!newer) DAYBOOK_RETURN_IF_ERROR(CheckNextSegment(env, path, manifest, &newer));
    if (newer) {
      return {StatusCode::kCorrupt, path + " is newer than the manifest: was an older copy of the manifest " +
                                        "restored beside newer segments?"};
    }
  }
  return Status::Ok();
}

// Writes a batch again, at another place and in another term; its frames stay as they are.
Status MoveBatch(const LogIdentity& identity, const TailBatch& tail, uint64_t term, uint64_t durable_batch,
                 SegmentWriter* writer, uint32_t* previous_checksum, BatchHeader* header, SharedSlab* moved) {
  auto slab = std::make_shared<Slab>(tail.slab->size());
  std::memcpy(slab->data(), tail.slab->data(), slab->size());
  *header = tail.header;
  header->segment = writer->segment();
  header->offset = writer->next_offset();
  header->term = term;
  header->durable_number = durable_batch;
  header->previous_checksum = *previous_checksum;
  EncodeBatchHeader(identity, header, slab->data());
  bool clean = false;
  DAYBOOK_RETURN_IF_ERROR(writer->Append(slab->bytes(), &clean));
  *previous_checksum = header->checksum;
  *moved = std::move(slab);
  return Status::Ok();
}

// Says in the log itself that a new term goes on behind `last_batch`.
Status WriteRecoverBatch(const Manifest& manifest, const ReplayResult& replay, uint64_t now_ms,
                         uint32_t last_checksum, RecoveredLog* log) {
  Command recover;
  recover.kind = CommandKind::kRecover;
  recover.lost_term = replay.last_term;
  recover.last_batch = replay.last_batch;
  recover.last_checksum = replay.last_checksum;
  GroupCommitInput input;
  input.identity = &manifest.identity;
  input.cursor = &log->cursor;
  input.commands = {&recover, 1};
  input.now_ms = now_ms;
  input.place.batch_number = replay.last_batch + 1;
  input.place.term = manifest.term;
  input.place.segment = log->writer->segment();
  input.place.offset = log->writer->next_offset();
  input.place.durable_number = replay.durable_batch;
  input.place.previous_checksum = last_checksum;
  input.place.reserved_seqnum = log->cursor.next_seqnum();
  PreparedBatch batch;
  DAYBOOK_RETURN_IF_ERROR(PrepareBatch(input, &batch));
  bool clean = false;
  DAYBOOK_RETURN_IF_ERROR(log->writer->Append(batch.slab->bytes(), &clean));
  log->cursor = batch.next;
  log->last_batch = batch.header.batch_number;
  log->last_checksum = batch.header.checksum;
  return Status::Ok();
}

// The end of the log is not known to be on stable storage: everything above the last durable
// mark goes into a fresh segment.
Status RewriteTail(Env* env, const std::string& directory, const ReplayResult& replay, LogState* state,
                   RecoveredLog* log) {
  Manifest& manifest = log->manifest;
  ManifestSegment& old = manifest.segments.back();
  old.closed = true;
  old.end_batch = replay.durable_batch + 1;
  old.end_offset = replay.durable_end_offset;
  const auto durable_checksum = static_cast<uint32_t>(replay.durable_checksum);
  DAYBOOK_RETURN_IF_ERROR(
      BeginSegment(env, directory, replay.durable_batch + 1, durable_checksum, &manifest, &log->writer));
  const uint64_t segment = log->writer->segment();
  uint32_t previous_checksum = durable_checksum;
  std::vector<std::pair<BatchHeader, SharedSlab>> moved(replay.tail.size());
  for (size_t i = 0; i < moved.size(); ++i) {
    DAYBOOK_RETURN_IF_ERROR(MoveBatch(manifest.identity, replay.tail[i], manifest.term, replay.durable_batch,
                                      log->writer.get(), &previous_checksum, &moved[i].first,
                                      &moved[i].second));
  }
  DAYBOOK_RETURN_IF_ERROR(WriteRecoverBatch(manifest, replay, NowMs(env), previous_checksum, log));
  DAYBOOK_RETURN_IF_ERROR(log->writer->Sync());
  state->segments[segment] = {log->writer->file(), log->writer->path()};
  for (size_t i = 0; i < moved.size(); ++i) {
    const BatchHeader& header = moved[i].first;
    state->Publish(replay.tail[i].ordered, segment, header.offset, moved[i].second, header.end_seqnum);
  }
  return Status::Ok();
}

// Takes the segment in front of the last one out of the manifest if nothing in it is of use any
// more, and gives its path: kills in a row must not leave a file each. Else an empty string.
std::string UnlistEmptySegment(const std::string& directory, Manifest* manifest, LogState* state) {
  if (manifest->segments.size() < 2) return {};
  const auto old = manifest->segments.end() - 2;
  if (!old->closed || old->end_batch > old->first_batch) return {};
  const uint64_t segment = old->segment;
  manifest->segments.erase(old);
  state->segments.erase(segment);
  return JoinPath(directory, SegmentFileName(segment));
}

// An opening that did not come to its end may have left a segment with batches of the term that begins
// now. The next opening would take it for one of this term that the manifest has lost.
Status RemoveUnfinished(Env* env, const std::string& directory, uint64_t segment) {
  const Status removed = env->Remove(JoinPath(directory, SegmentFileName(segment)));
  if (removed.Is(StatusCode::kNotFound)) return Status::Ok();
  DAYBOOK_RETURN_IF_ERROR(removed);
  return env->SyncDirectory(directory);
}

// Makes the log ready to be written in a new term. kDiskFull: nothing has changed on the disk.
Status BeginTerm(Env* env, const std::string& directory, const ReplayResult& replay, LogState* state,
                 RecoveredLog* log, bool* tail_published) {
  // The names that were read may stand in the page cache alone: an earlier process may have been killed
  // before it flushed them. What is made now must not outlive them.
  DAYBOOK_RETURN_IF_ERROR(env->SyncDirectory(directory));
  Manifest& manifest = log->manifest;
  manifest.generation += 1;
  manifest.term += 1;
  manifest.reserved_seqnum = log->cursor.next_seqnum();
  if (replay.nothing_follows && replay.tail.empty()) {
    DAYBOOK_RETURN_IF_ERROR(RemoveUnfinished(env, directory, manifest.next_segment));
    DAYBOOK_RETURN_IF_ERROR(SegmentWriter::Continue(env, directory, manifest.segments.back().segment,
                                                    replay.durable_end_offset, &log->writer));
    state->segments[log->writer->segment()] = {log->writer->file(), log->writer->path()};
    log->marked_batch = replay.marked_batch;
  } else {
    DAYBOOK_RETURN_IF_ERROR(RewriteTail(env, directory, replay, state, log));
  }
  *tail_published = true;
  const std::string useless = UnlistEmptySegment(directory, &manifest, state);
  bool reached_disk = false;
  const Status written = WriteManifest(env, directory, manifest, &reached_disk);
  if (!written.ok()) {
    // The next opening may believe either manifest, so this one may not go on with what it has read.
    return reached_disk ? Status(StatusCode::kIo, written.message(), written.system_error()) : written;
  }
  // The log does not need it; if it cannot be removed it only takes up space.
  if (!useless.empty()) (void)env->Remove(useless).ok();
  log->durable_reserved_seqnum = log->cursor.next_seqnum();
  return Status::Ok();
}

Status ReopenLog(Env* env, const std::string& directory, const std::vector<std::string>& names,
                 const ManifestState& read, LogState* state, RecoveredLog* log) {
  DAYBOOK_RETURN_IF_ERROR(CheckUnlisted(env, directory, names, read.manifest));
  if (read.manifest.segments.empty() || read.manifest.segments.back().closed) {
    return {StatusCode::kCorrupt, directory + ": the manifest names no segment to go on with"};
  }
  state->identity = read.manifest.identity;
  ReplayResult replay;
  DAYBOOK_RETURN_IF_ERROR(Replay(env, directory, read.manifest, state).Run(&replay));
  log->manifest = read.manifest;
  log->cursor = replay.cursor;
  log->last_batch = replay.last_batch;
  log->last_checksum = replay.last_checksum;
  if (!state->damage.empty()) {
    log->failure = Status(StatusCode::kCorrupt, state->damage.ranges().front().Describe());
    return Status::Ok();
  }
  log->cursor.RaiseNextSeqnum(replay.clean ? replay.clean_next_seqnum : replay.reserved_seqnum);
  bool tail_published = false;
  const Status begun = BeginTerm(env, directory, replay, state, log, &tail_published);
  if (begun.Is(StatusCode::kDiskFull)) {
    // Nothing has changed on the disk. What is there can be read; for the rest there must be room.
    for (const TailBatch& tail : replay.tail) {
      if (tail_published) break;
      state->Publish(tail.ordered, tail.header.segment, tail.header.offset, tail.slab,
                     tail.header.end_seqnum);
    }
    log->writer.reset();
    log->failure = begun;
  } else if (!begun.ok()) {
    return begun;
  }
  state->visible_end = std::max(state->visible_end, log->cursor.next_seqnum());
  return Status::Ok();
}

}  // namespace

Status CheckDirectoryIsOurs(Env* env, const std::string& directory) {
  std::vector<std::string> names;
  DAYBOOK_RETURN_IF_ERROR(env->ListDirectory(directory, &names));
  std::string foreign;
  for (const std::string& name : names) {
    const FileKind kind = ParseFileName(name).kind;
    if (kind == FileKind::kManifest) return Status::Ok();
    if (kind == FileKind::kForeign && foreign.empty()) foreign = name;
  }
  if (foreign.empty()) return Status::Ok();
  return {StatusCode::kFormat, directory + " is not a daybook: it has no manifest, and holds \"" + foreign +
                                   "\"; name an empty directory, or one that does not exist yet"};
}

Status RecoverLog(Env* env, const std::string& directory, LogState* state, RecoveredLog* log) {
  std::vector<std::string> names;
  DAYBOOK_RETURN_IF_ERROR(env->ListDirectory(directory, &names));
  ManifestState read;
  DAYBOOK_RETURN_IF_ERROR(ReadManifest(env, directory, &read));
  if (!read.found) return CreateLog(env, directory, names, state, log);
  return ReopenLog(env, directory, names, read, state, log);
}

}  // namespace daybook
