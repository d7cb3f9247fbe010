#include "log/engine.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "log/file_name.h"
#include "log/recovery.h"

namespace daybook {

Engine::Engine(Env* env, const std::string& directory, const EngineOptions& options)
    : env_(env),
      directory_(directory),
      options_(options),
      cache_(std::make_shared<BlockCache>(static_cast<size_t>(options.memory_share()))),
      state_(options.memory_share(), env, directory),
      aux_(&state_, static_cast<size_t>(options.aux_bytes)),
      control_(env, directory),
      manifests_(env, directory),
      maintenance_({env, directory, options, cache_, &state_, &manifests_, &handover_, &metrics_}) {}

Engine::~Engine() = default;

Status Engine::Open(Env* env, const std::string& directory, const EngineOptions& options,
                    std::unique_ptr<Engine>* engine) {
  if (Status ours = CheckDirectoryIsOurs(env, directory); !ours.ok() && !ours.Is(StatusCode::kNotFound))
    return ours;
  DAYBOOK_RETURN_IF_ERROR(env->CreateDirectory(directory));
  std::unique_ptr<Engine> opened(new Engine(env, directory, options));
  std::string holder;
  const Status locked =
      env->LockFile(JoinPath(directory, kLockFileName), env->DescribeProcess(), &opened->lock_, &holder);
  if (locked.Is(StatusCode::kLocked)) {
    return {StatusCode::kLocked, directory + " is open for writing already, by " +
                                     (holder.empty() ? "a process that did not say which" : holder)};
  }
  DAYBOOK_RETURN_IF_ERROR(locked);
  DAYBOOK_RETURN_IF_ERROR(env->IdentifyDirectory(directory, &opened->identity_));
  RecoveredLog log;
  DAYBOOK_RETURN_IF_ERROR(RecoverLog(env, directory, options, opened->cache_, &opened->state_, &log));
  opened->TakeUp(&log);
  *engine = std::move(opened);
  return Status::Ok();
}

void Engine::TakeUp(RecoveredLog* log) {
  log_identity_ = log->manifest.identity;
  incarnation_ = log->manifest.incarnation;
  term_ = log->manifest.term;
  term_ends_ = log->manifest.term_ends;
  cursor_ = std::move(log->cursor);
  durable_seqnum_ = cursor_.next_seqnum();
  group_ = std::move(log->group);
  lane_busy_.assign(group_.lanes.size(), false);
  lane_dirty_.assign(group_.lanes.size(), false);
  last_batch_ = flushed_batch_ = log->last_batch;
  last_checksum_ = log->last_checksum;
  marked_batch_ = log->marked_batch;
  bytes_since_checkpoint_ = log->replayed_bytes;
  durable_reserved_seqnum_ = log->durable_reserved_seqnum;
  failure_ = log->failure;
  opening_ = {log->is_new, log->closed_properly, log->replayed_bytes, log->rewritten_batches,
              log->passed_seqnums};
  handover_.prepared = std::move(log->prepared);
  handover_.state_batch = log->manifest.state_batch;
  handover_.published_batch = last_batch_;
  handover_.trims = 1;  // what was trimmed before may not have been counted
  if (!group_.lanes.empty()) {
    handover_.group_segment = group_.lanes.front()->segment();
    handover_.group_first_batch = group_.first_batch;
    handover_.group_limit = group_.limit;
    handover_.group_bytes = group_.bytes();
  }
  if (log->closed_properly && failure_.ok())
    kept_aux_owner_ = AuxOwner{log_identity_, log->manifest.incarnation, term_ - 1, cursor_.next_seqnum()};
  if (failure_.ok() && options_.is_followed) StartControl(log->manifest);
  manifests_.Reset(std::move(log->manifest));
  maintenance_.Start(log_identity_, term_, log->dead,
                     failure_.ok() ? std::move(log->useless) : std::vector<std::string>());
}

void Engine::StartControl(const Manifest& manifest) {
  ControlState page;
  page.log_id = log_identity_.id();
  page.incarnation = manifest.incarnation;
  page.term = manifest.term;
  page.generation = manifest.generation;
  page.batch = flushed_batch_;
  page.metalog_index = cursor_.index();
  page.end_seqnum = cursor_.next_seqnum();
  control_.Start(page);
  manifests_.OnReplaced([this](uint64_t generation) { control_.Replaced(generation); });
}

Status Engine::Fail(const Status& cause) {
  std::unique_lock lock(state_.mutex);
  if (failure_.ok()) failure_ = cause;
  return cause;
}

Status Engine::Failure() const {
  std::shared_lock lock(state_.mutex);
  return failure_;
}

Status Engine::Flush(const Flight& flight) {
  for (const std::shared_ptr<File>& file : flight.files) DAYBOOK_RETURN_IF_ERROR(file->Sync());
  return Status::Ok();
}

// --- Complete ---

Status Engine::Complete(std::unique_ptr<Flight> flight, const Status& flushed, CommitResult* result) {
  DAYBOOK_ASSERT(flights_ > 0);
  --flights_;
  lane_busy_[flight->lane] = false;
  const BatchHeader& header = flight->batch.header;
  // One that failed takes all behind it along, in whatever lane.
  const Status failure = Failure();
  if (!failure.ok() || !flushed.ok()) {
    result->outcome_unknown = true;
    // The kernel may have dropped the dirty pages; a second flush would succeed and prove nothing.
    if (!flushed.ok()) return Fail({StatusCode::kIo, flushed.message(), flushed.system_error()});
    return {StatusCode::kIo, failure.message(), failure.system_error()};
  }
  if (!flight->files.empty()) {
    flushed_batch_ = header.batch_number;
    durable_seqnum_ = header.end_seqnum;
    if (flushed_batch_ == last_batch_) unflushed_bytes_ = 0;
    durable_reserved_seqnum_ = std::max(durable_reserved_seqnum_, header.reserved_seqnum);
    // Before the background hears of it: what it makes of a trim must not overtake the trim.
    control_.Flushed(header.batch_number, header.metalog_index, header.end_seqnum);
  }
  result->runs = flight->batch.ordered.runs;
  result->verdicts = std::move(flight->verdicts);
  Publish(flight.get());
  if (flights_ == 0 && IsFreezeDue()) Freeze();
  return Status::Ok();
}

bool Engine::IsFreezeDue() const {
  const std::shared_lock lock(state_.mutex);
  return state_.frozen == nullptr &&
         (IsFull(*state_.active, options_.memory_share(), cursor_.next_seqnum()) ||
          bytes_since_checkpoint_ >= options_.checkpoint_bytes);
}

void Engine::Publish(Flight* flight) {
  const BatchHeader& header = flight->batch.header;
  OrderedBatch& ordered = flight->batch.ordered;
  ordered.state.clear();  // it repeats what is known, and the background may have counted on since
  group_.records += ordered.visible_records();
  bytes_since_checkpoint_ += header.size();
  state_.Publish(ordered, header.segment, header.offset, flight->batch.slab, header.end_seqnum);
  const bool trims =
      std::any_of(ordered.commands.begin(), ordered.commands.end(), [](const Command& command) {
        return command.kind == CommandKind::kTrimBook || command.kind == CommandKind::kTrimTag ||
               command.kind == CommandKind::kDropBook || command.kind == CommandKind::kRetention;
      });
  if (trims) aux_.NoteTrims(ordered.commands);
  const std::lock_guard lock(handover_.mutex);
  handover_.published_batch = header.batch_number;
  if ((header.flags & kBatchHasState) != 0) handover_.state_batch = header.batch_number;
  handover_.state_told = std::max(handover_.state_told, flight->state_request);
  if (trims) handover_.trims += 1;
}

// The table in memory becomes what the next run and checkpoint are made of.
// REQUIRES: no flights, and nothing frozen.
void Engine::Freeze() {
  // A checkpoint stands behind what is flushed.
  if (!FlushAll().ok()) return;
  Checkpoint checkpoint;
  checkpoint.batch = last_batch_;
  checkpoint.checksum = last_checksum_;
  checkpoint.term = term_;
  checkpoint.reserved_seqnum = durable_reserved_seqnum_;
  checkpoint.cursor = cursor_;
  checkpoint.group.first_batch = group_.first_batch;
  checkpoint.group.first_seqnum = group_.first_seqnum;
  checkpoint.group.records = group_.records;
  for (const auto& lane : group_.lanes) checkpoint.group.lanes.push_back({lane->segment(), lane->end()});
  auto fresh = std::make_shared<MemTable>(cursor_.next_seqnum());
  {
    const std::unique_lock lock(state_.mutex);
    checkpoint.books = state_.books.Snapshot();
    checkpoint.keys = state_.keys.Keys();
    checkpoint.tag_marks = state_.tag_trims.All();
    state_.frozen = std::move(state_.active);
    state_.active = std::move(fresh);
  }
  bytes_since_checkpoint_ = 0;
  const std::lock_guard lock(handover_.mutex);
  handover_.checkpoint = std::move(checkpoint);
}

Status Engine::Commit(const CommitRequest& request, CommitResult* result) {
  std::unique_ptr<Flight> flight;
  DAYBOOK_RETURN_IF_ERROR(Begin(request, &flight, &result->outcome_unknown));
  if (flight == nullptr) return Status::Ok();
  const Status flushed = Flush(*flight);
  return Complete(std::move(flight), flushed, result);
}

bool Engine::WantsCommit() const {
  if (!Failure().ok()) return false;
  const std::lock_guard lock(handover_.mutex);
  return handover_.state_asked > handover_.state_begun || !handover_.commands.empty();
}

Status Engine::FlushAll() {
  if (flushed_batch_ == last_batch_) return Status::Ok();
  for (size_t lane = 0; lane < group_.lanes.size(); ++lane) {
    if (!lane_dirty_[lane]) continue;
    if (const Status flushed = group_.lanes[lane]->Sync(); !flushed.ok())
      return Fail({StatusCode::kIo, flushed.message(), flushed.system_error()});
    lane_dirty_[lane] = false;
  }
  flushed_batch_ = last_batch_;
  durable_seqnum_ = cursor_.next_seqnum();
  unflushed_bytes_ = 0;
  control_.Flushed(last_batch_, cursor_.index(), cursor_.next_seqnum());
  return Status::Ok();
}

Status Engine::WriteMark(bool clean) {
  if (marked_batch_ == last_batch_ && !clean) return Status::Ok();
  SegmentWriter& writer = *group_.lanes.front();
  DurableMark mark;
  mark.segment = writer.segment();
  mark.term = term_;
  mark.batch_number = flushed_batch_;
  mark.batch_checksum = last_checksum_;
  mark.flags = clean ? kMarkClean : 0;
  mark.end_offset = writer.end();
  mark.next_seqnum = cursor_.next_seqnum();
  mark.reserved_seqnum = durable_reserved_seqnum_;
  mark.metalog_index = cursor_.index();
  mark.timestamp = cursor_.timestamp();
  if (const Status written = writer.WriteMark(log_identity_, mark); !written.ok()) {
    return Fail({StatusCode::kIo, written.message(), written.system_error()});
  }
  marked_batch_ = last_batch_;
  return Status::Ok();
}

Status Engine::Settle() {
  DAYBOOK_RETURN_IF_ERROR(Failure());
  DAYBOOK_RETURN_IF_ERROR(FlushAll());
  return WriteMark(false);
}

Status Engine::Close() {
  DAYBOOK_RETURN_IF_ERROR(Failure());
  DAYBOOK_RETURN_IF_ERROR(FlushAll());
  DAYBOOK_RETURN_IF_ERROR(WriteMark(true));
  control_.Closed();
  return Status::Ok();
}

bool Engine::IsKeptAux(std::span<const std::byte> mark, AuxFile* file) const {
  return kept_aux_owner_.has_value() && DecodeAuxMark(mark, *kept_aux_owner_, file);
}

Status Engine::MarkKeptAux(const AuxFile& file) const {
  const AuxOwner owner{log_identity_, manifests_.Get().incarnation, term_, cursor_.next_seqnum()};
  return WriteAuxMark(env_, directory_, owner, file);
}

// --- The background ---

Status Engine::Maintain(const std::function<bool()>& go_on) {
  DAYBOOK_RETURN_IF_ERROR(Failure());
  bool poisoned = false;
  const Status status = maintenance_.Run(go_on, &poisoned);
  if (poisoned) return Fail({StatusCode::kIo, status.message(), status.system_error()});
  return status;
}

bool Engine::NeedsMaintenance() const {
  if (!Failure().ok()) return false;
  {
    const std::shared_lock lock(state_.mutex);
    if (state_.frozen != nullptr) return true;
  }
  const std::lock_guard lock(handover_.mutex);
  return !handover_.prepared.has_value() || !handover_.left.empty() ||
         (handover_.trims != maintenance_.trims_counted() &&
          !maintenance_.IsStateMissing(handover_.state_told)) ||
         maintenance_.IsStateThere(handover_.state_told);
}

bool Engine::IsOverfull() const {
  const std::shared_lock lock(state_.mutex);
  if (state_.version->runs.size() > kRunsMax) return true;
  return state_.frozen != nullptr &&
         state_.active->bytes_soon() > options_.memory_share() + options_.memory_share() / 2;
}

bool Engine::IsBehind() const {
  const std::shared_lock lock(state_.mutex);
  return state_.version->runs.size() > kRunsMany;
}

Status Engine::MaintainAll() {
  const auto always = [] { return true; };
  for (int round = 0; round < 100; ++round) {
    DAYBOOK_RETURN_IF_ERROR(Maintain(always));
    if (!WantsCommit()) return Status::Ok();
    CommitResult result;
    DAYBOOK_RETURN_IF_ERROR(Commit({}, &result));
  }
  return Status::Ok();
}

// --- Any thread ---

Status Engine::Read(const ReadRequest& request, ReadMode mode, ReadOutput* output) {
  const Status status = ReadAndRepair(request, mode, output);
  if (output->hot > 0) metrics_.hot_records.Add(output->hot);
  if (output->from_files > 0)
    (mode == ReadMode::kNoWait ? metrics_.warm_records : metrics_.cold_records).Add(output->from_files);
  return status;
}

Status Engine::ReadAndRepair(const ReadRequest& request, ReadMode mode, ReadOutput* output) {
  constexpr int kRepairsMax = 8;
  for (int repairs = 0;; ++repairs) {
    const Status status = ReadRecords(state_, request, mode, output);
    if (!status.Is(StatusCode::kCorrupt) || output->damaged_run == 0 || repairs == kRepairsMax) return status;
    if (!Failure().ok()) return status;
    // The index can be made again from the segments, by whoever may wait for the disk.
    if (mode == ReadMode::kNoWait)
      return {StatusCode::kWouldBlock, "a part of the index has to be made again"};
    if (!maintenance_.Repair(output->damaged_run).ok()) return status;
    output->damaged_run = 0;
  }
}

LogPosition Engine::Position() const {
  const std::shared_lock lock(state_.mutex);
  return {term_, state_.visible_index};
}

PositionIs Engine::Compare(const LogPosition& position) const {
  return ComparePosition(position, Position(), term_ends_);
}

uint64_t Engine::OpenBook(std::string_view name) {
  std::unique_lock lock(state_.mutex);
  return state_.books.Open(name);
}

bool Engine::IsNamed(uint64_t book) const {
  std::shared_lock lock(state_.mutex);
  const BookTable::Book* entry = state_.books.Find(book);
  return entry != nullptr && entry->named;
}

uint64_t Engine::TrimmedBefore(uint64_t book) const {
  std::shared_lock lock(state_.mutex);
  const BookTable::Book* entry = state_.books.Find(book);
  return entry == nullptr ? 0 : entry->trim_before;
}

uint64_t Engine::TagTrimmedBefore(uint64_t book, std::string_view tag, uint64_t index) const {
  return daybook::TagTrimmedBefore(state_, book, tag, index);
}

bool Engine::CanTrimTag(uint64_t book, std::string_view tag) const {
  const std::shared_lock lock(state_.mutex);
  return state_.tag_trims.size() < TagTrims::kMarksMax ||
         state_.tag_trims.Find(book, HashOfTag(log_identity_.hash_seed(), book, tag)) != nullptr;
}

uint64_t Engine::visible_end() const {
  std::shared_lock lock(state_.mutex);
  return state_.visible_end;
}

uint32_t Engine::AcquireShard() {
  std::unique_lock lock(state_.mutex);
  uint32_t shard = 0;
  while (shards_in_use_.contains(shard)) ++shard;
  shards_in_use_.insert(shard);
  return shard;
}

void Engine::ReleaseShard(uint32_t shard) {
  std::unique_lock lock(state_.mutex);
  shards_in_use_.erase(shard);
}

uint64_t Engine::NumberOfBook(std::string_view name) const {
  std::shared_lock lock(state_.mutex);
  return state_.books.NumberOf(name);
}

EngineStat Engine::Stat() const {
  EngineStat stat;
  stat.durable_seqnum = durable_seqnum_.load();
  AddStateStat(state_, &stat);
  uint64_t written_from = 0;
  {
    const std::lock_guard lock(handover_.mutex);
    written_from = handover_.group_segment;
  }
  AddManifestStat(manifests_.Get(), written_from, maintenance_.dead(), &stat);
  stat.reserve_bytes = maintenance_.reserve_bytes();
  stat.reclaimable_bytes = maintenance_.reclaimable_bytes();
  stat.cache_memory += cache_->bytes();
  return stat;
}

}  // namespace daybook
