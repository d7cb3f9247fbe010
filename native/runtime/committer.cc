#include "runtime/committer.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace daybook {
namespace {

uint64_t NanosecondsSince(std::chrono::steady_clock::time_point begin) {
  const auto passed = std::chrono::steady_clock::now() - begin;
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
}

// A batch takes about this much; one group may be larger.
constexpr size_t kBatchBytes = size_t{8} << 20U;
// Behind a burst of appends the durable mark is written after this pause.
constexpr std::chrono::milliseconds kIdlePause{100};
// Appends that asked for no flush are flushed after this many bytes at the latest.
constexpr uint64_t kUnflushedBytesMax = uint64_t{16} << 20U;

// One client's part of a batch.
struct Share {
  std::shared_ptr<Client> client;
  std::vector<Submission> submissions;
  uint64_t record_count = 0;
};

// Takes from one client up to about `bytes_max`, and says how much that was.
size_t TakeShare(const std::shared_ptr<Client>& client, size_t bytes_max, std::vector<Share>* shares) {
  Share share{client, client->Take(bytes_max), 0};
  size_t bytes = 0;
  for (const Submission& submission : share.submissions) {
    share.record_count += submission.record_count;
    bytes += submission.records.size();
  }
  if (!share.submissions.empty()) shares->push_back(std::move(share));
  return bytes;
}

// Takes a batch from all clients, beginning with another one in each round: under load one client
// may fill a batch alone.
std::vector<Share> TakeShares(const std::vector<std::shared_ptr<Client>>& clients, uint64_t round) {
  std::vector<Share> shares;
  size_t bytes = 0;
  for (size_t i = 0; i < clients.size() && bytes < kBatchBytes; ++i) {
    bytes += TakeShare(clients[(round + i) % clients.size()], kBatchBytes - bytes, &shares);
  }
  std::sort(shares.begin(), shares.end(),
            [](const Share& one, const Share& other) { return one.client->shard() < other.client->shard(); });
  return shares;
}

CommitRequest RequestOf(const std::vector<Share>& shares) {
  CommitRequest request;
  request.flush = false;
  for (const Share& share : shares) {
    ShardSubmission shard;
    std::vector<const JudgeMemo*> memos;
    shard.shard = share.client->shard();
    shard.record_count = share.record_count;
    for (const Submission& submission : share.submissions) {
      request.flush = request.flush || submission.flush;
      request.books.insert(request.books.end(), submission.books.begin(), submission.books.end());
      if (submission.is_command) {
        request.commands.push_back(submission.command);
      } else {
        shard.pieces.emplace_back(submission.records);
        memos.push_back(&submission.memo);
        request.judged = request.judged || submission.judged;
      }
    }
    if (shard.record_count == 0) continue;
    request.shards.push_back(std::move(shard));
    request.memos.push_back(std::move(memos));
  }
  return request;
}

// Of the groups in the run. Positions count from `base` on.
std::vector<GroupVerdict> VerdictsOf(const OrderedRun& run, uint64_t base,
                                     const std::vector<Verdict>& verdicts) {
  std::vector<GroupVerdict> own;
  const auto begin = std::partition_point(verdicts.begin(), verdicts.end(), [&](const Verdict& verdict) {
    return base + verdict.position < run.first_seqnum;
  });
  for (auto at = begin; at != verdicts.end() && base + at->position < run.first_seqnum + run.count; ++at)
    own.push_back({base + at->position - run.first_seqnum, *at});
  return own;
}

void SettleShares(const std::vector<Share>& shares, const Status& status, const CommitResult& result) {
  for (const Share& share : shares) {
    Settlement settlement;
    settlement.status = status;
    settlement.outcome_unknown = result.outcome_unknown;
    if (share.record_count == 0) {
      settlement.is_command = true;
      share.client->Settle(std::move(settlement));
      continue;
    }
    settlement.record_count = share.record_count;
    for (const OrderedRun& run : result.runs) {
      if (run.shard != share.client->shard()) continue;
      settlement.first_seqnum = run.first_seqnum;
      if (!result.verdicts.empty())
        settlement.verdicts = VerdictsOf(run, result.runs.front().first_seqnum, result.verdicts);
    }
    share.client->Settle(std::move(settlement));
  }
}

}  // namespace

// What one thread takes, writes and settles.
struct Committer::Round {
  std::vector<Share> shares;
  std::unique_ptr<Engine::Flight> flight;
  uint64_t ticket = 0;
  CommitResult result;
  bool is_refused = false;    // all that is in the shares
  bool was_put_back = false;  // all that was taken
  std::chrono::steady_clock::time_point taken;
};

Committer::Committer(Engine* engine, size_t threads, std::function<void()> behind, Ask ask)
    : engine_(engine), behind_(std::move(behind)), ask_(std::move(ask)) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Committer::~Committer() {
  if (!threads_.empty()) (void)Stop();
}

