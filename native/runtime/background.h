// The thread behind an open log that drives the engine's background: index runs, checkpoints,
// segments made ready, space freed. It yields to the writing side, and works without a pause only
// when that has to wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "log/engine.h"
#include "runtime/committer.h"

namespace daybook {

class Background {
 public:
  // `engine` outlives this. The thread starts at once.
  explicit Background(Engine* engine);
  ~Background();

  // The committer, which is made behind this; Stop comes before its end.
  void SetCommitter(Committer* committer);
  // There is work. Never blocks for long.
  void Wake();
  // Gives up what is under way. Idempotent.
  void Stop();

 private:
  void Run();
  bool GoOn();

  Engine* const engine_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  Committer* committer_ = nullptr;
  bool work_ = true;  // what the last opening has left
  bool stop_ = false;
  std::chrono::steady_clock::time_point slice_end_{};
  std::thread thread_;
};

}  // namespace daybook
