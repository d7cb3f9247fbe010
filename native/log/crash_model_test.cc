// The judge itself: each way of breaking a promise is seen, and nothing else is.
#include <gtest/gtest.h>

#include "log/crash_model_test_support.h"

namespace daybook::test {
namespace {

class CrashModelTest : public testing::Test {
 protected:
  // Three appends at 10, 11 to 13 and 14, of which the second and third may go with the power; a
  // trim that may have come through; and one that was called not written.
  CrashModelTest() {
    Acknowledge(promise_.BeginAppend("book", 1, 20), 10, true);
    Acknowledge(promise_.BeginAppend("book", 3, 20), 11, false);
    Acknowledge(promise_.BeginAppend("other", 1, 20), 14, false);
    under_way_ = promise_.BeginAppend("book", 2, 20);
    refused_ = promise_.BeginAppend("book", 1, 20);
    promise_.NotWritten(refused_);
    for (const std::string& book : Books()) seen_.books[book];
    for (size_t deed = 0; deed < 3; ++deed) Show(deed, promise_.deed(deed).first_seqnum);
  }

  void Acknowledge(size_t deed, uint64_t seqnum, bool durable) {
    promise_.Acknowledge(deed, seqnum, durable);
  }

  void Show(size_t number, uint64_t first) {
    const Deed& deed = promise_.deed(number);
    for (size_t i = 0; i < deed.data.size(); ++i)
      seen_.books[deed.book].records.push_back({first + i, deed.data[i], deed.tags});
  }
  std::vector<TestRecord>& Records(const std::string& book = "book") { return seen_.books[book].records; }

  [[nodiscard]] std::string Kill() const { return Judge(promise_, seen_, Loss::kKill); }
  [[nodiscard]] std::string Power() const { return Judge(promise_, seen_, Loss::kPower); }

