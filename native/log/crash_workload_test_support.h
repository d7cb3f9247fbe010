// Small workloads to be crashed: lists of steps over a log, played with a promise kept beside them.
//
// A new kind of work is a new method of Player, and workloads that use it in crash_family_test_support.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/crash_model_test_support.h"

namespace daybook::test {

// Plays steps. An operation may fail at any of them (the world may be faulty): then the promise is
// told, and the next steps go on with what is left.
class Player {
 public:
  Player(Env* env, const EngineOptions& options, Promise promise = {})
      : promise_(std::move(promise)), env_(env), options_(options) {}

  struct AppendStep {
    std::string book = "book";
    uint64_t records = 1;
    uint64_t bytes = 30;  // of each record
    bool flush = true;
  };

  void Open();  // the log is looked at, and so what was unknown is settled
  void Append(const AppendStep& step) { AppendAll({step}); }
  void AppendAll(const std::vector<AppendStep>& groups);  // one batch, each group from a shard of its own
  // A batch each, in as many flights as there are lanes; the flushes come to their end in reverse.
  void AppendInFlight(const std::vector<AppendStep>& groups);
  // One batch: a group with a new key; one whose conditions hold; one whose conditions do not; and one that
  // repeats the key.
  void AppendJudged(const std::string& book, bool flush);
  // Appends with every key that is remembered: each must get the seqnum that it had.
  void RepeatKeys();
  void TrimTo(const std::string& book, uint64_t kept);  // all but so many of the newest records
  // The same of those with the tag, under the tag alone.
  void TrimTagTo(const std::string& book, const std::string& tag, uint64_t kept);
  void Drop(const std::string& book);
  void Retain(const std::string& book, uint64_t records);
  void Maintain();  // all that the background finds to do
  void Settle();
  void Close();
  void Kill();  // the process ends as it is

  [[nodiscard]] const Promise& promise() const { return promise_; }
  [[nodiscard]] TestLog* log() { return log_.get(); }
  // What opening or looking found wrong although nothing failed; empty: nothing.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  // Set by whoever makes operations fail: a log that does not open is no mistake then.
  bool expects_failures = false;
  // What the log goes through before it is opened.
  Loss loss = Loss::kKill;

 private:
  struct Flying {
    size_t deed = 0;
    std::unique_ptr<Engine::Flight> flight;
    Status flushed;
  };
  size_t BeginAppend(const AppendStep& group, CommitRequest* request, std::vector<std::byte>* bytes);
  void Land(std::vector<Flying>* flying);
  bool Command(const daybook::Command& command, size_t deed);

  size_t AddJudged(const std::string& book, const TestGuard& guard, CommitRequest* request,
                   std::vector<std::byte>* bytes);

  std::vector<size_t> keyed_;  // deeds; their numbers are their keys
  Promise promise_;
  Env* const env_;
  const EngineOptions options_;
  std::unique_ptr<TestLog> log_;
  std::string wrong_;
};

struct Step {
  std::string name;
  std::function<void(Player*)> play;
};

struct Workload {
  std::string name;
  std::vector<Step> steps;
  EngineOptions options = SmallSegments();
  std::string faults;                 // rules of env/fault_rules
  bool failed_flush_forgets = false;  // as Linux does: see MemoryEnv::ForgetUnflushed

  static EngineOptions SmallSegments();
};

}  // namespace daybook::test
