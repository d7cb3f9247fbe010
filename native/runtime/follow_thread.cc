#include "runtime/follow_thread.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace daybook {
namespace {

// To look is to read 128 bytes of the page cache, about a microsecond; to wake for it costs more.
constexpr std::chrono::milliseconds kWatchedPause{1};
constexpr std::chrono::milliseconds kPause{5};
// After a failure, most of all one that a restart of the writing process will end.
constexpr std::chrono::milliseconds kFailurePause{100};

}  // namespace

FollowThread::~FollowThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  thread_.join();
}

void FollowThread::AddClient(std::shared_ptr<Client> client) {
  const std::lock_guard lock(mutex_);
  clients_.push_back(std::move(client));
}

void FollowThread::RemoveClient(const std::shared_ptr<Client>& client) {
  const std::lock_guard lock(mutex_);
  std::erase(clients_, client);
}

std::vector<std::shared_ptr<Client>> FollowThread::Clients() {
  const std::lock_guard lock(mutex_);
  return clients_;
}

void FollowThread::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    bool changed = false;
    bool failed = false;
    bool watched = false;
    try {
      failed = !follower_->Poll(&changed).ok();
      for (const std::shared_ptr<Client>& client : Clients()) {
        watched = client->IsWatching() || watched;
        if (changed) client->NoteChange();
      }
    } catch (const std::bad_alloc&) {
      failed = true;  // there may be memory again
    }
    lock.lock();
    wanted_.wait_for(lock,
                     failed    ? kFailurePause
                     : watched ? kWatchedPause
                               : kPause,
                     [this] { return stop_; });
  }
}

}  // namespace daybook
