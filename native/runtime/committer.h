// The committer: the thread that drives the engine's writing side. It takes what the clients have
// queued, commits it as one batch, and tells each client once what became of it. While it flushes,
// the next batch gathers (group commit without a timer).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daybook/status.h"
#include "log/engine.h"
#include "runtime/client.h"

namespace daybook {

class Committer {
 public:
  // `engine` outlives the committer. The thread starts at once.
  explicit Committer(Engine* engine);
  ~Committer();  // Stop, if that was not called

  void AddClient(std::shared_ptr<Client> client);
  // Afterwards the client's queue is no longer served; what it had queued is committed first.
  void RemoveClient(const std::shared_ptr<Client>& client);

  // A client has queued something.
  void Notify();

  // Commits what is queued, closes the engine, ends the thread.
  Status Stop();

 private:
  using Clients = std::vector<std::shared_ptr<Client>>;

  void Run();
  bool CommitOnce(const Clients& clients);
  void KeepDurable();
  void Announce(const Clients& clients);
  [[nodiscard]] Clients Snapshot();

  Engine* const engine_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  Clients clients_;  // ascending by shard
  bool work_ = false;
  bool stop_ = false;
  uint64_t rounds_ =
      0;  // written by the thread, under mutex_: commits, and looks that found nothing, that are complete
  std::condition_variable passed_;
  Status closed_;
  std::thread thread_;
};

}  // namespace daybook
