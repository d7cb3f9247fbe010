#include "env/fault_rules.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "env/env_memory.h"
#include "env/test_support.h"

namespace daybook {
namespace {

using testing_support::ReadAll;
using testing_support::ReadText;
using testing_support::WriteText;

TEST(FaultRulesTest, PatternsMatchWholeNames) {
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("segment-*", "segment-0001"));
  EXPECT_TRUE(MatchesPattern("*-*1", "segment-0-11"));
  EXPECT_TRUE(MatchesPattern("manifest-?", "manifest-0"));
  EXPECT_FALSE(MatchesPattern("manifest-?", "manifest-"));
  EXPECT_FALSE(MatchesPattern("segment", "segment-1"));
  EXPECT_FALSE(MatchesPattern("", "x"));
  EXPECT_TRUE(MatchesPattern("a*b*c", "aXbbXc"));
  EXPECT_FALSE(MatchesPattern("a*b*c", "aXcXb"));
}

std::string MessageOf(std::string_view text) {
  FaultRules rules;
  const Status status = FaultRules::Parse(text, &rules);
  EXPECT_TRUE(status.Is(StatusCode::kInvalidArgument)) << text;
  return status.message();
}

TEST(FaultRulesTest, AMistakeIsNamedWithItsRuleAndWhatWasExpected) {
  EXPECT_EQ(
      MessageOf("fail write * with EWHAT").find("fault rule 1: \"EWHAT\"; expected: 'with' is followed by"),
      0U);
  EXPECT_EQ(MessageOf("kill at 3\n\nexplode")
                .find("fault rule 3: \"explode\"; expected: a rule begins with one of fail"),
            0U);
  EXPECT_EQ(MessageOf("kill 3"), "fault rule 1: \"3\"; expected: 'at'");
  EXPECT_EQ(MessageOf("kill at"), "fault rule 1: the rule ends; expected: a number");
  EXPECT_EQ(MessageOf("kill at 3 4"), "fault rule 1: \"4\"; expected: the end of the rule");
  EXPECT_EQ(MessageOf("kill at 3x"), "fault rule 1: \"3x\"; expected: a number");
  EXPECT_EQ(MessageOf("full after 10"), "fault rule 1: the rule ends; expected: 'bytes'");
  EXPECT_EQ(MessageOf("tear sync * at 3"), "fault rule 1: \"sync\"; expected: 'tear' goes with write");
  EXPECT_EQ(MessageOf("tear write *"), "fault rule 1: the rule ends; expected: 'at' and a number of bytes");
  EXPECT_EQ(MessageOf("lie read *"),
            "fault rule 1: \"read\"; expected: 'lie' goes with write, sync, truncate or "
            "sync-directory");
  EXPECT_EQ(MessageOf("flip read * at 3"), "fault rule 1: \"at\"; expected: this does not belong here");
  EXPECT_EQ(MessageOf("delay sync * soon"), "fault rule 1: \"soon\"; expected: a time like 50ms");
  EXPECT_EQ(MessageOf("fail sync * offset 3"),
            "fault rule 1: \"offset\"; expected: this does not belong here");
  EXPECT_EQ(MessageOf("fail write a/b"),
            "fault rule 1: \"a/b\"; expected: a pattern is of a name, without folders");
  EXPECT_EQ(MessageOf("fail sync * nth 0"), "fault rule 1: \"0\"; expected: 'nth' counts from 1");
  EXPECT_EQ(MessageOf("fail fly *")
                .find("fault rule 1: \"fly\"; expected: 'fail' is followed by 'any' or one of open"),
            0U);
}

TEST(FaultRulesTest, AMistakeLeavesTheRulesAsTheyWere) {
  FaultRules rules;
  ASSERT_OK(FaultRules::Parse("kill at 3", &rules));
  EXPECT_FALSE(FaultRules::Parse("kill at 4; nonsense", &rules).ok());
  ASSERT_EQ(rules.rules().size(), 1U);
  EXPECT_EQ(rules.rules().front().amount, 3U);
}

TEST(FaultRulesTest, CommentsAndEmptyLinesAreNoRules) {
  FaultRules rules;
  ASSERT_OK(FaultRules::Parse("# a comment\n\n  ;\nkill at 3 # and why\r\n", &rules));
  ASSERT_EQ(rules.rules().size(), 1U);
  EXPECT_EQ(rules.rules().front().text, "kill at 3");
}

// A file "f" in a world with the rules.
class FaultRulesFileTest : public testing::Test {
 protected:
  void Use(std::string_view text) {
    ASSERT_OK(FaultRules::Parse(text, &rules_));
    env_.SetHook([this](const Operation& operation) { return rules_.Decide(operation); });
    env_.SetDelay([this](uint64_t milliseconds) { waited_.push_back(milliseconds); });
    ASSERT_OK(memory_.CreateDirectory("d"));
    ASSERT_OK(env_.OpenFile("d/f", OpenMode::kCreateNew, &file_));
    ASSERT_OK(memory_.SyncDirectory("d"));
  }

