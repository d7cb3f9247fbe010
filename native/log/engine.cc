#include "log/engine.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "log/commit_commands.h"
#include "log/file_name.h"

namespace daybook {

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
    return {StatusCode::kLocked, directory + " is open for writing by another process: " +
                                     (holder.empty() ? "it did not say which" : holder)};
  }
  DAYBOOK_RETURN_IF_ERROR(locked);

  DAYBOOK_RETURN_IF_ERROR(env->IdentifyDirectory(directory, &opened->identity_));
  RecoveredLog log;
  DAYBOOK_RETURN_IF_ERROR(RecoverLog(env, directory, &opened->state_, &log));
  opened->manifest_ = std::move(log.manifest);
  opened->cursor_ = std::move(log.cursor);
  opened->writer_ = std::move(log.writer);
  opened->last_batch_ = log.last_batch;
  opened->last_checksum_ = log.last_checksum;
  opened->flushed_batch_ = log.last_batch;
  opened->marked_batch_ = log.marked_batch;
  opened->durable_reserved_seqnum_ = log.durable_reserved_seqnum;
  opened->failure_ = log.failure;
  *engine = std::move(opened);
  return Status::Ok();
}

Engine::~Engine() = default;

Status Engine::Fail(const Status& cause) {
  std::unique_lock lock(state_.mutex);
  if (failure_.ok()) failure_ = cause;
  return cause;
}

Status Engine::Failure() const {
  std::shared_lock lock(state_.mutex);
  return failure_;
}

BatchHeader Engine::NextPlace(bool* flush, uint64_t records) const {
  BatchHeader place;
  place.batch_number = last_batch_ + 1;
  place.term = manifest_.term;
  place.segment = writer_->segment();
  place.offset = writer_->next_offset();
  place.durable_number = flushed_batch_;
  place.previous_checksum = last_checksum_;
  place.reserved_seqnum = durable_reserved_seqnum_;
  const uint64_t end = cursor_.next_seqnum() + records;
  if (!*flush && end > durable_reserved_seqnum_) {
    *flush = true;
    place.reserved_seqnum = end + options_.seqnum_block;
  }
  return place;
}

uint64_t Engine::EndOfBook(uint64_t book) const {
  const std::optional<uint64_t> tail = state_.book_index.Previous(book, kSeqnumEnd);
  return tail.has_value() ? *tail + 1 : 0;
}

std::vector<Command> Engine::WithNames(const CommitRequest& request) const {
  std::shared_lock lock(state_.mutex);
  return CommitCommands(request.books, request.commands, state_.books,
                        [this](uint64_t book) { return EndOfBook(book); });
}

Status Engine::MakeRoom(uint64_t bytes) {
  const bool fits = writer_->next_offset() + bytes <= options_.segment_bytes;
  if (fits || writer_->end() == kSegmentDataOffset) return Status::Ok();
  return Roll();
}

Status Engine::Roll() {
  // New files are made by name. If the directory was moved away meanwhile, the name may be that of
  // another log by now.
  DirectoryIdentity now;
  const Status identified = env_->IdentifyDirectory(directory_, &now);
  if (!identified.ok() || now != identity_) {
    return Fail({StatusCode::kIo, directory_ + " was moved or replaced while the log was open"});
  }
  DAYBOOK_RETURN_IF_ERROR(FlushSegment());
  DAYBOOK_RETURN_IF_ERROR(WriteMark(false));
  Manifest next = manifest_;
  next.generation += 1;
  next.reserved_seqnum = std::max(next.reserved_seqnum, durable_reserved_seqnum_);
  ManifestSegment& old = next.segments.back();
  old.closed = true;
  old.end_batch = last_batch_ + 1;
  old.end_offset = writer_->end();
  ManifestSegment listed;
  listed.segment = next.next_segment++;
  listed.first_batch = last_batch_ + 1;
  next.segments.push_back(listed);

  SegmentHeader header;
  header.identity = manifest_.identity;
  header.segment = listed.segment;
  header.term = manifest_.term;
  header.first_batch_number = listed.first_batch;
  header.previous_checksum = last_checksum_;
  header.created_ms = static_cast<uint64_t>(std::max<int64_t>(env_->NowMillis(), 0));
  std::unique_ptr<SegmentWriter> writer;
  DAYBOOK_RETURN_IF_ERROR(SegmentWriter::Create(env_, directory_, header, &writer));
  bool reached_disk = false;
  if (const Status written = WriteManifest(env_, directory_, next, &reached_disk); !written.ok()) {
    // The next opening may believe either manifest, so nothing more may go into either segment.
    return reached_disk ? Fail({StatusCode::kIo, written.message(), written.system_error()}) : written;
  }
  manifest_ = std::move(next);
  writer_ = std::move(writer);
  std::unique_lock lock(state_.mutex);
  state_.segments[writer_->segment()] = {writer_->file(), writer_->path()};
  return Status::Ok();
}

