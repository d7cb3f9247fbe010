#include "log/book_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "log/test_support.h"

namespace daybook {
namespace {

std::vector<std::string> Names(const LogState& state, BookQuery query) {
  std::vector<std::string> names;
  for (const BookListing& book : ListBooks(state, query)) names.push_back(book.name);
  return names;
}

void Name(LogState* state, const std::string& name) {
  ASSERT_TRUE(state->books.Name(state->books.Open(name), name));
}

using Strings = std::vector<std::string>;

TEST(BookListTest, WhatDoesNotExistIsNotListed) {
  LogState state(0);
  EXPECT_EQ(Names(state, {"", "", 10}), Strings{});
  Name(&state, "b");
  (void)state.books.Open("only opened");
  Name(&state, "dropped");
  state.books.Drop(3, 1);
  Name(&state, "a");
  EXPECT_EQ(Names(state, {"", "", 10}), (Strings{"a", "b"}));
  Name(&state, "dropped");
  EXPECT_EQ(Names(state, {"", "", 10}), (Strings{"a", "b", "dropped"}));
}

TEST(BookListTest, WhatABookHoldsAndKeepsIsTold) {
  LogState state(0);
  Name(&state, "a");
  state.books.Count(1, 3, 100, 4);
  state.books.Retain(1, {1, 2, 3});
  const std::vector<BookListing> books = ListBooks(state, {"", "", 1});
  ASSERT_EQ(books.size(), 1u);
  EXPECT_EQ(books[0].records, 3u);
  EXPECT_EQ(books[0].bytes, 100u);
  EXPECT_EQ(books[0].retention, (Retention{1, 2, 3}));
}

TEST(BookListTest, PagesOfAnySizeAddUpToTheSortedNames) {
  testing_support::Chance chance;
  LogState state(0);
  Strings all;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = std::to_string(i * 7919 % 10'007) + (i % 3 == 0 ? "\xff" : "é");
    Name(&state, name);
    all.push_back(name);
  }
  std::sort(all.begin(), all.end());
  for (const std::string& prefix : {std::string(), std::string("12"), std::string("nothing")}) {
    Strings wanted;
    for (const std::string& name : all) {
      if (name.starts_with(prefix)) wanted.push_back(name);
    }
    for (const uint64_t limit : {uint64_t{1} + chance.Below(300), uint64_t{5000}, UINT64_MAX}) {
      Strings found;
      while (found.size() <= wanted.size()) {
        const Strings page = Names(state, {prefix, found.empty() ? "" : found.back(), limit});
        if (page.empty()) break;
        EXPECT_LE(page.size(), limit);
        found.insert(found.end(), page.begin(), page.end());
      }
      EXPECT_EQ(found, wanted) << "prefix " << prefix << ", limit " << limit;
    }
  }
  EXPECT_EQ(Names(state, {"", "", 0}), Strings{});
}

}  // namespace
}  // namespace daybook
