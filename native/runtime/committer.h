// The committer: the threads that drive the engine's writing side, one for each lane. One of them
// takes what the clients have queued and writes it as a batch; while it flushes, the next batch
// gathers, or goes to another lane with another thread (group commit without a timer). Batches are
// acknowledged in their order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
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
  // Finds out about the conditions in these records, on a thread that may wait for the disk; then answers
  // the client, and notifies the committer. False: there is no such thread.
  using Ask = std::function<bool(std::shared_ptr<Client>, uint64_t question, std::vector<std::byte> records)>;
  // `engine` outlives the committer. The threads start at once. `behind` is called when there is work
  // for the background; neither may block.
  Committer(Engine* engine, size_t threads, std::function<void()> behind, Ask ask = nullptr);
  ~Committer();  // Stop, if that was not called

  void AddClient(std::shared_ptr<Client> client);
  // Afterwards the client's queue is no longer served; what it had queued is committed first.
  void RemoveClient(const std::shared_ptr<Client>& client);

  // A client has queued something, or the background asks for a commit.
  void Notify();
  // How the background is doing: while it fails, the writing side may not run away from it.
  void NoteBackground(const Status& status);
  // An append waits for the background to write the index; WakeHeldUp: let it look whether it still has to.
  [[nodiscard]] bool is_held_up() const { return is_held_up_.load(); }
  void WakeHeldUp();

  // Commits what is queued, closes the engine, ends the threads.
  Status Stop();

 private:
  using Clients = std::vector<std::shared_ptr<Client>>;
  struct Round;

  void Run();
  bool WaitForWork(std::unique_lock<std::mutex>* lock);
  void SettleIdle(std::unique_lock<std::mutex>* lock);
  Status Begin(std::unique_lock<std::mutex>* lock, Round* round);
  void Prejudge(Round* round);
  void SettleFailed(std::unique_lock<std::mutex>* lock, const Round& round, const Status& status);
  void Finish(std::unique_lock<std::mutex>* lock, Round* round);
  void Announce();
  [[nodiscard]] Clients Snapshot();

  Engine* const engine_;
  const std::function<void()> behind_;
  const Ask ask_;
  uint64_t questions_ = 0;  // asked so far; whoever takes a batch counts on
  std::mutex mutex_;
  std::condition_variable wanted_;  // there may be work
  std::condition_variable passed_;  // something has ended
  Clients clients_;                 // ascending by shard
  bool work_ = false;
  bool stop_ = false;
  bool beginning_ = false;    // one thread takes a batch and has not begun it yet
  bool engine_busy_ = false;  // one thread is in the engine's writing side
  uint64_t next_ticket_ = 0;  // of the next batch that begins; they complete in this order
  uint64_t completed_ = 0;    // tickets
  uint64_t rounds_ = 0;
  std::atomic<bool> is_held_up_ = false;
  Status background_;
  Status closed_;
  std::vector<std::thread> threads_;
};

}  // namespace daybook
