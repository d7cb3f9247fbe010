#include "log/recovery.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/coding.h"
#include "log/file_name.h"
#include "log/index_loader.h"
#include "log/recovery_term.h"
#include "log/replay.h"

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

// --- A new log ---

// Segments are listed before batches go into them. So without a manifest there is no batch either,
// unless the manifest itself was lost.
Status CheckNothingWritten(const RecoveryContext& context, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const ParsedFileName parsed = ParseFileName(name);
    bool holds_batches = parsed.kind == FileKind::kIndexRun || parsed.kind == FileKind::kCheckpoint;
    if (parsed.kind == FileKind::kSegment) {
      std::unique_ptr<File> file;
      DAYBOOK_RETURN_IF_ERROR(
          context.env->OpenFile(JoinPath(context.directory, name), OpenMode::kRead, &file));
      SegmentHeader header;
      std::vector<std::byte> front(kSegmentDataOffset + kBatchHeaderSize);
      size_t count = 0;
      DAYBOOK_RETURN_IF_ERROR(file->Read(0, front, &count));
      BatchHeader batch;
      // What was cut off in the middle of being made holds nothing.
      holds_batches = count == front.size() && DecodeSegmentHeader(front, &header) == ParseResult::kOk &&
                      DecodeBatchHeader(header.identity, std::span(front).subspan(kSegmentDataOffset),
                                        &batch) != ParseResult::kDamaged;
    }
    if (holds_batches) {
      return {StatusCode::kCorrupt,
              context.directory +
                  " holds segments but no manifest; restore manifest-0 or manifest-1 from a copy"};
    }
  }
  return Status::Ok();
}

Status CreateLog(const RecoveryContext& context, const std::vector<std::string>& names) {
  DAYBOOK_RETURN_IF_ERROR(CheckNothingWritten(context, names));
  Manifest& manifest = context.log->manifest;
  DAYBOOK_RETURN_IF_ERROR(DrawIdentity(context.env, &manifest));
  manifest.generation = 1;
  manifest.term = 1;
  manifest.created_ms = NowMs(context.env);
  DAYBOOK_RETURN_IF_ERROR(BeginGroup(context, 1, 0));
  bool reached_disk = false;
  DAYBOOK_RETURN_IF_ERROR(WriteManifest(context.env, context.directory, manifest, &reached_disk));
  // The directory may have been made by somebody who did not flush its name.
  DAYBOOK_RETURN_IF_ERROR(context.env->SyncDirectory(ParentDirectory(context.directory)));
  context.state->identity = manifest.identity;
  RegisterGroup(context.log->group, context.state);
  return Status::Ok();
}

// --- A log that is there ---

// Does a segment that the manifest does not list hold batches of the log that it cannot know of?
Status IsNewer(const RecoveryContext& context, const std::string& path, uint64_t segment, bool* newer) {
  constexpr uint64_t kGroupMax = 8;
  const Manifest& manifest = context.log->manifest;
  *newer = false;
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(context.env->OpenFile(path, OpenMode::kRead, &file));
  SegmentReader reader(&manifest.identity, std::move(file), segment);
  DAYBOOK_RETURN_IF_ERROR(reader.Open());
  SegmentHeader header;
  // Cut off in the middle of being made, or a copy of what lies in another segment.
  if (!reader.ReadHeader(&header).ok() || header.kind == SegmentKind::kRewritten) return Status::Ok();
  BatchHeader batch;
  uint64_t offset = kSegmentDataOffset;
  DAYBOOK_RETURN_IF_ERROR(reader.FindHeader(&offset, reader.size(), &batch));
  const bool holds_batches = offset < reader.size();
  // Of the next ids and a newer term: an opening that was not finished.
  const bool unfinished = segment < manifest.next_segment + kGroupMax && header.term > manifest.term;
  *newer = holds_batches && !unfinished;
  return Status::Ok();
}

