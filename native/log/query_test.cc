#include "log/query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "env/env_memory.h"
#include "log/engine_test_support.h"
#include "log/query_walk.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using testing_support::ByteVector;
using testing_support::Chance;
using testing_support::Hex;

TEST(QueryTest, SelectorsAreWhatTheFormatSays) {
  Query query;
  ByteVector bytes = Hex("00");
  ASSERT_TRUE(DecodeQuery(bytes, &query));
  EXPECT_TRUE(query.whole_book);
  bytes = Hex("01 02 61 62");
  ASSERT_TRUE(DecodeQuery(bytes, &query));
  EXPECT_FALSE(query.whole_book);
  EXPECT_EQ(query.terms, (std::vector<Query::Term>{{"ab"}}));
  bytes = Hex("02 02 01 61 01 62");
  ASSERT_TRUE(DecodeQuery(bytes, &query));
  EXPECT_EQ(query.terms, (std::vector<Query::Term>{{"a", "b"}}));
  bytes = Hex("03 02 01 01 61 02 01 62 01 63");
  ASSERT_TRUE(DecodeQuery(bytes, &query));
  EXPECT_EQ(query.terms, (std::vector<Query::Term>{{"a"}, {"b", "c"}}));
}

TEST(QueryTest, WhatIsNoSelectorIsRefused) {
  Query query;
  for (const char* bytes : {"", "04", "01", "01 00", "01 02 61", "02 00", "02 41", "02 02 01 61", "03 00",
                            "03 01 00", "03 01 01", "00 00", "01 01 61 61"}) {
    EXPECT_FALSE(DecodeQuery(Hex(bytes), &query)) << bytes;
  }
}

TEST(QueryTest, ConditionsAreWhatTheFormatSays) {
  std::vector<Condition> conditions;
  const ByteVector good = Hex("02 00 00 80 01 01 01 61");
  ASSERT_TRUE(DecodeConditions(good, &conditions));
  ASSERT_EQ(conditions.size(), 2U);
  EXPECT_EQ(conditions[0].after_plus_one, 0U);
  EXPECT_TRUE(conditions[0].query.whole_book);
  EXPECT_EQ(conditions[1].after_plus_one, 128U);
  EXPECT_EQ(conditions[1].query.terms, (std::vector<Query::Term>{{"a"}}));
  for (const char* bytes : {"", "00", "01", "01 00", "01 00 00 00", "41", "02 00 00"})
    EXPECT_FALSE(DecodeConditions(Hex(bytes), &conditions)) << bytes;
}

TEST(QueryTest, ACopyKeepsItsTags) {
  ByteVector bytes = Hex("03 02 01 01 61 02 01 62 01 63");
  Query query;
  ASSERT_TRUE(DecodeQuery(bytes, &query));
  QueryCopy copy;
  copy.Take(query);
  std::fill(bytes.begin(), bytes.end(), std::byte{0});
  EXPECT_EQ(copy.query().terms, (std::vector<Query::Term>{{"a"}, {"b", "c"}}));
}

// Random queries over a log whose index lies in runs and in memory, compared with what its records carry.
TEST(QueryTest, ReadsByQueryFindWhatTheRecordsCarry) {
  Chance chance;
  SCOPED_TRACE(chance.Replay());
  MemoryEnv env(1);
  EngineOptions options = test::TestLog::SmallOptions();
  options.memory_bytes = 32 * 1024;
  options.checkpoint_bytes = 8 * 1024;
  std::unique_ptr<test::TestLog> log;
  ASSERT_TRUE(test::TestLog::Open(&env, &log, options).ok());
  const std::vector<std::string> tags = {"a", "b", "c", "d", "rare"};
  for (int i = 0; i < 600; ++i) {
    std::vector<std::string> own;
    for (size_t tag = 0; tag < tags.size(); ++tag) {
      if (chance.Below(tag == 4 ? 40 : 2 + tag) == 0) own.push_back(tags[tag]);
    }
    ASSERT_TRUE(log->Append({"record " + std::to_string(i)}, own).ok());
    if (i % 100 == 99) {
      ASSERT_TRUE(log->engine().MaintainAll().ok());
    }
  }
  ASSERT_GE(log->engine().Stat().runs, 1U);
  const uint64_t book = log->engine().OpenBook("book");
  for (int round = 0; round < 200; ++round) {
    Query query;
    query.terms.resize(1 + chance.Below(3));
    for (Query::Term& term : query.terms) {
      term.resize(1 + chance.Below(3));
      for (std::string_view& tag : term) tag = tags[chance.Below(tags.size())];
    }
    ReadRequest request;
    request.book = book;
    request.query = &query;
    request.from = chance.Below(500);
    request.to = request.from + chance.Below(600);
    request.reverse = chance.Below(2) == 0;
    request.limit = static_cast<uint32_t>(1 + chance.Below(700));
    ReadOutput output;
    ASSERT_TRUE(log->engine().Read(request, ReadMode::kMayBlock, &output).ok());
    std::vector<uint64_t> expected;
    for (const auto& [seqnum, record] : log->acknowledged) {
      const auto has = [&](std::string_view tag) {
        return std::find(record.tags.begin(), record.tags.end(), tag) != record.tags.end();
      };
      const bool matches = std::any_of(query.terms.begin(), query.terms.end(), [&](const Query::Term& term) {
        return std::all_of(term.begin(), term.end(), has);
      });
      if (matches && seqnum >= request.from && seqnum <= request.to) expected.push_back(seqnum);
    }
    if (request.reverse) std::reverse(expected.begin(), expected.end());
    if (expected.size() > request.limit) expected.resize(request.limit);
    std::vector<uint64_t> found;
    for (const FoundRecord& record : output.found) found.push_back(record.seqnum);
    ASSERT_EQ(found, expected);
  }
}

// The cost follows the rarest tag: two records in a hundred thousand are found by a bounded number of reads.
TEST(QueryTest, AFrequentTagBesideARareOneCostsLittle) {
  MemTable table(0);
  const LogIdentity identity = testing_support::ExampleIdentity();
  const uint64_t often = StreamOf(identity.hash_seed(), 1, "often");
  const uint64_t rare = StreamOf(identity.hash_seed(), 1, "rare");
  for (uint64_t seqnum = 0; seqnum < 100'000; ++seqnum) {
    table.tags.Add(often, seqnum);
    if (seqnum == 70 || seqnum == 99'000) table.tags.Add(rare, seqnum);
  }
  Query query;
  query.terms = {{"often", "rare"}};
  QueryWalk forward(query, identity.hash_seed(), 1, table, false);
  std::optional<uint64_t> next;
  ASSERT_TRUE(forward.Next(0, &next).ok());
  EXPECT_EQ(next, 70U);
  ASSERT_TRUE(forward.Next(71, &next).ok());
  EXPECT_EQ(next, 99'000U);
  ASSERT_TRUE(forward.Next(99'001, &next).ok());
  EXPECT_EQ(next, std::nullopt);
  QueryWalk back(query, identity.hash_seed(), 1, table, true);
  ASSERT_TRUE(back.Next(98'999, &next).ok());
  EXPECT_EQ(next, 70U);
  ASSERT_TRUE(back.Next(69, &next).ok());
  EXPECT_EQ(next, std::nullopt);
}

}  // namespace
}  // namespace daybook
