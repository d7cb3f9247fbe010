#include "log/book_list.h"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <utility>

namespace daybook {
namespace {

// About 0.1 ms of work under the lock.
constexpr uint64_t kBooksAtOnce = 4096;

bool ByName(const BookListing& one, const BookListing& other) { return one.name < other.name; }

bool Answers(const BookTable::Book& book, const BookQuery& query) {
  return book.named && std::string_view(book.name).starts_with(query.prefix) && book.name > query.after;
}

// Keeps the first `limit`, in no order.
void Cut(uint64_t limit, std::vector<BookListing>* books) {
  if (books->size() <= limit) return;
  std::nth_element(books->begin(), books->begin() + static_cast<std::ptrdiff_t>(limit), books->end(), ByName);
  books->resize(limit);
}

// Adds those with numbers from `first` on, a bounded number of them. False: there are no more.
bool AddSome(const LogState& state, const BookQuery& query, uint64_t first, std::vector<BookListing>* books) {
  const std::shared_lock lock(state.mutex);
  const uint64_t end = std::min(first + kBooksAtOnce, state.books.size() + 1);
  for (uint64_t number = first; number < end; ++number) {
    const BookTable::Book& book = *state.books.Find(number);
    if (Answers(book, query)) books->push_back({book.name, book.records, book.bytes, book.retention});
  }
  return end <= state.books.size();
}

}  // namespace

std::vector<BookListing> ListBooks(const LogState& state, const BookQuery& query) {
  std::vector<BookListing> books;
  uint64_t first = 1;
  for (bool more = query.limit > 0; more; first += kBooksAtOnce) {
    more = AddSome(state, query, first, &books);
    if (books.size() / 2 > query.limit) Cut(query.limit, &books);
  }
  Cut(query.limit, &books);
  std::sort(books.begin(), books.end(), ByName);
  return books;
}

}  // namespace daybook
