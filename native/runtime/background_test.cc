#include "runtime/background.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "env/env_memory.h"
#include "runtime/test_support.h"

namespace daybook {
namespace {

using testing_support::Bell;
using testing_support::Group;
using testing_support::Handle;
using testing_support::TestRecord;

constexpr uint64_t kRecords = 200;  // of a group

// Holds up the background where it begins to write an index run.
class GatedEnv : public MemoryEnv {
 public:
  Status OpenFile(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override {
    if (mode == OpenMode::kCreateNew && path.find("/index-") != std::string::npos) {
      EXPECT_TRUE(opened_.WaitForMoreThan(reached_.fetch_add(1)));
    }
    return MemoryEnv::OpenFile(path, mode, file);
  }

  // Index runs that were begun; those that were not let through wait.
  [[nodiscard]] uint64_t reached() const { return reached_; }
  void LetThrough(uint64_t runs = 1) {
    for (uint64_t i = 0; i < runs; ++i) opened_.Ring();
  }

 private:
  Bell opened_;
  std::atomic<uint64_t> reached_ = 0;
};

TEST(BackgroundTest, WhatWaitsForAPartOfTheIndexDoesNotWaitForTheMergeBehindIt) {
  GatedEnv env;
  RequestedOptions::Values values;
  ASSERT_EQ(std::string(kEngineOptionTable[1].name), "memoryBytes");
  values[1] = uint64_t{1} << 20U;
  std::shared_ptr<LogRuntime> runtime;
  ASSERT_OK(LogRuntime::Open(&env, "/log", RequestedOptions(values), &runtime));
  Engine& engine = *runtime->engine();
  const uint64_t book = engine.OpenBook("book");
  Handle handle(runtime.get());
  uint64_t appended = 0;
  const auto append = [&] {
    std::vector<TestRecord> records;
    for (uint64_t i = 0; i < kRecords; ++i) records.push_back({book, {std::to_string(appended + i)}, "data"});
    handle.Append(Group(book, records, false));
    appended += kRecords;
  };
  // Three runs; the fourth makes a merge due.
  for (uint64_t run = 1; run <= 4; ++run) {
    // Nothing waits for the first ones, so that nothing is woken for their sake.
    while (engine.Stat().runs + 1 < run) std::this_thread::yield();
    while (env.reached() < run) {
      if (engine.IsOverfull()) {
        std::this_thread::yield();
        continue;
      }
      append();
      ASSERT_TRUE(handle.WaitForRecords(appended));
    }
    if (run < 4) env.LetThrough();
  }
  while (!engine.IsOverfull()) {
    append();
    ASSERT_TRUE(handle.WaitForRecords(appended));
  }
  append();
  // Time to begin to wait. If that is not enough the test shows less, and passes.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  env.LetThrough();
  // The merge waits at the gate, and the append does not wait for it.
  EXPECT_TRUE(handle.WaitForRecords(appended));
  env.LetThrough(1000);
  handle.Disconnect();
  ASSERT_OK(runtime->Release());
}

}  // namespace
}  // namespace daybook
