// A log that runs: the engine of a directory with its threads, shared by every handle of the
// process that has the directory open.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daybook/env.h"
#include "daybook/options.h"
#include "log/engine.h"
#include "log/follower.h"
#include "runtime/background.h"
#include "runtime/client.h"
#include "runtime/committer.h"
#include "runtime/follow_thread.h"
#include "runtime/read_pool.h"

namespace daybook {

class LogRuntime {
 public:
  // Joins the log of the directory if the process has it open, else opens it. Waits for the disk.
  // kInvalidArgument if it is open and has an option otherwise than requested, or if it is not and
  // lies on a network file system that was not allowed. Read-only: joins the log if the process has it open
  // for writing, else follows it; kFormat if there is none.
  static Status Open(Env* env, const std::string& directory, const RequestedOptions& requested,
                     std::shared_ptr<LogRuntime>* runtime);

  // Gives a handle up. The last one stops the threads, flushes, marks the log as closed and gives
  // up the lock before this returns. Waits for the disk. REQUIRES: called once per Open.
  Status Release();

  std::shared_ptr<Client> Connect(std::function<void()> wake);
  // What the client has queued is committed; afterwards it is not woken any more. Waits.
  void Disconnect(const std::shared_ptr<Client>& client);

  [[nodiscard]] const EngineOptions& options() const { return options_; }
  [[nodiscard]] LogView* view() { return view_; }
  // Null: the log is followed.
  [[nodiscard]] Engine* engine() { return engine_.get(); }
  void NotifyCommitter() {
    if (committer_ != nullptr) committer_->Notify();
  }
  void AskReader(std::shared_ptr<Client> client, uint64_t id, const ReadRequest& request) {
    readers_->Ask(std::move(client), id, request);
  }

 private:
  LogRuntime(std::unique_ptr<Engine> engine, const EngineOptions& options);
  LogRuntime(std::unique_ptr<Follower> follower, const EngineOptions& options);
  static Status OpenNew(Env* env, const std::string& directory, const RequestedOptions& requested,
                        std::shared_ptr<LogRuntime>* opened);
  static Status Join(Env* env, const std::string& directory, const DirectoryIdentity& identity, bool follows,
                     bool must_be_open, const RequestedOptions& requested,
                     std::shared_ptr<LogRuntime>* runtime);

  const EngineOptions options_;
  Env* env_ = nullptr;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Background> background_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<FollowThread> follow_thread_;
  LogView* const view_;  // the engine or the follower
  std::unique_ptr<ReadPool> readers_;
  DirectoryIdentity identity_;
  uint64_t handles_ = 0;  // under the registry's lock
};

}  // namespace daybook
