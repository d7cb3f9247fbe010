#include "log/engine.h"

#include <gtest/gtest.h>

#include "env/env_fault.h"
#include "log/engine_test_support.h"
#include "log/file_name.h"

namespace daybook::test {
namespace {

std::vector<std::string> DataOf(const std::vector<TestRecord>& records) {
  std::vector<std::string> data;
  data.reserve(records.size());
  for (const TestRecord& record : records) data.push_back(record.data);
  return data;
}

using Strings = std::vector<std::string>;

class EngineTest : public ::testing::Test {
 protected:
  void Open(Env* env) { ASSERT_TRUE(TestLog::Open(env, &log_).ok()); }
  void Reopen() {
    ASSERT_TRUE(log_->engine().Close().ok());
    log_.reset();
    Open(&env_);
  }
  Strings Read(const std::string& tag, bool reverse = false, const std::string& book = "book") {
    std::vector<TestRecord> records;
    const Status status = log_->ReadAll(tag, &records, book, reverse);
    EXPECT_TRUE(status.ok()) << status.message();
    return DataOf(records);
  }

  MemoryEnv env_{7};
  std::unique_ptr<TestLog> log_;
};

TEST_F(EngineTest, RecordsAreFoundUnderEachOfTheirTagsAndInTheirBookOnly) {
  Open(&env_);
  ASSERT_TRUE(log_->Append({"1"}, {"a", "b"}).ok());
  ASSERT_TRUE(log_->Append({"2"}, {"b"}).ok());
  ASSERT_TRUE(log_->Append({"3"}, {"a"}, true, "other").ok());
  ASSERT_TRUE(log_->Append({"4"}, {}).ok());
  EXPECT_EQ(Read("a"), (Strings{"1"}));
  EXPECT_EQ(Read("b"), (Strings{"1", "2"}));
  EXPECT_EQ(Read(""), (Strings{"1", "2", "4"}));
  EXPECT_EQ(Read("", true), (Strings{"4", "2", "1"}));
  EXPECT_EQ(Read("a", false, "other"), (Strings{"3"}));
  EXPECT_EQ(Read("missing"), Strings{});
}

TEST_F(EngineTest, EverythingIsThereAfterReopeningAcrossManySegments) {
  Open(&env_);
  Strings expected;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 40; ++i) {
      expected.push_back(std::to_string(round) + "/" + std::to_string(i) + std::string(900, 'x'));
      ASSERT_TRUE(log_->Append({expected.back()}, {"t"}).ok());
    }
    Reopen();
    EXPECT_EQ(Read("t"), expected);
  }
  std::vector<std::string> names;
  ASSERT_TRUE(env_.ListDirectory(kDirectory, &names).ok());
  EXPECT_GT(names.size(), 6U) << "the test is meant to roll";
}

TEST_F(EngineTest, AGroupLargerThanASegmentIsTakenWhole) {
  Open(&env_);
  ASSERT_TRUE(log_->Append({"before"}, {"t"}).ok());
  ASSERT_TRUE(log_->Append({std::string(70'000, 'a'), std::string(70'000, 'b')}, {"t"}).ok());
  ASSERT_TRUE(log_->Append({"after"}, {"t"}).ok());
  Reopen();
  EXPECT_EQ(Read("t"), (Strings{"before", std::string(70'000, 'a'), std::string(70'000, 'b'), "after"}));
}

TEST_F(EngineTest, ACutOrdersShardByShard) {
  Open(&env_);
  const uint64_t book = log_->engine().OpenBook("book");
  const auto zero = EncodeTestRecord(book, "zero", {"t"}, true);
  const auto one = EncodeTestRecord(book, "one", {"t"}, true);
  CommitRequest request;
  request.books = {book};
  request.shards.push_back({0, 1, {zero}});
  request.shards.push_back({1, 1, {one}});
  CommitResult result;
  ASSERT_TRUE(log_->engine().Commit(request, &result).ok());
  EXPECT_EQ(result.runs, (std::vector<OrderedRun>{{0, 0, 1, 0}, {1, 0, 1, 1}}));
  Reopen();
  EXPECT_EQ(Read("t"), (Strings{"zero", "one"}));
}

