#include "log/book_table.h"

#include <algorithm>
#include <functional>

namespace daybook {
namespace {

constexpr size_t kSlotsMin = 64;

}  // namespace

const BookTable::Book* BookTable::Find(uint64_t book) const {
  static const Book unknown;
  if (book == 0 || book > size_) return nullptr;
  const std::shared_ptr<Chunk>& chunk = chunks_[(book - 1) / kChunk];
  return chunk == nullptr ? &unknown : &(*chunk)[(book - 1) % kChunk];
}

BookTable::Book* BookTable::Mutable(uint64_t book) {
  if (book == 0 || book > size_) return nullptr;
  std::shared_ptr<Chunk>& chunk = chunks_[(book - 1) / kChunk];
  if (chunk == nullptr) {
    chunk = std::make_shared<Chunk>();
  } else if (chunk.use_count() > 1) {
    chunk = std::make_shared<Chunk>(*chunk);
  }
  return &(*chunk)[(book - 1) % kChunk];
}

void BookTable::Reserve(uint64_t number) {
  if (number > kBooksMax || number <= size_) return;
  size_ = number;
  chunks_.resize((size_ + kChunk - 1) / kChunk);
}

size_t BookTable::SlotOf(std::string_view name) const {
  const size_t mask = numbers_.size() - 1;
  size_t slot = std::hash<std::string_view>{}(name)&mask;
  while (numbers_[slot] != 0 && Find(numbers_[slot])->name != name) slot = (slot + 1) & mask;
  return slot;
}

uint64_t BookTable::NumberOf(std::string_view name) const {
  return numbers_.empty() ? 0 : numbers_[SlotOf(name)];
}

// The name of the book can be looked up from now on.
void BookTable::Remember(uint64_t book) {
  if ((names_ + 1) * 3 > numbers_.size() * 2) Grow();
  numbers_[SlotOf(Find(book)->name)] = static_cast<uint32_t>(book);
  ++names_;
}

void BookTable::Grow() {
  std::vector<uint32_t> old(std::max(kSlotsMin, numbers_.size() * 2));
  old.swap(numbers_);
  for (const uint32_t book : old) {
    if (book != 0) numbers_[SlotOf(Find(book)->name)] = book;
  }
}

uint64_t BookTable::Open(std::string_view name) {
  if (const uint64_t known = NumberOf(name); known != 0) return known;
  if (size_ >= kBooksMax) return 0;
  Reserve(size_ + 1);
  Mutable(size_)->name = name;
  Remember(size_);
  return size_;
}

bool BookTable::Name(uint64_t book, std::string_view name) {
  // Numbers may be missing: a name can be lost in a damaged batch.
  if (book == 0 || book > kBooksMax || name.empty()) return false;
  const uint64_t number = NumberOf(name);
  if (number != 0 && number != book) return false;
  const Book* known = Find(book);
  if (known != nullptr && !known->name.empty() && known->name != name) return false;
  Reserve(book);
  Book* entry = Mutable(book);
  entry->named = true;
  if (number == book) return true;
  entry->name = name;
  Remember(book);
  return true;
}

void BookTable::Drop(uint64_t book, uint64_t before) {
  Book* entry = Mutable(book);
  if (entry == nullptr) return;
  entry->named = false;
  entry->retention = {};
  Trim(book, before);
}

void BookTable::Trim(uint64_t book, uint64_t before) {
  if (const Book* known = Find(book); known == nullptr || known->trim_before >= before) return;
  Book* entry = Mutable(book);
  entry->trim_before = before;
  // Of a book that counts nothing all has left the count, whatever the index still shows of it.
  if (entry->records == 0) entry->counted_before = before;
}

void BookTable::TrimTag(uint64_t book, uint64_t before) {
  if (const Book* known = Find(book); known == nullptr || known->tag_trim_before >= before) return;
  Mutable(book)->tag_trim_before = before;
}

void BookTable::Retain(uint64_t book, const Retention& retention) {
  if (Book* entry = Mutable(book)) entry->retention = retention;
}

void BookTable::Count(uint64_t book, uint64_t records, uint64_t bytes, uint64_t end) {
  Reserve(book);
  Book* entry = Mutable(book);
  if (entry == nullptr) return;
  entry->records += records;
  entry->bytes += bytes;
  entry->end = std::max(entry->end, end);
}

void BookTable::Uncount(uint64_t book, uint64_t before, uint64_t records, uint64_t bytes) {
  Book* entry = Mutable(book);
  if (entry == nullptr) return;
  entry->records -= std::min(entry->records, records);
  entry->bytes -= std::min(entry->bytes, bytes);
  entry->counted_before = std::max(entry->counted_before, before);
}

bool BookTable::Restore(uint64_t book, const Book& restored) {
  if (book == 0 || book > kBooksMax) return false;
  if (restored.named && !Name(book, restored.name)) return false;
  Reserve(book);
  Book* entry = Mutable(book);
  entry->trim_before = std::max(entry->trim_before, restored.trim_before);
  entry->retention = restored.retention;
  entry->end = std::max(entry->end, restored.end);
  entry->records = restored.records;
  entry->bytes = restored.bytes;
  entry->counted_before = restored.counted_before;
  return true;
}

void BookTable::ForgetCounts() {
  for (uint64_t number = 1; number <= size_; ++number) {
    const Book* book = Find(number);
    if (book == nullptr || (book->records == 0 && book->counted_before >= book->trim_before)) continue;
    Book* entry = Mutable(number);
    entry->records = entry->bytes = 0;
    entry->counted_before = std::max(entry->counted_before, entry->trim_before);
  }
}

BookTable BookTable::Snapshot() const {
  BookTable copy;
  copy.chunks_ = chunks_;
  copy.size_ = size_;
  return copy;
}

}  // namespace daybook
