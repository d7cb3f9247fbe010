#include "runtime/committer.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace daybook {
namespace {

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
    shard.shard = share.client->shard();
    shard.record_count = share.record_count;
    for (const Submission& submission : share.submissions) {
      request.flush = request.flush || submission.flush;
      request.books.insert(request.books.end(), submission.books.begin(), submission.books.end());
      if (submission.is_command) {
        request.commands.push_back(submission.command);
      } else {
        shard.pieces.emplace_back(submission.records);
      }
    }
    if (shard.record_count > 0) request.shards.push_back(std::move(shard));
  }
  return request;
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
      if (run.shard == share.client->shard()) settlement.first_seqnum = run.first_seqnum;
    }
    share.client->Settle(std::move(settlement));
  }
}

}  // namespace

Committer::Committer(Engine* engine) : engine_(engine), thread_([this] { Run(); }) {}

Committer::~Committer() {
  if (thread_.joinable()) (void)Stop();
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
  while (client->HasSubmissions() && !stop_) {
    work_ = true;
    wanted_.notify_one();
    passed_.wait(lock);
  }
  std::erase(clients_, client);
  // A round that runs now may still hold the client's records; wait until it has settled them.
  const uint64_t end = rounds_ + 1;
  while (rounds_ < end && !stop_) {
    work_ = true;
    wanted_.notify_one();
    passed_.wait(lock);
  }
}

void Committer::Notify() {
  {
    const std::lock_guard lock(mutex_);
    work_ = true;
  }
  wanted_.notify_one();
}

Status Committer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_one();
  thread_.join();
  passed_.notify_all();
  return closed_;
}

Committer::Clients Committer::Snapshot() {
  const std::lock_guard lock(mutex_);
  return clients_;
}

bool Committer::CommitOnce(const Clients& clients) {
  const std::vector<Share> shares = TakeShares(clients, rounds_);
  if (shares.empty()) return false;
  CommitResult result;
  Status status;
  try {
    status = engine_->Commit(RequestOf(shares), &result);
  } catch (const std::bad_alloc&) {
    status = engine_->FailOutOfMemory();
    result.outcome_unknown = true;
  }
  SettleShares(shares, status, result);
  // To those who are there now: one may have connected, and read, while the commit ran.
  Announce(Snapshot());
  return true;
}

void Committer::Announce(const Clients& clients) {
  for (const std::shared_ptr<Client>& client : clients) client->NoteChange();
}

void Committer::KeepDurable() {
  if (engine_->unflushed_bytes() < kUnflushedBytesMax) return;
  if (!engine_->Settle().ok()) Announce(Snapshot());
}

void Committer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto ready = [this] { return work_ || stop_; };
    if (engine_->settled()) {
      wanted_.wait(lock, ready);
    } else if (!wanted_.wait_for(lock, kIdlePause, ready)) {
      lock.unlock();
      // A failure here is remembered by the engine and meets the next append.
      if (!engine_->Settle().ok()) Announce(Snapshot());
      lock.lock();
      continue;
    }
    const bool stopping = stop_;
    work_ = false;
    lock.unlock();
    // One commit a round: who connects or leaves meanwhile need not wait for the others to pause.
    const bool committed = CommitOnce(Snapshot());
    if (committed) KeepDurable();
    lock.lock();
    work_ = work_ || committed;
    ++rounds_;
    passed_.notify_all();
    if (stopping && !committed) break;
  }
  lock.unlock();
  closed_ = engine_->Close();
}

}  // namespace daybook
