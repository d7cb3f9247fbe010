// A log followed from "another process": one engine writes, a follower on the same world reads.
#include "log/follower.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "env/env_fault.h"
#include "env/test_support.h"
#include "log/engine_test_support.h"
#include "log/file_name.h"

namespace daybook::test {
namespace {

EngineOptions FollowedOptions() {
  EngineOptions options = TestLog::SmallOptions();
  options.is_followed = true;
  return options;
}

class FollowerTest : public ::testing::Test {
 protected:
  void OpenLog(Env* env = nullptr) {
    log_.reset();
    ASSERT_TRUE(TestLog::Open(env == nullptr ? &world_ : env, &log_, FollowedOptions()).ok());
  }

  void Follow() {
    follower_.reset();
    const Status opened = Follower::Open(&world_, kDirectory, FollowedOptions(), &follower_);
    ASSERT_TRUE(opened.ok()) << opened.message();
  }

  Status Poll() {
    bool changed = false;
    return follower_->Poll(&changed);
  }

  // All records of the book, as the follower shows them.
  Status ReadAll(std::vector<std::string>* data, bool reverse = false, const std::string& tag = {},
                 const Query* query = nullptr) {
    data->clear();
    ReadRequest request;
    request.book = follower_->OpenBook("book");
    request.tag = tag;
    request.query = query;
    request.to = kSeqnumEnd;
    request.reverse = reverse;
    request.limit = 7;
    while (true) {
      ReadOutput output;
      const Status status = follower_->Read(request, ReadMode::kMayBlock, &output);
      if (!status.ok()) return status;
      for (const FoundRecord& record : output.found) {
        const auto* bytes = reinterpret_cast<const char*>(output.bytes() + record.data_begin);
        data->emplace_back(bytes, record.data_size);
        if (reverse) {
          if (record.seqnum == 0) return status;
          request.to = record.seqnum - 1;
        } else {
          request.from = record.seqnum + 1;
        }
      }
      if (output.found.empty()) return status;
    }
  }

  // What it shows is what the log has acknowledged, in both directions and by a tag.
  void ExpectAsAcknowledged(const std::string& when) {
    std::vector<std::string> expected;
    for (const auto& [seqnum, record] : log_->acknowledged) expected.push_back(record.data);
    std::vector<std::string> shown;
    const Status read = ReadAll(&shown);
    ASSERT_TRUE(read.ok()) << when << ": " << read.message();
    EXPECT_EQ(shown, expected) << when;
    ASSERT_TRUE(ReadAll(&shown, false, "t").ok()) << when;
    EXPECT_EQ(shown, expected) << when << ", by tag";
    const Query query{false, {{"t"}, {"none", "t"}}};
    ASSERT_TRUE(ReadAll(&shown, false, {}, &query).ok()) << when;
    EXPECT_EQ(shown, expected) << when << ", by a query";
    std::reverse(expected.begin(), expected.end());
    ASSERT_TRUE(ReadAll(&shown, true).ok()) << when;
    EXPECT_EQ(shown, expected) << when << ", backwards";
    ASSERT_TRUE(ReadAll(&shown, true, {}, &query).ok()) << when;
    EXPECT_EQ(shown, expected) << when << ", backwards by a query";
  }

  Status Append(size_t bytes = 30, bool flush = true) {
    return log_->Append({std::to_string(counter_++) + std::string(bytes, 'x')}, {"t"}, flush);
  }

  // The only one that they have: they are gone.
  Status TrimTag(uint64_t before) {
    DAYBOOK_RETURN_IF_ERROR(log_->TrimTag("t", before));
    log_->acknowledged.erase(log_->acknowledged.begin(), log_->acknowledged.lower_bound(before));
    EXPECT_EQ(log_->engine().TagTrimmedBefore(log_->engine().OpenBook("book"), "t", 0), before);
    return Status::Ok();
  }

