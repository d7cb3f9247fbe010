// Crashes: the world as it is left at every operation, opened again; and every operation failing.
#include "log/recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

#include "env/env_fault.h"
#include "log/engine_test_support.h"
#include "log/file_name.h"
#include "log/manifest_store.h"

namespace daybook::test {
namespace {

// What was promised at some moment, and what may be there besides.
struct Promise {
  std::map<uint64_t, TestRecord> acknowledged;
  std::vector<std::string> in_flight;
};

// Appends, groups, rolls, trims, appends without a flush, settling, reopening. Ends at the first
// failure. `promise` is kept up to date, so that a hook can look at it.
void RunWorkload(Env* env, bool only_flushed, Promise* promise) {
  int counter = 0;
  for (int opening = 0; opening < 2; ++opening) {
    std::unique_ptr<TestLog> log;
    if (!TestLog::Open(env, &log).ok()) return;
    log->acknowledged = promise->acknowledged;
    for (int i = 0; i < 6; ++i) {
      const bool flush = only_flushed || i % 3 != 1;
      std::vector<std::string> data;
      for (int k = 0; k <= i % 3; ++k)
        data.push_back(std::to_string(counter++) + std::string(i == 4 ? 21'000 : 30, 'x'));
      promise->in_flight.insert(promise->in_flight.end(), data.begin(), data.end());
      if (!log->Append(data, {"t", "u" + std::to_string(i)}, flush).ok()) return;
      promise->acknowledged = log->acknowledged;
      if (i == 3 && !log->engine().Settle().ok()) return;
    }
    const uint64_t before = promise->acknowledged.begin()->first + 2;
    Promise trimmed = *promise;
    trimmed.acknowledged.erase(trimmed.acknowledged.begin(), trimmed.acknowledged.lower_bound(before));
    // From here until the trim is acknowledged its records may be there or not.
    for (const auto& [seqnum, record] : promise->acknowledged) promise->in_flight.push_back(record.data);
    promise->acknowledged = trimmed.acknowledged;
    if (!log->Trim(before).ok()) return;
    if (!log->engine().Close().ok()) return;
  }
}

TEST(RecoveryTest, AKillAtAnyOperationLosesNothingAcknowledged) {
  MemoryEnv world(3);
  FaultEnv watched(&world);
  Promise promise;
  int images = 0;
  watched.SetHook([&](const Operation& operation) -> Fault {
    const auto killed = world.Clone();
    const std::string wrong = CheckWorld(killed.get(), promise.acknowledged, promise.in_flight);
    EXPECT_EQ(wrong, "") << "killed before operation " << operation.index << ", "
                         << OperationKindName(operation.kind) << " of " << operation.path;
    ++images;
    return {};
  });
  RunWorkload(&watched, false, &promise);
  EXPECT_GT(images, 100);
}

TEST(RecoveryTest, APowerCutAtAnyOperationLosesNothingFlushed) {
  MemoryEnv world(4);
  FaultEnv watched(&world);
  Promise promise;
  watched.SetHook([&](const Operation& operation) -> Fault {
    const auto powerless = world.CloneDurable();
    const std::string wrong = CheckWorld(powerless.get(), promise.acknowledged, promise.in_flight);
    EXPECT_EQ(wrong, "") << "power lost before operation " << operation.index << ", "
                         << OperationKindName(operation.kind) << " of " << operation.path;
    return {};
  });
  RunWorkload(&watched, true, &promise);
}

// A crash in the middle of recovery, and again in the recovery from that.
TEST(RecoveryTest, ACrashDuringRecoveryChangesNothing) {
  for (const bool power : {false, true}) {
    MemoryEnv world(5);
    Promise promise;
    FaultEnv cut(&world);
    // The process ends in the middle of the workload: nothing goes through any more.
    cut.SetHook([&](const Operation& operation) -> Fault {
      return operation.index < 95 ? Fault() : Fault(Status(StatusCode::kIo, "the process is dead"));
    });
    RunWorkload(&cut, power, &promise);
    const auto crashed = power ? world.CloneDurable() : world.Clone();
    FaultEnv watched(crashed.get());
    int images = 0;
    watched.SetHook([&](const Operation& operation) -> Fault {
      const auto again = power ? crashed->CloneDurable() : crashed->Clone();
      EXPECT_EQ(CheckWorld(again.get(), promise.acknowledged, promise.in_flight), "")
          << "crashed before operation " << operation.index << " of recovery, "
          << OperationKindName(operation.kind);
      ++images;
      return {};
    });
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&watched, &log).ok());
    EXPECT_GT(images, 20);
  }
}

// Every operation fails in turn: errors are errors, nothing acknowledged is lost, nothing that was
// called not written shows up.
void FailEachOperation(const Status& failure, bool afterwards) {
  for (uint64_t failing = 0;; ++failing) {
    MemoryEnv world(6);
    FaultEnv faulty(&world);
    bool reached = false;
    faulty.SetHook([&](const Operation& operation) -> Fault {
      if (operation.index != failing) return {};
      reached = true;
      return afterwards ? Fault::AfterwardsFail(failure) : Fault(failure);
    });
    Promise promise;
    RunWorkload(&faulty, false, &promise);
    if (!reached) break;
    const auto killed = world.Clone();
    EXPECT_EQ(CheckWorld(killed.get(), promise.acknowledged, promise.in_flight), "")
        << "after operation " << failing << " failed";
  }
}

TEST(RecoveryTest, AnyOperationMayFailWithAnIoError) {
  FailEachOperation(Status(StatusCode::kIo, "EIO", 5), false);
}

TEST(RecoveryTest, AnyOperationMayFindTheDiskFull) {
  FailEachOperation(Status(StatusCode::kDiskFull, "ENOSPC", 28), false);
}

TEST(RecoveryTest, AnyOperationMayFailAfterItWasMade) {
  FailEachOperation(Status(StatusCode::kIo, "EIO", 5), true);
}

// A torn write: the last, un-flushed batch cut at every byte, the rest as before it, zero, or noise.
TEST(RecoveryTest, ATornBatchIsDroppedWholeAtEveryByte) {
  MemoryEnv world(8);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  ASSERT_TRUE(log->Append({"one", "two"}, {"t"}).ok());
  ASSERT_TRUE(log->Append({"three"}, {"t"}).ok());
  const auto acknowledged = log->acknowledged;
  const std::string path = JoinPath(kDirectory, SegmentFileName(1));
  const std::vector<std::byte> before = world.ReadWholeFile(path);
  ASSERT_TRUE(log->Append({"torn"}, {"t"}).ok());
  std::vector<std::byte> whole = world.ReadWholeFile(path);
  // Where the two differ first, the last batch begins.
  const auto differs = std::mismatch(before.begin(), before.end(), whole.begin()).first;
  const auto begin = static_cast<uint64_t>(differs - before.begin());
  ASSERT_EQ(begin % kSectorSize, 0U);
  SegmentHeader segment;
  BatchHeader batch;
  ASSERT_EQ(DecodeSegmentHeader(whole, &segment), ParseResult::kOk);
  ASSERT_EQ(DecodeBatchHeader(segment.identity, std::span(whole).subspan(begin), &batch), ParseResult::kOk);
  whole.resize(begin + batch.size());
  for (uint64_t cut = begin; cut < whole.size(); ++cut) {
    for (const int rest : {0, 1, 2}) {
      const auto torn = world.Clone();
      std::vector<std::byte> bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
      if (rest > 0) bytes.resize(whole.size(), rest == 1 ? std::byte{0} : std::byte{0xa5});
      torn->WriteWholeFile(path, bytes);
      const bool complete = bytes == whole;
      EXPECT_EQ(CheckWorld(torn.get(), acknowledged,
                           complete ? std::vector<std::string>{"torn"} : std::vector<std::string>{}),
                "")
          << "cut at " << cut << ", rest " << rest;
    }
  }
}

// A kill leaves half a batch, recovery writes the tail into a new segment, and the power goes. If it
// takes the half batch with it, the next recovery has nothing to write anew, and the segment is left.
TEST(RecoveryTest, WhatAnUnfinishedRecoveryLeftIsNotTakenForALostPartOfTheLog) {
  MemoryEnv world(18);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  ASSERT_TRUE(log->Append({"kept"}, {"t"}).ok());
  ASSERT_TRUE(log->engine().Settle().ok());
  const auto acknowledged = log->acknowledged;
  const auto before = world.CloneDurable();
  ASSERT_TRUE(log->Append({"torn"}, {"t"}, false).ok());
  const auto killed = world.Clone();
  FaultEnv faulty(killed.get(), [](const Operation& operation) -> Fault {
    const bool late = operation.kind == OperationKind::kOpenFile &&
                      operation.path.find("manifest-") != std::string::npos &&
                      operation.path.ends_with(".tmp");
    return late ? Fault(Status(StatusCode::kIo, "the process is dead")) : Fault();
  });
  ASSERT_FALSE(TestLog::Open(&faulty, &log).ok());
  const std::string left = JoinPath(kDirectory, SegmentFileName(2));
  before->WriteWholeFile(left, killed->CloneDurable()->ReadWholeFile(left));
  for (int opening = 0; opening < 3; ++opening) {
    ASSERT_TRUE(TestLog::Open(before.get(), &log).ok()) << "opening " << opening;
    log.reset();
  }
  EXPECT_EQ(CheckWorld(before.get(), acknowledged, {}), "");
}

// A recovery is killed when it has renamed the manifest, and not flushed the name. The next one reads
// the new manifest; if it builds on it, and the power goes, what it built must not outlive the name.
TEST(RecoveryTest, NothingIsBuiltOnNamesThatAreInThePageCacheAlone) {
  MemoryEnv world(19);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  ASSERT_TRUE(log->Append({"kept"}, {"t"}).ok());
  const auto acknowledged = log->acknowledged;
  ASSERT_TRUE(log->Append({"lost, or not"}, {"t"}, false).ok());
  const auto killed = world.Clone();
  bool renamed = false;
  FaultEnv dying(killed.get(), [&](const Operation& operation) -> Fault {
    const bool dead = renamed && operation.kind != OperationKind::kRename;
    renamed = renamed || operation.kind == OperationKind::kRename;
    return dead ? Fault(Status(StatusCode::kIo, "the process is dead")) : Fault();
  });
  ASSERT_FALSE(TestLog::Open(&dying, &log).ok());
  ASSERT_TRUE(renamed);
  const auto again = killed->Clone();
  FaultEnv watched(again.get(), [&](const Operation& operation) -> Fault {
    const CrashStates states = again->PowerCut(4096);
    CrashChoice choice = CrashChoice::Every();
    do {
      const std::string wrong = CheckWorld(states.Make(choice).get(), acknowledged, {"lost, or not"});
      EXPECT_EQ(wrong, "") << "before operation " << operation.index << ", states " << choice.Describe();
    } while (choice.Next());
    return {};
  });
  EXPECT_TRUE(TestLog::Open(&watched, &log).ok());
}

TEST(RecoveryTest, SeqnumsLeftOutAfterAPowerCutStayLeftOutOverACleanClose) {
  MemoryEnv world(13);
  EngineOptions large = TestLog::SmallOptions();
  large.segment_bytes = 1 << 20U;
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log, large).ok());
  ASSERT_TRUE(log->Append({"a"}, {"t"}, false).ok());  // flushed: it reserves a block
  ASSERT_TRUE(log->engine().Settle().ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->Append({"os"}, {"t"}, false).ok());
  const uint64_t told = log->acknowledged.rbegin()->first;
  const auto cut = world.CloneDurable();
  ASSERT_TRUE(TestLog::Open(cut.get(), &log, large).ok());
  ASSERT_TRUE(log->engine().Close().ok());
  log.reset();
  ASSERT_TRUE(TestLog::Open(cut.get(), &log, large).ok());
  ASSERT_TRUE(log->Append({"new"}, {"t"}).ok());
  EXPECT_GT(log->acknowledged.begin()->first, told);
}

