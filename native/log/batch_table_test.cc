#include "log/batch_table.h"

#include <gtest/gtest.h>

#include <map>

#include "log/test_support.h"

namespace daybook {
namespace {

using testing_support::Chance;

OrderedBatch Batch(uint64_t first_seqnum, uint64_t timestamp, std::vector<uint32_t> offsets, uint64_t size,
                   std::vector<OrderedRun> runs) {
  OrderedBatch batch;
  batch.first_seqnum = first_seqnum;
  batch.timestamp = timestamp;
  batch.offsets = std::move(offsets);
  batch.size = size;
  batch.records_end = static_cast<uint32_t>(size);
  batch.view = 1;
  batch.runs = std::move(runs);
  return batch;
}

TEST(BatchTableTest, ARecordIsFoundByItsSeqnumWithItsPlaceItsShardAndItsLocalId) {
  BatchTable table;
  table.Append(Batch(100, 5, {176, 190, 300}, 400, {{2, 7, 1, 100}, {9, 40, 2, 101}}), 3, 12288);
  const std::optional<RecordLocation> second = table.Locate(101);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->seqnum, 101u);
  EXPECT_EQ(second->timestamp, 5u);
  EXPECT_EQ(second->segment, 3u);
  EXPECT_EQ(second->offset, 12288u + 190);
  EXPECT_EQ(second->size, 110u);
  EXPECT_EQ(second->shard, (ShardIdentity{1, 0, 9}));
  EXPECT_EQ(second->local_id, 40u);
  EXPECT_EQ(table.Locate(100)->local_id, 7u);
  EXPECT_EQ(table.Locate(102)->local_id, 41u);
  EXPECT_EQ(table.Locate(102)->size, 100u) << "the last one ends with its records at the latest";
}

TEST(BatchTableTest, SeqnumsThatWereLeftOutHaveNoRecord) {
  BatchTable table;
  EXPECT_EQ(table.Locate(0), std::nullopt);
  table.Append(Batch(100, 5, {176}, 200, {{0, 0, 1, 100}}), 1, 12288);
  table.Append(Batch(200, 5, {176}, 200, {{0, 1, 1, 200}}), 1, 16384);
  EXPECT_EQ(table.Locate(99), std::nullopt);
  EXPECT_EQ(table.Locate(101), std::nullopt);
  EXPECT_EQ(table.Locate(199), std::nullopt);
  EXPECT_EQ(table.Locate(201), std::nullopt);
  EXPECT_TRUE(table.Locate(200).has_value());
}

TEST(BatchTableTest, ABatchOfCommandsAloneTakesNoPlace) {
  BatchTable table;
  table.Append(Batch(100, 5, {}, 200, {}), 1, 12288);
  EXPECT_EQ(table.record_count(), 0u);
  EXPECT_EQ(table.FirstAtOrAfterTime(0), std::nullopt);
}

TEST(BatchTableTest, TheFirstRecordAtATimeIsTheFirstOfItsBatch) {
  BatchTable table;
  table.Append(Batch(10, 1000, {176, 180}, 200, {{0, 0, 2, 10}}), 1, 12288);
  table.Append(Batch(12, 1000, {176}, 200, {{0, 2, 1, 12}}), 1, 16384);
  table.Append(Batch(50, 2000, {176}, 200, {{0, 3, 1, 50}}), 1, 20480);
  EXPECT_EQ(table.FirstAtOrAfterTime(0), 10u);
  EXPECT_EQ(table.FirstAtOrAfterTime(1000), 10u);
  EXPECT_EQ(table.FirstAtOrAfterTime(1001), 50u);
  EXPECT_EQ(table.FirstAtOrAfterTime(2001), std::nullopt);
}

TEST(BatchTableTest, RandomBatchesAreFoundAsInAModel) {
  Chance chance;
  BatchTable table;
  std::map<uint64_t, RecordLocation> model;
  std::map<uint32_t, uint64_t> progress;
  uint64_t seqnum = 0;
  for (uint64_t number = 0; number < 300; ++number) {
    OrderedBatch batch = Batch(seqnum, number / 3, {}, 176, {});
    const uint64_t file_offset = 12288 + number * 8192;
    for (uint32_t shard = 0; shard < 4; ++shard) {
      const uint64_t count = chance.Below(4);
      if (count == 0) continue;
      batch.runs.push_back({shard, progress[shard], count, seqnum});
      for (uint64_t i = 0; i < count; ++i) {
        RecordLocation at;
        at.offset = file_offset + batch.size;
        at.timestamp = batch.timestamp;
        at.shard = {1, 0, shard};
        at.local_id = progress[shard]++;
        batch.offsets.push_back(static_cast<uint32_t>(batch.size));
        batch.size += chance.Between(9, 200);
        model[seqnum++] = at;
      }
    }
    batch.records_end = static_cast<uint32_t>(batch.size);
    table.Append(batch, 1, file_offset);
    seqnum += chance.OneIn(5) ? chance.Below(10) : 0;
  }
  for (uint64_t probe = 0; probe < seqnum + 3; ++probe) {
    size_t hint = chance.Below(400);  // any guess, a wrong one too
    const std::optional<RecordLocation> found = table.Locate(probe, &hint);
    const auto expected = model.find(probe);
    ASSERT_EQ(found.has_value(), expected != model.end()) << probe;
    if (!found.has_value()) continue;
    ASSERT_EQ(found->offset, expected->second.offset);
    ASSERT_EQ(found->timestamp, expected->second.timestamp);
    ASSERT_EQ(found->shard, expected->second.shard);
    ASSERT_EQ(found->local_id, expected->second.local_id);
  }
}

}  // namespace
}  // namespace daybook
