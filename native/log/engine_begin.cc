// How the engine begins a batch: what goes into it, where it is written, and the next segments when these are
// full.
#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "log/commit_commands.h"
#include "log/engine.h"
#include "log/segment_policy.h"
#include "log/state_codec.h"

namespace daybook {
namespace {

// On a full disk a trim must still find room, so records leave this much of each segment free.
uint64_t CommandReserve(uint64_t limit) { return std::min<uint64_t>(limit / 16, uint64_t{64} << 10U); }

uint64_t BytesOf(const CommitRequest& request, uint64_t* records) {
  uint64_t bytes = kBatchHeaderSize + kFrameHeaderSize;
  for (const ShardSubmission& shard : request.shards) {
    *records += shard.record_count;
    bytes += kFrameHeaderSize;
    for (const auto piece : shard.pieces) bytes += piece.size();
  }
  return bytes;
}

// At least what their frame takes.
uint64_t BytesOfVerdicts(const Judgement& judgement) {
  constexpr uint64_t kVerdictBytesMax = 48;
  constexpr uint64_t kConflictBytesMax = 16;
  uint64_t bytes = kFrameHeaderSize + kVerdictBytesMax;
  for (const Verdict& verdict : judgement.verdicts)
    bytes += kVerdictBytesMax + kConflictBytesMax * verdict.conflicts.size();
  return bytes;
}

// The log as it is published.
class PublishedLog : public LogBefore {
 public:
  PublishedLog(Engine* engine, ReadMode mode) : engine_(engine), mode_(mode) {}

  [[nodiscard]] uint64_t End() const override {
    const std::shared_lock lock(engine_->state().mutex);
    return engine_->state().visible_end;
  }

  Status FindNewest(uint64_t book, const Query& query, uint64_t from, std::span<const TagMark> trimmed_now,
                    std::optional<uint64_t>* newest) const override {
    newest->reset();
    ReadRequest request;
    request.book = book;
    request.query = &query;
    request.trimmed_now = trimmed_now;
    request.from = from;
    request.to = kSeqnumEnd;
    request.reverse = true;
    request.seqnums_only = true;
    ReadOutput output;
    DAYBOOK_RETURN_IF_ERROR(engine_->Read(request, mode_, &output));
    if (!output.found.empty()) *newest = output.found.front().seqnum;
    return Status::Ok();
  }

  [[nodiscard]] const KeyTable& keys() const override { return engine_->state().keys; }

