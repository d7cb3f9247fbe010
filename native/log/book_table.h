// The books of a log: their numbers, names, trim marks, retention, and how much they hold.
//
// Not synchronised: its owner lets one thread write, or many read. A copy is cheap and stays as it
// is: books lie in chunks that copies share until one of them is written to.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace daybook {

// What a book keeps by itself; 0 stands for no limit.
struct Retention {
  uint64_t max_age_ms = 0;
  uint64_t max_bytes = 0;  // of encoded records
  uint64_t max_records = 0;
  [[nodiscard]] bool any() const { return max_age_ms != 0 || max_bytes != 0 || max_records != 0; }
  bool operator==(const Retention&) const = default;
};

// Numbers are given from 1 on and belong to one name for ever. 0 is no book.
class BookTable {
 public:
  // Names that one log, or one process that has it open, can hold.
  static constexpr uint64_t kBooksMax = uint64_t{1} << 24U;

  struct Book {
    std::string name;              // empty: not known
    bool named = false;            // its name stands in the log: the book exists
    uint64_t trim_before = 0;      // records below are trimmed; never falls
    uint64_t tag_trim_before = 0;  // the highest mark of its tags (log/tag_trims.h)
    Retention retention;
    // Records at or above counted_before, and their encoded bytes. Those below have left the count:
    // counted_before follows trim_before, in the background.
    uint64_t records = 0;
    uint64_t bytes = 0;
    uint64_t counted_before = 0;
    uint64_t end = 0;  // its last record's seqnum + 1
  };

  // The book's number; draws a new one if the name is new. 0 if there are kBooksMax.
  uint64_t Open(std::string_view name);

  // A command of the log: `book` is called `name`. False if that contradicts what is known.
  [[nodiscard]] bool Name(uint64_t book, std::string_view name);
  // A command of the log: what the book holds is trimmed below `before`, and it exists no more until
  // it is named again. In this process the name keeps its number.
  void Drop(uint64_t book, uint64_t before);
  void Trim(uint64_t book, uint64_t before);
  // One of its tags is trimmed below `before`.
  void TrimTag(uint64_t book, uint64_t before);
  void Retain(uint64_t book, const Retention& retention);
  void Count(uint64_t book, uint64_t records, uint64_t bytes, uint64_t end);
  // `records` of the book below `before` have left the count.
  void Uncount(uint64_t book, uint64_t before, uint64_t records, uint64_t bytes);

  [[nodiscard]] const Book* Find(uint64_t book) const;
  // The number of a name that has one; 0: it has none.
  [[nodiscard]] uint64_t NumberOf(std::string_view name) const;
  // Numbers given so far are at most this.
  [[nodiscard]] uint64_t size() const { return size_; }
  // Numbers up to `number` are taken, whether they are known or not.
  void Reserve(uint64_t number);

  // What a checkpoint or a state frame tells of a book: marks only grow, counts are as told. False if that
  // contradicts what is known.
  [[nodiscard]] bool Restore(uint64_t book, const Book& restored);
  // Before all that exists is restored: no book holds anything, and what is trimmed is counted.
  void ForgetCounts();

  // Calls `visit(number, book)` for each book that is known, ascending.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (chunks_[i] == nullptr) continue;
      for (size_t k = 0; k < kChunk; ++k) {
        const Book& book = (*chunks_[i])[k];
        if (!book.name.empty() || book.trim_before != 0 || book.end != 0)
          visit(static_cast<uint64_t>(i * kChunk + k + 1), book);
      }
    }
  }

  // The books alone: it answers everything but Open, Name and NumberOf.
  [[nodiscard]] BookTable Snapshot() const;

 private:
  static constexpr size_t kChunk = 64;
  using Chunk = std::array<Book, kChunk>;

  Book* Mutable(uint64_t book);  // null: not a number that is given

  // Where the name stands in numbers_, or the free slot where it would.
  [[nodiscard]] size_t SlotOf(std::string_view name) const;
  void Remember(uint64_t book);
  void Grow();

  std::vector<std::shared_ptr<Chunk>> chunks_;  // null: none of its books is known
  uint64_t size_ = 0;
  // Numbers of books by the hash of their names, which stand in the chunks; 0: free. Open addressing,
  // linear probing; a power of two, at most two thirds full. A name never leaves.
  std::vector<uint32_t> numbers_;
  size_t names_ = 0;
};

}  // namespace daybook
