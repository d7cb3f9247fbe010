// Freeing the space of what was trimmed: counting, deleting and rewriting segments, and the trims
// that books ask for by their retention.
#include <algorithm>
#include <mutex>
#include <utility>

#include "log/file_name.h"
#include "log/group_scan.h"
#include "log/log_reader.h"
#include "log/maintenance.h"
#include "log/segment_policy.h"
#include "log/sparse_segment.h"
#include "log/stream_walk.h"

namespace daybook {
namespace {

constexpr uint64_t kRecordsBetweenQuestions = 4096;
// A state frame is written for what frees so many times its bytes.
constexpr uint64_t kGainPerStateByte = 4;

// The first segment of the group in which a segment lies.
std::map<uint64_t, uint64_t> GroupsOf(const Manifest& manifest) {
  std::map<uint64_t, uint64_t> groups;
  uint64_t group = 0;
  for (const ManifestSegment& segment : manifest.segments) {
    if (segment.lane == 0) group = segment.segment;
    groups[segment.segment] = group;
  }
  return groups;
}

// Records that have not left the count of their book are kept: without them nobody could count them.
bool IsAlive(const BookTable& books, uint64_t number, uint64_t seqnum) {
  const BookTable::Book* book = books.Find(number);
  // A book that is not named was dropped: every batch names the books that it is the first to write to.
  return book != nullptr && (book->named || book->records > 0) && seqnum >= book->counted_before;
}

using VisitRecord = std::function<Status(const RecordLocation&, const RecordView&)>;

// The records of a batch that are not void, in the order of their positions.
Status VisitRecords(const ScannedOrder& scanned, const VisitRecord& visit) {
  const BatchHeader& header = scanned.batch.header;
  size_t index = 0;
  for (const OrderedRun& run : scanned.ordered.runs) {
    for (uint64_t i = 0; i < run.count; ++i, ++index) {
      if (scanned.ordered.IsVoid(index)) continue;
      const uint32_t offset = scanned.ordered.offsets[index];
      RecordView record;
      if (ParseRecord(scanned.batch.slab->bytes().subspan(offset), &record) != ParseResult::kOk)
        return {StatusCode::kCorrupt, "a record that was checked does not parse"};
      RecordLocation location;
      location.seqnum = run.first_seqnum + i;
      location.timestamp = scanned.ordered.timestamp;
      location.segment = header.segment;
      location.offset = header.offset + offset;
      location.size = record.size;
      location.shard = {scanned.ordered.view, scanned.ordered.physical_log, run.shard};
      location.local_id = run.first_local_id + i;
      DAYBOOK_RETURN_IF_ERROR(visit(location, record));
    }
  }
  return Status::Ok();
}

}  // namespace

// --- Counting ---

Status Maintenance::CountTrims(const GoOn& go_on) {
  uint64_t trims = 0;
  {
    const std::lock_guard lock(world_.handover->mutex);
    trims = world_.handover->trims;
  }
  if (trims == trims_counted_) return Status::Ok();
  std::vector<std::pair<uint64_t, BookTable::Book>> due;
  {
    BookTable books;
    {
      const std::shared_lock lock(world_.state->mutex);
      books = world_.state->books.Snapshot();
    }
    books.ForEach([&](uint64_t number, const BookTable::Book& book) {
      if (book.counted_before < book.trim_before) due.emplace_back(number, book);
    });
  }
  const Manifest manifest = world_.manifests->Get();
  for (const auto& [number, book] : due) {
    DAYBOOK_RETURN_IF_ERROR(CountBook(number, book, manifest, go_on));
  }
  DAYBOOK_RETURN_IF_ERROR(CountTags(manifest, go_on));
  trims_counted_ = trims;
  NoteReclaimable(manifest);
  return Status::Ok();
}

Status Maintenance::CountBook(uint64_t number, const BookTable::Book& book, const Manifest& manifest,
                              const GoOn& go_on) {
  CountedDead counted;
  if (book.records > 0) {
    const auto judge = [&](uint64_t seqnum, bool* is_dead) {
      // It has left the count already if it had lost its tags.
      const Status status = HasLostItsTags(number, seqnum, nullptr, is_dead);
      *is_dead = !*is_dead;
      return status;
    };
    DAYBOOK_RETURN_IF_ERROR(CountRecords(StreamKind::kBook, number, book.counted_before, book.trim_before,
                                         manifest, go_on, judge, &counted));
  } else if (!go_on()) {
    return {StatusCode::kClosed, "ended early"};
  }
  {
    const std::unique_lock lock(world_.state->mutex);
    world_.state->books.Uncount(number, book.trim_before, counted.records, counted.bytes);
  }
  ForgetMarks(number);
  return Status::Ok();
}

// Those of the stream in [from, to) that are dead, as `judge` says; all of them or none.
Status Maintenance::CountRecords(StreamKind kind, uint64_t stream, uint64_t from, uint64_t to,
                                 const Manifest& manifest, const GoOn& go_on,
                                 const std::function<Status(uint64_t seqnum, bool* is_dead)>& judge,
                                 CountedDead* counted) {
  const std::map<uint64_t, uint64_t> groups = GroupsOf(manifest);
  std::map<uint64_t, uint64_t> dead;
  uint64_t seen = 0;
  Status status = go_on() ? Status::Ok() : Status(StatusCode::kClosed, "ended early");
  const auto note = [&](const RecordLocation& location) {
    bool is_dead = false;
    status = judge(location.seqnum, &is_dead);
    if (is_dead) {
      const auto group = groups.find(location.segment);
      dead[group == groups.end() ? location.segment : group->second] += 1;
      counted->records += 1;
      counted->bytes += location.size;
    }
    if (++seen % kRecordsBetweenQuestions == 0 && !go_on())
      status = Status(StatusCode::kClosed, "ended early");
    return status.ok();
  };
  if (status.ok()) DAYBOOK_RETURN_IF_ERROR(WalkStream(*world_.state, kind, stream, from, to, note));
  DAYBOOK_RETURN_IF_ERROR(status);
  for (const auto& [segment, count] : dead) dead_[segment] += count;
  state_stale_ = state_stale_ || counted->records > 0;
  return Status::Ok();
}

void Maintenance::NoteReclaimable(const Manifest& manifest) {
  uint64_t bytes = 0;
  for (const ManifestSegment& segment : manifest.segments) {
    const auto dead = dead_.find(segment.segment);
    if (!segment.closed || segment.records == 0 || dead == dead_.end()) continue;
    bytes += segment.end_offset * std::min(dead->second, segment.records) / segment.records;
  }
  reclaimable_bytes_ = bytes;
  const std::lock_guard lock(shown_mutex_);
  shown_dead_ = dead_;
}

// --- Deleting and rewriting ---

Status Maintenance::Reclaim(const GoOn& go_on, bool* worked) {
  const Manifest manifest = world_.manifests->Get();
  waits_for_state_ = false;
  // Replay must be able to begin at either checkpoint, in the group where that stands.
  if (manifest.checkpoints.empty()) return Status::Ok();
  const uint64_t needed_from = manifest.checkpoints.back().batch;
  std::vector<size_t> candidates;
  uint64_t bytes = 0;
  for (size_t i = 0; i < manifest.segments.size(); ++i) {
    const ManifestSegment& segment = manifest.segments[i];
    if (segment.lane != 0 || !segment.closed || segment.end_batch > needed_from) continue;
    const auto found = dead_.find(segment.segment);
    const uint64_t dead = found == dead_.end() ? 0 : found->second;
    if (dead * 2 < segment.records) continue;
    // What was looked at in vain is looked at again when much more has died.
    const auto spared = spared_.find(segment.segment);
    if (spared != spared_.end() && dead < spared->second) continue;
    candidates.push_back(i);
    bytes += segment.records == 0 ? segment.end_offset
                                  : segment.end_offset * std::min(dead, segment.records) / segment.records;
  }
  const bool pays = bytes >= StateBytes() * kGainPerStateByte;
  for (const size_t candidate : candidates) {
    if (!IsStateTold(manifest.segments[candidate], manifest.state_batch, pays)) continue;
    if (!go_on()) return {StatusCode::kClosed, "ended early"};
    return ReclaimGroup(manifest, candidate, go_on, worked);
  }
  return Status::Ok();
}

// About what keys and tag marks take in a state frame: they alone can be many in a small log.
uint64_t Maintenance::StateBytes() const {
  constexpr uint64_t kMarkBytes = 24;
  constexpr uint64_t kKeyBytes = 26;
  const std::shared_lock lock(world_.state->mutex);
  return world_.state->tag_trims.size() * kMarkBytes + world_.state->keys.size() * kKeyBytes;
}

// What was said in the segment, and that its records have left the counts of their books, must have been told
// further on, where the next opening will read it, before it may go.
bool Maintenance::IsStateTold(const ManifestSegment& segment, uint64_t state_batch, bool may_ask) {
  const std::lock_guard lock(world_.handover->mutex);
  Handover& handover = *world_.handover;
  // Behind it, not at its end: there the frame would go with it.
  const bool is_said_again =
      segment.kind != SegmentKind::kLog || std::max(state_batch, handover.state_batch) >= segment.end_batch;
  if (is_said_again && !state_stale_ && handover.state_told >= state_needed_) return true;
  if (handover.state_told >= state_needed_) {
    if (!may_ask) return false;
    state_needed_ = ++handover.state_asked;
    state_stale_ = false;
  }
  waits_for_state_ = true;
  return false;
}

// What is left of a group, as it is being copied into a segment with an overlay. Nothing is made for nothing.
class Maintenance::Survivors {
 public:
  Survivors(const MaintenanceWorld& world, const LogIdentity& identity, uint64_t term,
            const ManifestSegment& group, Draft* draft)
      : world_(world), group_(group), draft_(draft) {
    header_.identity = identity;
    header_.term = term;
    header_.first_batch_number = group.first_batch;
  }

