// Threads that wait for the disk so that no thread of a handle has to. Started when the first
// read needs them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "log/log_view.h"
#include "runtime/client.h"

namespace daybook {

class ReadPool {
 public:
  explicit ReadPool(LogView* view) : view_(view) {}
  ~ReadPool();  // finishes what was asked

  // Tag and query are copied. The answer goes to the client, under `id`.
  void Ask(const std::shared_ptr<Client>& client, uint64_t id, const ReadRequest& request);
  // Runs the job on a thread that may wait for the disk. False, with nothing done: the system gives no
  // thread.
  using Job = std::function<void()>;
  bool Queue(Job job);

 private:
  void Run();
  Status Answer(const ReadRequest& request, ReadOutput* output);
  bool StartThread();  // REQUIRES: mutex_

  LogView* const view_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<Job> jobs_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stop_ = false;
};

}  // namespace daybook
