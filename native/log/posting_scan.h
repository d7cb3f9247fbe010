// Reads part of a stream out of the posting pages of an open index run.
#pragma once

#include <cstdint>
#include <vector>

#include "log/index_run_pages.h"
#include "log/posting_page.h"

namespace daybook::index_run {

class PostingScan {
 public:
  // The seqnums of the stream `key` in [from, to], at most `max` of them, appended to `*seqnums`.
  PostingScan(const RunPages* pages, Section section, uint64_t key, uint64_t from, uint64_t to, size_t max,
              ReadMode mode, std::vector<uint64_t>* seqnums);

  // REQUIRES: the section has pages, max > 0. What a failing scan has appended stays.
  Status Forward();
  Status Backward();

  // The range may hold further seqnums behind the last one appended.
  [[nodiscard]] bool more() const { return more_; }

 private:
  enum class Outcome : uint8_t { kDone, kGoOn, kDamaged };

  Status FindFragment(uint64_t page, HeldPage* held, Fragment* fragment, bool* found, bool* above) const;
  [[nodiscard]] PostingPageReader ReaderOf(const HeldPage& held) const;
  [[nodiscard]] Outcome TakeForward(const PostingPageReader& reader, const Fragment& fragment);
  [[nodiscard]] Outcome TakeBackward(const PostingPageReader& reader, const Fragment& fragment);
  [[nodiscard]] bool TakeChunkBackward(const PostingPageReader& reader, const Chunk& chunk, Outcome* outcome);

  // False: nothing more is wanted.
  [[nodiscard]] bool TakeUp(uint64_t seqnum);
  [[nodiscard]] bool TakeDown(uint64_t seqnum);
  [[nodiscard]] bool TakeUpConsecutive(uint64_t first, uint64_t last);
  [[nodiscard]] bool TakeDownConsecutive(uint64_t first, uint64_t last);

  const RunPages* pages_;
  const Section section_;
  const uint64_t key_;
  const uint64_t from_;
  const uint64_t to_;
  const ReadMode mode_;
  std::vector<uint64_t>* const seqnums_;
  size_t left_;
  bool more_ = false;
};

}  // namespace daybook::index_run
