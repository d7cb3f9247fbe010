// A log that runs: the engine of a directory with its threads, shared by every handle of the
// process that has the directory open.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

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

// How a handle goes.
struct HandleParting {
  bool announced = false;
  bool saves_aux = false;
};

class LogRuntime {
 public:
  // Joins the log of the directory if the process has it open, else opens it. Waits for the disk.
  // kInvalidArgument if it is open and has an option otherwise than requested, or if it is not and
  // lies on a network file system that was not allowed. Read-only: joins the log if the process has it open
  // for writing, else follows it; kFormat if there is none.
  static Status Open(Env* env, const std::string& directory, const RequestedOptions& requested,
                     std::shared_ptr<LogRuntime>* runtime);

  // Gives a handle up. The last one stops the threads, flushes, marks the log as closed (and aux data that
  // was saved as kept) and gives up the lock before this returns. Waits for the disk. REQUIRES: called once
  // per Open. `parting` as BeginParting has made it.
  Status Release(const HandleParting& parting = HandleParting());

  // --- Aux data that outlives the process: saved by the last handle, loaded by the first that asks ---

  // From now on it is to be kept. True, once: `mark` is that of what the last opening kept.
  bool KeepAux(std::span<const std::byte> mark, AuxFile* kept);
  // A handle will be given up. It is to save the aux data first if `saves_aux` says so.
  HandleParting BeginParting();
  // The aux data as of this version is in the file, flushed.
  void NoteAuxSaved(const AuxFile& file, uint64_t version);

  // How the log was opened, for the first that asks; else null.
  const Engine::Opening* TakeOpening();

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
  void AskReader(const std::shared_ptr<Client>& client, uint64_t id, const ReadRequest& request) {
    readers_->Ask(client, id, request);
  }

 private:
  LogRuntime(std::unique_ptr<Engine> engine, const EngineOptions& options);
  LogRuntime(std::unique_ptr<Follower> follower, const EngineOptions& options);
  bool AskConditions(std::shared_ptr<Client> client, uint64_t question, std::vector<std::byte> records);
  static Status OpenNew(Env* env, const std::string& directory, const RequestedOptions& requested,
                        std::shared_ptr<LogRuntime>* opened);
  static Status Join(Env* env, const std::string& directory, const DirectoryIdentity& identity, bool follows,
                     bool must_be_open, const RequestedOptions& requested,
                     std::shared_ptr<LogRuntime>* runtime);

  const EngineOptions options_;
  Env* env_ = nullptr;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Background> background_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<FollowThread> follow_thread_;
  LogView* const view_;  // the engine or the follower
  std::unique_ptr<ReadPool> readers_;
  std::unique_ptr<Committer> committer_;
  DirectoryIdentity identity_;
  // Under the registry's lock:
  uint64_t handles_ = 0;
  uint64_t parting_ = 0;  // of the handles, those that have said that they go
  bool opening_told_ = false;
  bool keeps_aux_ = false;
  bool aux_taken_ = false;  // what was kept has been handed out
  bool saving_aux_ = false;
  std::optional<std::pair<AuxFile, uint64_t>> saved_aux_;  // and its version
};

}  // namespace daybook
