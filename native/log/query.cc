#include "log/query.h"

#include <algorithm>

namespace daybook {
namespace {

enum Kind : uint8_t { kWholeBook = 0, kTag = 1, kAllOf = 2, kAnyOf = 3 };

bool ReadTag(ByteReader* reader, std::string_view* tag) {
  uint8_t length = 0;
  std::span<const std::byte> bytes;
  if (!reader->ReadU8(&length) || length == 0 || !reader->ReadBytes(length, &bytes)) return false;
  *tag = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  return true;
}

bool ReadCount(ByteReader* reader, uint64_t* count) {
  return reader->ReadVarint(count) && *count >= 1 && *count <= kQueryTermsMax;
}

bool ReadTerm(ByteReader* reader, Query::Term* term) {
  uint64_t count = 0;
  if (!ReadCount(reader, &count)) return false;
  term->resize(count);
  return std::all_of(term->begin(), term->end(),
                     [&](std::string_view& tag) { return ReadTag(reader, &tag); });
}

}  // namespace

bool Query::Matches(const RecordView& record) const {
  if (whole_book) return true;
  return std::any_of(terms.begin(), terms.end(), [&](const Term& term) {
    return std::all_of(term.begin(), term.end(), [&](std::string_view tag) { return HasTag(record, tag); });
  });
}

bool DecodeQuery(ByteReader* reader, Query* query) {
  uint8_t kind = 0;
  uint64_t count = 0;
  query->whole_book = false;
  query->terms.clear();
  if (!reader->ReadU8(&kind)) return false;
  switch (kind) {
    case kWholeBook:
      query->whole_book = true;
      return true;
    case kTag:
      query->terms.assign(1, Query::Term(1));
      return ReadTag(reader, &query->terms[0][0]);
    case kAllOf:
      query->terms.resize(1);
      return ReadTerm(reader, &query->terms[0]);
    case kAnyOf:
      if (!ReadCount(reader, &count)) return false;
      query->terms.resize(count);
      return std::all_of(query->terms.begin(), query->terms.end(),
                         [&](Query::Term& term) { return ReadTerm(reader, &term); });
    default:
      return false;
  }
}

bool DecodeQuery(std::span<const std::byte> bytes, Query* query) {
  ByteReader reader(bytes);
  return DecodeQuery(&reader, query) && reader.remaining() == 0;
}

void QueryCopy::Take(const Query& query) {
  query_ = query;
  tags_.clear();
  size_t count = 0;
  for (const Query::Term& term : query.terms) count += term.size();
  tags_.reserve(count);  // the views stay good
  for (Query::Term& term : query_.terms) {
    for (std::string_view& tag : term) tag = tags_.emplace_back(tag);
  }
}

bool DecodeConditions(std::span<const std::byte> bytes, std::vector<Condition>* conditions) {
  ByteReader reader(bytes);
  uint64_t count = 0;
  if (!reader.ReadVarint(&count) || count == 0 || count > kConditionsMax) return false;
  conditions->resize(count);
  for (Condition& condition : *conditions) {
    if (!reader.ReadVarint(&condition.after_plus_one) || !DecodeQuery(&reader, &condition.query))
      return false;
  }
  return reader.remaining() == 0;
}

}  // namespace daybook
