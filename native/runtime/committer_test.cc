#include "runtime/committer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <set>
#include <thread>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "runtime/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

class CommitterTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(LogRuntime::Open(&env_, "/log", {}, &runtime_));
    book_ = runtime_->engine()->OpenBook("book");
  }
  void TearDown() override {
    env_.SetHook(nullptr);
    if (runtime_ != nullptr) (void)runtime_->Release();
  }

  static bool IsBatchWrite(const Operation& operation) {
    return operation.kind == OperationKind::kWrite && operation.path.find("segment-") != std::string::npos &&
           !operation.path.ends_with(".tmp") && operation.offset >= kSegmentDataOffset;
  }

  MemoryEnv world_;
  FaultEnv env_{&world_};
  std::shared_ptr<LogRuntime> runtime_;
  uint64_t book_ = 0;
};

TEST_F(CommitterTest, ClientsOnManyThreadsKeepTheirOrderAndEachAppendSettlesOnce) {
  constexpr int kThreads = 4;
  constexpr int kAppends = 300;
  std::vector<std::map<uint64_t, std::string>> acknowledged(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      Handle handle(runtime_.get());
      std::vector<std::string> texts;
      for (int i = 0; i < kAppends; ++i) {
        texts.push_back(std::to_string(thread) + ":" + std::to_string(i));
        handle.Append(OneRecord(book_, texts.back(), {"t" + std::to_string(thread)}));
        if (i % 10 == 0) {
          ASSERT_TRUE(handle.WaitForRecords(texts.size() / 2));
        }
      }
      ASSERT_TRUE(handle.WaitForRecords(kAppends));
      handle.Disconnect();
      handle.TakeEvents();
      ASSERT_EQ(handle.settled_records, static_cast<uint64_t>(kAppends)) << "settled once, not twice";
      size_t at = 0;
      for (const Settlement& settlement : handle.settlements) {
        ASSERT_TRUE(settlement.status.ok()) << settlement.status.message();
        for (uint64_t i = 0; i < settlement.record_count; ++i)
          acknowledged[thread][settlement.first_seqnum + i] = texts[at++];
      }
      ASSERT_EQ(acknowledged[thread].size(), texts.size()) << "no seqnum was told twice";
      at = 0;
      for (const auto& [seqnum, text] : acknowledged[thread])
        ASSERT_EQ(text, texts[at++]) << "in the order of appending";
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<uint64_t, std::string> all;
  for (const auto& one : acknowledged) all.insert(one.begin(), one.end());
  std::vector<uint64_t> seqnums;
  const std::vector<std::string> texts = TextsOf(*runtime_->engine(), book_, &seqnums);
  ASSERT_EQ(texts.size(), all.size());
  size_t at = 0;
  for (const auto& [seqnum, text] : all) {
    ASSERT_EQ(seqnums[at], seqnum);
    ASSERT_EQ(texts[at++], text);
  }
}

TEST_F(CommitterTest, WhoReadsWhileOthersAppendNeverSeesTimeGoBackOrHalfAGroup) {
  std::atomic<bool> done = false;
  std::thread reader([&] {
    size_t before = 0;
    while (!done) {
      const std::vector<std::string> texts = TextsOf(*runtime_->engine(), book_);
      ASSERT_GE(texts.size(), before);
      // A scan of several pages may end inside a group that became visible meanwhile; one look may not.
      ReadOutput last;
      ASSERT_OK(runtime_->engine()->Read({book_, "", 0, kSeqnumEnd, true, 1}, ReadMode::kMayBlock, &last));
      if (!last.found.empty()) {
        ASSERT_EQ(TextOf({last.bytes() + last.found[0].data_begin, last.found[0].data_size}),
                  "last of three");
      }
      before = texts.size();
    }
  });
  Handle handle(runtime_.get());
  for (int i = 0; i < 200; ++i) {
    handle.Append(Group(book_, {{book_, {}, "first"}, {book_, {}, "second"}, {book_, {}, "last of three"}}));
    ASSERT_TRUE(handle.WaitForRecords(static_cast<uint64_t>(i + 1) * 3));
    ASSERT_EQ(TextsOf(*runtime_->engine(), book_).size(), static_cast<size_t>(i + 1) * 3)
        << "read your own writes";
  }
  done = true;
  reader.join();
  handle.Disconnect();
}

TEST_F(CommitterTest, AppendsGatherWhileAFlushRunsAndBecomeOneBatch) {
  Handle handle(runtime_.get());
  std::atomic<int> batches = 0;
  env_.SetHook([&](const Operation& operation) -> Fault {
    if (IsBatchWrite(operation) && ++batches == 1) {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(handle.client()->Submit(OneRecord(book_, "gathered")).ok());
    }
    return {};
  });
  handle.Append(OneRecord(book_, "first"));
  ASSERT_TRUE(handle.WaitForRecords(51));
  EXPECT_EQ(batches, 2);
  EXPECT_EQ(handle.settlements.size(), 2u);
  handle.Disconnect();
}

TEST_F(CommitterTest, CommandsSettleInTheirPlaceAmongAppends) {
  Handle handle(runtime_.get());
  std::atomic<bool> queued = false;
  env_.SetHook([&](const Operation& operation) -> Fault {
    if (IsBatchWrite(operation) && !queued.exchange(true)) {
      EXPECT_TRUE(handle.client()->Submit(OneRecord(book_, "one")).ok());
      handle.client()->SubmitCommand(TrimBook(book_, 1));
      EXPECT_TRUE(handle.client()->Submit(OneRecord(book_, "two")).ok());
      handle.client()->SubmitCommand(TrimBook(book_, kSeqnumEnd));
      EXPECT_TRUE(handle.client()->Submit(OneRecord(book_, "three")).ok());
    }
    return {};
  });
  handle.Append(OneRecord(book_, "zero"));
  ASSERT_TRUE(handle.WaitForRecords(4));
  std::vector<bool> commands;
  for (const Settlement& settlement : handle.settlements) {
    EXPECT_OK(settlement.status);
    commands.push_back(settlement.is_command);
  }
  EXPECT_EQ(commands, (std::vector<bool>{false, false, true, false, true, false}));
  EXPECT_EQ(TextsOf(*runtime_->engine(), book_), std::vector<std::string>{"three"})
      << "what came later is not trimmed";
  handle.Disconnect();
}

// --- Nobody starves ---

// Keeps one client's queue from ever being empty when a commit ends. `commits_max` is no part of any
// promise: it ends a test in which somebody starves.
class Flood {
 public:
  Flood(FaultEnv* env, Client* client, uint64_t book, int commits_max) : env_(env) {
    env_->SetHook([this, client, book, commits_max](const Operation& operation) -> Fault {
      if (operation.kind == OperationKind::kWrite && operation.offset >= kSegmentDataOffset &&
          ++commits_ < commits_max) {
        EXPECT_TRUE(client->Submit(OneRecord(book, "flood")).ok());
      }
      return {};
    });
  }
  [[nodiscard]] int commits() const { return commits_; }

 private:
  FaultEnv* env_;
  std::atomic<int> commits_ = 0;
};

constexpr int kFloodCommits = 20000;

TEST_F(CommitterTest, AClientThatConnectsWhileAnotherNeverPausesIsServedAllTheSame) {
  Handle busy(runtime_.get());
  const Flood flood(&env_, busy.client().get(), book_, kFloodCommits);
  busy.Append(OneRecord(book_, "begin"));
  ASSERT_TRUE(busy.WaitForRecords(1));
  Handle late(runtime_.get());
  late.Append(OneRecord(book_, "me too"));
  ASSERT_TRUE(late.WaitForRecords(1));
  EXPECT_LT(flood.commits(), kFloodCommits) << "it had to wait for the other one's end";
  env_.SetHook(nullptr);
  late.Disconnect();
  busy.Disconnect();
}

TEST_F(CommitterTest, AClientCanLeaveWhileAnotherNeverPauses) {
  Handle leaving(runtime_.get());
  Handle busy(runtime_.get());
  const Flood flood(&env_, busy.client().get(), book_, kFloodCommits);
  busy.Append(OneRecord(book_, "begin"));
  ASSERT_TRUE(busy.WaitForRecords(1));
  leaving.Append(OneRecord(book_, "last words"));
  leaving.Disconnect();
  EXPECT_LT(flood.commits(), kFloodCommits) << "it could leave only when the other one had ended";
  leaving.TakeEvents();
  EXPECT_EQ(leaving.settled_records, 1u);
  env_.SetHook(nullptr);
  busy.Disconnect();
}

TEST_F(CommitterTest, AClientThatConnectsAndWatchesDuringACommitHearsOfIt) {
  Handle writer(runtime_.get());
  std::unique_ptr<Handle> late;
  env_.SetHook([&](const Operation& operation) -> Fault {
    if (operation.kind == OperationKind::kSync && late == nullptr) {
      // The batch is written and not yet visible: a live reader finds the end of the log, and waits for news.
      late = std::make_unique<Handle>(runtime_.get());
      late->client()->SetWatching(true);
      EXPECT_TRUE(TextsOf(*runtime_->engine(), book_).empty());
    }
    return {};
  });
  writer.Append(OneRecord(book_, "news"));
  ASSERT_TRUE(writer.WaitForRecords(1));
  writer.Disconnect();  // waits for the end of the round
  env_.SetHook(nullptr);
  ASSERT_NE(late, nullptr);
  late->TakeEvents();
  EXPECT_TRUE(late->changed) << "a live reader would wait for a second append";
  late->Disconnect();
}

TEST_F(CommitterTest, AWatchingClientHearsOfEveryCommitOfOthers) {
  Handle watcher(runtime_.get());
  watcher.client()->SetWatching(true);
  std::thread writer([&] {
    Handle handle(runtime_.get());
    for (uint64_t i = 1; i <= 100; ++i) {
      handle.Append(OneRecord(book_, "news"));
      ASSERT_TRUE(handle.WaitForRecords(i));
    }
    handle.Disconnect();
  });
  // Looks only when it is told of a change, and must so come to see everything.
  ASSERT_TRUE(watcher.WaitUntil([&] { return TextsOf(*runtime_->engine(), book_).size() == 100; }));
  writer.join();
  watcher.Disconnect();
}

// --- Leaving ---

TEST_F(CommitterTest, WhatALeavingClientHasQueuedIsCommittedAndSettledBeforeItIsGone) {
  for (int round = 0; round < 30; ++round) {
    Handle handle(runtime_.get());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(handle.client()->Submit(OneRecord(book_, "x")).ok());
    if (round % 2 == 0) runtime_->NotifyCommitter();
    handle.Disconnect();
    const uint64_t rings = handle.bell().rings();
    handle.TakeEvents();
    ASSERT_EQ(handle.settled_records, 20u);
    handle.client()->Settle({});
    ASSERT_EQ(handle.bell().rings(), rings) << "woken after it was disconnected";
  }
  EXPECT_EQ(TextsOf(*runtime_->engine(), book_).size(), 600u);
}

TEST_F(CommitterTest, AShardThatIsTakenOverGoesOnBehindTheRecordsOfTheOneBefore) {
  std::set<uint64_t> seqnums;
  for (int round = 0; round < 5; ++round) {
    Handle handle(runtime_.get());
    EXPECT_EQ(handle.client()->shard(), 0u);
    handle.Append(OneRecord(book_, std::to_string(round)));
    ASSERT_TRUE(handle.WaitForRecords(1));
    seqnums.insert(handle.settlements[0].first_seqnum);
    handle.Disconnect();
  }
  EXPECT_EQ(seqnums.size(), 5u);
  EXPECT_EQ(TextsOf(*runtime_->engine(), book_), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
}

TEST_F(CommitterTest, AReleaseWithQueuedAppendsCommitsThemFirst) {
  Handle handle(runtime_.get());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(handle.client()->Submit(OneRecord(book_, "queued")).ok());
  ASSERT_OK(runtime_->Release());
  runtime_.reset();
  handle.TakeEvents();
  EXPECT_EQ(handle.settled_records, 10u);
  const std::unique_ptr<MemoryEnv> after = world_.CloneDurable();
  ASSERT_OK(LogRuntime::Open(after.get(), "/log", {}, &runtime_));
  EXPECT_EQ(TextsOf(*runtime_->engine(), runtime_->engine()->OpenBook("book")).size(), 10u);
  ASSERT_OK(runtime_->Release());
  runtime_.reset();
}

// --- The disk fails ---

TEST_F(CommitterTest, WhenAFlushFailsEverythingIsSettledTheBatchAsUnknownAndTheRestAsNotWritten) {
  constexpr int kThreads = 4;
  std::atomic<int> syncs_left = 20;
  env_.SetHook([&](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kSync || syncs_left-- > 0) return {};
    return Status(StatusCode::kIo, "the disk is gone", EIO);
  });
  std::vector<std::thread> threads;
  std::vector<std::vector<Settlement>> settlements(kThreads);
  std::vector<std::vector<std::string>> texts(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      Handle handle(runtime_.get());
      for (int i = 0; i < 200; ++i) {
        texts[thread].push_back(std::to_string(thread) + ":" + std::to_string(i));
        handle.Append(OneRecord(book_, texts[thread].back()));
        if (i % 4 == 3) {
          ASSERT_TRUE(handle.WaitForRecords(static_cast<uint64_t>(i - 3)));
        }
      }
      ASSERT_TRUE(handle.WaitForRecords(200)) << "an append never settled";
      handle.Disconnect();
      handle.TakeEvents();
      ASSERT_EQ(handle.settled_records, 200u);
      settlements[thread] = handle.settlements;
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> acknowledged;
  std::set<std::string> unknown;
  for (int thread = 0; thread < kThreads; ++thread) {
    size_t at = 0;
    int stage = 0;  // acknowledged, then at most one unknown batch, then not written
    for (const Settlement& settlement : settlements[thread]) {
      const int now = settlement.status.ok() ? 0 : settlement.outcome_unknown ? 1 : 2;
      ASSERT_GE(now, stage);
      ASSERT_FALSE(now == 1 && stage == 1) << "two batches in doubt";
      stage = now;
      const StatusCode codes[] = {StatusCode::kOk, StatusCode::kIo, StatusCode::kReadOnly};
      ASSERT_EQ(settlement.status.code(), codes[now]);
      for (uint64_t i = 0; i < settlement.record_count; ++i) {
        if (now == 0) acknowledged.insert(texts[thread][at]);
        if (now == 1) unknown.insert(texts[thread][at]);
        ++at;
      }
    }
    EXPECT_EQ(stage, 2);
  }
  const auto as_set = [](const std::vector<std::string>& list) {
    return std::set<std::string>(list.begin(), list.end());
  };
  EXPECT_EQ(as_set(TextsOf(*runtime_->engine(), book_)), acknowledged)
      << "reads go on, and show what is stable";
  EXPECT_FALSE(runtime_->engine()->Failure().ok());
  for (const bool power_cut : {false, true}) {
    const std::unique_ptr<MemoryEnv> after = power_cut ? world_.CloneDurable() : world_.Clone();
    std::shared_ptr<LogRuntime> again;
    ASSERT_OK(LogRuntime::Open(after.get(), "/log", {}, &again));
    for (const std::string& text : TextsOf(*again->engine(), again->engine()->OpenBook("book"))) {
      EXPECT_TRUE(acknowledged.erase(text) == 1 || unknown.contains(text))
          << text << " was called not written";
    }
    EXPECT_TRUE(acknowledged.empty()) << "an acknowledged append is gone";
    acknowledged = as_set(TextsOf(*runtime_->engine(), book_));
    ASSERT_OK(again->Release());
  }
}

TEST_F(CommitterTest, AFullDiskRefusesWhatDoesNotFitAndTakesAppendsAgainWhenThereIsRoom) {
  Handle handle(runtime_.get());
  handle.Append(OneRecord(book_, "before"));
  ASSERT_TRUE(handle.WaitForRecords(1));
  env_.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kWrite) return {};
    return Fault::ShortWrite(operation.size / 2, Status(StatusCode::kDiskFull, "no space", ENOSPC));
  });
  handle.Append(OneRecord(book_, "does not fit"));
  ASSERT_TRUE(handle.WaitForRecords(2));
  EXPECT_EQ(handle.settlements[1].status.code(), StatusCode::kDiskFull);
  EXPECT_FALSE(handle.settlements[1].outcome_unknown);
  env_.SetHook(nullptr);
  handle.Append(OneRecord(book_, "after"));
  ASSERT_TRUE(handle.WaitForRecords(3));
  EXPECT_OK(handle.settlements[2].status);
  EXPECT_EQ(TextsOf(*runtime_->engine(), book_), (std::vector<std::string>{"before", "after"}));
  handle.Disconnect();
}

}  // namespace
}  // namespace daybook
