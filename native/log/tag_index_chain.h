// A tag index without the limit of one TagIndex's span: several of them, each behind the one before. For
// whoever keeps an index of his own over positions of any size; the engine has index runs instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "log/tag_index.h"

namespace daybook {

// Not synchronised: its owner lets one thread write, or many read.
class TagIndexChain {
 public:
  // Notes one record under each of the streams, none of which need be there. False, with nothing noted, if
  // `seqnum` is below one that was added before: an index is filled in the order of the log. A stream that
  // stands in it twice, or is told again, is noted once.
  [[nodiscard]] bool Add(std::span<const uint64_t> streams, uint64_t seqnum);

  // The stream's first seqnum >= `from`, or its last <= `to`.
  [[nodiscard]] std::optional<uint64_t> Next(uint64_t stream, uint64_t from) const;
  [[nodiscard]] std::optional<uint64_t> Previous(uint64_t stream, uint64_t to) const;

  [[nodiscard]] uint64_t posting_count() const { return postings_; }
  // Streams, counted again in each span of 2^32 positions that they are in.
  [[nodiscard]] uint64_t stream_count() const;
  [[nodiscard]] size_t bytes() const;
  [[nodiscard]] uint64_t end() const { return end_; }  // behind the last seqnum that was added

 private:
  std::vector<std::unique_ptr<TagIndex>> parts_;
  uint64_t postings_ = 0;
  uint64_t end_ = 0;
};

}  // namespace daybook