// A segment that the manifest does not list is what an unfinished opening or roll has left: it has no
// batches, or those of a term that never began. Anything else says that the manifest is older than the
// log. Files of lower ids are leftovers.
Status CheckUnlisted(const RecoveryContext& context, const std::vector<std::string>& names) {
  constexpr uint64_t kFilesAhead = uint64_t{1} << 20U;  // an id further on is none that was taken
  Manifest& manifest = context.log->manifest;
  std::vector<std::string>& useless = context.log->useless;
  for (const std::string& name : names) {
    const ParsedFileName parsed = ParseFileName(name);
    const std::string path = JoinPath(context.directory, name);
    bool listed = true;
    bool newer = false;
    if (parsed.kind == FileKind::kTemporary) listed = false;
    if (parsed.kind == FileKind::kSegment) {
      listed = std::any_of(manifest.segments.begin(), manifest.segments.end(),
                           [&](const ManifestSegment& segment) { return segment.segment == parsed.id; });
      if (parsed.id >= manifest.next_segment)
        DAYBOOK_RETURN_IF_ERROR(IsNewer(context, path, parsed.id, &newer));
    }
    if (newer) {
      return {StatusCode::kCorrupt, path + " is newer than the manifest: was an older copy of the manifest " +
                                        "restored beside newer segments?"};
    }
    const auto is_listed = [&](const std::vector<IndexRunInfo>& runs) {
      return std::any_of(runs.begin(), runs.end(),
                         [&](const IndexRunInfo& run) { return run.run == parsed.id; });
    };
    if (parsed.kind == FileKind::kIndexRun) listed = is_listed(manifest.runs) || is_listed(manifest.overlays);
    if (parsed.kind == FileKind::kCheckpoint) {
      listed = std::any_of(manifest.checkpoints.begin(), manifest.checkpoints.end(),
                           [&](const CheckpointInfo& info) { return info.checkpoint == parsed.id; });
    }
    // A name that is given again must not be among those that are removed.
    const bool is_numbered = parsed.kind == FileKind::kIndexRun || parsed.kind == FileKind::kCheckpoint;
    if (!listed && is_numbered && parsed.id >= manifest.next_file &&
        parsed.id - manifest.next_file < kFilesAhead)
      manifest.next_file = parsed.id + 1;
    if (!listed && parsed.kind == FileKind::kSegment && parsed.id >= manifest.next_segment) {
      context.log->unfinished.push_back(path);
    } else if (!listed) {
      useless.push_back(path);
    }
  }
  return Status::Ok();
}

// The newest good checkpoint whose place is still there; none: all is replayed. Those that are lost leave
// the manifest, so that they do not count as generations any more.
Status LoadCheckpoint(const RecoveryContext& context, std::unique_ptr<Checkpoint>* checkpoint) {
  Manifest& manifest = context.log->manifest;
  for (const CheckpointInfo& info : std::vector<CheckpointInfo>(manifest.checkpoints)) {
    const bool is_spare = *checkpoint != nullptr;
    auto read = std::make_unique<Checkpoint>();
    const Status status =
        is_spare ? CheckCheckpoint(context.env, context.directory, manifest.identity, info)
                 : ReadCheckpoint(context.env, context.directory, manifest.identity, info, read.get());
    if (status.Is(StatusCode::kCorrupt) || status.Is(StatusCode::kNotFound)) {
      std::erase(manifest.checkpoints, info);
      context.log->useless.push_back(JoinPath(context.directory, CheckpointFileName(info.checkpoint)));
      continue;
    }
    if (is_spare) continue;
    DAYBOOK_RETURN_IF_ERROR(status);
    if (read->group.lanes.empty()) continue;
    const auto at = std::find_if(
        manifest.segments.begin(), manifest.segments.end(),
        [&](const ManifestSegment& segment) { return segment.segment == read->group.lanes.front().segment; });
    if (at == manifest.segments.end() || at->kind != SegmentKind::kLog || at->lane != 0) continue;
    *checkpoint = std::move(read);
  }
  return Status::Ok();
}

// Segments that the checkpoint stands behind are not read; but they must be there.
void NoteMissingSegments(const RecoveryContext& context, const std::vector<std::string>& names,
                         const Checkpoint* checkpoint) {
  if (checkpoint == nullptr) return;
  const auto look_for = [&](uint64_t segment, uint64_t first_seqnum, uint64_t end_seqnum) {
    const std::string name = SegmentFileName(segment);
    if (first_seqnum >= end_seqnum || std::binary_search(names.begin(), names.end(), name)) return;
    context.state->damage.Add(
        {first_seqnum, end_seqnum, JoinPath(context.directory, name), 0, "the segment is missing", false});
  };
  const GroupProgress& group = checkpoint->group;
  for (const ManifestSegment& segment : context.log->manifest.segments) {
    if (segment.segment == group.lanes.front().segment) break;
    look_for(segment.segment, segment.first_seqnum, segment.end_seqnum);
  }
  // Its own group as far as it was written by then.
  for (const LaneEnd& lane : group.lanes) {
    if (lane.offset > kSegmentDataOffset)
      look_for(lane.segment, group.first_seqnum, checkpoint->cursor.next_seqnum());
  }
}

