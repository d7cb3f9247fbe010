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

#include "log/engine.h"
#include "runtime/client.h"

namespace daybook {

class ReadPool {
 public:
  explicit ReadPool(Engine* engine) : engine_(engine) {}
  ~ReadPool();  // finishes what was asked

  // Tag and query are copied. The answer goes to the client, under `id`.
  void Ask(std::shared_ptr<Client> client, uint64_t id, const ReadRequest& request);
  // Finds out about the conditions in these records, answers the client's question, and calls `answered`.
  // False, with nothing done: the system gives no thread.
  bool AskConditions(std::shared_ptr<Client> client, uint64_t question, std::vector<std::byte> records,
                     std::function<void()> answered);

 private:
  using Job = std::function<void()>;

  void Run();
  bool Queue(Job job);
  Status Answer(const ReadRequest& request, ReadOutput* output);
  bool StartThread();  // REQUIRES: mutex_

  Engine* const engine_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<Job> jobs_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stop_ = false;
};

}  // namespace daybook
