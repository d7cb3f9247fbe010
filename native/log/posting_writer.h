// Cuts streams into the posting pages of an index run. Holds one page and a few gaps, whatever the streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "daybook/status.h"
#include "log/posting_page.h"

namespace daybook::index_run {

class PostingWriter {
 public:
  // Takes a page that is complete but for its header, and what the page begins with.
  using Sink = std::function<Status(Page* page, uint8_t flags, size_t count, TreeEntry first)>;

  PostingWriter(uint64_t base, Sink sink);

  // REQUIRES: ascending keys. A stream without postings leaves nothing behind.
  Status Begin(uint64_t key);
  // REQUIRES: a stream has begun; ascending seqnums.
  Status Add(uint64_t seqnum);
  // Ends the last stream, and hands out the last page.
  Status Finish();

  [[nodiscard]] uint64_t postings() const { return postings_; }

 private:
  Status EndStream();
  Status FlushGaps(bool ended);
  Status FlushConsecutive(bool more);
  Status AddChunk(std::span<const uint64_t> gaps, unsigned width, bool more);
  Status AddConsecutive(uint64_t count, bool more);
  Status BeginFragment(size_t size);
  Status FinishPage();
  Status ContinueInNextPage(uint64_t first);

  PostingPageBuilder builder_;
  Sink sink_;
  std::vector<ChunkPlan> plan_;
  std::vector<uint64_t> gaps_;  // of the last postings; not yet in the page
  uint64_t consecutive_ = 0;  // postings before those, each one behind the other; not yet in the page either
  uint64_t key_ = 0;
  uint64_t encoded_ = 0;  // the last seqnum in a page, or the first of the stream
  uint64_t last_ = 0;     // the last seqnum
  bool in_stream_ = false;
  bool any_ = false;   // the stream has postings
  bool open_ = false;  // the page has a fragment of the stream
  uint64_t postings_ = 0;
};

}  // namespace daybook::index_run
