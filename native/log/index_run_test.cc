#include "log/index_run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "env/env_fault.h"
#include "log/index_run_test_support.h"

namespace daybook {
namespace {

using testing_support::AddRandomStream;
using testing_support::Chance;
using testing_support::OpenRun;
using testing_support::RandomModel;
using testing_support::RunModel;
using testing_support::SameLocation;
using testing_support::StreamKey;
using testing_support::WriteRun;

void MakeDirectory(MemoryEnv* env) { ASSERT_OK(env->CreateDirectory(testing_support::kRunDirectory)); }

std::shared_ptr<const IndexRun> MakeRun(MemoryEnv* env, const RunModel& model,
                                        size_t cache_bytes = 16U << 20U) {
  MakeDirectory(env);
  IndexRunInfo info;
  EXPECT_OK(WriteRun(env, model, 7, &info));
  EXPECT_EQ(info.bytes, env->FileSize("/log/index-0000000000000007"));
  EXPECT_EQ(info.records, model.locations.size());
  std::shared_ptr<const IndexRun> run;
  EXPECT_OK(OpenRun(env, info, &run, cache_bytes));
  return run;
}

void ExpectLocated(const IndexRun& run, const RunModel& model, uint64_t seqnum) {
  RecordLocation location;
  bool found = false;
  ASSERT_OK(run.Locate(seqnum, ReadMode::kMayBlock, &location, &found));
  const auto at = model.locations.find(seqnum);
  ASSERT_EQ(found, at != model.locations.end()) << seqnum;
  if (found) {
    ASSERT_TRUE(SameLocation(location, at->second)) << seqnum;
  }
}

// Reads the range in pages of `max`.
std::vector<uint64_t> ReadAll(const IndexRun& run, const StreamKey& stream, uint64_t from, uint64_t to,
                              bool reverse, size_t max) {
  std::vector<uint64_t> all;
  bool more = true;
  while (more) {
    const size_t before = all.size();
    EXPECT_OK(run.ReadPostings(stream.first, stream.second, from, to, reverse, max, ReadMode::kMayBlock, &all,
                               &more));
    EXPECT_LE(all.size() - before, max);
    if (!more) break;
    if (all.size() != before + max) {
      // `more` may be said in vain, but never with a page that is not full.
      ADD_FAILURE() << "more after " << all.size() - before << " of " << max;
      break;
    }
    if (reverse) {
      if (all.back() == from) break;
      to = all.back() - 1;
    } else {
      if (all.back() == to) break;
      from = all.back() + 1;
    }
  }
  return all;
}

void ExpectAllLocated(const IndexRun& run, const RunModel& model, Chance* chance) {
  for (const auto& [seqnum, location] : model.locations) {
    ExpectLocated(run, model, seqnum);
    ExpectLocated(run, model, seqnum + 1);
  }
  for (int i = 0; i < 100; ++i) ExpectLocated(run, model, chance->Below(model.end_seqnum + 100));
}

uint64_t SomeSeqnum(const RunModel& model, const std::vector<uint64_t>& seqnums, Chance* chance) {
  switch (chance->Below(4)) {
    case 0:
      return chance->Between(model.first_seqnum, model.end_seqnum);
    case 1:
      return chance->OneIn(2) ? 0 : UINT64_MAX;
    default:
      return seqnums[chance->Below(seqnums.size())] + chance->Below(3) - (model.first_seqnum > 0 ? 1 : 0);
  }
}

void ExpectAllPostings(const IndexRun& run, const RunModel& model, Chance* chance) {
  for (const auto& [stream, seqnums] : model.streams) {
    for (const bool reverse : {false, true}) {
      const uint64_t from = SomeSeqnum(model, seqnums, chance);
      const uint64_t to = SomeSeqnum(model, seqnums, chance);
      const size_t max = chance->OneIn(3) ? 100000 : seqnums.size() / 50 + chance->Between(1, 200);
      ASSERT_EQ(ReadAll(run, stream, from, to, reverse, max), model.Postings(stream, from, to, reverse))
          << "key " << stream.second << " from " << from << " to " << to << " reverse " << reverse;
      ASSERT_EQ(ReadAll(run, stream, 0, UINT64_MAX, reverse, 100000),
                model.Postings(stream, 0, UINT64_MAX, reverse));
    }
  }
}

void ExpectTimesFound(const IndexRun& run, const RunModel& model, Chance* chance) {
  std::vector<std::pair<uint64_t, uint64_t>> times;  // and the first seqnum with it
  for (const auto& [seqnum, location] : model.locations) {
    if (times.empty() || times.back().first != location.timestamp)
      times.emplace_back(location.timestamp, seqnum);
  }
  const auto expect = [&](uint64_t time) {
    std::optional<uint64_t> found;
    ASSERT_OK(run.FirstAtOrAfterTime(time, ReadMode::kMayBlock, &found));
    const auto at = std::lower_bound(times.begin(), times.end(), std::pair<uint64_t, uint64_t>(time, 0));
    ASSERT_EQ(found.has_value(), at != times.end()) << time;
    if (found) {
      ASSERT_EQ(*found, at->second) << time;
    }
  };
  expect(0);
  expect(UINT64_MAX);
  for (int i = 0; i < 200 && !times.empty(); ++i) {
    const uint64_t time = times[chance->Below(times.size())].first;
    expect(time);
    expect(time + 1);
    expect(time - 1);
  }
}

// Walks the run as merging does, in portions of any size, passing over some of the streams.
void ExpectWalk(const IndexRun& run, const RunModel& model, Chance* chance) {
  const std::unique_ptr<IndexRunCursor> cursor = run.Walk();
  RecordLocation location;
  bool found = false;
  for (const auto& [seqnum, expected] : model.locations) {
    if (chance->OneIn(5000)) break;  // what is left of them is passed over
    ASSERT_OK(cursor->NextLocation(&location, &found));
    ASSERT_TRUE(found && SameLocation(location, expected)) << seqnum;
  }
  for (const auto& [stream, expected] : model.streams) {
    StreamKind kind = StreamKind::kTag;
    uint64_t key = 0;
    ASSERT_OK(cursor->NextStream(&kind, &key, &found));
    ASSERT_TRUE(found);
    ASSERT_EQ(StreamKey(kind, key), stream);
    std::vector<uint64_t> seqnums;
    const size_t wanted = chance->OneIn(5) ? chance->Below(expected.size()) : expected.size();
    while (seqnums.size() < wanted) {
      const size_t before = seqnums.size();
      const size_t max = chance->Between(1, 700);
      ASSERT_OK(cursor->NextPostings(max, &seqnums));
      ASSERT_EQ(seqnums.size(), before + std::min(max, expected.size() - before));
    }
    ASSERT_TRUE(std::equal(seqnums.begin(), seqnums.end(), expected.begin()));
  }
  StreamKind kind = StreamKind::kTag;
  uint64_t key = 0;
  ASSERT_OK(cursor->NextStream(&kind, &key, &found));
  ASSERT_FALSE(found);
  std::vector<uint64_t> none;
  ASSERT_OK(cursor->NextPostings(5, &none));
  ASSERT_TRUE(none.empty());
}

TEST(IndexRunTest, AnEmptyRunAnswersThatThereIsNothing) {
  MemoryEnv env;
  RunModel model;
  model.first_seqnum = 5;
  model.end_seqnum = 9;
  const auto run = MakeRun(&env, model);
  ASSERT_NE(run, nullptr);
  ExpectLocated(*run, model, 5);
  EXPECT_TRUE(ReadAll(*run, {StreamKind::kTag, 1}, 0, 10, false, 5).empty());
  EXPECT_TRUE(ReadAll(*run, {StreamKind::kBook, 1}, 0, 10, true, 5).empty());
  std::optional<uint64_t> seqnum = 3;
  EXPECT_OK(run->FirstAtOrAfterTime(0, ReadMode::kNoWait, &seqnum));
  EXPECT_FALSE(seqnum.has_value());
  Chance chance;
  ExpectWalk(*run, model, &chance);
}

TEST(IndexRunTest, ARestartIsNotTakenForARecordOfTheKindThatIsPassedOver) {
  MemoryEnv env;
  RunModel model;
  model.end_seqnum = 1000;
  for (uint64_t i = 0; i < 70; ++i) {
    RecordLocation& at =
        model.locations[i < 64 ? i : 0x13f - 64 + i];  // the restart begins with 3f, all follows
    at.seqnum = i < 64 ? i : 0x13f - 64 + i;
    at.offset = 100 * i;
    at.size = 100;
    at.local_id = i;
  }
  const auto run = MakeRun(&env, model);
  ASSERT_NE(run, nullptr);
  for (uint64_t seqnum = 0; seqnum < 1000; ++seqnum) ExpectLocated(*run, model, seqnum);
}

TEST(IndexRunTest, RunsMergedAnswerAsTheirModelsTogether) {
  Chance chance;
  for (int round = 0; round < 8; ++round) {
    MemoryEnv env;
    MakeDirectory(&env);
    const auto cache = std::make_shared<BlockCache>(size_t{1} << 20U);
    const bool dense = chance.OneIn(2);
    const uint64_t keep_one_in = chance.Between(1, 4);
    const auto keep = [&](uint64_t seqnum) {
      return seqnum % keep_one_in != keep_one_in - 1 || seqnum % 7 == 0;
    };
    RunModel merged;
    merged.first_seqnum = 100;
    merged.end_seqnum = 100;
    std::vector<std::shared_ptr<const IndexRun>> runs;
    for (uint64_t i = 0; i < chance.Between(1, 6); ++i) {
      RunModel model;
      model.first_seqnum = merged.end_seqnum + (chance.OneIn(2) ? 0 : chance.Below(1000));
      model.end_seqnum = model.first_seqnum + chance.Between(1, 5000);
      merged.end_seqnum = model.end_seqnum;
      testing_support::AddRandomLocations(&chance, 2000, false, &model);
      for (int stream = 0; stream < 200; ++stream)
        AddRandomStream(&chance, {chance.OneIn(4) ? StreamKind::kBook : StreamKind::kTag, chance.Below(300)},
                        &model);
      if (dense) {
        std::vector<uint64_t>& all = model.streams[{StreamKind::kBook, 1}];
        all.clear();
        for (uint64_t seqnum = model.first_seqnum; seqnum < model.end_seqnum; ++seqnum) all.push_back(seqnum);
      }
      for (auto& [seqnum, location] : model.locations) {
        location.timestamp += i << 32U;
        if (keep(seqnum)) merged.locations[seqnum] = location;
      }
      for (const auto& [stream, seqnums] : model.streams) {
        for (const uint64_t seqnum : seqnums) {
          if (keep(seqnum)) merged.streams[stream].push_back(seqnum);
        }
      }
      IndexRunInfo info;
      ASSERT_OK(WriteRun(&env, model, i + 1, &info));
      runs.emplace_back();
      ASSERT_OK(IndexRun::Open(&env, testing_support::kRunDirectory, testing_support::ExampleIdentity(), info,
                               cache, &runs.back()));
    }
    IndexRunInfo info{9, merged.first_seqnum, merged.end_seqnum, 0, 0};
    ASSERT_OK(MergeIndexRuns(
        &env, testing_support::kRunDirectory, testing_support::ExampleIdentity(), runs, keep,
        [] { return true; }, &info));
    EXPECT_EQ(info.records, merged.locations.size());
    std::shared_ptr<const IndexRun> run;
    ASSERT_OK(OpenRun(&env, info, &run));
    ExpectAllLocated(*run, merged, &chance);
    ExpectAllPostings(*run, merged, &chance);
    ExpectTimesFound(*run, merged, &chance);
    ExpectWalk(*run, merged, &chance);
    if (HasFailure()) return;
  }
}

TEST(IndexRunTest, RandomRunsAnswerAsTheirModel) {
  Chance chance;
  for (int round = 0; round < 12; ++round) {
    MemoryEnv env;
    const RunModel model = RandomModel(&chance, chance.Between(1, 8000), chance.Between(1, 2000));
    const auto run = MakeRun(&env, model, chance.OneIn(3) ? 0 : 200000);
    ASSERT_NE(run, nullptr);
    ExpectAllLocated(*run, model, &chance);
    ExpectAllPostings(*run, model, &chance);
    ExpectTimesFound(*run, model, &chance);
    ExpectWalk(*run, model, &chance);
    if (HasFailure()) return;
  }
}

// Records and postings that cost as much as any can, so that a level of a tree does not fit into memory.
RunModel LargeModel(Chance* chance) {
  RunModel model;
  model.end_seqnum = kSeqnumEnd;
  RecordLocation at;
  for (uint64_t i = 0; i < 380000; ++i) {
    at.seqnum += 1 + chance->Below(uint64_t{1} << 34U);
    at.timestamp += chance->Below(uint64_t{1} << 44U);
    at.segment = chance->Below(UINT64_MAX);
    at.offset = chance->Below(UINT64_MAX);
    at.local_id = chance->Below(UINT64_MAX);
    at.size = static_cast<size_t>(chance->Below(UINT64_MAX));
    model.locations.emplace_hint(model.locations.end(), at.seqnum, at);
  }
  for (uint64_t i = 0; i < 27000; ++i) {
    std::vector<uint64_t>& seqnums = model.streams[{StreamKind::kTag, chance->Below(UINT64_MAX)}];
    for (uint64_t j = 0, seqnum = 0; j < (i == 0 ? 5000 : 100); ++j) {
      seqnum += 1 + chance->Below(kSeqnumEnd / 6000);
      seqnums.push_back(seqnum);
    }
  }
  return model;
}

TEST(IndexRunTest, ALargeRunOpensInBoundedMemoryAndAnswersThroughAllLevelsOfItsTrees) {
  Chance chance;
  const RunModel model = LargeModel(&chance);
  MemoryEnv world;
  MakeDirectory(&world);
  IndexRunInfo info;
  ASSERT_OK(WriteRun(&world, model, 7, &info));
  uint64_t bytes_read = 0;
  FaultEnv env(&world, [&](const Operation& operation) -> Fault {
    if (operation.kind == OperationKind::kRead) bytes_read += operation.size;
    return {};
  });
  std::shared_ptr<const IndexRun> run;
  ASSERT_OK(OpenRun(&env, info, &run, 1U << 20U));
  EXPECT_GT(info.bytes, uint64_t{30} << 20U);
  EXPECT_LT(bytes_read, uint64_t{300} << 10U);
  EXPECT_LT(run->memory_bytes(), size_t{300} << 10U);
  for (const auto& [seqnum, location] : model.locations) {
    if (!chance.OneIn(40)) continue;
    ExpectLocated(*run, model, seqnum);
    ExpectLocated(*run, model, seqnum + 1);
  }
  RunModel some;
  some.end_seqnum = model.end_seqnum;
  for (const auto& [stream, seqnums] : model.streams) {
    if (chance.OneIn(20) || seqnums.size() > 100) some.streams[stream] = seqnums;
  }
  ExpectAllPostings(*run, some, &chance);
  ExpectTimesFound(*run, model, &chance);
  ExpectWalk(*run, model, &chance);
}

TEST(IndexRunTest, ThreadsThatReadAtOnceThroughASmallCacheGetTheirOwnAnswers) {
  Chance chance;
  MemoryEnv env;
  const RunModel model = RandomModel(&chance, 3000, 300);
  const auto run = MakeRun(&env, model, 50000);
  ASSERT_NE(run, nullptr);
  std::atomic<uint64_t> wrong = 0;
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      size_t turn = 0;
      for (const auto& [stream, seqnums] : model.streams) {
        std::vector<uint64_t> read;
        bool more = false;
        const Status status = run->ReadPostings(stream.first, stream.second, 0, UINT64_MAX, thread % 2 == 0,
                                                100000, ReadMode::kMayBlock, &read, &more);
        if (!status.ok() || read != model.Postings(stream, 0, UINT64_MAX, thread % 2 == 0)) ++wrong;
      }
      for (const auto& [seqnum, expected] : model.locations) {
        if (turn++ % 4 != thread) continue;
        RecordLocation location;
        bool found = false;
        const Status status = run->Locate(seqnum, ReadMode::kMayBlock, &location, &found);
        if (!status.ok() || !found || !SameLocation(location, expected)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
}

TEST(IndexRunTest, AnAbsentKeyCostsNoMoreThanABlockOfTheFilter) {
  Chance chance;
  MemoryEnv world;
  MakeDirectory(&world);
  RunModel model;
  model.end_seqnum = 1000000;
  for (int i = 0; i < 20000; ++i)
    model.streams[{StreamKind::kTag, chance.Below(UINT64_MAX)}] = {chance.Below(model.end_seqnum)};
  IndexRunInfo info;
  ASSERT_OK(WriteRun(&world, model, 7, &info));
  uint64_t reads = 0;
  FaultEnv env(&world, [&](const Operation& operation) -> Fault {
    if (operation.kind == OperationKind::kRead) ++reads;
    return {};
  });
  std::shared_ptr<const IndexRun> run;
  ASSERT_OK(OpenRun(&env, info, &run, 0));
  reads = 0;
  for (int i = 0; i < 5000; ++i) {
    const StreamKey absent{StreamKind::kTag, chance.Below(UINT64_MAX)};
    if (model.streams.contains(absent)) continue;
    EXPECT_TRUE(ReadAll(*run, absent, 0, UINT64_MAX, false, 5).empty());
  }
  EXPECT_LT(reads, 5000U * 103 / 100);
}

}  // namespace
}  // namespace daybook