Status Engine::FlushSegment() {
  if (flushed_batch_ == last_batch_) return Status::Ok();
  if (const Status flushed = writer_->Sync(); !flushed.ok()) {
    // The kernel may have dropped the dirty pages; a second flush would succeed and prove nothing.
    return Fail({StatusCode::kIo, flushed.message(), flushed.system_error()});
  }
  flushed_batch_ = last_batch_;
  unflushed_bytes_ = 0;
  return Status::Ok();
}

Status Engine::WriteMark(bool clean) {
  if (marked_batch_ == last_batch_ && !clean) return Status::Ok();
  DurableMark mark;
  mark.segment = writer_->segment();
  mark.term = manifest_.term;
  mark.batch_number = flushed_batch_;
  mark.batch_checksum = last_checksum_;
  mark.flags = clean ? kMarkClean : 0;
  mark.end_offset = writer_->end();
  mark.next_seqnum = cursor_.next_seqnum();
  mark.reserved_seqnum = durable_reserved_seqnum_;
  mark.metalog_index = cursor_.index();
  mark.timestamp = cursor_.timestamp();
  if (const Status written = writer_->WriteMark(manifest_.identity, mark); !written.ok()) {
    return Fail({StatusCode::kIo, written.message(), written.system_error()});
  }
  marked_batch_ = last_batch_;
  return Status::Ok();
}

Status Engine::Settle() {
  if (!failure_.ok()) return failure_;
  DAYBOOK_RETURN_IF_ERROR(FlushSegment());
  return WriteMark(false);
}

Status Engine::Close() {
  if (!failure_.ok()) return failure_;
  DAYBOOK_RETURN_IF_ERROR(FlushSegment());
  return WriteMark(true);
}

Status Engine::Commit(const CommitRequest& request, CommitResult* result) {
  if (!failure_.ok()) {
    return {StatusCode::kReadOnly, "the log is read-only since: " + failure_.message(),
            failure_.system_error()};
  }
  const std::vector<Command> commands = WithNames(request);
  // Only drops of books that do not exist: nothing to write.
  if (commands.empty() && request.shards.empty()) return Status::Ok();
  uint64_t records = 0;
  uint64_t bytes = kBatchHeaderSize + kFrameHeaderSize;
  for (const ShardSubmission& shard : request.shards) {
    records += shard.record_count;
    bytes += kFrameHeaderSize;
    for (const auto piece : shard.pieces) bytes += piece.size();
  }
  DAYBOOK_RETURN_IF_ERROR(MakeRoom(bytes));

  bool flush = request.flush;
  GroupCommitInput input;
  input.identity = &manifest_.identity;
  input.cursor = &cursor_;
  input.shards = request.shards;
  input.commands = commands;
  input.now_ms = static_cast<uint64_t>(std::max<int64_t>(env_->NowMillis(), 0));
  input.place = NextPlace(&flush, records);
  PreparedBatch batch;
  DAYBOOK_RETURN_IF_ERROR(PrepareBatch(input, &batch));

  bool clean = true;
  if (const Status written = writer_->Append(batch.slab->bytes(), &clean); !written.ok()) {
    if (clean && written.Is(StatusCode::kDiskFull)) return written;
    result->outcome_unknown = true;
    return Fail({StatusCode::kIo, written.message(), written.system_error()});
  }
  last_batch_ = batch.header.batch_number;
  last_checksum_ = batch.header.checksum;
  unflushed_bytes_ += batch.slab->size();
  if (flush) {
    if (const Status flushed = FlushSegment(); !flushed.ok()) {
      result->outcome_unknown = true;
      return flushed;
    }
    durable_reserved_seqnum_ = batch.header.reserved_seqnum;
  }
  result->runs = batch.ordered.runs;
  Publish(&batch);
  return Status::Ok();
}

void Engine::Publish(PreparedBatch* batch) {
  cursor_ = std::move(batch->next);
  state_.Publish(batch->ordered, batch->header.segment, batch->header.offset, batch->slab,
                 batch->header.end_seqnum);
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

}  // namespace daybook