  Status Add(const RecordLocation& location, const RecordView& record) {
    if (segment_ == nullptr) DAYBOOK_RETURN_IF_ERROR(Begin());
    return segment_->Add(location, std::span(record.checked.data() - kRecordCrcSize, record.size));
  }

  Status Finish() {
    if (segment_ == nullptr) return Status::Ok();
    DAYBOOK_RETURN_IF_ERROR(segment_->Finish());
    return overlay_->Finish(&overlay_info_);
  }

  [[nodiscard]] bool empty() const { return segment_ == nullptr; }
  [[nodiscard]] uint64_t records() const { return empty() ? 0 : segment_->records(); }
  [[nodiscard]] const IndexRunInfo& overlay() const { return overlay_info_; }
  // The group's entry in the manifest from now on. REQUIRES: not empty, finished.
  [[nodiscard]] ManifestSegment Listed() const {
    ManifestSegment listed = group_;
    listed.segment = segment_->segment();
    listed.kind = SegmentKind::kRewritten;
    listed.end_offset = segment_->end_offset();
    listed.records = segment_->records();
    listed.overlay = overlay_info_.run;
    return listed;
  }

 private:
  Status Begin() {
    header_.segment = world_.manifests->TakeSegments(1);
    overlay_info_.run = world_.manifests->TakeFile();
    draft_->AddSegment(header_.segment);
    draft_->Add(IndexRunFileName(overlay_info_.run));
    overlay_info_.first_seqnum = group_.first_seqnum;
    overlay_info_.end_seqnum = group_.end_seqnum;
    DAYBOOK_RETURN_IF_ERROR(
        IndexRunWriter::Create(world_.env, world_.directory, header_.identity, overlay_info_, &overlay_));
    return SparseSegmentWriter::Create(
        world_.env, world_.directory, header_.identity, header_,
        [this](const RecordLocation& moved) { return overlay_->AddLocation(moved); }, &segment_);
  }

