// Queries over tags: which records of a book are meant. Bytes and meaning; docs/formats/frame.md,
// "selector". Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/coding.h"
#include "log/record_codec.h"

namespace daybook {

inline constexpr size_t kQueryTermsMax = 64;

// A record matches if it has all tags of any of the terms. Views into the bytes that it was decoded from.
struct Query {
  using Term = std::vector<std::string_view>;
  bool whole_book = false;  // then there are no terms: every record matches
  std::vector<Term> terms;  // 1 to kQueryTermsMax, each of 1 to kQueryTermsMax tags

  [[nodiscard]] bool Matches(const RecordView& record) const;
};

// Takes one selector off the front. False if the bytes are not one.
[[nodiscard]] bool DecodeQuery(ByteReader* reader, Query* query);
// The bytes are one selector and nothing else.
[[nodiscard]] bool DecodeQuery(std::span<const std::byte> bytes, Query* query);

// A query that keeps its tags.
class QueryCopy {
 public:
  void Take(const Query& query);
  [[nodiscard]] const Query& query() const { return query_; }

 private:
  Query query_;
  std::vector<std::string> tags_;
};

// `after_plus_one`: 0 stands for -1, "no matching record at all".
struct Condition {
  uint64_t after_plus_one = 0;
  Query query;
};

inline constexpr size_t kConditionsMax = 64;

// The conditions of a group, as they stand in its extras; docs/formats/frame.md. False if the bytes are not
// that.
[[nodiscard]] bool DecodeConditions(std::span<const std::byte> bytes, std::vector<Condition>* conditions);

}  // namespace daybook
