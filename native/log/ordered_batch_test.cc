#include "log/ordered_batch.h"

#include <gtest/gtest.h>

#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

const HashSeed kSeed = ExampleIdentity().hash_seed();

void Add(OrderedBatch* batch, const TestRecord& made, uint32_t offset) {
  const ByteVector bytes = EncodedRecord(made);
  RecordView record;
  ASSERT_EQ(ParseRecord(bytes, &record), ParseResult::kOk);
  batch->Add(kSeed, record, offset);
}

TEST(OrderedBatchTest, ARecordIsPostedToItsBookAndUnderEachOfItsTags) {
  OrderedBatch batch;
  Add(&batch, {7, {"a", "b"}, "data"}, 176);
  Add(&batch, {8, {"a"}, "data"}, 200);
  batch.Place(1000);
  EXPECT_EQ(batch.first_seqnum, 1000u);
  EXPECT_EQ(batch.offsets, (std::vector<uint32_t>{176, 200}));
  using Pairs = std::vector<std::pair<uint64_t, uint64_t>>;
  const auto pairs = [](const std::vector<Posting>& postings) {
    Pairs result;
    for (const Posting& posting : postings) result.emplace_back(posting.stream, posting.seqnum);
    return result;
  };
  EXPECT_EQ(pairs(batch.postings), (Pairs{{StreamOf(kSeed, 7, "a"), 1000},
                                          {StreamOf(kSeed, 7, "b"), 1000},
                                          {StreamOf(kSeed, 8, "a"), 1001}}));
  EXPECT_EQ(pairs(batch.book_postings), (Pairs{{7, 1000}, {8, 1001}})) << "whole books, by their own number";
}

TEST(OrderedBatchTest, TheSameTagInTwoBooksIsTwoStreams) {
  EXPECT_NE(StreamOf(kSeed, 1, "a"), StreamOf(kSeed, 2, "a"));
  EXPECT_NE(StreamOf(kSeed, 1, "a"), StreamOf({kSeed.k0, kSeed.k1 + 1}, 1, "a"))
      << "another log, other hashes";
}

TEST(OrderedBatchTest, AStreamHoldsARecordOnceThoughATagOccursTwice) {
  // Writers merge duplicates; two tags with one hash look the same from here.
  OrderedBatch batch;
  Add(&batch, {1, {"a", "a", "b", "a"}, ""}, 0);
  Add(&batch, {1, {"a"}, ""}, 20);
  ASSERT_EQ(batch.postings.size(), 2u + 1);
  TagIndex index;
  batch.Place(5);
  for (const Posting& posting : batch.postings) index.Add(posting.stream, posting.seqnum);
  const TagIndex::Stream found = index.Find(StreamOf(kSeed, 1, "a"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], 5u);
  EXPECT_EQ(found[1], 6u);
}

TEST(OrderedBatchTest, HashesOfTagsArePartOfTheFormatAndNeverChange) {
  // SipHash-1-3 under "fedcba9876543210" of the book's number (u64) and the tag.
  EXPECT_EQ(StreamOf(kSeed, 1, "order:9"), 0xcb73db4c64d8f726u);
}

}  // namespace
}  // namespace daybook