// Opens the index runs; makes again those that are lost.
Status LoadIndex(const RecoveryContext& context) {
  Manifest& manifest = context.log->manifest;
  auto version = std::make_shared<IndexVersion>();
  std::vector<IndexRunInfo> lost;
  DAYBOOK_RETURN_IF_ERROR(OpenIndex(context.index, manifest, version.get(), &lost));
  uint64_t end = 0;
  for (const IndexRunInfo& run : manifest.runs) end = std::max(end, run.end_seqnum);
  std::vector<DamagedRange> damage;
  const TakeFile take_file = [&] { return manifest.next_file++; };
  for (const IndexRunInfo& run : lost) {
    std::vector<SharedRun> made;
    const auto overlaid =
        std::find_if(manifest.segments.begin(), manifest.segments.end(),
                     [&](const ManifestSegment& segment) { return segment.overlay == run.run; });
    const bool is_overlay = run.run != 0 && overlaid != manifest.segments.end();
    if (is_overlay) {
      made.emplace_back();
      DAYBOOK_RETURN_IF_ERROR(RebuildOverlay(context.index, *overlaid, take_file, &made[0], &damage));
      overlaid->overlay = made[0]->info().run;
    } else {
      DAYBOOK_RETURN_IF_ERROR(
          RebuildRuns(context.index, manifest, run.first_seqnum, run.end_seqnum, take_file, &made, &damage));
    }
    std::vector<IndexRunInfo>& listed = is_overlay ? manifest.overlays : manifest.runs;
    std::vector<SharedRun>& open = is_overlay ? version->overlays : version->runs;
    std::erase(listed, run);
    for (const SharedRun& fresh : made) {
      listed.push_back(fresh->info());
      open.push_back(fresh);
    }
    const auto ascending = [](const auto& a, const auto& b) { return a.first_seqnum < b.first_seqnum; };
    std::sort(listed.begin(), listed.end(), ascending);
    std::sort(open.begin(), open.end(),
              [&](const SharedRun& a, const SharedRun& b) { return ascending(a->info(), b->info()); });
    context.log->useless.push_back(JoinPath(context.directory, IndexRunFileName(run.run)));
  }
  for (DamagedRange& range : damage) context.state->damage.Add(std::move(range));
  context.state->version = std::move(version);
  context.state->active = std::make_shared<MemTable>(end);
  return Status::Ok();
}

// The table in memory is full in the middle of replay: it becomes a run. Without room for that it stays in
// memory, and the log will be read-only.
Status SpillTable(const RecoveryContext& context, uint64_t end_seqnum) {
  LogState& state = *context.state;
  Manifest& manifest = context.log->manifest;
  if (!IsFull(*state.active, context.options.memory_share(), end_seqnum)) return Status::Ok();
  const bool may_grow = end_seqnum - state.active->first_seqnum <= TagIndex::kSpan / 2;
  if (context.log->failure.Is(StatusCode::kDiskFull) && may_grow) return Status::Ok();
  IndexRunInfo info;
  info.run = manifest.next_file++;
  info.end_seqnum = end_seqnum;
  const Status written =
      WriteMemTable(context.env, context.directory, manifest.identity, *state.active, &info);
  if (written.Is(StatusCode::kDiskFull) && may_grow) {
    (void)context.env->Remove(JoinPath(context.directory, IndexRunFileName(info.run))).ok();
    context.log->failure = written;
    return Status::Ok();
  }
  DAYBOOK_RETURN_IF_ERROR(written);
  SharedRun run;
  DAYBOOK_RETURN_IF_ERROR(
      IndexRun::Open(context.env, context.directory, manifest.identity, info, context.index.cache, &run));
  manifest.runs.push_back(info);
  auto version = std::make_shared<IndexVersion>(*state.version);
  version->runs.push_back(std::move(run));
  state.version = std::move(version);
  state.active = std::make_shared<MemTable>(end_seqnum);
  return Status::Ok();
}

