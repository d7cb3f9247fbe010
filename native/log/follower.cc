#include "log/follower.h"

#include <algorithm>
#include <utility>

namespace daybook {
namespace {
// A log that is reclaimed as fast as it is read is given up for now.
constexpr int kAttemptsMax = 8;
}  // namespace

Status Follower::Open(Env* env, const std::string& directory, const EngineOptions& options,
                      std::unique_ptr<Follower>* follower) {
  FollowWorld world;
  world.env = env;
  world.directory = directory;
  world.options = options;
  world.cache = std::make_shared<BlockCache>(static_cast<size_t>(options.memory_share()));
  std::unique_ptr<Follower> opened(new Follower(world));
  const std::lock_guard lock(opened->work_mutex_);
  DAYBOOK_RETURN_IF_ERROR(opened->Reload());
  opened->incarnation_ = opened->shown_->incarnation();
  // Not under its own lock.
  *follower = std::move(opened);
  return Status::Ok();
}

std::shared_ptr<FollowedLog> Follower::Shown() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_;
}

// --- Going with the log ---

Status Follower::Poll(bool* changed) {
  const std::lock_guard work(work_mutex_);
  *changed = false;
  const std::shared_ptr<FollowedLog> before = Shown();
  const LogPosition seen = before->Position();
  ControlState page;
  if (!control_.Read(&page) || (page == page_ && !behind_)) return Status::Ok();
  page_ = page;
  const Status status = CatchUp();
  behind_ = !status.ok();
  const std::shared_ptr<FollowedLog> after = Shown();
  const LogPosition now = after->Position();
  *changed = now.term != seen.term || now.index != seen.index;
  const std::lock_guard lock(shown_mutex_);
  *changed = *changed || trouble_.ok() != status.ok();
  trouble_ = status;
  return status;
}

Status Follower::CatchUp() {
  const std::shared_ptr<FollowedLog> log = Shown();
  // Another log has come into the directory, or an older life of this one: what was shown stays.
  if (page_.incarnation != incarnation_ || page_.log_id != log->manifest().identity.id()) {
    return {StatusCode::kFormat, world_.directory + " holds another log now"};
  }
  if (page_.term < log->term() || !log->failure().ok()) return log->failure();
  if (page_.term > log->term()) return Reload();
  if (page_.generation != log->manifest().generation) return TakeManifest();
  bool starved = false;
  DAYBOOK_RETURN_IF_ERROR(log->Advance(page_.batch, &starved));
  return starved ? TakeManifest() : Status::Ok();
}

Status Follower::TakeManifest() {
  const std::shared_ptr<FollowedLog> log = Shown();
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    ManifestState read;
    DAYBOOK_RETURN_IF_ERROR(ReadManifest(world_.env, world_.directory, &read));
    // Behind the manifest: what it makes of a trim must not be seen before the trim.
    ControlState page;
    if (control_.Read(&page) && page.incarnation == incarnation_) page_ = page;
    if (!read.found || read.manifest.term != log->term() || page_.term != log->term()) return Reload();
    if (!log->TakeGroups(read.manifest)) return Reload();
    bool starved = false;
    DAYBOOK_RETURN_IF_ERROR(log->Advance(page_.batch, &starved));
    if (starved) continue;
    const Status taken = log->TakeIndex(read.manifest);
    if (taken.Is(StatusCode::kNotFound) || taken.Is(StatusCode::kCorrupt)) continue;
    DAYBOOK_RETURN_IF_ERROR(taken);
    const std::lock_guard lock(shown_mutex_);
    generation_ = read.manifest.generation;
    manifest_ = std::move(read.manifest);
    return Status::Ok();
  }
  return Reload();
}

Status Follower::Reload() {
  std::shared_ptr<FollowedLog> loaded;
  DAYBOOK_RETURN_IF_ERROR(FollowedLog::Load(world_, &control_, &loaded));
  const std::lock_guard lock(shown_mutex_);
  if (shown_ != nullptr) {
    const LogPosition before = shown_->Position();
    const LogPosition now = loaded->Position();
    // Nobody sees the log go back. It is on the way: whoever asks later finds it there.
    if (loaded->incarnation() != incarnation_ || now.term < before.term || now.index < before.index) {
      return {StatusCode::kIo, world_.directory + " is not yet as far again as it was seen"};
    }
  }
  generation_ = loaded->manifest().generation;
  manifest_ = loaded->manifest();
  shown_ = std::move(loaded);
  return shown_->failure();
}

