#include "runtime/background.h"

#include <chrono>
#include <new>

namespace daybook {
namespace {

// After a failure, and for retention by time.
constexpr std::chrono::milliseconds kPause{1000};
// Of each slice of this length the background works at most the first half, unless it is waited for.
constexpr std::chrono::milliseconds kSlice{8};

}  // namespace

Background::Background(Engine* engine) : engine_(engine), thread_([this] { Run(); }) {}

Background::~Background() { Stop(); }

void Background::SetCommitter(Committer* committer) {
  const std::lock_guard lock(mutex_);
  committer_ = committer;
}

void Background::Wake() {
  {
    const std::lock_guard lock(mutex_);
    work_ = true;
  }
  wanted_.notify_one();
}

void Background::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Background::GoOn() {
  const bool overfull = engine_->IsOverfull();
  std::unique_lock lock(mutex_);
  if (!overfull && !stop_ && committer_ != nullptr && committer_->is_held_up()) {
    // Not under the lock: the committer wakes this thread under its own.
    Committer* const committer = committer_;
    lock.unlock();
    committer->WakeHeldUp();
    lock.lock();
  }
  const auto now = std::chrono::steady_clock::now();
  if (!stop_ && !overfull && now >= slice_end_ && !engine_->IsBehind()) {
    wanted_.wait_for(lock, kSlice / 2, [this] { return stop_; });
    slice_end_ = std::chrono::steady_clock::now() + kSlice / 2;
  }
  return !stop_;
}

void Background::Run() {
  std::unique_lock lock(mutex_);
  bool failed = false;
  while (!stop_) {
    const auto ready = [this] { return work_ || stop_; };
    if (failed) {
      wanted_.wait_for(lock, kPause, [this] { return stop_; });
    } else if (engine_->maintenance().retains()) {
      wanted_.wait_for(lock, kPause, ready);
    } else {
      wanted_.wait(lock, ready);
    }
    if (stop_) break;
    work_ = false;
    lock.unlock();
    Status status;
    try {
      status = engine_->Maintain([this] { return GoOn(); });
    } catch (const std::bad_alloc&) {
      status = Status(StatusCode::kIo, "not enough memory to write the index");
    }
    lock.lock();
    failed = !status.ok();
    Committer* const committer = stop_ ? nullptr : committer_;
    // Not under the lock: the committer wakes this thread under its own.
    lock.unlock();
    if (committer != nullptr) committer->NoteBackground(status);
    lock.lock();
  }
}

}  // namespace daybook