  Promise promise_;
  Observation seen_;
  size_t under_way_ = 0;
  size_t refused_ = 0;
};

TEST_F(CrashModelTest, WhatWasPromisedIsFine) {
  EXPECT_EQ(Kill(), "");
  EXPECT_EQ(Power(), "");
}

TEST_F(CrashModelTest, TheNewestMayGoWithThePowerAndNotInAKill) {
  Records("other").clear();
  EXPECT_EQ(Power(), "");
  EXPECT_EQ(Kill(), "deed 2 was acknowledged, and is lost");
  Records().resize(1);
  EXPECT_EQ(Power(), "");
  Records().clear();
  EXPECT_EQ(Power(), "deed 0 was acknowledged, and is lost");
}

TEST_F(CrashModelTest, AHoleIsNoSuffix) {
  Records().resize(1);
  EXPECT_EQ(Power(), "deed 2 is there, but deed 1 before it is lost");
}

TEST_F(CrashModelTest, AGroupIsWholeOrNotThere) {
  Records().pop_back();
  EXPECT_EQ(Power(), "deed 1 is not whole");
  Records().erase(Records().begin() + 1);
  EXPECT_EQ(Power(), "deed 1 is not whole");
}

TEST_F(CrashModelTest, WhatWasUnderWayMayBeThereOnce) {
  Show(under_way_, 15);
  EXPECT_EQ(Kill(), "");
  Show(under_way_, 17);
  EXPECT_EQ(Kill(), "the record at 17 of book is there twice");
}

TEST_F(CrashModelTest, WhatWasUnderWayComesBehindAndTakesNoSeqnumThatWasTold) {
  Records("other").clear();
  Show(under_way_, 14);
  EXPECT_EQ(Power(), "deed 3 has a seqnum that had been told before");
}

TEST_F(CrashModelTest, WhatWasCalledNotWrittenNeverShowsUp) {
  Show(refused_, 15);
  EXPECT_EQ(Kill(), "deed 4 has shown up, and must not");
}

TEST_F(CrashModelTest, BytesTagsAndSeqnumsStayAsTheyWere) {
  const Observation good = seen_;
  Records()[0].data.back() ^= 1;
  EXPECT_EQ(Kill(), "the record at 10 of book was appended by nobody");
  seen_ = good;
  Records()[0].tags.emplace_back("more");
  EXPECT_EQ(Kill(), "the record at 10 of book has other tags than it should");
  seen_ = good;
  Records()[0].seqnum = 9;
  EXPECT_EQ(Kill(), "deed 0 is at another seqnum than was told");
  seen_ = good;
  std::swap(Records()[1], Records()[2]);
  EXPECT_EQ(Kill(), "the record at 11 of book is out of order");
  seen_ = good;
  Records("other") = {Records()[0]};
  EXPECT_EQ(Kill(), "the record at 10 of other is out of order") << "one seqnum, two records";
  seen_ = good;
  Records("other") = {{15, Records()[0].data, Records()[0].tags}};
  EXPECT_EQ(Kill(), "the record at 15 of other was appended by nobody") << "it is of another book";
}

TEST_F(CrashModelTest, ATrimThatWasAcknowledgedStaysAndOneUnderWayMay) {
  promise_.NotWritten(under_way_);
  const size_t trim = promise_.BeginTrim("book", 12);
  EXPECT_EQ(Kill(), "");
  seen_.books["book"].trimmed_before = 12;
  EXPECT_EQ(Kill(), "the record at 10 of book was trimmed");
  Records().erase(Records().begin(), Records().begin() + 2);
  EXPECT_EQ(Kill(), "");
  Acknowledge(trim, 0, true);
  EXPECT_EQ(Power(), "");
  seen_.books["book"].trimmed_before = 11;
  EXPECT_EQ(Kill(), "book is trimmed to 11, where nobody trimmed it; 2 records are there");
  seen_.books["book"].trimmed_before = 0;
  Records().clear();
  for (size_t deed = 0; deed < 2; ++deed) Show(deed, promise_.deed(deed).first_seqnum);
  EXPECT_EQ(Power(), "deed 5 was acknowledged, and is lost");
}

TEST_F(CrashModelTest, ATrimOfATagTakesTheTagOffItsRecordsAndNothingElse) {
  promise_.NotWritten(under_way_);
  const size_t trim = promise_.BeginTrimTag("book", "t", 12);
  promise_.Acknowledge(trim, 0, true);
  EXPECT_EQ(Kill(), "deed " + std::to_string(trim) + " was acknowledged, and is lost");
  seen_.books["book"].tag_marks["t"] = 12;
  EXPECT_EQ(Kill(), "the record at 10 of book has other tags than it should");
  for (TestRecord& record : Records()) {
    if (record.seqnum < 12) std::erase(record.tags, "t");
  }
  // Those that had no other tag are gone.
  std::erase_if(Records(), [](const TestRecord& record) { return record.tags.empty(); });
  EXPECT_EQ(Kill(), "");
  seen_.books["book"].tag_marks["a"] = 11;
  EXPECT_EQ(Kill(), "book is trimmed to 11 under a, and nobody did that");
}

TEST_F(CrashModelTest, ADropTakesAllInFrontOfItOrNothing) {
  promise_.NotWritten(under_way_);
  const size_t drop = promise_.BeginDrop("other", 15);
  EXPECT_EQ(Kill(), "") << "it did not take place";
  Records("other").clear();
  EXPECT_EQ(Kill(), "") << "it did";
  Acknowledge(drop, 0, true);
  EXPECT_EQ(Power(), "");
  Show(2, 14);
  EXPECT_EQ(Kill(), "deed 2 has shown up, and was dropped");
  Records("other").clear();
  Acknowledge(promise_.BeginAppend("other", 1, 20), 20, true);
  EXPECT_EQ(Kill(), "deed 6 was acknowledged, and is lost");
  Show(6, 20);
  EXPECT_EQ(Kill(), "");
}

TEST_F(CrashModelTest, ABookThatRetainsTrimsItselfAndKeepsWhatItIsToKeep) {
  promise_.NotWritten(under_way_);
  promise_.Retain("book", 2);
  seen_.books["book"].trimmed_before = 12;
  Records().erase(Records().begin(), Records().begin() + 2);
  EXPECT_EQ(Kill(), "");
  seen_.books["book"].trimmed_before = 13;
  Records().erase(Records().begin());
  EXPECT_EQ(Kill(), "book is trimmed to 13, where nobody trimmed it; 1 records are there");
}

TEST_F(CrashModelTest, WhatWasShownOnceIsPromisedAndWhatWasNotNeverComesBack) {
  Records("other").clear();  // the power went
  Promise before = promise_;
  promise_.SettleBy(seen_, true);
  EXPECT_EQ(Power(), "");
  Records().resize(1);
  EXPECT_EQ(Power(), "deed 1 was acknowledged, and is lost");
  EXPECT_EQ(Judge(before, seen_, Loss::kPower), "");
  Show(1, 11);
  Show(under_way_, 15);
  EXPECT_EQ(Power(), "deed 3 has shown up, and must not");
  Records().resize(4);
  Show(2, 14);
  EXPECT_EQ(Power(), "deed 2 has shown up, and must not");
  EXPECT_EQ(promise_.told_end(), 15U) << "its seqnum was told to somebody";
}

}  // namespace
}  // namespace daybook::test