bool Follower::Refresh(const std::shared_ptr<FollowedLog>& seen, uint64_t generation) {
  const std::lock_guard work(work_mutex_);
  {
    const std::lock_guard lock(shown_mutex_);
    if (shown_ != seen || generation_ != generation) return true;
  }
  ManifestState read;
  if (!seen->failure().ok() || !ReadManifest(world_.env, world_.directory, &read).ok()) return false;
  if (!read.found || read.manifest.generation == generation) return false;
  return TakeManifest().ok();
}

// --- Reading ---

uint64_t Follower::OpenBook(std::string_view name) {
  const std::lock_guard lock(shown_mutex_);
  const auto known = numbers_.find(std::string(name));
  if (known != numbers_.end()) return known->second;
  if (names_.size() >= BookTable::kBooksMax) return 0;
  names_.emplace_back(name);
  numbers_.emplace(names_.back(), names_.size());
  return names_.size();
}

uint64_t Follower::NumberIn(const LogState& state, uint64_t book) const {
  std::string name;
  {
    const std::lock_guard lock(shown_mutex_);
    if (book == 0 || book > names_.size()) return 0;
    name = names_[book - 1];
  }
  const std::shared_lock lock(state.mutex);
  return state.books.NumberOf(name);
}

uint64_t Follower::TrimmedBefore(uint64_t book) const {
  const std::shared_ptr<FollowedLog> log = Shown();
  const uint64_t number = NumberIn(log->state(), book);
  const std::shared_lock lock(log->state().mutex);
  const BookTable::Book* entry = log->state().books.Find(number);
  return entry == nullptr ? 0 : entry->trim_before;
}

uint64_t Follower::TagTrimmedBefore(uint64_t book, std::string_view tag, uint64_t index) const {
  const std::shared_ptr<FollowedLog> log = Shown();
  return daybook::TagTrimmedBefore(log->state(), NumberIn(log->state(), book), tag, index);
}

// A file that has gone, or that holds something else by now, is no damage as long as the log has changed.
template <typename Ask>
Status Follower::Asking(ReadMode mode, Ask ask) {
  for (int attempt = 0;; ++attempt) {
    std::shared_ptr<FollowedLog> log;
    uint64_t generation = 0;
    {
      const std::lock_guard lock(shown_mutex_);
      log = shown_;
      generation = generation_;
    }
    const Status status = ask(log->state());
    if (!status.Is(StatusCode::kCorrupt) && !status.Is(StatusCode::kNotFound)) return status;
    if (mode == ReadMode::kNoWait) return {StatusCode::kWouldBlock, "the log has to be looked at again"};
    if (attempt == kAttemptsMax || !Refresh(log, generation)) {
      return status.Is(StatusCode::kNotFound) ? Status(StatusCode::kCorrupt, status.message()) : status;
    }
  }
}

Status Follower::Read(const ReadRequest& request, ReadMode mode, ReadOutput* output) {
  return Asking(mode, [&](const LogState& state) {
    output->found.clear();
    output->growing.clear();
    output->used = output->needed = 0;
    output->more = false;
    output->damaged_run = 0;
    ReadRequest asked = request;
    asked.book = NumberIn(state, request.book);
    return ReadRecords(state, asked, mode, output);
  });
}

Status Follower::SeqnumAt(uint64_t book, uint64_t time, ReadMode mode, uint64_t* seqnum) {
  return Asking(mode, [&](const LogState& state) {
    return SeqnumAtTime(state, NumberIn(state, book), time, mode, seqnum);
  });
}

PositionIs Follower::Compare(const LogPosition& position) const {
  const std::shared_ptr<FollowedLog> log = Shown();
  const PositionIs is = ComparePosition(position, log->Position(), log->term_ends());
  return is == PositionIs::kLaterTerm ? PositionIs::kAhead : is;
}

Status Follower::Failure() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_->failure().ok() ? trouble_ : shown_->failure();
}

EngineStat Follower::Stat() const {
  const std::shared_ptr<FollowedLog> log = Shown();
  Manifest manifest;
  {
    const std::lock_guard lock(shown_mutex_);
    manifest = manifest_;
  }
  EngineStat stat;
  AddStateStat(log->state(), &stat);
  stat.durable_seqnum = stat.next_seqnum;
  uint64_t written_from = 0;
  for (const ManifestSegment& segment : manifest.segments) {
    if (!segment.closed && segment.lane == 0 && written_from == 0) written_from = segment.segment;
  }
  AddManifestStat(manifest, written_from, {}, &stat);
  stat.cache_memory += world_.cache->bytes();
  return stat;
}

}  // namespace daybook