void Committer::AddClient(std::shared_ptr<Client> client) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(clients_.begin(), clients_.end(), [&](const std::shared_ptr<Client>& other) {
    return other->shard() > client->shard();
  });
  clients_.insert(at, std::move(client));
}

void Committer::RemoveClient(const std::shared_ptr<Client>& client) {
  std::unique_lock lock(mutex_);
  // What a round has taken it may put back.
  while (!stop_ && (beginning_ || client->HasSubmissions())) {
    if (client->CanBeTaken()) {
      work_ = true;
      wanted_.notify_all();
    }
    passed_.wait(lock);
  }
  std::erase(clients_, client);
  // A round that runs now may still hold the client's records; wait until all of them are settled.
  passed_.wait(lock, [this] { return stop_ || !beginning_; });
  const uint64_t begun = next_ticket_;
  passed_.wait(lock, [&] { return stop_ || completed_ >= begun; });
}

void Committer::Notify() {
  {
    const std::lock_guard lock(mutex_);
    work_ = true;
  }
  wanted_.notify_one();
}

void Committer::NoteBackground(const Status& status) {
  {
    const std::lock_guard lock(mutex_);
    background_ = status;
    work_ = true;
  }
  wanted_.notify_all();
  passed_.notify_all();
}

void Committer::WakeHeldUp() {
  // Whoever has said that it waits is in the wait, or has not looked yet, once this has the lock.
  { const std::lock_guard lock(mutex_); }
  passed_.notify_all();
}

Status Committer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  passed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  closed_ = engine_->Close();
  return closed_;
}

Committer::Clients Committer::Snapshot() {
  const std::lock_guard lock(mutex_);
  return clients_;
}

// To those who are there now: one may have connected, and read, while the commit ran.
void Committer::Announce() {
  for (const std::shared_ptr<Client>& client : Snapshot()) client->NoteChange();
}

// Flushes and marks what was left unflushed, once nothing comes for a while.
void Committer::SettleIdle(std::unique_lock<std::mutex>* lock) {
  engine_busy_ = true;
  lock->unlock();
  // A failure here is remembered by the engine and meets the next append.
  if (!engine_->Settle().ok()) Announce();
  lock->lock();
  engine_busy_ = false;
  passed_.notify_all();
}

// True: this thread takes the next batch. False: it is time to stop.
bool Committer::WaitForWork(std::unique_lock<std::mutex>* lock) {
  const auto ready = [this] {
    return !beginning_ && !engine_busy_ &&
           (stop_ || (work_ && (completed_ == next_ticket_ || engine_->HasFreeLane())));
  };
  while (!ready()) {
    const bool idle = !beginning_ && !engine_busy_ && completed_ == next_ticket_;
    if (!idle || engine_->settled()) {
      wanted_.wait(*lock);
    } else if (!wanted_.wait_for(*lock, kIdlePause, ready)) {
      if (!beginning_ && !engine_busy_ && completed_ == next_ticket_) SettleIdle(lock);
    }
  }
  return true;
}

// Finds out what conditions need that is in memory. If there is one that needs the disk, everything goes
// back, and the submission with it waits: others need not. What was refused is settled apart from the others.
void Committer::Prejudge(Round* round) {
  struct Question {
    std::shared_ptr<Client> client;
    uint64_t number;
    std::vector<std::byte> records;
  };
  std::vector<Question> questions;
  for (Share& share : round->shares) {
    for (Submission& submission : share.submissions) {
      if (!submission.judged || submission.is_answered) continue;
      const Status answered =
          engine_->AnswerConditions(submission.records, ReadMode::kNoWait, &submission.memo);
      submission.is_answered = answered.ok();
      if (answered.ok()) continue;
      submission.memo = {};
      submission.question = ++questions_;
      questions.push_back({share.client, submission.question, submission.records});
      break;
    }
    round->is_refused = round->is_refused || !share.submissions.front().refusal.ok();
  }
  round->was_put_back = !questions.empty();
  if (!round->was_put_back && !round->is_refused) return;
  std::vector<Share> refused;
  for (Share& share : round->shares) {
    if (!round->was_put_back && !share.submissions.front().refusal.ok()) {
      refused.push_back(std::move(share));
    } else {
      share.client->PutBack(std::move(share.submissions));
    }
  }
  round->shares = std::move(refused);
  for (Question& question : questions) {
    // Without a thread for it, the committer waits for the disk itself.
    if (ask_ == nullptr || !ask_(question.client, question.number, std::move(question.records)))
      question.client->Answer(question.number, Status::Ok(), {});
  }
}