TEST_F(EngineTest, TimeNeverGoesBackAlongTheLog) {
  Open(&env_);
  env_.SetNowMillis(5000);
  ASSERT_TRUE(log_->Append({"1"}, {}).ok());
  env_.SetNowMillis(1000);
  ASSERT_TRUE(log_->Append({"2"}, {}).ok());
  Reopen();
  ASSERT_TRUE(log_->Append({"3"}, {}).ok());
  uint64_t seqnum = 99;
  const uint64_t book = log_->engine().OpenBook("book");
  ASSERT_TRUE(log_->engine().SeqnumAt(book, 5000, ReadMode::kMayBlock, &seqnum).ok());
  EXPECT_EQ(seqnum, 0U);
  ASSERT_TRUE(log_->engine().SeqnumAt(book, 5001, ReadMode::kMayBlock, &seqnum).ok());
  EXPECT_EQ(seqnum, 3U) << "the tail + 1";
}

TEST_F(EngineTest, ATrimIsFinalAndNeverReachesBehindTheTail) {
  Open(&env_);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(log_->Append({std::to_string(i)}, {"t"}).ok());
  ASSERT_TRUE(log_->Trim(2).ok());
  EXPECT_EQ(Read("t"), (Strings{"2", "3", "4"}));
  ASSERT_TRUE(log_->Trim(1).ok());
  EXPECT_EQ(Read("t"), (Strings{"2", "3", "4"}));
  Reopen();
  EXPECT_EQ(Read(""), (Strings{"2", "3", "4"}));
  ASSERT_TRUE(log_->Trim(kSeqnumEnd - 1).ok());
  EXPECT_EQ(Read(""), Strings{});
  EXPECT_EQ(log_->engine().TrimmedBefore(log_->engine().OpenBook("book")), 5U);
  ASSERT_TRUE(log_->Append({"later"}, {"t"}).ok());
  EXPECT_EQ(Read("t"), (Strings{"later"}));
}

TEST_F(EngineTest, ASecondWriterIsRefused) {
  Open(&env_);
  std::unique_ptr<TestLog> second;
  EXPECT_TRUE(TestLog::Open(&env_, &second).Is(StatusCode::kLocked));
}

TEST_F(EngineTest, AForeignDirectoryIsRefusedAndNotTouched) {
  ASSERT_TRUE(env_.CreateDirectory(kDirectory).ok());
  env_.WriteWholeFile(std::string(kDirectory) + "/precious.txt", std::as_bytes(std::span("x", 1)));
  std::unique_ptr<TestLog> log;
  EXPECT_TRUE(TestLog::Open(&env_, &log).Is(StatusCode::kFormat));
  std::vector<std::string> names;
  ASSERT_TRUE(env_.ListDirectory(kDirectory, &names).ok());
  EXPECT_EQ(names, (Strings{"precious.txt"}));
}

TEST_F(EngineTest, AFailedFlushIsFinalUntilTheLogIsOpenedAgain) {
  FaultEnv faulty(&env_);
  Open(&faulty);
  ASSERT_TRUE(log_->Append({"1"}, {"t"}).ok());
  bool failed = false;
  faulty.SetHook([&](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kSync || failed) return {};
    failed = true;
    return Status(StatusCode::kIo, "the disk is gone", 5);
  });
  bool unknown = false;
  EXPECT_TRUE(log_->Append({"2"}, {"t"}, true, "book", &unknown).Is(StatusCode::kIo));
  EXPECT_TRUE(unknown);
  EXPECT_TRUE(log_->Append({"3"}, {"t"}, true, "book", &unknown).Is(StatusCode::kReadOnly))
      << "a retry proves nothing";
  EXPECT_FALSE(unknown);
  EXPECT_EQ(Read("t"), (Strings{"1"})) << "reads go on";
  log_.reset();
  EXPECT_EQ(CheckWorld(&env_, {{0, {0, "1", {"t"}}}}, {"2"}), "");
}