  const MaintenanceWorld& world_;
  const ManifestSegment group_;
  Draft* const draft_;
  SegmentHeader header_;
  std::unique_ptr<SparseSegmentWriter> segment_;
  std::unique_ptr<IndexRunWriter> overlay_;
  IndexRunInfo overlay_info_;
};

// Every record of a group that can be read: where it lies, and what it is.
Status Maintenance::ScanRecords(const Manifest& manifest, size_t listed,
                                const std::function<Status(const RecordLocation&, const RecordView&)>& visit,
                                std::vector<DamagedRange>* damage) const {
  const ManifestSegment& group = manifest.segments[listed];
  if (group.kind == SegmentKind::kRewritten)
    return ScanSparseSegment(world_.env, world_.directory, identity_, group, visit, damage);
  return ScanGroup(
      world_.env, world_.directory, manifest, listed, group.first_seqnum, group.end_seqnum,
      [&](const ScannedOrder& scanned) { return VisitRecords(scanned, visit); }, damage);
}

Status Maintenance::ReclaimGroup(const Manifest& manifest, size_t listed, const GoOn& go_on, bool* worked) {
  const ManifestSegment group = manifest.segments[listed];
  BookTable books;
  {
    const std::shared_lock lock(world_.state->mutex);
    books = world_.state->books.Snapshot();
  }
  Draft draft(this);
  Survivors survivors(world_, identity_, term_, group, &draft);
  uint64_t seen = 0;
  const auto take = [&](const RecordLocation& location, const RecordView& record) -> Status {
    if (++seen % kRecordsBetweenQuestions == 0 && !go_on()) return {StatusCode::kClosed, "ended early"};
    const bool is_alive =
        IsAlive(books, record.book, location.seqnum) && !HasLostItsTags(record, location.seqnum);
    return is_alive ? survivors.Add(location, record) : Status::Ok();
  };
  std::vector<DamagedRange> damage;
  DAYBOOK_RETURN_IF_ERROR(ScanRecords(manifest, listed, take, &damage));
  DAYBOOK_RETURN_IF_ERROR(survivors.Finish());
  const uint64_t alive = survivors.records();
  // Unreadable is not absent: what cannot be read is not thrown away.
  const bool pays = damage.empty() && seen >= group.records && alive * 3 <= group.records * 2;
  if (!pays) {
    spared_[group.segment] = std::max<uint64_t>(group.records - alive, 1) + group.records / 4;
    return Status::Ok();
  }
  *worked = true;
  if (survivors.empty()) return Replace(group, nullptr, {});
  const ManifestSegment rewritten = survivors.Listed();
  DAYBOOK_RETURN_IF_ERROR(Replace(group, &rewritten, survivors.overlay()));
  draft.Keep();
  return Status::Ok();
}

// Puts `rewritten` (null: nothing) in the place of a group, and lets go of its files.
Status Maintenance::Replace(const ManifestSegment& group, const ManifestSegment* rewritten,
                            const IndexRunInfo& overlay_info) {
  const std::lock_guard index_lock(index_mutex_);
  SharedRun overlay;
  if (rewritten != nullptr) {
    DAYBOOK_RETURN_IF_ERROR(
        IndexRun::Open(world_.env, world_.directory, identity_, overlay_info, world_.cache, &overlay));
    world_.state->segments.Add(rewritten->segment, nullptr);
  }
  std::vector<ManifestSegment> gone;
  DAYBOOK_RETURN_IF_ERROR(Update([&](Manifest* next) {
    gone.clear();
    const auto first =
        std::find_if(next->segments.begin(), next->segments.end(),
                     [&](const ManifestSegment& segment) { return segment.segment == group.segment; });
    auto last = first + 1;
    while (last != next->segments.end() && last->lane != 0) ++last;
    gone.assign(first, last);
    const auto at = next->segments.erase(first, last);
    if (rewritten != nullptr) {
      next->segments.insert(at, *rewritten);
      next->next_segment = std::max(next->next_segment, rewritten->segment + 1);
    }
    std::erase_if(next->overlays, [&](const IndexRunInfo& info) { return info.run == group.overlay; });
    if (overlay != nullptr) {
      const auto place = std::partition_point(
          next->overlays.begin(), next->overlays.end(),
          [&](const IndexRunInfo& info) { return info.first_seqnum < overlay_info.first_seqnum; });
      next->overlays.insert(place, overlay_info);
    }
    next->gone_seqnum = std::max(next->gone_seqnum, group.end_seqnum);
  }));
  PublishVersion(
      [&](IndexVersion* next) {
        std::erase_if(next->overlays, [&](const SharedRun& run) { return run->info().run == group.overlay; });
        if (overlay == nullptr) return;
        const auto place = std::partition_point(
            next->overlays.begin(), next->overlays.end(),
            [&](const SharedRun& run) { return run->info().first_seqnum < overlay_info.first_seqnum; });
        next->overlays.insert(place, overlay);
      },
      false);
  if (group.overlay != 0) useless_.push_back(JoinPath(world_.directory, IndexRunFileName(group.overlay)));
  for (const ManifestSegment& segment : gone) LetGo(segment);
  dead_.erase(group.segment);
  spared_.erase(group.segment);
  world_.metrics->groups_reclaimed.Add();
  return Status::Ok();
}

namespace {
// Whether the file is of nobody else: no other process holds its lock, and it is no part of a copy.
bool IsOursAlone(Env* env, const std::string& path) {
  std::unique_ptr<File> file;
  bool locked = false;
  bool one = false;
  return env->OpenFile(path, OpenMode::kReadWrite, &file).ok() &&
         file->TryLock(LockKind::kExclusive, &locked).ok() && locked && file->HasOneName(&one).ok() && one;
}
}  // namespace

// A file that nobody reads any more may be used again; else it goes, and no reader sees it change.
void Maintenance::LetGo(const ManifestSegment& segment) {
  bool still_read = false;
  world_.state->segments.Remove(segment.segment, &still_read);
  const std::string path = world_.state->segments.PathOf(segment.segment);
  const bool fits =
      segment.kind == SegmentKind::kLog && segment.end_offset * 4 >= world_.options.segment_bytes &&
      segment.end_offset <= ReserveBytes(LogBytes(world_.manifests->Get())) / world_.options.lanes &&
      recyclable_.size() < world_.options.lanes;
  if (!still_read && fits && IsOursAlone(world_.env, path)) {
    recyclable_.push_back({path, segment.end_offset});
  } else {
    useless_.push_back(path);
  }
}

// --- Retention ---

Status Maintenance::Retain(const GoOn& go_on) {
  std::vector<std::pair<uint64_t, BookTable::Book>> due;
  {
    BookTable books;
    {
      const std::shared_lock lock(world_.state->mutex);
      books = world_.state->books.Snapshot();
    }
    bool retains = false;
    books.ForEach([&](uint64_t number, const BookTable::Book& book) {
      retains = retains || book.retention.any();
      if (book.named && book.retention.any() && book.records > 0) due.emplace_back(number, book);
    });
    retains_ = retains;
  }
  std::vector<Command> commands;
  for (const auto& [number, book] : due) {
    // What was trimmed and not counted yet would be counted twice.
    if (book.counted_before < book.trim_before) continue;
    Command command;
    command.kind = CommandKind::kTrimBook;
    command.book = number;
    DAYBOOK_RETURN_IF_ERROR(TrimFor(number, book, go_on, &command.before));
    if (command.before > book.trim_before) commands.push_back(std::move(command));
  }
  if (commands.empty()) return Status::Ok();
  const std::lock_guard lock(world_.handover->mutex);
  // At most one round of them waits at a time.
  if (world_.handover->commands.empty()) world_.handover->commands = std::move(commands);
  return Status::Ok();
}

Status Maintenance::TrimFor(uint64_t book, const BookTable::Book& entry, const GoOn& go_on,
                            uint64_t* before) {
  const Retention& retention = entry.retention;
  *before = entry.trim_before;
  if (retention.max_age_ms != 0) {
    uint64_t now = 0;
    {
      const std::shared_lock lock(world_.state->mutex);
      now = world_.state->timestamp;
    }
    uint64_t seqnum = 0;
    if (now > retention.max_age_ms)
      DAYBOOK_RETURN_IF_ERROR(
          SeqnumAtTime(*world_.state, book, now - retention.max_age_ms, ReadMode::kMayBlock, &seqnum));
    *before = std::max(*before, seqnum);
  }
  uint64_t surplus_records = retention.max_records != 0 && entry.records > retention.max_records
                                 ? entry.records - retention.max_records
                                 : 0;
  uint64_t surplus_bytes =
      retention.max_bytes != 0 && entry.bytes > retention.max_bytes ? entry.bytes - retention.max_bytes : 0;
  if (surplus_records == 0 && surplus_bytes == 0) return Status::Ok();
  uint64_t seen = 0;
  bool go = true;
  Status status;
  DAYBOOK_RETURN_IF_ERROR(WalkStream(*world_.state, StreamKind::kBook, book, entry.trim_before, entry.end,
                                     [&](const RecordLocation& location) {
                                       bool is_gone = false;
                                       status = HasLostItsTags(book, location.seqnum, nullptr, &is_gone);
                                       if (is_gone || !status.ok()) return status.ok();
                                       *before = std::max(*before, location.seqnum + 1);
                                       surplus_records -= std::min<uint64_t>(surplus_records, 1);
                                       surplus_bytes -= std::min<uint64_t>(surplus_bytes, location.size);
                                       if (++seen % kRecordsBetweenQuestions == 0) go = go_on();
                                       return go && (surplus_records > 0 || surplus_bytes > 0);
                                     }));
  DAYBOOK_RETURN_IF_ERROR(status);
  return go ? Status::Ok() : Status(StatusCode::kClosed, "ended early");
}

}  // namespace daybook
