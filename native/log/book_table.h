// The books of a log: their numbers, names and trim marks.
//
// Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace daybook {

// Numbers are given from 1 on. 0 is no book.
class BookTable {
 public:
  // Names that one log, or one process that has it open, can hold.
  static constexpr uint64_t kBooksMax = uint64_t{1} << 24U;

  struct Book {
    std::string name;
    bool named = false;        // its name stands in the log
    uint64_t trim_before = 0;  // records below are trimmed; never falls
  };

  // The book's number; draws a new one if the name is new. 0 if there are kBooksMax.
  uint64_t Open(std::string_view name) {
    const auto found = numbers_.find(std::string(name));
    if (found != numbers_.end()) return found->second;
    if (books_.size() >= kBooksMax) return 0;
    books_.push_back({std::string(name), false, 0});
    numbers_.emplace(name, books_.size());
    return books_.size();
  }

  // A command of the log: `book` is called `name`. False if that contradicts what is known.
  [[nodiscard]] bool Name(uint64_t book, std::string_view name) {
    // Numbers may be missing: a name can be lost in a damaged batch.
    if (book == 0 || book > kBooksMax) return false;
    if (book > books_.size()) books_.resize(book);
    Book& entry = books_[book - 1];
    const auto found = numbers_.find(std::string(name));
    if (found != numbers_.end() && found->second != book) return false;
    if (!entry.name.empty() && entry.name != name) return false;
    entry.name = name;
    entry.named = true;
    numbers_[entry.name] = book;
    return true;
  }

  void Trim(uint64_t book, uint64_t before) {
    if (Book* entry = Find(book)) entry->trim_before = std::max(entry->trim_before, before);
  }

  [[nodiscard]] Book* Find(uint64_t book) {
    return book >= 1 && book <= books_.size() ? &books_[book - 1] : nullptr;
  }
  [[nodiscard]] const Book* Find(uint64_t book) const {
    return book >= 1 && book <= books_.size() ? &books_[book - 1] : nullptr;
  }
  [[nodiscard]] size_t size() const { return books_.size(); }

 private:
  std::vector<Book> books_;  // number - 1
  std::unordered_map<std::string, uint64_t> numbers_;
};

}  // namespace daybook
