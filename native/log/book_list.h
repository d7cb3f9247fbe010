// Lists the books of a log that exist.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "log/book_table.h"
#include "log/log_state.h"

namespace daybook {

struct BookListing {
  std::string name;
  uint64_t records = 0;
  uint64_t bytes = 0;  // of its encoded records
  Retention retention;
};

struct BookQuery {
  std::string prefix;
  std::string after;  // only names behind it; empty: all, since no name is empty
  uint64_t limit = 0;
};

// The first `limit` books that answer the query, by the bytes of their names. The lock is held for
// a bounded number of books at a time, so a book that comes or goes meanwhile is listed or not.
std::vector<BookListing> ListBooks(const LogState& state, const BookQuery& query);

}  // namespace daybook
