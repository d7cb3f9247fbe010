#include "log/book_table.h"

#include <algorithm>

namespace daybook {

const BookTable::Book* BookTable::Find(uint64_t book) const {
  static const Book kUnknown;
  if (book == 0 || book > size_) return nullptr;
  const std::shared_ptr<Chunk>& chunk = chunks_[(book - 1) / kChunk];
  return chunk == nullptr ? &kUnknown : &(*chunk)[(book - 1) % kChunk];
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

uint64_t BookTable::Open(std::string_view name) {
  const auto found = numbers_.find(std::string(name));
  if (found != numbers_.end()) return found->second;
  if (size_ >= kBooksMax) return 0;
  Reserve(size_ + 1);
  Mutable(size_)->name = name;
  numbers_.emplace(name, size_);
  return size_;
}

bool BookTable::Name(uint64_t book, std::string_view name) {
  // Numbers may be missing: a name can be lost in a damaged batch.
  if (book == 0 || book > kBooksMax) return false;
  const auto found = numbers_.find(std::string(name));
  if (found != numbers_.end() && found->second != book) return false;
  const Book* known = Find(book);
  if (known != nullptr && !known->name.empty() && known->name != name) return false;
  Reserve(book);
  Book* entry = Mutable(book);
  entry->name = name;
  entry->named = true;
  numbers_[entry->name] = book;
  return true;
}

void BookTable::Drop(uint64_t book, uint64_t before) {
  Book* entry = Mutable(book);
  if (entry == nullptr) return;
  entry->named = false;
  entry->retention = {};
  entry->trim_before = std::max(entry->trim_before, before);
}

void BookTable::Trim(uint64_t book, uint64_t before) {
  if (const Book* known = Find(book); known == nullptr || known->trim_before >= before) return;
  Mutable(book)->trim_before = before;
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
  if (entry->records == 0 && entry->counted_before == 0) {
    entry->records = restored.records;
    entry->bytes = restored.bytes;
    entry->counted_before = restored.counted_before;
  }
  return true;
}

BookTable BookTable::Snapshot() const {
  BookTable copy;
  copy.chunks_ = chunks_;
  copy.size_ = size_;
  return copy;
}

}  // namespace daybook