  MemoryEnv world_{7};
  std::unique_ptr<TestLog> log_;
  std::unique_ptr<Follower> follower_;
  int counter_ = 0;
};

TEST_F(FollowerTest, EachRecordIsThereAfterTheNextLook) {
  OpenLog();
  Follow();
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(Append().ok());
    bool changed = false;
    ASSERT_TRUE(follower_->Poll(&changed).ok());
    EXPECT_TRUE(changed);
    EXPECT_EQ(follower_->Position().index, log_->engine().Position().index);
    ExpectAsAcknowledged("record " + std::to_string(i));
    ASSERT_TRUE(follower_->Poll(&changed).ok());
    EXPECT_FALSE(changed);
  }
}

TEST_F(FollowerTest, WhatIsNotFlushedIsNotShown) {
  OpenLog();
  ASSERT_TRUE(Append().ok());
  ASSERT_TRUE(Append(30, false).ok());  // reserves its seqnums, with a flush
  const std::map<uint64_t, TestRecord> flushed = log_->acknowledged;
  ASSERT_TRUE(Append(30, false).ok());
  const LogPosition written = log_->engine().Position();
  Follow();
  for (int look = 0; look < 2; ++look) {
    std::vector<std::string> shown;
    ASSERT_TRUE(ReadAll(&shown).ok());
    EXPECT_EQ(shown.size(), flushed.size());
    EXPECT_EQ(follower_->Compare(written), PositionIs::kAhead);
    ASSERT_TRUE(Poll().ok());
  }
  ASSERT_TRUE(log_->engine().Settle().ok());
  ASSERT_TRUE(Poll().ok());
  EXPECT_EQ(follower_->Compare(written), PositionIs::kReached);
  ExpectAsAcknowledged("flushed");
}

TEST_F(FollowerTest, ItKeepsUpWithRollsRunsTrimsAndRewrites) {
  for (const size_t looks_every : {size_t{1}, size_t{3}, size_t{40}}) {
    const auto acknowledged = log_ == nullptr ? std::map<uint64_t, TestRecord>{} : log_->acknowledged;
    OpenLog();
    log_->acknowledged = acknowledged;
    ASSERT_TRUE(Append().ok());
    Follow();
    for (size_t i = 0; i < 400; ++i) {
      ASSERT_TRUE(Append(i % 5 == 0 ? 3000 : 300).ok());
      if (i % 4 == 0) {
        ASSERT_TRUE(log_->engine().MaintainAll().ok());
      }
      if (i % 60 == 59) {
        // All but the newest ones, or every second of the old ones by their seqnum.
        const auto last = std::prev(log_->acknowledged.end(), 20);
        const uint64_t before = last->first;
        ASSERT_TRUE((i % 120 == 59 ? log_->Trim(before) : TrimTag(before)).ok());
        ASSERT_TRUE(log_->engine().MaintainAll().ok());
      }
      if (i % looks_every != 0) continue;
      const Status polled = Poll();
      ASSERT_TRUE(polled.ok()) << polled.message();
      ExpectAsAcknowledged("look " + std::to_string(i) + " of every " + std::to_string(looks_every));
      if (HasFatalFailure()) return;
    }
    ASSERT_TRUE(Poll().ok());
    ExpectAsAcknowledged("at the end");
    // Memory: what the runs hold is not held twice for ever.
    EXPECT_LE(follower_->Stat().index_memory, size_t{4} << 20U);
    ASSERT_TRUE(log_->engine().Close().ok());
  }
}

// Below the mark of a tag there are records that live on by another one: where their segment has gone, that
// is no sign that they have.
TEST_F(FollowerTest, WhatHasLostATagAndWasMovedIsFound) {
  OpenLog();
  std::vector<std::string> kept;
  const auto append = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const std::string data = std::to_string(counter_++) + std::string(600, 'x');
      const bool stays = i % 3 == 0;
      std::vector<std::string> tags = {"t"};
      if (stays) tags.emplace_back("kept");
      ASSERT_TRUE(log_->Append({data}, tags).ok());
      if (stays) kept.push_back(data);
    }
  };
  append(100);
  Follow();
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(TrimTag(log_->acknowledged.rbegin()->first + 1).ok());
    ASSERT_TRUE(Poll().ok());
    const size_t known = kept.size();
    for (int i = 0; i < 20; ++i) {
      append(5);
      ASSERT_TRUE(log_->engine().MaintainAll().ok());
    }
    std::vector<std::string> shown;
    const Status read = ReadAll(&shown, false, "kept");
    ASSERT_TRUE(read.ok()) << read.message();
    // It may be behind, and shows a beginning.
    ASSERT_LE(shown.size(), kept.size());
    ASSERT_GE(shown.size(), known);
    EXPECT_TRUE(std::equal(shown.begin(), shown.end(), kept.begin())) << "round " << round;
    if (round % 2 == 1) {
      ASSERT_TRUE(Poll().ok());
      ASSERT_TRUE(ReadAll(&shown, false, "kept").ok());
      EXPECT_EQ(shown, kept) << "round " << round;
    }
  }
}