// The state begins as it was behind the checkpoint, which lets go of its books.
void TakeUp(Checkpoint* checkpoint, LogState* state) {
  state->books = std::move(checkpoint->books);
  for (const RememberedKey& key : checkpoint->keys) state->keys.Remember(key);
  state->tag_trims.Restore(checkpoint->tag_marks, checkpoint->cursor.index());
  state->visible_end = checkpoint->cursor.next_seqnum();
  state->timestamp = checkpoint->cursor.timestamp();
  state->visible_index = checkpoint->cursor.index();
}

Status ReopenLog(const RecoveryContext& context, const std::vector<std::string>& names) {
  LogState* state = context.state;
  RecoveredLog* log = context.log;
  DAYBOOK_RETURN_IF_ERROR(CheckUnlisted(context, names));
  if (log->manifest.segments.empty() || log->manifest.segments.back().closed) {
    return {StatusCode::kCorrupt, context.directory + ": the manifest names no segment to go on with"};
  }
  state->identity = log->manifest.identity;
  for (const ManifestSegment& segment : log->manifest.segments) state->segments.Add(segment.segment, nullptr);
  std::unique_ptr<Checkpoint> checkpoint;
  DAYBOOK_RETURN_IF_ERROR(LoadCheckpoint(context, &checkpoint));
  if (checkpoint != nullptr) {
    TakeUp(checkpoint.get(), state);
    log->dead = checkpoint->dead;
  }
  NoteMissingSegments(context, names, checkpoint.get());
  DAYBOOK_RETURN_IF_ERROR(LoadIndex(context));
  const Manifest as_read = log->manifest;
  ReplayResult replay;
  DAYBOOK_RETURN_IF_ERROR(
      Replay(context.env, context.directory, as_read, checkpoint.get(), state, [&](uint64_t end) {
        return SpillTable(context, end);
      }).Run(&replay));
  log->cursor = replay.cursor;
  log->last_batch = replay.last_batch;
  log->last_checksum = replay.last_checksum;
  log->last_term = replay.last_term;
  log->replayed_bytes = replay.replayed_bytes;
  log->closed_properly = replay.clean;
  log->rewritten_batches = replay.clean ? 0 : replay.tail.size();
  if (!state->damage.empty()) {
    log->failure = Status(StatusCode::kCorrupt, state->damage.ranges().front().Describe());
    return Status::Ok();
  }
  log->cursor.RaiseNextSeqnum(replay.clean ? replay.clean_next_seqnum : replay.reserved_seqnum);
  if (!replay.clean) log->passed_seqnums = log->cursor.next_seqnum() - replay.cursor.next_seqnum();
  bool tail_published = false;
  const Status begun = log->failure.ok() ? BeginTerm(context, replay, &tail_published) : log->failure;
  if (begun.Is(StatusCode::kDiskFull)) {
    // Nothing has changed on the disk. What is there can be read; for the rest there must be room.
    for (const TailBatch& tail : replay.tail) {
      if (tail_published) break;
      state->Publish(tail.ordered, tail.header.segment, tail.header.offset, tail.slab,
                     tail.header.end_seqnum);
    }
    log->group = {};
    log->prepared.reset();
    log->manifest.term = as_read.term;
    log->manifest.term_ends = as_read.term_ends;
    log->failure = begun;
  } else if (!begun.ok()) {
    return begun;
  }
  state->visible_end = std::max(state->visible_end, log->cursor.next_seqnum());
  state->visible_index = std::max(state->visible_index, log->cursor.index());
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

Status RecoverLog(Env* env, const std::string& directory, const EngineOptions& options,
                  const std::shared_ptr<BlockCache>& cache, LogState* state, RecoveredLog* log) {
  std::vector<std::string> names;
  DAYBOOK_RETURN_IF_ERROR(env->ListDirectory(directory, &names));
  ManifestState read;
  DAYBOOK_RETURN_IF_ERROR(ReadManifest(env, directory, &read));
  log->manifest = read.manifest;
  RecoveryContext context{env,     directory,
                          options, {env, directory, read.manifest.identity, cache, options.memory_share()},
                          state,   log};
  log->is_new = !read.found;
  return read.found ? ReopenLog(context, names) : CreateLog(context, names);
}

}  // namespace daybook
