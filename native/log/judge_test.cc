#include "log/judge.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "log/engine_test_support.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using test::EncodeTestRecord;
using test::TestGuard;
using testing_support::ByteVector;

// A log of one-tag records, as a condition sees it.
class FakeLog : public LogBefore {
 public:
  std::map<uint64_t, std::string> records;
  KeyTable table;
  uint64_t end = 100;
  uint64_t trimmed = 0;
  bool blocks = false;
  mutable uint64_t lowest_asked = UINT64_MAX;

  [[nodiscard]] uint64_t End() const override { return end; }
  Status FindNewest(uint64_t, const Query& query, uint64_t from, std::span<const TagMark>,
                    std::optional<uint64_t>* newest) const override {
    newest->reset();
    lowest_asked = std::min(lowest_asked, from);
    if (blocks) return {StatusCode::kWouldBlock, "cold"};
    for (const auto& [seqnum, tag] : records) {
      const bool meant = query.whole_book || query.terms[0][0] == tag;
      if (meant && seqnum >= std::max(from, trimmed)) *newest = seqnum;
    }
    return Status::Ok();
  }
  [[nodiscard]] const KeyTable& keys() const override { return table; }
};

class JudgeTest : public testing::Test {
 protected:
  void Add(const std::vector<std::string>& tags, const TestGuard& guard = {}, int records = 1) {
    for (int i = 0; i < records; ++i) {
      const ByteVector record = EncodeTestRecord(1, "data", tags, i == 0, i == 0 ? guard : TestGuard());
      bytes_.insert(bytes_.end(), record.begin(), record.end());
    }
  }

  Status Judge(const JudgeMemo* memo = nullptr) {
    judgement_ = {};
    const JudgedPiece piece{bytes_, memo};
    JudgeInput input;
    input.identity = &identity_;
    input.before = &log_;
    input.pieces = {&piece, 1};
    input.commands = commands_;
    input.first_seqnum = 100;
    input.timestamp = 5000;
    return JudgeGroups(input, &judgement_);
  }

  const LogIdentity identity_ = testing_support::ExampleIdentity();
  FakeLog log_;
  ByteVector bytes_;
  std::vector<Command> commands_;
  Judgement judgement_;
};

TEST_F(JudgeTest, ConditionsSeeTheLogAndTheBatchInFrontOfThem) {
  log_.records = {{10, "a"}, {20, "b"}};
  Add({"x"}, {"", {{"a", 11}, {"c", 0}}});  // 100: holds
  Add({"c"});                               // 101
  Add({"y"}, {"", {{"a", 10}, {"c", 0}}});  // 102: lost against 10 and 101
  Add({"z"}, {"", {{"y", 0}}});             // 103: the one before is void, so it holds
  Add({"w"}, {"", {{"z", 0}}}, 2);          // 104, 105: lost against 103
  ASSERT_TRUE(Judge().ok());
  const std::vector<Verdict> expected = {{2, 1, VerdictKind::kConflict, {{0, 10}, {1, 101}}, 0, 0},
                                         {4, 2, VerdictKind::kConflict, {{0, 103}}, 0, 0}};
  EXPECT_EQ(judgement_.verdicts, expected);
  EXPECT_EQ(judgement_.is_void, (std::vector<bool>{false, false, true, false, true, true}));
}

TEST_F(JudgeTest, MembersOfAGroupDoNotSeeEachOther) {
  Add({"a"}, {"", {{"a", 0}}}, 3);
  Add({"a"}, {"", {{"a", 103}}});
  ASSERT_TRUE(Judge().ok());
  EXPECT_TRUE(judgement_.verdicts.empty());
}

