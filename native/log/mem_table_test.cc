#include "log/mem_table.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

// One record in a batch of its own, with one tag, in one book.
void Append(uint64_t seqnum, MemTable* table) {
  OrderedBatch batch;
  batch.first_seqnum = seqnum;
  batch.offsets = {176};
  batch.records_end = 200;
  batch.runs = {{0, seqnum, 1, seqnum}};
  table->batches.Append(batch, 1, 12288 + seqnum * 4096);
  table->tags.Add(seqnum * 0x9e3779b97f4a7c15U, seqnum);
  table->books.Add(1, seqnum);
}

TEST(MemTableTest, AnEmptyOneTakesNothingAndTheFirstRecordsTakeLittle) {
  MemTable table(0);
  EXPECT_EQ(table.bytes(), 0u);
  EXPECT_FALSE(IsFull(table, 0, 100));
  Append(0, &table);
  EXPECT_GT(table.bytes(), 0u);
  EXPECT_LE(table.bytes(), 4096u) << "a process may have thousands of small logs";
}

TEST(MemTableTest, ItIsFullBeforeItHoldsMoreThanItMay) {
  constexpr uint64_t kBytesMax = 1024 * 1024;
  MemTable table(0);
  uint64_t seqnum = 0;
  while (!IsFull(table, kBytesMax, seqnum)) {
    Append(seqnum++, &table);
    // Batches and arrays grow by a chunk at a time.
    ASSERT_LE(table.bytes(), kBytesMax + 64 * 1024);
  }
  EXPECT_GE(table.items(), 10000u);
  EXPECT_EQ(table.items(), seqnum * 3);
}

}  // namespace
}  // namespace daybook
