// Walks the streams of a query's tags together, so that the cost follows the rarest tag: each stream is
// asked for the first seqnum at or behind the candidate of the others (leapfrog join; Veldhuizen,
// "Leapfrog Triejoin", ICDT 2014, section 3). What it finds are candidates: streams are known by a hash of
// their tags, so the record decides.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "daybook/status.h"
#include "log/index_run.h"
#include "log/mem_table.h"
#include "log/query.h"

namespace daybook {

// One stream in one part of the index.
class StreamCursor {
 public:
  virtual ~StreamCursor() = default;
  // The stream's first seqnum at or above `at`, in reverse its last one at or below.
  virtual Status Seek(uint64_t at, std::optional<uint64_t>* found) = 0;
};

// The streams of the query in a table. REQUIRES: while it is used, nobody adds to the table.
class QueryWalk {
 public:
  // `query` and the part outlive it.
  QueryWalk(const Query& query, const HashSeed& seed, uint64_t book, const MemTable& table, bool reverse);
  QueryWalk(const Query& query, const HashSeed& seed, uint64_t book, const IndexRun& run, bool reverse,
            ReadMode mode);

  // The next candidate at or behind `at`. REQUIRES: `at` only goes on in the direction of the walk.
  Status Next(uint64_t at, std::optional<uint64_t>* candidate);

 private:
  using MakeCursor = std::function<std::unique_ptr<StreamCursor>(uint64_t stream)>;
  struct Term {
    std::vector<std::unique_ptr<StreamCursor>> streams;
    std::optional<uint64_t> next;
    bool done = false;
  };

  void Open(const Query& query, const HashSeed& seed, uint64_t book, const MakeCursor& make);
  Status Advance(uint64_t at, Term* term) const;
  [[nodiscard]] bool IsBehind(uint64_t a, uint64_t b) const { return reverse_ ? a < b : a > b; }

  const bool reverse_;
  std::vector<Term> terms_;
};

}  // namespace daybook
