// Conditions that the memory does not answer: who waits for them, and who does not.
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "env/env_memory.h"
#include "log/engine_test_support.h"
#include "runtime/committer.h"
#include "runtime/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

// A committer whose questions are answered by the test.
class QuestionTest : public testing::Test {
 protected:
  struct Question {
    std::shared_ptr<Client> client;
    uint64_t number;
    std::vector<std::byte> records;
  };

  void SetUp() override {
    EngineOptions options;
    options.memory_bytes = 64 * 1024;  // a large record drives the others out
    ASSERT_OK(Engine::Open(&env_, "/log", options, &engine_));
    book_ = engine_->OpenBook("book");
    committer_ = std::make_unique<Committer>(
        engine_.get(), 1, [] {},
        [this](std::shared_ptr<Client> client, uint64_t number, std::vector<std::byte> records) {
          const std::lock_guard lock(mutex_);
          questions_.push_back({std::move(client), number, std::move(records)});
          asked_.Ring();
          return true;
        });
  }

  std::shared_ptr<Client> Connect() {
    auto client = std::make_shared<Client>(engine_->AcquireShard(), [this] { settled_.Ring(); });
    committer_->AddClient(client);
    return client;
  }

  // A record that is not in memory any more.
  void AppendCold(Client* client, Committer* committer) {
    Append(client, "first");
    Append(client, std::string(40'000, 'x'));
    committer->Notify();
    uint64_t records = 0;
    for (const Settlement& settlement : WaitFor(client, 2)) records += settlement.record_count;
    ASSERT_EQ(records, 2U);
    env_.SetCached(false);
  }

  // One record, judged if it has a guard.
  void Append(Client* client, const std::string& data, const test::TestGuard& guard = {}) {
    const ByteVector record = test::EncodeTestRecord(book_, data, {"t"}, true, guard);
    ByteVector group;
    ByteWriter writer(&group);
    writer.PutU32(static_cast<uint32_t>(record.size()));
    writer.PutU32(1);
    writer.PutU32(static_cast<uint32_t>(book_));
    writer.PutU8(1);
    writer.PutU8(guard.conditions.empty() && guard.key.empty() ? 0 : 1);
    writer.PutU16(0);
    writer.PutBytes(record);
    ASSERT_OK(client->Submit(group));
    committer_->Notify();
  }

  std::vector<Settlement> WaitFor(Client* client, uint64_t records) {
    std::vector<Settlement> all;
    uint64_t count = 0;
    while (true) {
      const uint64_t rings = settled_.rings();
      for (Settlement& settlement : client->TakeEvents().settlements) {
        count += settlement.record_count;
        all.push_back(std::move(settlement));
      }
      if (count >= records || !settled_.WaitForMoreThan(rings)) return all;
    }
  }

  Question TakeQuestion() {
    while (true) {
      const uint64_t rings = asked_.rings();
      {
        const std::lock_guard lock(mutex_);
        if (!questions_.empty()) {
          Question question = std::move(questions_.front());
          questions_.erase(questions_.begin());
          return question;
        }
      }
      if (!asked_.WaitForMoreThan(rings)) return {};
    }
  }

  void Answer(const Question& question) {
    JudgeMemo memo;
    const Status status = engine_->AnswerConditions(question.records, ReadMode::kMayBlock, &memo);
    question.client->Answer(question.number, status, std::move(memo));
    committer_->Notify();
  }

  MemoryEnv env_;
  std::unique_ptr<Engine> engine_;
  std::mutex mutex_;
  std::vector<Question> questions_;
  Bell asked_;
  Bell settled_;
  uint64_t book_ = 0;
  std::unique_ptr<Committer> committer_;  // its threads end before what they use
};

TEST_F(QuestionTest, AConditionThatNeedsTheDiskHoldsNobodyElseUp) {
  const std::shared_ptr<Client> one = Connect();
  const std::shared_ptr<Client> other = Connect();
  AppendCold(one.get(), committer_.get());
  Append(one.get(), "loses", {"", {{"t", 0}}});
  Append(one.get(), "behind it");
  const Question question = TakeQuestion();
  ASSERT_NE(question.client, nullptr);
  Append(other.get(), "of another");
  const std::vector<Settlement> others = WaitFor(other.get(), 1);
  ASSERT_EQ(others.size(), 1U);
  EXPECT_TRUE(others[0].status.ok());
  EXPECT_TRUE(one->TakeEvents().settlements.empty()) << "what was appended behind it keeps its place";
  Answer(question);
  const std::vector<Settlement> own = WaitFor(one.get(), 2);
  ASSERT_FALSE(own.empty());
  ASSERT_EQ(own[0].verdicts.size(), 1U);
  EXPECT_EQ(own[0].verdicts[0].record, 0U);
  EXPECT_EQ(own[0].verdicts[0].verdict.conflicts, (std::vector<Conflict>{{0, others[0].first_seqnum}}))
      << "what came while it was asked about counts";
  EXPECT_EQ(own.back().first_seqnum + own.back().record_count, others[0].first_seqnum + 3);
}

TEST_F(QuestionTest, WhatCannotBeReadRefusesTheAppendAndNothingElse) {
  const std::shared_ptr<Client> one = Connect();
  AppendCold(one.get(), committer_.get());
  Append(one.get(), "undecided", {"", {{"t", 0}}});
  Append(one.get(), "behind it");
  const Question question = TakeQuestion();
  ASSERT_NE(question.client, nullptr);
  question.client->Answer(question.number, {StatusCode::kCorrupt, "rotten"}, {});
  committer_->Notify();
  const std::vector<Settlement> own = WaitFor(one.get(), 2);
  ASSERT_EQ(own.size(), 2U);
  EXPECT_TRUE(own[0].status.Is(StatusCode::kCorrupt));
  EXPECT_FALSE(own[0].outcome_unknown);
  EXPECT_TRUE(own[1].status.ok());
}

TEST_F(QuestionTest, AClientThatLeavesIsServedWhenItsConditionIsAnswered) {
  const std::shared_ptr<Client> one = Connect();
  AppendCold(one.get(), committer_.get());
  Append(one.get(), "wins", {"", {{"t", kSeqnumEnd}, {"none", 0}}});
  Append(one.get(), "loses", {"", {{"t", 0}}});
  Append(one.get(), "behind it");
  const Question question = TakeQuestion();
  ASSERT_NE(question.client, nullptr);
  std::thread leaving([&] { committer_->RemoveClient(one); });
  Answer(question);
  leaving.join();
  uint64_t records = 0;
  uint64_t verdicts = 0;
  for (const Settlement& settlement : one->TakeEvents().settlements) {
    records += settlement.record_count;
    verdicts += settlement.verdicts.size();
    EXPECT_TRUE(settlement.status.ok());
  }
  EXPECT_EQ(records, 3U);
  EXPECT_EQ(verdicts, 1U);
}

// Without a thread to ask, the committer waits itself.
TEST_F(QuestionTest, WithoutAThreadTheAnswerIsTheSame) {
  Committer alone(
      engine_.get(), 1, [] {}, [](auto, auto, auto) { return false; });
  auto client = std::make_shared<Client>(engine_->AcquireShard(), [this] { settled_.Ring(); });
  alone.AddClient(client);
  const auto append = [&](const std::string& data, const test::TestGuard& guard) {
    Append(client.get(), data, guard);
    alone.Notify();
  };
  AppendCold(client.get(), &alone);
  append("loses", {"", {{"t", 0}}});
  const std::vector<Settlement> own = WaitFor(client.get(), 1);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].verdicts.size(), 1U);
}

}  // namespace
}  // namespace daybook
