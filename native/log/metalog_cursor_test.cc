#include "log/metalog_cursor.h"

#include <gtest/gtest.h>

#include "log/identity.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

MetalogEntry Entry(uint64_t index, uint64_t timestamp, uint64_t first_seqnum,
                   std::vector<ShardProgress> cut) {
  MetalogEntry entry;
  entry.index = index;
  entry.timestamp = timestamp;
  entry.first_seqnum = first_seqnum;
  entry.cut = std::move(cut);
  return entry;
}

TEST(MetalogCursorTest, ACutGivesPositionsShardByShardAndLocalIdByLocalId) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  ASSERT_OK(cursor.Apply(Entry(1, 10, 0, {{0, 2}, {3, 1}}), &runs));
  ASSERT_OK(cursor.Apply(Entry(2, 10, 3, {{0, 3}, {1, 4}, {3, 1}}), &runs));
  const std::vector<OrderedRun> expected = {{0, 0, 2, 0}, {3, 0, 1, 2}, {0, 2, 1, 3}, {1, 0, 4, 4}};
  EXPECT_EQ(runs, expected);
  EXPECT_EQ(cursor.next_seqnum(), 8u);
  EXPECT_EQ(cursor.progress(0), 3u);
  EXPECT_EQ(cursor.progress(1), 4u);
  EXPECT_EQ(cursor.progress(2), 0u);
  EXPECT_EQ(cursor.progress(3), 1u);
}

TEST(MetalogCursorTest, PositionsMayBeLeftOutButNeverGivenTwice) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  ASSERT_OK(cursor.Apply(Entry(1, 10, 1000, {{0, 1}}), &runs));
  EXPECT_EQ(runs.back().first_seqnum, 1000u);
  EXPECT_EQ(cursor.Apply(Entry(2, 10, 1000, {{0, 2}}), &runs).code(), StatusCode::kCorrupt);
  cursor.RaiseNextSeqnum(5000);
  cursor.RaiseNextSeqnum(3);
  EXPECT_EQ(cursor.next_seqnum(), 5000u);
  EXPECT_EQ(cursor.Apply(Entry(2, 10, 4999, {{0, 2}}), &runs).code(), StatusCode::kCorrupt);
  ASSERT_OK(cursor.Apply(Entry(2, 10, 5000, {{0, 2}}), &runs));
  EXPECT_EQ(runs.back().first_seqnum, 5000u);
}

TEST(MetalogCursorTest, TheLastSeqnumIsTheLastSafeInteger) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  ASSERT_OK(cursor.Apply(Entry(1, 0, kSeqnumEnd - 1, {{0, 1}}), &runs));
  EXPECT_EQ(runs.back().first_seqnum, kSeqnumEnd - 1);
  EXPECT_EQ(cursor.Apply(Entry(2, 0, kSeqnumEnd, {{0, 2}}), &runs).code(), StatusCode::kCorrupt);
  ASSERT_OK(cursor.Apply(Entry(2, 0, kSeqnumEnd, {}), &runs));
}

TEST(MetalogCursorTest, AfterAGapTheCursorGoesOnWithWhatIsKnownInFrontOfTheNextEntry) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  ASSERT_OK(cursor.Apply(Entry(1, 10, 0, {{0, 2}}), &runs));
  cursor.SkipTo(7, 100);
  cursor.SkipShardTo(0, 20);
  cursor.SkipShardTo(0, 1);  // progress never falls
  EXPECT_EQ(cursor.Apply(Entry(7, 10, 100, {}), &runs).code(), StatusCode::kCorrupt);
  ASSERT_OK(cursor.Apply(Entry(8, 10, 100, {{0, 21}}), &runs));
  EXPECT_EQ(runs.back(), (OrderedRun{0, 20, 1, 100}));
}

// What the cursor must do, done without thought: one element per ordered record.
struct NaiveModel {
  std::map<uint32_t, std::vector<uint64_t>> seqnums;  // by shard, then local id
  uint64_t index = 0;
  uint64_t next_seqnum = 0;
  uint64_t timestamp = 0;