TEST(RecoveryTest, ADiskThatFillsUpInTheMiddleOfARollLosesNothingAndComesBack) {
  for (const char* file : {"manifest-0", "manifest-1", "segment-0000000000000002"}) {
    MemoryEnv world(14);
    bool full = false;
    FaultEnv faulty(&world, [&](const Operation& operation) -> Fault {
      const bool hit =
          operation.kind == OperationKind::kWrite && operation.path.find(file) != std::string::npos;
      return full && hit ? Fault(Status(StatusCode::kDiskFull, "no space", 28)) : Fault();
    });
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&faulty, &log).ok());
    full = true;
    Status status;
    for (int i = 0; i < 40 && status.ok(); ++i) status = log->Append({"r" + std::to_string(i)}, {"t"});
    EXPECT_TRUE(status.Is(StatusCode::kDiskFull)) << file << ": " << status.message();
    full = false;
    EXPECT_TRUE(log->Append({"again"}, {"t"}).ok()) << file;
    const auto killed = world.Clone();
    EXPECT_EQ(CheckWorld(killed.get(), log->acknowledged, {}), "") << file;
  }
}

TEST(RecoveryTest, ALogOnAFullDiskCanStillBeRead) {
  for (const bool killed : {false, true}) {
    MemoryEnv world(15);
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&world, &log).ok());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->Append({std::to_string(i)}, {"t"}).ok());
    const auto acknowledged = log->acknowledged;
    if (!killed) {
      ASSERT_TRUE(log->engine().Close().ok());
    }
    const auto after = world.Clone();
    FaultEnv full(after.get(), [](const Operation& operation) -> Fault {
      return operation.kind == OperationKind::kWrite ? Fault(Status(StatusCode::kDiskFull, "no space", 28))
                                                     : Fault();
    });
    ASSERT_TRUE(TestLog::Open(&full, &log).ok());
    EXPECT_TRUE(log->engine().Failure().Is(StatusCode::kDiskFull));
    std::vector<TestRecord> found;
    ASSERT_TRUE(log->ReadAll("t", &found).ok());
    EXPECT_EQ(found.size(), 5U);
    EXPECT_TRUE(log->Append({"x"}, {"t"}).Is(StatusCode::kReadOnly));
    log.reset();
    EXPECT_EQ(CheckWorld(after.get(), acknowledged, {}), "");
  }
}

