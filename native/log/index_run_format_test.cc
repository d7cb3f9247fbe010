#include "log/index_run_format.h"

#include <gtest/gtest.h>

#include <random>

#include "log/index_run_test_support.h"
#include "log/stream_filter.h"

namespace daybook {
namespace {

using index_run::kPageSize;
using testing_support::Chance;
using testing_support::kRunDirectory;
using testing_support::OpenRun;
using testing_support::RunModel;
using testing_support::ToHex;
using testing_support::WriteRun;

// What the format's page shows.
RunModel ExampleModel() {
  RunModel model;
  model.first_seqnum = 1000;
  model.end_seqnum = 1010;
  const ShardIdentity shard{1, 0, 0};
  model.locations[1000] = {1000, 5000, 3, 12388, 100, shard, 40};
  model.locations[1001] = {1001, 5000, 3, 12488, 100, shard, 41};
  model.locations[1002] = {1002, 5000, 3, 12588, 90, shard, 42};
  model.locations[1005] = {1005, 5007, 3, 16484, 300, shard, 43};
  model.streams[{StreamKind::kTag, 0x1122334455667788}] = {1000, 1002, 1005};
  model.streams[{StreamKind::kTag, 0x1122334455667790}] = {1001};
  model.streams[{StreamKind::kBook, 1}] = {1000, 1001, 1002, 1005};
  model.streams[{StreamKind::kBook, 2}] = {1005};
  return model;
}

TEST(IndexRunFormatTest, TheExampleOfThePageHasItsBytes) {
  MemoryEnv env;
  ASSERT_OK(env.CreateDirectory(kRunDirectory));
  IndexRunInfo info;
  ASSERT_OK(WriteRun(&env, ExampleModel(), 7, &info));
  const testing_support::ByteVector bytes = env.ReadWholeFile("/log/index-0000000000000007");
  const auto expect_bytes = [&](size_t offset, std::string_view hex) {
    const testing_support::ByteVector expected = testing_support::Hex(hex);
    EXPECT_EQ(ToHex(std::span(bytes).subspan(offset, expected.size())), ToHex(expected)) << offset;
  };
  ASSERT_EQ(bytes.size(), 10 * kPageSize);
  expect_bytes(4096,
               "46 bf 91 83 01 00 04 00"
               "e8 03 00 00 00 00 00 00 88 13 00 00 00 00 00 00 03 e4 60 64 01 00 00 28"
               "3f  7f f6  b4 03 07 bc 3b 2c 01  00 00");
  expect_bytes(8190, "08 00");
  expect_bytes(8192, "1e 3a bd 4a 02 00 02 00  00 02 02 09  08 01 3f  00 00");
  expect_bytes(12278, "88 77 66 55 44 33 22 11 08 00");
  expect_bytes(12288, "39 d2 ea f8 02 00 02 00  00 02 03 20  01 05 3f  00 00");
  expect_bytes(20480, "89 8d 44 49 04 00 01 00 88 13 00 00 00 00 00 00 e8 03 00 00 00 00 00 00 00");
}

TEST(IndexRunFormatTest, TheFilterForgetsNoKeyAndLetsFewOthersPass) {
  Chance chance;
  for (const bool hashed : {true, false}) {
    index_run::FilterPageBuilder builder;
    std::set<uint64_t> keys;
    while (keys.size() < index_run::kFilterKeysPerPage)
      keys.insert(hashed ? (chance.Below(uint64_t{1} << 63U) << 1U) + chance.Below(2) : keys.size() * 3);
    for (const uint64_t key : keys) ASSERT_TRUE(builder.Add(key));
    EXPECT_FALSE(builder.Add(UINT64_MAX));
    index_run::Page page;
    builder.Finish(&page);
    for (const uint64_t key : keys) ASSERT_TRUE(index_run::FilterMayHold(page, key)) << key;
    uint64_t passed = 0;
    for (uint64_t i = 0; i < 20000; ++i)
      passed += index_run::FilterMayHold(page, hashed ? chance.Below(UINT64_MAX) : 3 * i + 1) ? 1 : 0;
    EXPECT_LT(passed, 600U) << "of 20000";
  }
}

TEST(IndexRunFormatTest, CountsThatCannotBeAreRefusedBeforeAnythingIsComputedFromThem) {
  index_run::RunLayout layout;
  EXPECT_TRUE(index_run::LayOut({0, 0, 0, 0}, 2, &layout));
  EXPECT_EQ(layout.bytes(), 2 * kPageSize);
  EXPECT_FALSE(index_run::LayOut({0, 0, 0, 0}, 1, &layout));
  EXPECT_FALSE(index_run::LayOut({5, 0, 0, 0}, 4, &layout));
  EXPECT_FALSE(index_run::LayOut({UINT64_MAX, UINT64_MAX, 1, 1}, 4, &layout));
  EXPECT_FALSE(index_run::LayOut({1, 1, 1, 1}, UINT64_MAX, &layout));
  // Two levels where one would not fit into memory: 4081 pages have 17 tree pages, and those one.
  EXPECT_TRUE(index_run::LayOut({4081, 0, 0, 1}, 10000, &layout));
  EXPECT_EQ(layout.sections[0].levels.size(), 2U);
  EXPECT_EQ(layout.sections[3].levels.size(), 1U);
  EXPECT_EQ(layout.footer_page, 1U + 4081 + 1 + 17 + 1 + 1);
}

// Bytes of the file by which the run grows for each item.
double BytesPer(const RunModel& model, uint64_t items) {
  MemoryEnv env;
  EXPECT_OK(env.CreateDirectory(kRunDirectory));
  IndexRunInfo info;
  EXPECT_OK(WriteRun(&env, model, 7, &info));
  return static_cast<double>(info.bytes) / static_cast<double>(items);
}

TEST(IndexRunFormatTest, LocationsOfOneSizeCostAByteAndABitMore) {
  RunModel model;
  model.end_seqnum = 200000;
  RecordLocation at;
  for (; at.seqnum < model.end_seqnum; ++at.seqnum, ++at.local_id, at.offset += at.size) {
    at.size = 80;
    model.locations[at.seqnum] = at;
  }
  EXPECT_LT(BytesPer(model, 200000), 1.8);
}

TEST(IndexRunFormatTest, ManySmallSparseStreamsCostAboutTenBytesAndThreeForEachPosting) {
  std::mt19937_64 random(1);
  RunModel model;
  model.end_seqnum = 100'000'000;
  uint64_t postings = 0;
  for (int i = 0; i < 20000; ++i) {
    std::set<uint64_t> seqnums;
    for (uint64_t j = 10 + random() % 11; j > 0; --j) seqnums.insert(random() % model.end_seqnum);
    postings += seqnums.size();
    model.streams[{StreamKind::kTag, random()}].assign(seqnums.begin(), seqnums.end());
  }
  const double per_stream = BytesPer(model, 20000);
  const double postings_per_stream = static_cast<double>(postings) / 20000;
  EXPECT_LT(per_stream, 12 + 3.3 * postings_per_stream);
}

TEST(IndexRunFormatTest, ABookThatHoldsEveryRecordCostsNextToNothing) {
  RunModel model;
  model.end_seqnum = 500000;
  std::vector<uint64_t>& book = model.streams[{StreamKind::kBook, 1}];
  for (uint64_t seqnum = 0; seqnum < model.end_seqnum; ++seqnum) book.push_back(seqnum);
  EXPECT_EQ(BytesPer(model, 1), 4 * kPageSize);  // header, page, tree, footer
}

}  // namespace
}  // namespace daybook