TEST_F(FollowerTest, WithoutALookReadsFindWhatWasMovedBeneathThem) {
  OpenLog();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Append(600).ok());
  Follow();
  // Nothing is polled: the follower hears of what happens when it misses a file.
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(Append(600).ok());
      ASSERT_TRUE(log_->engine().MaintainAll().ok());
    }
    ASSERT_TRUE(log_->Trim(std::prev(log_->acknowledged.end(), 10)->first).ok());
    ASSERT_TRUE(log_->engine().MaintainAll().ok());
    std::vector<std::string> shown;
    const Status read = ReadAll(&shown, round % 2 == 1);
    ASSERT_TRUE(read.ok()) << round << ": " << read.message();
  }
}

TEST_F(FollowerTest, FilesThatAFollowerHoldsDoNotChangeUnderIt) {
  OpenLog();
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(Append(900).ok());
  ASSERT_TRUE(log_->engine().MaintainAll().ok());
  Follow();
  std::vector<std::string> shown;
  ASSERT_TRUE(ReadAll(&shown).ok());
  ASSERT_TRUE(log_->Trim(kSeqnumEnd - 1).ok());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(Append(900).ok());
    ASSERT_TRUE(log_->engine().MaintainAll().ok());
  }
  ASSERT_TRUE(Poll().ok());
  ExpectAsAcknowledged("in the end");
}

TEST_F(FollowerTest, TheWriterIsKilledAndComesBack) {
  OpenLog();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Append(500).ok());
  ASSERT_TRUE(Append(30, false).ok());
  ASSERT_TRUE(Append(30, false).ok());
  for (const bool power : {false, true}) {
    Follow();
    std::vector<std::string> before;
    ASSERT_TRUE(ReadAll(&before).ok());
    const LogPosition seen = follower_->Position();
    // The world as the crash leaves it, with a follower that goes on in it.
    const auto crashed = power ? world_.CloneDurable() : world_.Clone();
    std::unique_ptr<Follower> there;
    ASSERT_TRUE(Follower::Open(crashed.get(), kDirectory, FollowedOptions(), &there).ok());
    std::swap(there, follower_);
    std::vector<std::string> left;
    ASSERT_TRUE(ReadAll(&left).ok());
    // A power cut takes the page, which is never flushed; then the files say what they prove.
    EXPECT_TRUE(left.size() == before.size() || (power && left.size() < before.size()));
    EXPECT_TRUE(std::equal(left.begin(), left.end(), before.begin()));
    std::unique_ptr<TestLog> again;
    ASSERT_TRUE(TestLog::Open(crashed.get(), &again, FollowedOptions()).ok());
    again->acknowledged.clear();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(again->Append({"back " + std::to_string(i)}, {"t"}).ok());
      ASSERT_TRUE(Poll().ok());
      std::vector<std::string> now;
      ASSERT_TRUE(ReadAll(&now).ok());
      ASSERT_GE(now.size(), before.size());
      EXPECT_TRUE(std::equal(before.begin(), before.end(), now.begin())) << "nothing that was shown has gone";
      EXPECT_EQ(now.back(), "back " + std::to_string(i));
      EXPECT_EQ(follower_->Position().term, 2U);
      EXPECT_EQ(follower_->Compare(seen), PositionIs::kReached);
    }
  }
}