// What was not written is settled behind all that was taken before, in whatever lane. REQUIRES: beginning_.
void Committer::SettleFailed(std::unique_lock<std::mutex>* lock, const Round& round, const Status& status) {
  passed_.wait(*lock, [this] { return completed_ == next_ticket_ && !engine_busy_; });
  lock->unlock();
  if (!status.ok()) engine_->metrics().failed_batches.Add();
  SettleShares(round.shares, status, round.result);
  Announce();
  lock->lock();
}

// Takes a batch and writes it. The lock is given up while that runs; `beginning_` keeps the others
// from taking what comes behind.
Status Committer::Begin(std::unique_lock<std::mutex>* lock, Round* round) {
  // The index must not grow without bound while the background cannot write it.
  while (!stop_ && background_.ok() && engine_->IsOverfull()) {
    // Said before it is asked again: else the background could free it unseen in between.
    is_held_up_ = true;
    if (!engine_->IsOverfull()) break;
    behind_();
    passed_.wait(*lock);
  }
  is_held_up_ = false;
  const Status background = engine_->IsOverfull() ? background_ : Status::Ok();
  const Clients clients = clients_;
  const uint64_t turn = rounds_;
  lock->unlock();
  round->taken = std::chrono::steady_clock::now();
  round->shares = TakeShares(clients, turn);
  Prejudge(round);
  const CommitRequest request = RequestOf(round->shares);
  const bool wanted = !round->shares.empty() || engine_->WantsCommit();
  lock->lock();
  if (!wanted || round->was_put_back) return Status::Ok();
  if (round->is_refused) return round->shares.front().submissions.front().refusal;
  if (!background.ok()) return background;
  Status status;
  do {
    passed_.wait(*lock, [this] { return !engine_busy_; });
    engine_busy_ = true;
    lock->unlock();
    try {
      status = engine_->Begin(request, &round->flight, &round->result.outcome_unknown);
    } catch (const std::bad_alloc&) {
      status = engine_->FailOutOfMemory();
      round->result.outcome_unknown = true;
    }
    lock->lock();
    engine_busy_ = false;
    passed_.notify_all();
    // The flights that are under way have to land first.
    if (status.Is(StatusCode::kWouldBlock))
      passed_.wait(*lock, [this] { return completed_ == next_ticket_ && !engine_busy_; });
  } while (status.Is(StatusCode::kWouldBlock));
  return status;
}

// Flushes the batch, and acknowledges it when all before it are.
void Committer::Finish(std::unique_lock<std::mutex>* lock, Round* round) {
  lock->unlock();
  EngineMetrics& metrics = engine_->metrics();
  const auto written = std::chrono::steady_clock::now();
  const bool flushes = !round->flight->files.empty();
  const Status flushed = Engine::Flush(*round->flight);
  if (flushes) metrics.flush_latency.Record(NanosecondsSince(written));
  const uint64_t batch_records = round->flight->batch.ordered.offsets.size();
  const uint64_t batch_bytes = round->flight->batch.header.size();
  lock->lock();
  passed_.wait(*lock, [&] { return completed_ == round->ticket && !engine_busy_; });
  engine_busy_ = true;
  lock->unlock();
  Status status;
  bool behind = false;
  try {
    status = engine_->Complete(std::move(round->flight), flushed, &round->result);
  } catch (const std::bad_alloc&) {
    status = engine_->FailOutOfMemory();
    round->result.outcome_unknown = true;
  }
  // Before anyone is told: whoever has been acknowledged finds it counted.
  if (status.ok()) {
    metrics.batch_records.Record(batch_records);
    metrics.batch_bytes.Record(batch_bytes);
    metrics.commit_latency.Record(NanosecondsSince(round->taken));
  } else {
    metrics.failed_batches.Add();
  }
  SettleShares(round->shares, status, round->result);
  if (engine_->unflushed_bytes() >= kUnflushedBytesMax && engine_->flights() == 0) (void)engine_->Settle();
  Announce();
  behind = engine_->NeedsMaintenance();
  lock->lock();
  engine_busy_ = false;
  ++completed_;
  if (behind) behind_();
}

void Committer::Run() {
  std::unique_lock lock(mutex_);
  while (WaitForWork(&lock)) {
    const bool stopping = stop_;
    work_ = false;
    beginning_ = true;
    Round round;
    const Status begun = Begin(&lock, &round);
    const bool took = !round.shares.empty() || round.flight != nullptr || round.was_put_back;
    if (round.flight == nullptr && !round.shares.empty()) SettleFailed(&lock, round, begun);
    beginning_ = false;
    if (round.flight != nullptr) {
      round.ticket = next_ticket_++;
      // There may be more; another lane can take it while this one flushes.
      work_ = true;
      if (engine_->HasFreeLane()) wanted_.notify_one();
      Finish(&lock, &round);
    }
    work_ = work_ || took;
    ++rounds_;
    passed_.notify_all();
    wanted_.notify_one();
    if (stopping && !took) break;
  }
  wanted_.notify_all();
}

}  // namespace daybook