  void Apply(const MetalogEntry& entry) {
    next_seqnum = entry.first_seqnum;
    for (const ShardProgress& shard : entry.cut) {
      while (seqnums[shard.shard].size() < shard.progress) seqnums[shard.shard].push_back(next_seqnum++);
    }
    index = entry.index;
    timestamp = entry.timestamp;
  }
};

void ExpectSame(const MetalogCursor& cursor, const NaiveModel& model) {
  ASSERT_EQ(cursor.index(), model.index);
  ASSERT_EQ(cursor.next_seqnum(), model.next_seqnum);
  ASSERT_EQ(cursor.timestamp(), model.timestamp);
  for (uint32_t shard = 0; shard < 8; ++shard) {
    const auto found = model.seqnums.find(shard);
    ASSERT_EQ(cursor.progress(shard), found == model.seqnums.end() ? 0 : found->second.size());
  }
}

MetalogEntry RandomNext(Chance* chance, const NaiveModel& model) {
  MetalogEntry entry = Entry(model.index + 1, model.timestamp + chance->Below(3),
                             model.next_seqnum + (chance->OneIn(10) ? chance->Below(100) : 0), {});
  for (uint32_t shard = 0; shard < 8; ++shard) {
    const auto found = model.seqnums.find(shard);
    const uint64_t before = found == model.seqnums.end() ? 0 : found->second.size();
    if (chance->OneIn(3)) entry.cut.push_back({shard, before + chance->Below(6)});
  }
  return entry;
}

// Makes an entry that must be refused out of a good one; false if this way does not apply.
bool Spoil(Chance* chance, const NaiveModel& model, MetalogEntry* entry) {
  switch (chance->Below(6)) {
    case 0:
      entry->index += 1;
      return true;
    case 1:
      entry->index = chance->Below(model.index + 1);
      return true;
    case 2:
      if (model.timestamp == 0) return false;
      entry->timestamp = chance->Below(model.timestamp);
      return true;
    case 3:
      if (model.next_seqnum == 0) return false;
      entry->first_seqnum = chance->Below(model.next_seqnum);
      return true;
    case 4:
      entry->first_seqnum = kSeqnumEnd + 1;
      return true;
    default:
      if (entry->cut.empty()) return false;
      // The last shard goes back, when the others have been looked at already.
      ShardProgress& last = entry->cut.back();
      const auto found = model.seqnums.find(last.shard);
      if (found == model.seqnums.end() || found->second.empty()) return false;
      last.progress = chance->Below(found->second.size());
      return true;
  }
}

TEST(MetalogCursorTest, RandomCutsGiveThePositionsOfTheModelAndRegressionsChangeNothing) {
  Chance chance;
  for (int round = 0; round < 50; ++round) {
    MetalogCursor cursor;
    NaiveModel model;
    for (int step = 0; step < 60; ++step) {
      const MetalogEntry good = RandomNext(&chance, model);
      MetalogEntry bad = good;
      std::vector<OrderedRun> runs = {{99, 99, 99, 99}};
      if (Spoil(&chance, model, &bad)) {
        ASSERT_EQ(cursor.Apply(bad, &runs).code(), StatusCode::kCorrupt);
        ASSERT_EQ(runs.size(), 1u);
        ExpectSame(cursor, model);
      }
      ASSERT_OK(cursor.Apply(good, &runs));
      model.Apply(good);
      ExpectSame(cursor, model);
      for (size_t i = 1; i < runs.size(); ++i) {
        ASSERT_GT(runs[i].count, 0u);
        for (uint64_t k = 0; k < runs[i].count; ++k) {
          ASSERT_EQ(model.seqnums[runs[i].shard][runs[i].first_local_id + k], runs[i].first_seqnum + k);
        }
      }
    }
  }
}

TEST(MetalogCursorTest, HugeProgressDoesNotWrapAround) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  EXPECT_EQ(cursor.Apply(Entry(1, 0, 0, {{0, UINT64_MAX}}), &runs).code(), StatusCode::kCorrupt);
  // Each is possible alone; their sum, taken modulo 2^64, would be small.
  std::vector<ShardProgress> cut;
  for (uint32_t shard = 0; shard < 2048; ++shard) cut.push_back({shard, kSeqnumEnd});
  EXPECT_EQ(cursor.Apply(Entry(1, 0, 0, cut), &runs).code(), StatusCode::kCorrupt);
  EXPECT_EQ(cursor.next_seqnum(), 0u);
  EXPECT_EQ(cursor.progress(0), 0u);
  EXPECT_TRUE(runs.empty());
}

