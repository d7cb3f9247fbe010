#include "log/term_end.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

TEST(TermEnd, APositionOfTheSameTermIsReachedOrAhead) {
  EXPECT_EQ(ComparePosition({3, 10}, {3, 10}, {}), PositionIs::kReached);
  EXPECT_EQ(ComparePosition({3, 11}, {3, 10}, {}), PositionIs::kAhead);
  EXPECT_EQ(ComparePosition({4, 1}, {3, 10}, {}), PositionIs::kLaterTerm);
}

TEST(TermEnd, WhatAnEarlierTermToldBehindItsEndIsLost) {
  std::vector<TermEnd> ends;
  EndTerm({1, 10, false}, &ends);
  EndTerm({2, 14, false}, &ends);
  EXPECT_EQ(ComparePosition({1, 10}, {3, 20}, ends), PositionIs::kReached);
  EXPECT_EQ(ComparePosition({1, 11}, {3, 20}, ends), PositionIs::kLost);
  EXPECT_EQ(ComparePosition({2, 14}, {3, 20}, ends), PositionIs::kReached);
  EXPECT_EQ(ComparePosition({2, 15}, {3, 20}, ends), PositionIs::kLost);
  // Who lags behind the end of the earlier term has still to wait.
  EXPECT_EQ(ComparePosition({2, 14}, {3, 12}, ends), PositionIs::kAhead);
}

TEST(TermEnd, CleanEndsNeedOneEntry) {
  std::vector<TermEnd> ends;
  EndTerm({1, 10, false}, &ends);
  for (uint64_t term = 2; term < 1000; ++term) EndTerm({term, 10 + term, true}, &ends);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ComparePosition({1, 11}, {1000, 2000}, ends), PositionIs::kLost);
  EXPECT_EQ(ComparePosition({500, 510}, {1000, 2000}, ends), PositionIs::kReached);
  // The end of an unclean term stays, and so does a clean one in front of it no longer.
  EndTerm({1000, 2000, false}, &ends);
  EndTerm({1001, 2001, true}, &ends);
  EXPECT_EQ(ends, (std::vector<TermEnd>{{1, 10, false}, {1000, 2000, false}, {1001, 2001, true}}));
}

TEST(TermEnd, TheListIsBoundedAndWhatItForgotIsRefused) {
  std::vector<TermEnd> ends;
  for (uint64_t term = 1; term <= kTermEndsMax + 5; ++term) EndTerm({term, term * 10, false}, &ends);
  ASSERT_EQ(ends.size(), kTermEndsMax);
  const LogPosition now{kTermEndsMax + 6, 10000};
  EXPECT_EQ(ComparePosition({5, 1}, now, ends), PositionIs::kForgotten);
  EXPECT_EQ(ComparePosition({6, 60}, now, ends), PositionIs::kReached);
  EXPECT_EQ(ComparePosition({6, 61}, now, ends), PositionIs::kLost);
}

}  // namespace
}  // namespace daybook
