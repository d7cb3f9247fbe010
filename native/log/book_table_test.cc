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
  books.Trim(99, 3);
  EXPECT_EQ(books.size(), 1u) << "a trim makes no book";
}

}  // namespace
}  // namespace daybook