TEST_F(EngineTest, AFullDiskLosesNothingAndAppendsGoOnWhenThereIsRoom) {
  FaultEnv faulty(&env_);
  Open(&faulty);
  ASSERT_TRUE(log_->Append({"1"}, {"t"}).ok());
  for (const uint64_t written : {uint64_t{0}, uint64_t{1}, uint64_t{128}, uint64_t{200}}) {
    faulty.SetHook([&](const Operation& operation) -> Fault {
      if (operation.kind != OperationKind::kWrite) return {};
      return Fault::ShortWrite(written, Status(StatusCode::kDiskFull, "no space", 28));
    });
    bool unknown = true;
    EXPECT_TRUE(log_->Append({"lost"}, {"t"}, true, "book", &unknown).Is(StatusCode::kDiskFull));
    EXPECT_FALSE(unknown);
    EXPECT_EQ(Read("t"), (Strings{"1"}));
    const auto killed = env_.Clone();
    EXPECT_EQ(CheckWorld(killed.get(), log_->acknowledged, {}), "") << "not written means never";
  }
  faulty.SetHook(nullptr);
  ASSERT_TRUE(log_->Append({"2"}, {"t"}).ok());
  EXPECT_EQ(Read("t"), (Strings{"1", "2"}));
  const auto killed = env_.Clone();
  EXPECT_EQ(CheckWorld(killed.get(), log_->acknowledged, {}), "");
}

TEST_F(EngineTest, ATrimFindsRoomOnADiskThatIsFull) {
  FaultEnv full(&env_);
  EngineOptions options = TestLog::SmallOptions();
  options.segment_bytes = 256 * 1024;  // the least that a log may be opened with is more
  ASSERT_TRUE(TestLog::Open(&full, &log_, options).ok());
  ASSERT_TRUE(log_->engine().MaintainAll().ok());  // a segment is ready, with its blocks
  full.SetHook([&](const Operation& operation) {
    const bool grows = operation.kind == OperationKind::kWrite &&
                       operation.offset + operation.size > env_.FileSize(operation.path);
    return grows ? Fault(Status(StatusCode::kDiskFull, "no space", 28)) : Fault();
  });
  Status status;
  uint64_t appended = 0;
  for (; status.ok() && appended < 1'000; ++appended) status = log_->Append({std::string(900, 'x')}, {"t"});
  ASSERT_TRUE(status.Is(StatusCode::kDiskFull)) << status.message();
  ASSERT_GT(appended, 5U);
  ASSERT_TRUE(log_->Trim(kSeqnumEnd).ok());
  EXPECT_EQ(Read("t"), Strings{});
  log_.reset();
  Open(&env_);
  EXPECT_EQ(Read("t"), Strings{});
}

TEST_F(EngineTest, TrimsFindRoomOnAFullDiskThoughNoSegmentWasMadeReady) {
  FaultEnv limited(&env_);
  EngineOptions options = TestLog::SmallOptions();
  options.segment_bytes = uint64_t{1} << 20U;
  uint64_t room = uint64_t{3} << 20U;  // bytes that files may still grow by
  limited.SetHook([&](const Operation& operation) {
    if (operation.kind != OperationKind::kWrite) return Fault();
    const uint64_t size = env_.Exists(operation.path) ? env_.FileSize(operation.path) : 0;
    const uint64_t end = operation.offset + operation.size;
    const uint64_t growth = end > size ? end - size : 0;
    if (growth > room) return Fault(Status(StatusCode::kDiskFull, "no space", 28));
    room -= growth;
    return Fault();
  });
  ASSERT_TRUE(TestLog::Open(&limited, &log_, options).ok());
  Status status;
  uint64_t appended = 0;
  for (; status.ok() && appended < 1'000; ++appended) status = log_->Append({std::string(8'000, 'x')}, {"t"});
  ASSERT_TRUE(status.Is(StatusCode::kDiskFull)) << status.message();
  ASSERT_GT(appended, 200U);
  room = 0;
  for (uint64_t i = 1; i <= 10; ++i) {
    const Status trimmed = log_->Trim(i * 20);
    ASSERT_TRUE(trimmed.ok()) << i << ": " << trimmed.message();
  }
  log_.reset();
  limited.SetHook(nullptr);
  Open(&env_);
  EXPECT_EQ(Read("t").size(), appended - 1 - 200);
}

