#include "log/damage_map.h"

#include <gtest/gtest.h>

#include "log/identity.h"

namespace daybook {
namespace {

DamagedRange Range(uint64_t first, uint64_t end, bool commands_lost) {
  return {first,        end, "log/segment-0000000000000001", 12288, "the checksums of a batch do not hold",
          commands_lost};
}

StatusCode Check(const DamageMap& map, uint64_t first, uint64_t last) {
  return map.Check(first, last).code();
}

TEST(DamageMapTest, AnUndamagedLogHasNothingToReport) {
  const DamageMap map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(Check(map, 0, kSeqnumEnd), StatusCode::kOk);
  EXPECT_EQ(map.CheckUnnamedBook().code(), StatusCode::kOk);
}

TEST(DamageMapTest, ARangeIsRefusedFromItsFirstSeqnumToItsLastAndNoFurther) {
  DamageMap map;
  map.Add(Range(10, 20, false));
  EXPECT_EQ(Check(map, 0, 9), StatusCode::kOk);
  EXPECT_EQ(Check(map, 0, 10), StatusCode::kCorrupt);
  EXPECT_EQ(Check(map, 19, 19), StatusCode::kCorrupt);
  EXPECT_EQ(Check(map, 19, 100), StatusCode::kCorrupt);
  EXPECT_EQ(Check(map, 20, 100), StatusCode::kOk);
  EXPECT_EQ(Check(map, 5, 50), StatusCode::kCorrupt) << "around it";
  EXPECT_EQ(map.CheckUnnamedBook().code(), StatusCode::kOk);
}

TEST(DamageMapTest, AnUnknownEndReachesToTheEndOfTheLog) {
  DamageMap map;
  map.Add(Range(10, kSeqnumEnd, false));
  EXPECT_EQ(Check(map, kSeqnumEnd - 1, kSeqnumEnd - 1), StatusCode::kCorrupt);
  EXPECT_EQ(Check(map, 0, 9), StatusCode::kOk);
  EXPECT_NE(map.ranges()[0].Describe().find("the end of the log"), std::string::npos);
}

TEST(DamageMapTest, ALostCommandPutsEverythingBelowInDoubtForItMayHaveBeenATrim) {
  DamageMap map;
  map.Add(Range(10, 20, true));
  EXPECT_EQ(Check(map, 0, 0), StatusCode::kCorrupt);
  EXPECT_EQ(Check(map, 19, 19), StatusCode::kCorrupt);
  EXPECT_EQ(Check(map, 20, 30), StatusCode::kOk);
  EXPECT_EQ(map.CheckUnnamedBook().code(), StatusCode::kCorrupt);
}

TEST(DamageMapTest, DamageThatHoldsNoRecordBlocksNoRead) {
  DamageMap map;
  map.Add(Range(10, 10, false));
  EXPECT_FALSE(map.empty());
  EXPECT_EQ(Check(map, 0, kSeqnumEnd), StatusCode::kOk);
  EXPECT_NE(map.ranges()[0].Describe().find("no record is lost"), std::string::npos);
}

TEST(DamageMapTest, CommandsLostWithoutARecordStillPutWhatIsBelowInDoubt) {
  DamageMap map;
  map.Add(Range(10, 10, true));
  EXPECT_EQ(Check(map, 0, 5), StatusCode::kCorrupt);
  EXPECT_EQ(Check(map, 10, 30), StatusCode::kOk);
}

TEST(DamageMapTest, TheMessageNamesFileOffsetAndSeqnums) {
  DamageMap map;
  map.Add(Range(10, 20, false));
  const std::string text = map.Check(10, 10).message();
  EXPECT_NE(text.find("segment-0000000000000001"), std::string::npos) << text;
  EXPECT_NE(text.find("12288"), std::string::npos) << text;
  EXPECT_NE(text.find("seqnums 10 to 19"), std::string::npos) << text;
}

TEST(DamageMapTest, OfSeveralRangesTheOneThatIsHitIsNamed) {
  DamageMap map;
  map.Add(Range(10, 20, false));
  map.Add(Range(30, 40, false));
  EXPECT_EQ(Check(map, 20, 29), StatusCode::kOk);
  EXPECT_NE(map.Check(25, 35).message().find("seqnums 30 to 39"), std::string::npos);
}

}  // namespace
}  // namespace daybook
