// The thread of a followed log: looks whether the log has gone on, and tells those who watch.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "log/follower.h"
#include "runtime/client.h"

namespace daybook {

class FollowThread {
 public:
  explicit FollowThread(Follower* follower) : follower_(follower), thread_([this] { Run(); }) {}
  ~FollowThread();

  void AddClient(std::shared_ptr<Client> client);
  void RemoveClient(const std::shared_ptr<Client>& client);

 private:
  void Run();
  [[nodiscard]] std::vector<std::shared_ptr<Client>> Clients();

  Follower* const follower_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::vector<std::shared_ptr<Client>> clients_;
  bool stop_ = false;
  std::thread thread_;  // the last: it uses all of the above
};

}  // namespace daybook