// At every operation of a life with rolls, trims and rewrites somebody begins to follow, and another one
// looks: each sees a beginning of what was acknowledged or is about to be.
TEST_F(FollowerTest, AtEveryOperationOfTheWriterWhatIsShownIsABeginning) {
  FaultEnv watched(&world_);
  std::vector<std::string> written;
  size_t looks = 0;
  size_t shown_most = 0;
  watched.SetHook([&](const Operation& operation) -> Fault {
    // Nothing that a follower does goes through this world.
    if (operation.index < 60 || operation.index % 3 != 0) return {};
    std::unique_ptr<Follower> fresh;
    if (follower_ == nullptr || looks % 50 == 0) {
      const Status opened = Follower::Open(&world_, kDirectory, FollowedOptions(), &fresh);
      EXPECT_TRUE(opened.ok()) << operation.index << ": " << opened.message();
      if (opened.ok()) follower_ = std::move(fresh);
    } else {
      const Status polled = Poll();
      EXPECT_TRUE(polled.ok()) << operation.index << ": " << polled.message();
    }
    if (follower_ == nullptr) return {};
    ++looks;
    std::vector<std::string> shown;
    const Status read = ReadAll(&shown, false, "t");
    EXPECT_TRUE(read.ok()) << operation.index << ", " << OperationKindName(operation.kind) << " of "
                           << operation.path << ": " << read.message();
    // A stretch of what was written, in order and without a hole; its front may be trimmed.
    if (!shown.empty()) {
      const auto first = std::find(written.begin(), written.end(), shown.front());
      const auto left = static_cast<size_t>(written.end() - first);
      EXPECT_LE(shown.size(), left) << operation.index;
      if (shown.size() <= left) {
        EXPECT_TRUE(std::equal(shown.begin(), shown.end(), first)) << operation.index;
        const size_t end = static_cast<size_t>(first - written.begin()) + shown.size();
        EXPECT_GE(end, shown_most) << "back in time at " << operation.index;
        shown_most = std::max(shown_most, end);
      }
    }
    return {};
  });
  for (int opening = 0; opening < 3; ++opening) {
    OpenLog(&watched);
    for (int i = 0; i < 60; ++i) {
      const std::string data = std::to_string(counter_++) + std::string(i % 7 == 0 ? 4000 : 400, 'x');
      written.push_back(data);
      ASSERT_TRUE(log_->Append({data}, {"t"}, i % 3 != 1).ok());
      if (i % 3 == 0) {
        ASSERT_TRUE(log_->engine().MaintainAll().ok());
      }
      if (i % 25 == 24) {
        ASSERT_TRUE(log_->Trim(std::prev(log_->acknowledged.end(), 8)->first).ok());
        ASSERT_TRUE(log_->engine().MaintainAll().ok());
      }
    }
    if (opening == 0) {
      ASSERT_TRUE(log_->engine().Close().ok());  // and the second is killed
    }
  }
  EXPECT_GT(looks, 200U);
}

TEST_F(FollowerTest, WithoutAControlPageItShowsWhatTheFilesProve) {
  OpenLog();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Append().ok());
  ASSERT_TRUE(log_->engine().Close().ok());
  ASSERT_TRUE(world_.Remove(JoinPath(kDirectory, kControlFileName)).ok());
  Follow();
  ExpectAsAcknowledged("closed");
  log_.reset();
  const std::vector<std::byte> garbage(200, std::byte{0xee});
  world_.WriteWholeFile(JoinPath(kDirectory, kControlFileName), garbage);
  ASSERT_TRUE(Poll().ok());
  std::vector<std::string> shown;
  ASSERT_TRUE(ReadAll(&shown).ok());
  EXPECT_EQ(shown.size(), 10U);
}

TEST_F(FollowerTest, WhereThereIsNoLogNothingIsMade) {
  std::unique_ptr<Follower> none;
  EXPECT_FALSE(Follower::Open(&world_, "/nowhere", FollowedOptions(), &none).ok());
  EXPECT_FALSE(world_.Exists("/nowhere"));
  ASSERT_TRUE(world_.CreateDirectory("/empty").ok());
  EXPECT_TRUE(Follower::Open(&world_, "/empty", FollowedOptions(), &none).Is(StatusCode::kFormat));
  std::vector<std::string> names;
  ASSERT_TRUE(world_.ListDirectory("/empty", &names).ok());
  EXPECT_TRUE(names.empty());
}

TEST_F(FollowerTest, ItWritesNothing) {
  OpenLog();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Append(900).ok());
  ASSERT_TRUE(log_->engine().MaintainAll().ok());
  FaultEnv watched(&world_);
  watched.SetHook([](const Operation& operation) -> Fault {
    const bool reads = operation.kind == OperationKind::kOpenFile || operation.kind == OperationKind::kRead ||
                       operation.kind == OperationKind::kSize || operation.kind == OperationKind::kClose ||
                       operation.kind == OperationKind::kTryLock;
    EXPECT_TRUE(reads) << OperationKindName(operation.kind) << " of " << operation.path;
    return {};
  });
  ASSERT_TRUE(Follower::Open(&watched, kDirectory, FollowedOptions(), &follower_).ok());
  ASSERT_TRUE(Append().ok());
  ASSERT_TRUE(Poll().ok());
  ExpectAsAcknowledged("read");
  follower_.reset();
}

}  // namespace
}  // namespace daybook::test
