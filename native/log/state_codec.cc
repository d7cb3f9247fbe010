#include "log/state_codec.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "base/coding.h"
#include "log/identity.h"
#include "log/metalog_entry.h"

namespace daybook {
namespace {

enum Field : uint64_t { kName = 1, kTrim = 2, kRetention = 3, kEnd = 4, kCount = 64 };

void PutField(uint64_t kind, std::span<const std::byte> body, std::vector<std::byte>* out) {
  ByteWriter writer(out);
  writer.PutVarint(kind);
  writer.PutVarint(body.size());
  writer.PutBytes(body);
}

void EncodeBook(const BookTable::Book& book, std::vector<std::byte>* out) {
  if (book.named) PutField(kName, std::as_bytes(std::span(book.name)), out);
  std::vector<std::byte> body;
  if (book.trim_before > 0) {
    PutVarint(&body, book.trim_before);
    PutField(kTrim, body, out);
  }
  if (book.retention.any()) {
    body.clear();
    EncodeRetention(book.retention, &body);
    PutField(kRetention, body, out);
  }
  if (book.end > 0) {
    body.clear();
    PutVarint(&body, book.end);
    PutField(kEnd, body, out);
  }
  if (book.records > 0 || book.counted_before > 0) {
    body.clear();
    PutVarint(&body, book.records);
    PutVarint(&body, book.bytes);
    PutVarint(&body, book.counted_before);
    PutField(kCount, body, out);
  }
}

ParseResult DecodeField(uint64_t kind, std::span<const std::byte> body, BookTable::Book* book) {
  ByteReader reader(body);
  bool good = true;
  switch (kind) {
    case kName:
      good = !body.empty() && body.size() <= kBookNameBytesMax && reader.Skip(body.size());
      book->name.assign(reinterpret_cast<const char*>(body.data()), body.size());
      book->named = true;
      break;
    case kTrim:
      good = reader.ReadVarint(&book->trim_before);
      break;
    case kRetention:
      good = DecodeRetention(&reader, &book->retention);
      break;
    case kEnd:
      good = reader.ReadVarint(&book->end);
      break;
    case kCount:
      good = reader.ReadVarint(&book->records) && reader.ReadVarint(&book->bytes) &&
             reader.ReadVarint(&book->counted_before);
      break;
    default:
      return kind < kKindSkippable ? ParseResult::kNewer : ParseResult::kOk;
  }
  return good && reader.remaining() == 0 ? ParseResult::kOk : ParseResult::kDamaged;
}

void EncodeBooks(const BookTable& books, std::vector<std::byte>* out) {
  PutVarint(out, books.size());
  uint64_t count = 0;
  const auto told = [&](const BookTable::Book& book) { return book.named || book.records > 0; };
  books.ForEach([&](uint64_t, const BookTable::Book& book) { count += told(book) ? 1 : 0; });
  PutVarint(out, count);
  uint64_t before = 0;
  std::vector<std::byte> body;
  books.ForEach([&](uint64_t number, const BookTable::Book& book) {
    if (!told(book)) return;
    body.clear();
    EncodeBook(book, &body);
    PutVarint(out, number - before);
    PutVarint(out, body.size());
    ByteWriter(out).PutBytes(body);
    before = number;
  });
}

ParseResult DecodeBooks(ByteReader* reader, BookTable* books) {
  uint64_t size = 0;
  uint64_t count = 0;
  if (!reader->ReadVarint(&size) || size > BookTable::kBooksMax || !reader->ReadVarint(&count) ||
      count > size)
    return ParseResult::kDamaged;
  books->ForgetCounts();
  books->Reserve(size);
  uint64_t number = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t delta = 0;
    uint64_t body_size = 0;
    std::span<const std::byte> body;
    if (!reader->ReadVarint(&delta) || delta == 0 || delta > size - number ||
        !reader->ReadVarint(&body_size) || !reader->ReadBytes(body_size, &body)) {
      return ParseResult::kDamaged;
    }
    number += delta;
    BookTable::Book book;
    ByteReader fields(body);
    while (fields.remaining() > 0) {
      uint64_t kind = 0;
      uint64_t field_size = 0;
      std::span<const std::byte> field;
      if (!fields.ReadVarint(&kind) || !fields.ReadVarint(&field_size) ||
          !fields.ReadBytes(field_size, &field))
        return ParseResult::kDamaged;
      if (const ParseResult result = DecodeField(kind, field, &book); result != ParseResult::kOk)
        return result;
    }
    if (!books->Restore(number, book)) return ParseResult::kDamaged;
  }
  return ParseResult::kOk;
}

void EncodeKeys(std::span<const RememberedKey> keys, std::vector<std::byte>* out) {
  ByteWriter writer(out);
  writer.PutVarint(keys.size());
  uint64_t seqnum = 0;
  uint64_t timestamp = 0;
  for (const RememberedKey& key : keys) {
    writer.PutVarint(key.book);
    writer.PutU64(key.hash.high);
    writer.PutU64(key.hash.low);
    writer.PutVarint(key.seqnum - seqnum);
    writer.PutVarint(key.timestamp - timestamp);
    writer.PutVarint(key.records);
    seqnum = key.seqnum;
    timestamp = key.timestamp;
  }
}

bool DecodeKeys(ByteReader* reader, KeyTable* keys) {
  uint64_t count = 0;
  if (!reader->ReadVarint(&count) || count > KeyTable::kKeysMax) return false;
  RememberedKey key;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t book = 0;
    uint64_t seqnum = 0;
    uint64_t timestamp = 0;
    uint64_t records = 0;
    if (!reader->ReadVarint(&book) || book == 0 || book > BookTable::kBooksMax ||
        !reader->ReadU64(&key.hash.high) || !reader->ReadU64(&key.hash.low) || !reader->ReadVarint(&seqnum) ||
        (i > 0 && seqnum == 0) || seqnum >= kSeqnumEnd - key.seqnum || !reader->ReadVarint(&timestamp) ||
        timestamp > UINT64_MAX - key.timestamp || !reader->ReadVarint(&records) || records == 0 ||
        records > UINT32_MAX) {
      return false;
    }
    key.book = static_cast<uint32_t>(book);
    key.seqnum += seqnum;
    key.timestamp += timestamp;
    key.records = static_cast<uint32_t>(records);
    keys->Remember(key);
  }
  return true;
}