  MemoryEnv memory_;
  FaultEnv env_{&memory_};
  FaultRules rules_;
  std::unique_ptr<File> file_;
  std::vector<uint64_t> waited_;
};

TEST_F(FaultRulesFileTest, ARuleHitsTheOperationsItCounts) {
  Use("fail write f after 1 with ENOSPC times 2; fail write other with EIO");
  EXPECT_OK(WriteText(file_.get(), 0, "a"));
  EXPECT_FAILS(WriteText(file_.get(), 1, "b"), StatusCode::kDiskFull, ENOSPC);
  EXPECT_FAILS(WriteText(file_.get(), 1, "c"), StatusCode::kDiskFull, ENOSPC);
  EXPECT_OK(WriteText(file_.get(), 1, "d"));
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "ad");
  EXPECT_EQ(rules_.Report(),
            "2 of 4: fail write f after 1 with ENOSPC times 2\n0 of 0: fail write other with EIO\n");
}

TEST_F(FaultRulesFileTest, TheNthIsOneAndTheFirstRuleThatHitsCounts) {
  Use("fail any * nth 3 with EACCES\nfail sync f");
  EXPECT_FAILS(file_->Sync(), StatusCode::kIo, EIO);
  EXPECT_FAILS(file_->Sync(), StatusCode::kIo, EACCES);
  EXPECT_FAILS(file_->Sync(), StatusCode::kIo, EIO);
  EXPECT_EQ(rules_.rules()[1].hits, 2U);
}

TEST_F(FaultRulesFileTest, AnOperationMayHaveBeenMadeAndFailAllTheSame) {
  Use("fail write f with EIO afterwards");
  EXPECT_FAILS(WriteText(file_.get(), 0, "text"), StatusCode::kIo, EIO);
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "text");
}

TEST_F(FaultRulesFileTest, ATornWriteLeavesItsBeginning) {
  Use("tear write f at 2 with ENOSPC once");
  EXPECT_FAILS(WriteText(file_.get(), 0, "text"), StatusCode::kDiskFull, ENOSPC);
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "te");
  EXPECT_OK(WriteText(file_.get(), 0, "text"));
}

TEST_F(FaultRulesFileTest, DelaysAddUpAndHoldNothingElseUp) {
  Use("delay sync * 50ms; delay sync f 7 after 1; lie sync f");
  EXPECT_OK(WriteText(file_.get(), 0, "text"));
  EXPECT_OK(file_->Sync());
  EXPECT_OK(file_->Sync());
  EXPECT_EQ(waited_, (std::vector<uint64_t>{50, 57}));
  EXPECT_EQ(ReadAll(memory_.CloneDurable().get(), "d/f"), "") << "and the flush was a lie";
}

TEST_F(FaultRulesFileTest, ADroppedWriteReportsSuccess) {
  Use("drop write f nth 2");
  EXPECT_OK(WriteText(file_.get(), 0, "aaaa"));
  EXPECT_OK(WriteText(file_.get(), 0, "bb"));
  EXPECT_OK(WriteText(file_.get(), 3, "c"));
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "aaac");
}

TEST_F(FaultRulesFileTest, AMisdirectedWriteGoesElsewhere) {
  Use("misdirect write f by 4 once; misdirect write f by -2");
  EXPECT_OK(WriteText(file_.get(), 0, "aa"));
  EXPECT_OK(WriteText(file_.get(), 4, "bb"));
  using namespace std::string_literals;
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "\0\0bbaa"s);
}

TEST_F(FaultRulesFileTest, BitsFlipOnTheirWay) {
  Use("flip read f bit 5 once\nflip read f offset 3 bit 0 once\nflip write f bit 8 after 1");
  EXPECT_OK(WriteText(file_.get(), 0, "aaaa"));
  EXPECT_EQ(ReadText(file_.get(), 0, 4), "Aaaa");
  EXPECT_EQ(ReadText(file_.get(), 1, 2), "aa") << "the byte is not among these";
  EXPECT_EQ(ReadText(file_.get(), 2, 2), "a`");
  EXPECT_OK(WriteText(file_.get(), 0, "aaaa"));
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "a`aa");
}

TEST_F(FaultRulesFileTest, AReadOfOnePlaceFailsAndOthersDoNot) {
  Use("fail read f offset 4 with EIO");
  EXPECT_OK(WriteText(file_.get(), 0, "0123456789"));
  EXPECT_EQ(ReadText(file_.get(), 0, 4), "0123");
  EXPECT_EQ(ReadText(file_.get(), 5, 9), "56789");
  EXPECT_EQ(ReadText(file_.get(), 4, 1).find("failed: "), 0U);
  EXPECT_EQ(ReadText(file_.get(), 0, 9).find("failed: "), 0U);
}

TEST_F(FaultRulesFileTest, AFullDiskBeginsWithAShortWriteAndStaysFull) {
  Use("full after 10 bytes");
  EXPECT_OK(WriteText(file_.get(), 0, "01234567"));
  EXPECT_FAILS(WriteText(file_.get(), 8, "abcdefgh"), StatusCode::kDiskFull, ENOSPC);
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "01234567ab");
  EXPECT_FAILS(WriteText(file_.get(), 10, "x"), StatusCode::kDiskFull, ENOSPC);
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "01234567ab");
}

TEST_F(FaultRulesFileTest, NothingGoesThroughBehindAKill) {
  Use("kill at 2");
  EXPECT_OK(WriteText(file_.get(), 0, "a"));
  EXPECT_TRUE(WriteText(file_.get(), 1, "b").Is(StatusCode::kIo));
  EXPECT_TRUE(file_->Sync().Is(StatusCode::kIo));
  EXPECT_TRUE(env_.Remove("d/f").Is(StatusCode::kIo));
  EXPECT_EQ(ReadAll(&memory_, "d/f"), "a");
}

}  // namespace
}  // namespace daybook
