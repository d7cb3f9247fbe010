#include "log/verdict.h"

#include <gtest/gtest.h>

#include "log/test_support.h"

namespace daybook {
namespace {

using testing_support::ByteVector;
using testing_support::Hex;
using testing_support::ToHex;

// As docs/formats/metalog-entry.md spells it.
constexpr const char* kExample = "09 02 01 01 01 03 01 00 64 02 02 02 02 2a 01";

std::vector<Verdict> ExampleVerdicts() {
  return {{1, 1, VerdictKind::kConflict, {{0, 99}}, 0, 0}, {2, 2, VerdictKind::kRepeatedKey, {}, 42, 1}};
}

TEST(VerdictTest, BytesAreThoseOfTheFormat) {
  ByteVector bytes;
  EncodeVerdicts(9, ExampleVerdicts(), &bytes);
  EXPECT_EQ(ToHex(bytes), kExample);
  uint64_t index = 0;
  std::vector<Verdict> verdicts;
  ASSERT_EQ(DecodeVerdicts(bytes, &index, &verdicts), ParseResult::kOk);
  EXPECT_EQ(index, 9U);
  EXPECT_EQ(verdicts, ExampleVerdicts());
}

TEST(VerdictTest, AKindOfTheFutureIsNewer) {
  uint64_t index = 0;
  std::vector<Verdict> verdicts;
  EXPECT_EQ(DecodeVerdicts(Hex("09 01 01 01 04 01 00"), &index, &verdicts), ParseResult::kNewer);
}

TEST(VerdictTest, WhatIsNoListOfVerdictsIsDamaged) {
  uint64_t index = 0;
  std::vector<Verdict> verdicts;
  const ByteVector good = Hex(kExample);
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(DecodeVerdicts(std::span(good).first(size), &index, &verdicts), ParseResult::kOk) << size;
  for (const char* bytes : {
           "09 01 01 00 01 03 01 00 64",                 // no records
           "09 01 01 01 01 01 00",                       // a conflict without conditions
           "09 01 01 01 01 03 01 00 00",                 // a conflict with nothing
           "09 01 01 01 01 05 02 01 64 01 64",           // the same condition twice
           "09 02 02 02 02 02 2a 01 03 01 02 02 2a 01",  // two about one record
           "09 01 01 01 02 02 2a 00",                    // a key of no records
           "09 01 01 01 02 02 2a 01 00",                 // a byte too many
       }) {
    EXPECT_EQ(DecodeVerdicts(Hex(bytes), &index, &verdicts), ParseResult::kDamaged) << bytes;
  }
}

}  // namespace
}  // namespace daybook
