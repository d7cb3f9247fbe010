#include "log/book_table.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

TEST(BookTableTest, ANameHasOneNumberFromOneOn) {
  BookTable books;
  EXPECT_EQ(books.Open("orders"), 1u);
  EXPECT_EQ(books.Open("users"), 2u);
  EXPECT_EQ(books.Open("orders"), 1u);
  EXPECT_EQ(books.size(), 2u);
  EXPECT_EQ(books.Find(0), nullptr);
  EXPECT_EQ(books.Find(3), nullptr);
  EXPECT_EQ(books.Find(2)->name, "users");
}

TEST(BookTableTest, ANumberDrawnInMemoryIsNotYetNamedInTheLog) {
  BookTable books;
  const uint64_t book = books.Open("orders");
  EXPECT_FALSE(books.Find(book)->named);
  EXPECT_TRUE(books.Name(book, "orders"));
  EXPECT_TRUE(books.Find(book)->named);
  EXPECT_TRUE(books.Name(book, "orders")) << "said twice is no contradiction";
}

TEST(BookTableTest, ANameNeverMovesAndANumberIsNeverRenamed) {
  BookTable books;
  ASSERT_TRUE(books.Name(1, "orders"));
  EXPECT_FALSE(books.Name(2, "orders"));
  EXPECT_FALSE(books.Name(1, "users"));
  EXPECT_FALSE(books.Name(0, "zero"));
  EXPECT_EQ(books.Open("orders"), 1u);
  EXPECT_EQ(books.Find(1)->name, "orders");
  EXPECT_NE(books.Open("users"), 1u);
}

TEST(BookTableTest, ANumberWhoseNameWasLostIsNeverGivenToAnotherName) {
  BookTable books;
  ASSERT_TRUE(books.Name(3, "third"));
  EXPECT_EQ(books.size(), 3u);
  EXPECT_FALSE(books.Find(1)->named);
  EXPECT_EQ(books.Open("new"), 4u);
  EXPECT_TRUE(books.Name(1, "first"));
  EXPECT_EQ(books.Open("first"), 1u);
}

TEST(BookTableTest, AnAbsurdNumberDoesNotEatTheMemory) {
  BookTable books;
  EXPECT_FALSE(books.Name(UINT64_MAX, "a"));
  EXPECT_FALSE(books.Name(uint64_t{1} << 40U, "a"));
  EXPECT_EQ(books.size(), 0u);
}

TEST(BookTableTest, ATrimMarkNeverFalls) {
  BookTable books;
  const uint64_t book = books.Open("orders");
  books.Trim(book, 10);
  books.Trim(book, 5);
  EXPECT_EQ(books.Find(book)->trim_before, 10u);
  books.Trim(book, 11);
  EXPECT_EQ(books.Find(book)->trim_before, 11u);
  books.Drop(book, 9);
  EXPECT_EQ(books.Find(book)->trim_before, 11u);
  books.Trim(99, 3);
  EXPECT_EQ(books.size(), 1u) << "a trim makes no book";
}

TEST(BookTableTest, ADroppedBookKeepsItsNumberAndIsMadeAnewByItsName) {
  BookTable books;
  const uint64_t book = books.Open("orders");
  ASSERT_TRUE(books.Name(book, "orders"));
  books.Retain(book, {0, 0, 5});
  books.Drop(book, 7);
  EXPECT_FALSE(books.Find(book)->named);
  EXPECT_EQ(books.Find(book)->trim_before, 7u);
  EXPECT_FALSE(books.Find(book)->retention.any());
  EXPECT_EQ(books.Open("orders"), book);
  EXPECT_TRUE(books.Name(book, "orders"));
  EXPECT_EQ(books.Find(book)->trim_before, 7u) << "what was dropped stays away";
}

TEST(BookTableTest, EachOfAHundredThousandNamesHasItsOwnNumberHoweverItCameToIt) {
  BookTable books;
  for (uint64_t i = 1; i <= 100'000; ++i) {
    // Some are told by the log, out of turn; the others are drawn.
    if (i % 10 == 0) {
      ASSERT_TRUE(books.Name(books.size() + 3, "told " + std::to_string(i)));
    }
    const uint64_t drawn = books.Open("drawn " + std::to_string(i));
    ASSERT_EQ(books.Find(drawn)->name, "drawn " + std::to_string(i));
  }
  EXPECT_EQ(books.NumberOf("drawn 1"), 1u);
  EXPECT_EQ(books.NumberOf("never"), 0u);
  EXPECT_EQ(books.NumberOf(""), 0u);
  uint64_t count = 0;
  books.ForEach([&](uint64_t number, const BookTable::Book& book) {
    EXPECT_EQ(books.NumberOf(book.name), number);
    ++count;
  });
  EXPECT_EQ(count, 110'000u);
  EXPECT_FALSE(books.Name(1, ""));
}

TEST(BookTableTest, ASnapshotStaysAsItIs) {
  BookTable books;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(books.Name(books.Open(std::to_string(i)), std::to_string(i)));
  const BookTable snapshot = books.Snapshot();
  books.Trim(500, 9);
  books.Count(501, 3, 30, 9);
  EXPECT_EQ(books.Open("new"), 1001u);
  EXPECT_EQ(snapshot.size(), 1000u);
  EXPECT_EQ(snapshot.Find(500)->trim_before, 0u);
  EXPECT_EQ(snapshot.Find(501)->records, 0u);
  EXPECT_EQ(books.Find(500)->trim_before, 9u);
  uint64_t count = 0;
  snapshot.ForEach([&](uint64_t number, const BookTable::Book& book) {
    EXPECT_EQ(book.name, std::to_string(number - 1));
    ++count;
  });
  EXPECT_EQ(count, 1000u);
}

}  // namespace
}  // namespace daybook
