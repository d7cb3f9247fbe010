// What failing operations and an impatient caller may do to index runs.
#include <gtest/gtest.h>

#include <functional>

#include "env/env_fault.h"
#include "log/index_run.h"
#include "log/index_run_format.h"
#include "log/index_run_test_support.h"

namespace daybook {
namespace {

using index_run::kPageSize;
using testing_support::AnswersAreRightOrCorrupt;
using testing_support::ByteVector;
using testing_support::ExampleIdentity;
using testing_support::kRunDirectory;
using testing_support::OpenRun;
using testing_support::RunModel;
using testing_support::SmallModel;
using testing_support::WalkAll;
using testing_support::WriteRun;

constexpr const char* kPath = "/log/index-0000000000000007";

// ---- Failing operations ----

constexpr int kSystemError = 5;

// Makes operation 0, 1, 2 … of `work` fail, in one of three ways, until one run has none left to fail.
// `judge` sees what became of each.
void FailEachOperation(const std::function<Status(Env*)>& work,
                       const std::function<void(const Status&, uint64_t, MemoryEnv*)>& judge,
                       const std::function<void(MemoryEnv*)>& prepare) {
  for (int way = 0; way < 3; ++way) {
    for (uint64_t failing = 0;; ++failing) {
      MemoryEnv world;
      prepare(&world);
      FaultEnv env(&world, [&](const Operation& operation) -> Fault {
        if (operation.index != failing) return {};
        const Status failure(StatusCode::kIo, "the test says no", kSystemError);
        if (way == 1 && operation.kind == OperationKind::kWrite)
          return Fault::ShortWrite(operation.size / 2, failure);
        return way == 2 ? Fault::AfterwardsFail(failure) : Fault(failure);
      });
      const Status status = work(&env);
      SCOPED_TRACE("operation " + std::to_string(failing) + " fails in way " + std::to_string(way));
      if (env.operation_count() <= failing) {
        ASSERT_OK(status);
        break;
      }
      judge(status, failing, &world);
      if (testing::Test::HasFailure()) return;
    }
  }
}

void MakeDirectory(MemoryEnv* env) { ASSERT_OK(env->CreateDirectory(kRunDirectory)); }

TEST(IndexRunFaultTest, AWriterWhoseOperationFailsSaysSoAndItsNameCanBeUsedAgain) {
  const RunModel model = SmallModel();
  const IndexRunInfo untouched{1, 2, 3, 4, 5};
  IndexRunInfo info;
  FailEachOperation(
      [&](Env* env) {
        info = untouched;
        return WriteRun(env, model, 7, &info);
      },
      [&](const Status& status, uint64_t, MemoryEnv* world) {
        EXPECT_FAILS(status, StatusCode::kIo, kSystemError);
        EXPECT_EQ(info, untouched);
        std::shared_ptr<const IndexRun> run;
        ASSERT_OK(WriteRun(world, model, 7, &info));
        ASSERT_OK(OpenRun(world, info, &run));
        EXPECT_TRUE(AnswersAreRightOrCorrupt(*run, model));
        EXPECT_OK(WalkAll(*run));
      },
      [](MemoryEnv* world) {
        MakeDirectory(world);
        world->WriteWholeFile(kPath, testing_support::BytesOf("a leftover"));
      });
}

// So many tags that pages of the filter wait in a temporary file.
RunModel ManyTags() {
  RunModel model = SmallModel();
  for (uint64_t i = 0; i < 60'000; ++i)
    model.streams[{StreamKind::kTag, (i + 1) * 0x0003456789abcdefU}] = {1000 + i % 1900};
  return model;
}

TEST(IndexRunFaultTest, ManyTagsAreFoundWhateverFailsWhileTheyAreWritten) {
  const RunModel model = ManyTags();
  constexpr const char* kTemporaryPath = "/log/index-0000000000000007.tmp";
  uint64_t spilled = 0;
  IndexRunInfo info;
  FailEachOperation([&](Env* env) { return WriteRun(env, model, 7, &info); },
                    [&](const Status& status, uint64_t, MemoryEnv* world) {
                      // That the temporary file cannot be removed is no failure: opening the log does it.
                      if (world->Exists(kTemporaryPath)) ++spilled;
                      if (!status.ok()) ASSERT_OK(WriteRun(world, model, 7, &info));
                      std::shared_ptr<const IndexRun> run;
                      ASSERT_OK(OpenRun(world, info, &run));
                      EXPECT_OK(WalkAll(*run));
                      for (const auto& [stream, seqnums] : model.streams) {
                        if (stream.second % 16 != 0 || stream.first != StreamKind::kTag) continue;
                        std::vector<uint64_t> found;
                        bool more = false;
                        ASSERT_OK(run->ReadPostings(stream.first, stream.second, 0, UINT64_MAX, false, 100,
                                                    ReadMode::kMayBlock, &found, &more));
                        EXPECT_EQ(found, seqnums);
                      }
                    },
                    MakeDirectory);
  EXPECT_GT(spilled, 0U) << "nothing was spilled";
}

TEST(IndexRunFaultTest, AFinishedRunIsOnTheDiskWithItsName) {
  MemoryEnv env;
  MakeDirectory(&env);
  IndexRunInfo info;
  ASSERT_OK(WriteRun(&env, SmallModel(), 7, &info));
  const std::unique_ptr<MemoryEnv> after = env.CloneDurable();
  std::shared_ptr<const IndexRun> run;
  ASSERT_OK(OpenRun(after.get(), info, &run));
  EXPECT_OK(WalkAll(*run));
}

TEST(IndexRunFaultTest, AReaderWhoseOperationFailsSaysSoAndAnswersWhenAskedAgain) {
  const RunModel model = SmallModel();
  IndexRunInfo info;
  const auto& [stream, seqnums] = *model.streams.begin();
  std::shared_ptr<const IndexRun> run;
  FailEachOperation(
      [&](Env* env) {
        run = nullptr;
        DAYBOOK_RETURN_IF_ERROR(OpenRun(env, info, &run));
        RecordLocation location;
        bool found = false;
        DAYBOOK_RETURN_IF_ERROR(run->Locate(1000, ReadMode::kMayBlock, &location, &found));
        std::vector<uint64_t> read{42};
        bool more = false;
        const Status status = run->ReadPostings(stream.first, stream.second, 0, UINT64_MAX, false, 1000,
                                                ReadMode::kMayBlock, &read, &more);
        EXPECT_EQ(read.size(), status.ok() ? 1 + seqnums.size() : 1U);
        DAYBOOK_RETURN_IF_ERROR(status);
        return WalkAll(*run);
      },
      [&](const Status& status, uint64_t, MemoryEnv*) {
        EXPECT_FAILS(status, StatusCode::kIo, kSystemError);
        if (run == nullptr) return;
        EXPECT_TRUE(AnswersAreRightOrCorrupt(*run, model));
        EXPECT_OK(WalkAll(*run));
      },
      [&](MemoryEnv* world) {
        MakeDirectory(world);
        ASSERT_OK(WriteRun(world, model, 7, &info));
      });
}

// The small model in two runs, to be merged.
struct Halves {
  explicit Halves(MemoryEnv* world) {
    const RunModel whole = SmallModel();
    MakeDirectory(world);
    world->WriteWholeFile(kPath, testing_support::BytesOf("a leftover"));
    for (uint64_t half = 0; half < 2; ++half) {
      RunModel model;
      model.first_seqnum = half == 0 ? 1000 : 1800;
      model.end_seqnum = half == 0 ? 1800 : 3000;
      const auto in_half = [&](uint64_t seqnum) {
        return seqnum >= model.first_seqnum && seqnum < model.end_seqnum;
      };
      for (const auto& [seqnum, location] : whole.locations) {
        if (in_half(seqnum)) model.locations[seqnum] = location;
      }
      for (const auto& [stream, seqnums] : whole.streams) {
        for (const uint64_t seqnum : seqnums) {
          if (in_half(seqnum)) model.streams[stream].push_back(seqnum);
        }
      }
      EXPECT_OK(WriteRun(world, model, half + 1, &infos[half]));
    }
  }
  Status Merge(Env* env, const std::function<bool()>& go_on, IndexRunInfo* merged) {
    *merged = {7, 1000, 3000, 0, 0};
    std::vector<std::shared_ptr<const IndexRun>> runs(2);
    for (size_t half = 0; half < 2; ++half) DAYBOOK_RETURN_IF_ERROR(OpenRun(env, infos[half], &runs[half]));
    return MergeIndexRuns(
        env, kRunDirectory, ExampleIdentity(), runs, [](uint64_t) { return true; }, go_on, merged);
  }
  std::array<IndexRunInfo, 2> infos;
};

TEST(IndexRunFaultTest, AMergeWhoseOperationFailsLeavesNoFile) {
  std::unique_ptr<Halves> halves;
  IndexRunInfo merged;
  FailEachOperation(
      [&](Env* env) {
        return halves->Merge(
            env, [] { return true; }, &merged);
      },
      [&](const Status& status, uint64_t, MemoryEnv* world) {
        EXPECT_FAILS(status, StatusCode::kIo, kSystemError);
        EXPECT_EQ(merged.bytes, 0U);
        // Before the merge began, what was left over may still be there.
        EXPECT_TRUE(!world->Exists(kPath) || testing_support::ReadAll(world, kPath) == "a leftover");
        ASSERT_OK(halves->Merge(
            world, [] { return true; }, &merged));
        std::shared_ptr<const IndexRun> run;
        ASSERT_OK(OpenRun(world, merged, &run));
        EXPECT_TRUE(AnswersAreRightOrCorrupt(*run, SmallModel()));
        EXPECT_OK(WalkAll(*run));
      },
      [&](MemoryEnv* world) { halves = std::make_unique<Halves>(world); });
}

TEST(IndexRunFaultTest, AMergeIsAskedOftenWhetherToGoOnAndLeavesNothingWhenItMayNot) {
  MemoryEnv world;
  Halves halves(&world);
  IndexRunInfo merged;
  uint64_t questions = 0;
  ASSERT_OK(halves.Merge(
      &world, [&] { return ++questions > 0; }, &merged));
  uint64_t items = 0;
  const RunModel model = SmallModel();
  for (const auto& [stream, seqnums] : model.streams) items += seqnums.size();
  EXPECT_GE(questions, (items + model.locations.size()) / 1000);
  ASSERT_GE(questions, 2U);
  for (uint64_t allowed = 0; allowed < questions; ++allowed) {
    uint64_t left = allowed;
    EXPECT_TRUE(halves
                    .Merge(
                        &world, [&] { return left-- > 0; }, &merged)
                    .Is(StatusCode::kClosed));
    EXPECT_FALSE(world.Exists(kPath));
  }
}

TEST(IndexRunFaultTest, ADamagedInputGivesNoMergedRun) {
  MemoryEnv world;
  Halves halves(&world);
  const std::string path = "/log/index-0000000000000002";
  const ByteVector good = world.ReadWholeFile(path);
  for (size_t page = 0; page < good.size() / kPageSize; ++page) {
    std::vector<std::shared_ptr<const IndexRun>> runs(2);
    for (size_t half = 0; half < 2; ++half) ASSERT_OK(OpenRun(&world, halves.infos[half], &runs[half]));
    ByteVector bad = good;
    bad[page * kPageSize + 70] ^= std::byte{4};
    world.WriteWholeFile(path, bad);
    IndexRunInfo merged{7, 1000, 3000, 0, 0};
    const Status status = MergeIndexRuns(
        &world, kRunDirectory, ExampleIdentity(), runs, [](uint64_t) { return true; }, [] { return true; },
        &merged);
    EXPECT_TRUE(status.Is(StatusCode::kCorrupt)) << page;
    EXPECT_FALSE(world.Exists(kPath));
    world.WriteWholeFile(path, good);
  }
}

// ---- Not waiting for the disk ----

TEST(IndexRunFaultTest, WhoMayNotWaitIsToldSoUntilTheBlocksAreThere) {
  const RunModel model = SmallModel();
  MemoryEnv env;
  MakeDirectory(&env);
  IndexRunInfo info;
  ASSERT_OK(WriteRun(&env, model, 7, &info));
  std::shared_ptr<const IndexRun> run;
  ASSERT_OK(OpenRun(&env, info, &run));
  env.SetCached(false);
  const auto& [stream, seqnums] = *model.streams.begin();
  const auto expect = [&](ReadMode mode, StatusCode expected) {
    RecordLocation location;
    bool found = false;
    EXPECT_EQ(run->Locate(1000, mode, &location, &found).code(), expected);
    std::optional<uint64_t> first;
    EXPECT_EQ(run->FirstAtOrAfterTime(0, mode, &first).code(), expected);
    std::vector<uint64_t> read{42};
    bool more = false;
    EXPECT_EQ(run->ReadPostings(stream.first, stream.second, 0, 5000, false, 1, mode, &read, &more).code(),
              expected);
    EXPECT_EQ(read.size(), expected == StatusCode::kOk ? 2U : 1U);
  };
  expect(ReadMode::kNoWait, StatusCode::kWouldBlock);
  expect(ReadMode::kMayBlock, StatusCode::kOk);
  expect(ReadMode::kNoWait, StatusCode::kOk);
}

}  // namespace
}  // namespace daybook
