#include "runtime/read_pool.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <thread>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "runtime/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

class ReadPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    RequestedOptions::Values values;
    values[1] = 0;  // cacheBytes: everything is cold
    ASSERT_OK(LogRuntime::Open(&env_, "/log", RequestedOptions(values), &runtime_));
    book_ = runtime_->engine()->OpenBook("book");
    Handle writer(runtime_.get());
    for (int i = 0; i < 50; ++i)
      writer.Append(OneRecord(book_, std::to_string(i), {"tag-" + std::to_string(i % 5)}));
    ASSERT_TRUE(writer.WaitForRecords(50));
    writer.Disconnect();
    world_.SetCached(false);
  }
  void TearDown() override {
    env_.SetHook(nullptr);
    if (runtime_ != nullptr) (void)runtime_->Release();
  }

  MemoryEnv world_;
  FaultEnv env_{&world_};
  std::shared_ptr<LogRuntime> runtime_;
  uint64_t book_ = 0;
};

TEST_F(ReadPoolTest, EveryQuestionIsAnsweredOnceUnderItsIdAndTheTagIsCopied) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([this] {
      Handle handle(runtime_.get());
      constexpr uint64_t kQuestions = 100;
      for (uint64_t id = 0; id < kQuestions; ++id) {
        std::string tag = "tag-" + std::to_string(id % 5);
        runtime_->AskReader(handle.client(), id, {book_, tag, 0, kSeqnumEnd, false, 100});
        tag.assign(tag.size(), '?');  // gone before the answer comes
      }
      ASSERT_TRUE(handle.WaitUntil([&] { return handle.answers.size() == kQuestions; }));
      std::set<uint64_t> ids;
      for (const ReadAnswer& answer : handle.answers) {
        ids.insert(answer.id);
        ASSERT_TRUE(answer.status.ok()) << answer.status.message();
        ASSERT_EQ(answer.output.found.size(), 10u);
        for (const FoundRecord& found : answer.output.found) {
          const std::string text = TextOf({answer.output.bytes() + found.data_begin, found.data_size});
          ASSERT_EQ(std::stoull(text) % 5, answer.id % 5);
        }
      }
      ASSERT_EQ(ids.size(), kQuestions);
      handle.Disconnect();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ReadPoolTest, AFailingDiskIsAnAnswer) {
  Handle handle(runtime_.get());
  env_.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kRead) return {};
    return Status(StatusCode::kIo, "a bad sector", EIO);
  });
  runtime_->AskReader(handle.client(), 7, {book_, "tag-1", 0, kSeqnumEnd, false, 1});
  ASSERT_TRUE(handle.WaitUntil([&] { return !handle.answers.empty(); }));
  EXPECT_EQ(handle.answers[0].id, 7u);
  EXPECT_EQ(handle.answers[0].status.code(), StatusCode::kIo);
  EXPECT_TRUE(handle.answers[0].output.found.empty());
  handle.Disconnect();
}

TEST_F(ReadPoolTest, ReadsAreServedAfterTheLogHasFailed) {
  Handle handle(runtime_.get());
  env_.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kSync) return {};
    return Status(StatusCode::kIo, "the disk is gone", EIO);
  });
  handle.Append(OneRecord(book_, "lost"));
  ASSERT_TRUE(handle.WaitForRecords(1));
  EXPECT_FALSE(handle.settlements[0].status.ok());
  runtime_->AskReader(handle.client(), 1, {book_, "", 0, kSeqnumEnd, false, 1000});
  ASSERT_TRUE(handle.WaitUntil([&] { return !handle.answers.empty(); }));
  EXPECT_EQ(handle.answers[0].output.found.size(), 50u);
  handle.Disconnect();
}

TEST_F(ReadPoolTest, WhatWasAskedIsAnsweredBeforeTheLogIsGone) {
  Handle handle(runtime_.get());
  for (uint64_t id = 0; id < 20; ++id) {
    runtime_->AskReader(handle.client(), id, {book_, "tag-1", 0, kSeqnumEnd, true, 1});
  }
  handle.Disconnect();
  ASSERT_OK(runtime_->Release());
  runtime_.reset();
  handle.TakeEvents();
  EXPECT_EQ(handle.answers.size(), 20u);
}

}  // namespace
}  // namespace daybook