 private:
  Engine* const engine_;
  const ReadMode mode_;
};

}  // namespace

Status Engine::AnswerConditions(std::span<const std::byte> piece, ReadMode mode, JudgeMemo* memo) {
  return daybook::AnswerConditions(PublishedLog(this, mode), piece, memo);
}

size_t Engine::FreeLane() const {
  // One that holds unflushed batches first: their flush is shared.
  for (size_t lane = 0; lane < lane_busy_.size(); ++lane) {
    if (!lane_busy_[lane] && lane_dirty_[lane]) return lane;
  }
  const auto free = std::find(lane_busy_.begin(), lane_busy_.end(), false);
  return static_cast<size_t>(free - lane_busy_.begin());
}

BatchHeader Engine::NextPlace(size_t lane, bool* flush, uint64_t records) const {
  const SegmentWriter& writer = *group_.lanes[lane];
  BatchHeader place;
  place.batch_number = last_batch_ + 1;
  place.lane = static_cast<uint16_t>(lane);
  place.term = term_;
  place.segment = writer.segment();
  place.offset = writer.next_offset();
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
  const BookTable::Book* entry = state_.books.Find(book);
  return entry == nullptr ? 0 : entry->end;
}

std::vector<Command> Engine::WithNames(const CommitRequest& request, const std::vector<Command>& own) const {
  std::vector<Command> asked = request.commands;
  asked.insert(asked.end(), own.begin(), own.end());
  const std::shared_lock lock(state_.mutex);
  return CommitCommands(request.books, asked, state_.books,
                        [this](uint64_t book) { return EndOfBook(book); });
}

Status Engine::MakeRoom(uint64_t bytes, bool is_command) {
  uint64_t next = 0;
  bool fits = true;
  const uint64_t limit = group_.limit - (is_command ? 0 : CommandReserve(group_.limit));
  for (const auto& lane : group_.lanes) {
    next = lane->next_offset();
    fits = fits && (next + bytes <= limit || lane->empty());
  }
  if (fits) return Status::Ok();
  if (flights_ > 0) return {StatusCode::kWouldBlock, "the segments are full"};
  return Roll();
}

Status Engine::NewGroupNow(SegmentGroup* group) {
  NewGroup plan;
  plan.identity = log_identity_;
  plan.first_segment = manifests_.TakeSegments(group_.lanes.size());
  plan.term = term_;
  plan.first_batch = last_batch_ + 1;
  plan.lanes = group_.lanes.size();
  plan.limit = NextSegmentBytes(options_, group_.limit, group_.limit * 20);
  if (const Status made = CreateGroup(env_, directory_, plan, group); !made.ok()) {
    RemoveGroup(env_, directory_, plan);
    return made;
  }
  const uint64_t current = group_.lanes.front()->segment();
  const size_t lanes = group_.lanes.size();
  bool poisoned = false;
  const Status listed = manifests_.Update(
      [&](Manifest* manifest) {
        manifest->reserved_seqnum = std::max(manifest->reserved_seqnum, durable_reserved_seqnum_);
        // Right behind the group that is full, in front of any that was made ready meanwhile.
        Manifest alone;
        ListGroup(*group, &alone);
        const auto at =
            std::find_if(manifest->segments.begin(), manifest->segments.end(),
                         [&](const ManifestSegment& segment) { return segment.segment == current; });
        const auto behind = at == manifest->segments.end() ? at : at + static_cast<std::ptrdiff_t>(lanes);
        manifest->segments.insert(behind, alone.segments.begin(), alone.segments.end());
        manifest->next_segment = std::max(manifest->next_segment, alone.next_segment);
      },
      &poisoned);
  // The next opening may believe either manifest, so nothing more may go into either segment.
  if (!listed.ok() && poisoned) return Fail({StatusCode::kIo, listed.message(), listed.system_error()});
  if (!listed.ok()) RemoveGroup(env_, directory_, plan);
  return listed;
}

Status Engine::Roll() {
  // New files are made by name. If the directory was moved away meanwhile, the name may be that of
  // another log by now.
  DirectoryIdentity now;
  const Status identified = env_->IdentifyDirectory(directory_, &now);
  if (!identified.ok() || now != identity_) {
    return Fail({StatusCode::kIo, directory_ + " was moved or replaced while the log was open"});
  }
  DAYBOOK_RETURN_IF_ERROR(FlushAll());
  DAYBOOK_RETURN_IF_ERROR(WriteMark(false));
  std::optional<SegmentGroup> next;
  {
    const std::lock_guard lock(handover_.mutex);
    next.swap(handover_.prepared);
  }
  if (!next.has_value()) {
    next.emplace();
    DAYBOOK_RETURN_IF_ERROR(NewGroupNow(&*next));
  }
  for (const auto& lane : next->lanes) state_.segments.Add(lane->segment(), lane->file());
  LeftGroup left;
  for (const auto& lane : group_.lanes) left.lanes.push_back({lane->segment(), lane->end()});
  left.first_batch = group_.first_batch;
  left.end_batch = last_batch_ + 1;
  left.first_seqnum = group_.first_seqnum;
  left.end_seqnum = cursor_.next_seqnum();
  left.end_checksum = last_checksum_;
  left.records = group_.records;
  next->first_batch = last_batch_ + 1;
  next->first_seqnum = cursor_.next_seqnum();
  const std::lock_guard lock(handover_.mutex);
  handover_.left.push_back(std::move(left));
  group_ = std::move(*next);
  handover_.group_segment = group_.lanes.front()->segment();
  handover_.group_first_batch = group_.first_batch;
  handover_.group_limit = group_.limit;
  handover_.group_bytes = group_.bytes();
  return Status::Ok();
}

// What the background asks for, as far as it still holds: a book may have been dropped meanwhile.
std::vector<Command> Engine::OwnCommands(uint64_t* state_request) const {
  std::vector<Command> own;
  {
    const std::lock_guard lock(handover_.mutex);
    own = handover_.commands;
    *state_request = handover_.state_asked > handover_.state_begun ? handover_.state_asked : 0;
  }
  std::erase_if(own, [this](const Command& command) { return !IsNamed(command.book); });
  return own;
}

// The background adds commands only when there are none.
void Engine::ForgetCommands(uint64_t state_request) {
  const std::lock_guard lock(handover_.mutex);
  handover_.commands.clear();
  handover_.state_begun = std::max(handover_.state_begun, state_request);
}

Status Engine::Begin(const CommitRequest& request, std::unique_ptr<Flight>* flight, bool* outcome_unknown) {
  if (const Status failure = Failure(); !failure.ok()) {
    return {StatusCode::kReadOnly, "the log is read-only since: " + failure.message(),
            failure.system_error()};
  }
  uint64_t state_request = 0;
  std::vector<Command> own = OwnCommands(&state_request);
  const bool with_state = state_request != 0;
  // Commands and conditions look at what is in front of them, so nothing may be under way.
  const bool is_command = !request.commands.empty() || !own.empty() || with_state;
  // Nor can the index be frozen, and with one flight always under way it never would be.
  if (flights_ > 0 && (is_command || request.judged || flights_ == group_.lanes.size() || IsFreezeDue()))
    return {StatusCode::kWouldBlock, "flights are under way"};
  Additions additions;
  additions.commands = WithNames(request, own);
  // Only drops of books that do not exist: nothing to write.
  if (additions.commands.empty() && request.shards.empty() && !with_state) {
    ForgetCommands(0);
    return Status::Ok();
  }
  additions.now_ms = static_cast<uint64_t>(std::max<int64_t>(env_->NowMillis(), 0));
  if (with_state) {
    const std::shared_lock lock(state_.mutex);
    EncodeState(state_.books, state_.keys.Keys(), state_.tag_trims.All(), &additions.state);
  }
  if (request.judged) DAYBOOK_RETURN_IF_ERROR(Judge(request, &additions));
  uint64_t records = 0;
  uint64_t bytes = BytesOf(request, &records) + additions.state.size();
  if (request.judged) bytes += BytesOfVerdicts(additions.judgement);
  DAYBOOK_RETURN_IF_ERROR(MakeRoom(bytes, records == 0));

  auto begun = std::make_unique<Flight>();
  begun->state_request = state_request;
  bool flush = request.flush || is_command;
  DAYBOOK_RETURN_IF_ERROR(Prepare(request, additions, records, &flush, begun.get()));
  begun->verdicts = std::move(additions.judgement.verdicts);
  DAYBOOK_RETURN_IF_ERROR(
      Write(begun.get(), flush, records == 0 ? 0 : CommandReserve(group_.limit), outcome_unknown));
  if (is_command) ForgetCommands(state_request);
  *flight = std::move(begun);
  return Status::Ok();
}

// What was found out before is used; where it is too old, this waits for the disk.
Status Engine::Judge(const CommitRequest& request, Additions* additions) {
  std::vector<JudgedPiece> pieces;
  for (size_t shard = 0; shard < request.shards.size(); ++shard) {
    const ShardSubmission& submission = request.shards[shard];
    for (size_t i = 0; i < submission.pieces.size(); ++i) {
      const bool has_memo = shard < request.memos.size() && i < request.memos[shard].size();
      pieces.push_back({submission.pieces[i], has_memo ? request.memos[shard][i] : nullptr});
    }
  }
  const PublishedLog before(this, ReadMode::kMayBlock);
  JudgeInput input;
  input.identity = &log_identity_;
  input.before = &before;
  input.pieces = pieces;
  input.commands = additions->commands;
  input.first_seqnum = cursor_.next_seqnum();
  input.timestamp = TimestampBehind(cursor_, additions->now_ms);
  return JudgeGroups(input, &additions->judgement);
}

Status Engine::Prepare(const CommitRequest& request, const Additions& additions, uint64_t records,
                       bool* flush, Flight* flight) const {
  flight->lane = FreeLane();
  GroupCommitInput input;
  input.identity = &log_identity_;
  input.cursor = &cursor_;
  input.shards = request.shards;
  input.judgement = &additions.judgement;
  input.commands = additions.commands;
  input.state = additions.state;
  input.now_ms = additions.now_ms;
  input.place = NextPlace(flight->lane, flush, records);
  return PrepareBatch(input, &flight->batch);
}

// `ahead`: bytes behind the batch that commands are to find on a full disk.
Status Engine::Write(Flight* flight, bool flush, uint64_t ahead, bool* outcome_unknown) {
  SegmentWriter& writer = *group_.lanes[flight->lane];
  const PreparedBatch& batch = flight->batch;
  bool clean = true;
  if (const Status written = writer.Append(batch.slab->bytes(), &clean, ahead); !written.ok()) {
    if (clean && written.Is(StatusCode::kDiskFull)) return written;
    *outcome_unknown = true;
    return Fail({StatusCode::kIo, written.message(), written.system_error()});
  }
  cursor_ = batch.next;
  last_batch_ = batch.header.batch_number;
  last_checksum_ = batch.header.checksum;
  unflushed_bytes_ += batch.slab->size();
  lane_dirty_[flight->lane] = true;
  // Acknowledged batches are flushed, and so is all before them, in whatever lane.
  for (size_t other = 0; flush && other < group_.lanes.size(); ++other) {
    if (!lane_dirty_[other]) continue;
    flight->files.push_back(group_.lanes[other]->file());
    lane_dirty_[other] = false;
  }
  lane_busy_[flight->lane] = true;
  ++flights_;
  return Status::Ok();
}

}  // namespace daybook
