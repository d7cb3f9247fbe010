// Positions over openings and crashes: what was kept is reached, what was lost is known to be.
#include <gtest/gtest.h>

#include "env/test_support.h"
#include "log/engine_test_support.h"

namespace daybook::test {
namespace {

TEST(PositionTest, EveryCommitMovesItAndAnOpeningBeginsATerm) {
  MemoryEnv world(1);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  const LogPosition empty = log->engine().Position();
  EXPECT_EQ(empty.term, 1U);
  ASSERT_TRUE(log->Append({"a"}, {}).ok());
  const LogPosition one = log->engine().Position();
  EXPECT_EQ(one.index, empty.index + 1);
  EXPECT_EQ(log->engine().Compare(one), PositionIs::kReached);
  EXPECT_EQ(log->engine().Compare({1, one.index + 1}), PositionIs::kAhead);
  EXPECT_EQ(log->engine().Compare({2, 1}), PositionIs::kLaterTerm);
  ASSERT_TRUE(log->engine().Close().ok());
  log.reset();
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  EXPECT_EQ(log->engine().Position().term, 2U);
  EXPECT_GE(log->engine().Position().index, one.index);
  EXPECT_EQ(log->engine().Compare(one), PositionIs::kReached);
  EXPECT_EQ(log->engine().Compare({1, one.index + 1}), PositionIs::kLost);
}

// Appends of durability 'os' are told, and the machine loses its power.
TEST(PositionTest, WhatAPowerCutTookIsLostAndWhatAKillLeftIsNot) {
  for (const bool power : {false, true}) {
    MemoryEnv world(2);
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&world, &log).ok());
    ASSERT_TRUE(log->Append({"flushed"}, {}).ok());
    // The first one without a flush has its seqnums reserved, by a flush.
    ASSERT_TRUE(log->Append({"flushed too"}, {}, false).ok());
    const LogPosition flushed = log->engine().Position();
    ASSERT_TRUE(log->Append({"written"}, {}, false).ok());
    const LogPosition written = log->engine().Position();
    ASSERT_GT(written.index, flushed.index);
    const auto crashed = power ? world.CloneDurable() : world.Clone();
    std::unique_ptr<TestLog> again;
    ASSERT_TRUE(TestLog::Open(crashed.get(), &again).ok());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(again->Append({"later"}, {}).ok());
    EXPECT_EQ(again->engine().Compare(flushed), PositionIs::kReached);
    EXPECT_EQ(again->engine().Compare(written), power ? PositionIs::kLost : PositionIs::kReached);
    // And still after closing and opening, many times.
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(again->engine().Close().ok());
      again.reset();
      ASSERT_TRUE(TestLog::Open(crashed.get(), &again).ok());
    }
    EXPECT_EQ(again->engine().Compare(flushed), PositionIs::kReached);
    EXPECT_EQ(again->engine().Compare(written), power ? PositionIs::kLost : PositionIs::kReached);
    ManifestState manifest;
    ASSERT_TRUE(ReadManifest(crashed.get(), kDirectory, &manifest).ok());
    EXPECT_EQ(manifest.manifest.term_ends.size(), 2U);
  }
}

TEST(PositionTest, OneBehindACheckpointIsReachedFromIt) {
  MemoryEnv world(3);
  EngineOptions options = TestLog::SmallOptions();
  options.checkpoint_bytes = 4096;
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log, options).ok());
  std::vector<LogPosition> told;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(log->Append({std::string(1000, 'x')}, {"t"}).ok());
    told.push_back(log->engine().Position());
    ASSERT_TRUE(log->engine().MaintainAll().ok());
  }
  const auto crashed = world.CloneDurable();
  std::unique_ptr<TestLog> again;
  ASSERT_TRUE(TestLog::Open(crashed.get(), &again, options).ok());
  for (const LogPosition& position : told) EXPECT_EQ(again->engine().Compare(position), PositionIs::kReached);
  EXPECT_EQ(again->engine().Compare({1, told.back().index + 100}), PositionIs::kLost);
}

}  // namespace
}  // namespace daybook::test