TEST_F(JudgeTest, AKeyGoesBeforeConditionsAndWhatLosesUsesUpNone) {
  log_.table.Remember({HashOfKey(identity_.hash_seed(), 1, "old"), 7, 4000, 1, 3});
  Add({"a"}, {"old", {{"a", 0}}});   // 100: a repeat
  Add({"a"}, {"new", {{"", 0}}});    // 101: nothing visible is in front of it
  Add({"a"}, {"new", {{"a", 0}}});   // 102: a repeat
  Add({"a"}, {"lost", {{"a", 0}}});  // 103: a conflict
  Add({"a"}, {"lost", {}});          // 104: the key is free
  ASSERT_TRUE(Judge().ok());
  const std::vector<Verdict> expected = {{0, 1, VerdictKind::kRepeatedKey, {}, 7, 3},
                                         {2, 1, VerdictKind::kRepeatedKey, {}, 101, 1},
                                         {3, 1, VerdictKind::kConflict, {{0, 101}}, 0, 0}};
  EXPECT_EQ(judgement_.verdicts, expected);
  ASSERT_EQ(judgement_.keys.size(), 2U);
  EXPECT_EQ(judgement_.keys[0].seqnum, 101U);
  EXPECT_EQ(judgement_.keys[1].seqnum, 104U);
  EXPECT_EQ(judgement_.keys[1].timestamp, 5000U);
}

TEST_F(JudgeTest, CommandsOfTheSameEntryComeFirst) {
  log_.records = {{10, "a"}, {20, "a"}};
  Add({}, {"", {{"a", 0}}});
  Command trim;
  trim.kind = CommandKind::kTrimBook;
  trim.book = 1;
  trim.before = 20;
  commands_ = {trim};
  ASSERT_TRUE(Judge().ok());
  ASSERT_EQ(judgement_.verdicts.size(), 1U);
  EXPECT_EQ(judgement_.verdicts[0].conflicts, (std::vector<Conflict>{{0, 20}}));
  commands_[0].before = 21;
  ASSERT_TRUE(Judge().ok());
  EXPECT_TRUE(judgement_.verdicts.empty());
  log_.table.Remember({HashOfKey(identity_.hash_seed(), 1, "key"), 7, 4000, 1, 1});
  bytes_.clear();
  Add({}, {"key", {}});
  commands_[0].kind = CommandKind::kDropBook;
  ASSERT_TRUE(Judge().ok());
  EXPECT_TRUE(judgement_.verdicts.empty()) << "a drop forgets the keys of the book";
}

TEST_F(JudgeTest, WhatWasFoundOutBeforeNeedsOnlyTheRest) {
  log_.records = {{10, "a"}};
  log_.end = 50;
  Add({}, {"", {{"a", 0}, {"b", 0}}});
  Add({});
  Add({}, {"", {{"c", 60}}});
  JudgeMemo memo;
  ASSERT_TRUE(AnswerConditions(log_, bytes_, &memo).ok());
  ASSERT_EQ(memo.groups.size(), 2U);
  EXPECT_EQ(memo.groups[0][0].newest, 10U);
  EXPECT_EQ(memo.groups[0][1].newest, std::nullopt);
  log_.end = 100;
  log_.records[70] = "b";
  log_.lowest_asked = UINT64_MAX;
  ASSERT_TRUE(Judge(&memo).ok());
  const std::vector<Verdict> expected = {{0, 1, VerdictKind::kConflict, {{0, 10}, {1, 70}}, 0, 0}};
  EXPECT_EQ(judgement_.verdicts, expected);
  EXPECT_EQ(log_.lowest_asked, 10U) << "only whether what was found is still there";
  log_.trimmed = 11;
  ASSERT_TRUE(Judge(&memo).ok());
  EXPECT_EQ(judgement_.verdicts[0].conflicts, (std::vector<Conflict>{{1, 70}}));
}

TEST_F(JudgeTest, WhatCannotBeAskedIsSaid) {
  log_.blocks = true;
  Add({}, {"", {{"a", 0}}});
  EXPECT_TRUE(Judge().Is(StatusCode::kWouldBlock));
  JudgeMemo memo;
  EXPECT_TRUE(AnswerConditions(log_, bytes_, &memo).Is(StatusCode::kWouldBlock));
}

TEST_F(JudgeTest, WhatIsNoGroupIsRefused) {
  Add({"a"}, {"", {{"a", 0}}});
  JudgeMemo memo;
  for (size_t size = 1; size < bytes_.size(); ++size) {
    const std::span<const std::byte> cut = std::span(bytes_).first(size);
    EXPECT_TRUE(AnswerConditions(log_, cut, &memo).Is(StatusCode::kInvalidArgument)) << size;
  }
  const ByteVector rest = EncodeTestRecord(1, "data", {}, false);
  EXPECT_TRUE(AnswerConditions(log_, rest, &memo).Is(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace daybook