TEST(RecoveryTest, AManifestThatIsOneRollOldIsNoticed) {
  MemoryEnv world(16);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  const std::vector<std::byte> old = world.ReadWholeFile(JoinPath(kDirectory, ManifestFileName(0)));
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(log->Append({std::to_string(i)}, {"t"}).ok());
  ASSERT_TRUE(world.Exists(JoinPath(kDirectory, SegmentFileName(2))));
  ASSERT_TRUE(log->engine().Close().ok());
  log.reset();
  for (int copy = 0; copy < 2; ++copy)
    world.WriteWholeFile(JoinPath(kDirectory, ManifestFileName(copy)), old);
  EXPECT_TRUE(TestLog::Open(&world, &log).Is(StatusCode::kCorrupt));
}

TEST(RecoveryTest, ADirectoryThatWasMovedAwayIsNotConfusedWithWhatTookItsPlace) {
  MemoryEnv world(17);
  bool moved = false;
  class MovedEnv : public FaultEnv {
   public:
    MovedEnv(Env* env, bool* is_moved) : FaultEnv(env), is_moved_(is_moved) {}
    Status IdentifyDirectory(const std::string& path, DirectoryIdentity* identity) override {
      const Status status = FaultEnv::IdentifyDirectory(path, identity);
      if (*is_moved_) identity->inode += 1;
      return status;
    }

   private:
    bool* is_moved_;
  };
  MovedEnv env(&world, &moved);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&env, &log).ok());
  ASSERT_TRUE(log->Append({std::string(20'000, 'x')}, {"t"}).ok());
  moved = true;
  EXPECT_TRUE(log->Append({std::string(20'000, 'y')}, {"t"}).Is(StatusCode::kIo)) << "it would roll";
  EXPECT_FALSE(world.Exists(JoinPath(kDirectory, SegmentFileName(2))));
}

TEST(RecoveryTest, KillsInARowDoNotLeaveAFileEach) {
  auto world = std::make_unique<MemoryEnv>(9);
  std::map<uint64_t, TestRecord> acknowledged;
  for (int i = 0; i < 20; ++i) {
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(world.get(), &log).ok());
    log->acknowledged = acknowledged;
    if (i < 5) {
      ASSERT_TRUE(log->Append({std::to_string(i)}, {"t"}).ok());
    }
    acknowledged = log->acknowledged;
    world = world->Clone();
  }
  std::vector<std::string> names;
  ASSERT_TRUE(world->ListDirectory(kDirectory, &names).ok());
  EXPECT_LE(names.size(), 8U);
  EXPECT_EQ(CheckWorld(world.get(), acknowledged, {}), "");
}

// More behind the checkpoint than fits into memory, as a log on a full disk may have.
class LongTailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.memory_bytes = 32 * 1024;
    options_.segment_bytes = uint64_t{1} << 20U;
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&world_, &log, options_).ok());
    for (int i = 0; i < 1'500; ++i) ASSERT_TRUE(log->Append({"r"}, {"t", "k" + std::to_string(i)}).ok());
    ASSERT_TRUE(log->engine().state().version->runs.empty());
    log.reset();  // killed
  }

  EngineOptions options_ = TestLog::SmallOptions();
  MemoryEnv world_;
};

TEST_F(LongTailTest, IsReadOnAFullDisk) {
  FaultEnv full(&world_);
  full.SetHook([&](const Operation& operation) {
    const bool grows = operation.kind == OperationKind::kWrite &&
                       operation.offset + operation.size > world_.FileSize(operation.path);
    return grows ? Fault(Status(StatusCode::kDiskFull, "no space", 28)) : Fault();
  });
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&full, &log, options_).ok());
  EXPECT_TRUE(log->engine().Failure().Is(StatusCode::kDiskFull)) << log->engine().Failure().message();
  std::vector<TestRecord> found;
  ASSERT_TRUE(log->ReadAll("t", &found).ok());
  EXPECT_EQ(found.size(), 1'500U);
  log.reset();
  ASSERT_TRUE(TestLog::Open(&world_, &log, options_).ok());
  EXPECT_TRUE(log->engine().Failure().ok());
  found.clear();
  ASSERT_TRUE(log->ReadAll("t", &found).ok());
  EXPECT_EQ(found.size(), 1'500U);
}

// A close that is killed between writing its mark and flushing it: the next opening goes by the mark, and
// makes a run of what is flushed. A power cut may then take the mark, and must not take what the run leads
// to.
TEST(RecoveryTest, ARunOutlivesTheMarkByWhichItWasMade) {
  EngineOptions options = TestLog::SmallOptions();
  options.memory_bytes = 32 * 1024;
  options.segment_bytes = uint64_t{1} << 20U;
  MemoryEnv world;
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log, options).ok());
  std::vector<std::string> data(20, "r");
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(log->Append(data, {"t", "k" + std::to_string(i)}, i == 0).ok());
  log.reset();  // killed
  std::unique_ptr<MemoryEnv> killed;
  {
    FaultEnv env(&world);
    ASSERT_TRUE(TestLog::Open(&env, &log, options).ok());
    env.SetHook([&](const Operation& operation) {
      if (operation.kind == OperationKind::kSync && killed == nullptr) killed = world.Clone();
      return Fault();
    });
    ASSERT_TRUE(log->engine().Close().ok());
    log.reset();
  }
  ASSERT_NE(killed, nullptr);
  ASSERT_TRUE(TestLog::Open(killed.get(), &log, options).ok());
  ASSERT_FALSE(log->engine().state().version->runs.empty());
  log.reset();
  const std::unique_ptr<MemoryEnv> cut = killed->CloneDurable();
  ASSERT_TRUE(TestLog::Open(cut.get(), &log, options).ok());
  std::vector<TestRecord> found;
  const Status status = log->ReadAll("t", &found);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(found.size(), 800U);
}

TEST_F(LongTailTest, WhatAWriterOfARunHadPutAsideGoes) {
  const std::string left = JoinPath(kDirectory, IndexRunFileName(77)) + std::string(kTemporarySuffix);
  world_.WriteWholeFile(left, std::vector<std::byte>(100));
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world_, &log, options_).ok());
  EXPECT_FALSE(world_.Exists(left));
}

TEST_F(LongTailTest, WhatAKilledBackgroundLeftIsNotTakenForWhatTheOpeningMakes) {
  ManifestState read;
  ASSERT_TRUE(ReadManifest(&world_, kDirectory, &read).ok());
  for (uint64_t i = 0; i < 3; ++i) {
    const std::string left = JoinPath(kDirectory, IndexRunFileName(read.manifest.next_file + i));
    world_.WriteWholeFile(left, std::vector<std::byte>(100));
  }
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world_, &log, options_).ok());
  ASSERT_TRUE(ReadManifest(&world_, kDirectory, &read).ok());
  EXPECT_GE(read.manifest.runs.size(), 2U);
  for (const IndexRunInfo& run : read.manifest.runs)
    EXPECT_TRUE(world_.Exists(JoinPath(kDirectory, IndexRunFileName(run.run)))) << run.run;
}

}  // namespace
}  // namespace daybook::test