TEST_F(EngineTest, OpeningReadsWhatLiesBehindTheLastCheckpointAndNotTheLog) {
  FaultEnv counted(&env_);
  Open(&counted);
  uint64_t log_bytes = 0;
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(log_->Append({std::string(3'000, 'x')}, {"t"}).ok());
    log_bytes += 3'000;
    if (i % 5 == 0) {
      ASSERT_TRUE(log_->engine().MaintainAll().ok());
    }
  }
  log_.reset();  // killed
  uint64_t read = 0;
  counted.SetHook([&](const Operation& operation) {
    const bool is_segment = operation.path.find("segment-") != std::string::npos;
    if (operation.kind == OperationKind::kRead && is_segment) read += operation.size;
    return Fault();
  });
  Open(&counted);
  counted.SetHook(nullptr);
  EXPECT_GT(read, 0U);
  EXPECT_LT(read, 4 * TestLog::SmallOptions().checkpoint_bytes);
  EXPECT_GT(log_bytes, 8 * read) << "else it shows nothing";
  EXPECT_EQ(Read("t").size(), 600U);
}

TEST_F(EngineTest, SeqnumsToldBeforeAFlushAreNeverGivenAgain) {
  Open(&env_);
  ASSERT_TRUE(log_->Append({"flushed"}, {"t"}, true).ok());
  for (int i = 0; i < 250; ++i) ASSERT_TRUE(log_->Append({"os"}, {"t"}, false).ok());
  const uint64_t told = log_->acknowledged.rbegin()->first;
  const auto powerless = env_.CloneDurable();
  std::unique_ptr<TestLog> after;
  ASSERT_TRUE(TestLog::Open(powerless.get(), &after).ok());
  std::vector<TestRecord> left;
  ASSERT_TRUE(after->ReadAll("t", &left).ok());
  EXPECT_LT(left.size(), 251U) << "the test is meant to lose a suffix";
  ASSERT_TRUE(after->Append({"new"}, {"t"}).ok());
  EXPECT_GT(after->acknowledged.begin()->first, told);
}

TEST_F(EngineTest, AppendsWithoutFlushSurviveAKill) {
  Open(&env_);
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(log_->Append({std::to_string(i)}, {"t"}, false).ok());
  const auto killed = env_.Clone();
  EXPECT_EQ(CheckWorld(killed.get(), log_->acknowledged, {}), "");
}

TEST_F(EngineTest, ColdRecordsAreReadFromTheirFilesAndOnlyByThoseWhoMayWait) {
  Open(&env_);
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(log_->Append({std::string(1000, 'x')}, {"t"}).ok());
  env_.SetCached(false);
  ReadRequest request;
  request.book = log_->engine().OpenBook("book");
  request.tag = "t";
  request.to = kSeqnumEnd;
  ReadOutput output;
  EXPECT_TRUE(log_->engine().Read(request, ReadMode::kNoWait, &output).Is(StatusCode::kWouldBlock));
  EXPECT_TRUE(log_->engine().Read(request, ReadMode::kMayBlock, &output).ok());
  EXPECT_EQ(output.found.size(), 1U);
  EXPECT_EQ(Read("t").size(), 60U);
}

}  // namespace
}  // namespace daybook::test