TEST(MetalogCursorTest, AnEntryWithIndexZeroNeverFollows) {
  // Index 0 follows "-1", which is what a gap in front of a made-up entry 0 amounts to.
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  EXPECT_EQ(cursor.Apply(Entry(0, 0, 0, {}), &runs).code(), StatusCode::kCorrupt);
}

Command ShardCommand(CommandKind kind, uint32_t shard, uint64_t countdown) {
  Command command;
  command.kind = kind;
  command.shard = shard;
  command.countdown = countdown;
  return command;
}

TEST(MetalogCursorTest, AShardGrowsFromWhereItIsAddedAndUntilItIsFinal) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  MetalogEntry first = Entry(1, 0, 0, {{0, 1}});
  first.commands = {ShardCommand(CommandKind::kAddShard, 5, 1),
                    ShardCommand(CommandKind::kFinalizeShard, 0, 2)};
  ASSERT_OK(cursor.Apply(first, &runs));
  EXPECT_EQ(cursor.lives().at(5), (ShardLife{2, UINT64_MAX}));
  EXPECT_EQ(cursor.lives().at(0), (ShardLife{0, 3}));
  ASSERT_OK(cursor.Apply(Entry(2, 0, 1, {{0, 2}, {5, 1}}), &runs));
  EXPECT_FALSE(cursor.Apply(Entry(3, 0, 3, {{0, 3}}), &runs).ok()) << "it is final";
  ASSERT_OK(cursor.Apply(Entry(3, 0, 3, {{0, 2}, {5, 2}}), &runs));
  MetalogEntry again = Entry(4, 0, 4, {});
  again.commands = {ShardCommand(CommandKind::kFinalizeShard, 5, 0),
                    ShardCommand(CommandKind::kAddShard, 5, 0)};
  EXPECT_FALSE(cursor.Apply(again, &runs).ok()) << "a number is given to one shard";
  EXPECT_EQ(cursor.lives().at(5), (ShardLife{2, UINT64_MAX})) << "nothing of it has happened";
  again.commands = {ShardCommand(CommandKind::kFinalizeShard, 5, 9),
                    ShardCommand(CommandKind::kFinalizeShard, 5, 0),
                    ShardCommand(CommandKind::kFinalizeShard, 5, UINT64_MAX)};
  ASSERT_OK(cursor.Apply(again, &runs));
  EXPECT_EQ(cursor.lives().at(5).end, 4u) << "the earliest end counts";
}

TEST(MetalogCursorTest, AShardIsNotThereBeforeItIsAdded) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  MetalogEntry entry = Entry(1, 0, 0, {{7, 1}});
  entry.commands = {ShardCommand(CommandKind::kAddShard, 7, 1)};
  EXPECT_FALSE(cursor.Apply(entry, &runs).ok());
  EXPECT_TRUE(cursor.lives().empty());
  entry.commands[0].countdown = 0;
  ASSERT_OK(cursor.Apply(entry, &runs));
}

TEST(MetalogCursorTest, AfterASkipAShardIsUncertainUntilItIsTold) {
  MetalogCursor cursor;
  std::vector<OrderedRun> runs;
  EXPECT_TRUE(cursor.IsCertain(3)) << "nothing was skipped";
  ASSERT_TRUE(cursor.Apply(Entry(1, 0, 0, {{3, 5}}), &runs).ok());
  cursor.SkipTo(9, 100);
  EXPECT_FALSE(cursor.IsCertain(3)) << "what was skipped may have raised it";
  cursor.SkipShardTo(3, 40);
  EXPECT_TRUE(cursor.IsCertain(3));
  EXPECT_FALSE(cursor.IsCertain(4));
  cursor.Restore(20, 200, 0);
  EXPECT_TRUE(cursor.IsCertain(4)) << "a checkpoint knows all shards";
}

}  // namespace
}  // namespace daybook