void EncodeTagMarks(std::span<const TagMark> marks, std::vector<std::byte>* out) {
  ByteWriter writer(out);
  writer.PutVarint(marks.size());
  uint64_t book = 0;
  for (const TagMark& mark : marks) {
    writer.PutVarint(mark.book - book);
    writer.PutU64(mark.tag.high);
    writer.PutU64(mark.tag.low);
    writer.PutVarint(mark.before);
    writer.PutVarint(mark.before - std::min(mark.before, mark.counted_before));
    book = mark.book;
  }
}

bool DecodeTagMarks(ByteReader* reader, std::vector<TagMark>* marks) {
  uint64_t count = 0;
  if (!reader->ReadVarint(&count) || count == 0 || count > reader->remaining()) return false;
  TagMark mark;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t delta = 0;
    uint64_t uncounted = 0;
    if (!reader->ReadVarint(&delta) || delta > BookTable::kBooksMax - mark.book ||
        !reader->ReadU64(&mark.tag.high) || !reader->ReadU64(&mark.tag.low) ||
        !reader->ReadVarint(&mark.before) || mark.before == 0 || mark.before > kSeqnumEnd ||
        !reader->ReadVarint(&uncounted) || uncounted > mark.before) {
      return false;
    }
    mark.book += delta;
    if (mark.book == 0) return false;
    mark.counted_before = mark.before - uncounted;
    marks->push_back(mark);
  }
  return true;
}

}  // namespace

void EncodeState(const BookTable& books, std::span<const RememberedKey> keys, std::vector<TagMark> tag_marks,
                 std::vector<std::byte>* out) {
  std::sort(tag_marks.begin(), tag_marks.end(), [](const TagMark& a, const TagMark& b) {
    return std::tie(a.book, a.tag.high, a.tag.low) < std::tie(b.book, b.tag.high, b.tag.low);
  });
  EncodeBooks(books, out);
  if (!keys.empty() || !tag_marks.empty()) EncodeKeys(keys, out);
  if (!tag_marks.empty()) EncodeTagMarks(tag_marks, out);
}

ParseResult DecodeState(std::span<const std::byte> bytes, BookTable* books, KeyTable* keys,
                        std::vector<TagMark>* tag_marks) {
  ByteReader reader(bytes);
  if (const ParseResult result = DecodeBooks(&reader, books); result != ParseResult::kOk) return result;
  keys->Clear();
  tag_marks->clear();
  if (reader.remaining() == 0) return ParseResult::kOk;
  const bool good = DecodeKeys(&reader, keys) &&
                    (reader.remaining() == 0 ? keys->size() > 0 : DecodeTagMarks(&reader, tag_marks));
  if (!good || reader.remaining() != 0) return ParseResult::kDamaged;
  for (const TagMark& mark : *tag_marks) {
    books->Reserve(mark.book);
    books->TrimTag(mark.book, mark.before);
  }
  return ParseResult::kOk;
}

}  // namespace daybook
