// A page of postings in an index run: fragments of streams, ascending by key; and how the gaps between
// seqnums are packed into bits. docs/formats/index-run.md, "Postings". Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "log/index_run_format.h"

namespace daybook::index_run {

// A chunk of packed gaps holds at most so many; one of consecutive seqnums as many as there are.
inline constexpr size_t kChunkGapsMax = 128;
// Seqnums have 53 bits, and so have the gaps between them.
inline constexpr unsigned kGapBitsMax = 53;

// Page flag: the first fragment goes on with the stream that ended the page before.
inline constexpr uint8_t kPageContinues = 1U << 0U;

// Bits in which each of `count` gaps fits: one chunk.
struct ChunkPlan {
  size_t count = 0;
  unsigned width = 0;
};
// How gaps are best cut into chunks. Appends to `plan`. REQUIRES: at most kChunkGapsMax gaps.
void PlanChunks(std::span<const uint64_t> gaps, std::vector<ChunkPlan>* plan);

// Builds one page; what goes where is up to its caller (PostingWriter).
class PostingPageBuilder {
 public:
  // `base` is subtracted from the first seqnum of each fragment.
  explicit PostingPageBuilder(uint64_t base);

  [[nodiscard]] bool empty() const { return count_ == 0; }
  // Bytes that chunks of the open fragment may still fill.
  [[nodiscard]] size_t room() const;
  // Bytes that a fragment would leave for its chunks; 0: it does not fit.
  [[nodiscard]] size_t RoomInFragment(uint64_t key, uint64_t first) const;

  // `continues`: the stream began in the page before. REQUIRES: the page is empty then.
  void BeginFragment(uint64_t key, uint64_t first, bool continues);
  // Each gap is one less than the difference of two neighbours. `more`: the stream goes on behind them.
  void AddChunk(std::span<const uint64_t> gaps, unsigned width, uint64_t before, bool more);
  void AddConsecutive(uint64_t count, bool more);
  // The fragment has no chunk, just its first seqnum.
  void AddNone(bool more);
  // The stream of the last chunk goes on in the next page. REQUIRES: that chunk said `more`.
  void MarkContinued();

  [[nodiscard]] TreeEntry first() const { return first_; }
  [[nodiscard]] size_t count() const { return count_; }
  [[nodiscard]] uint8_t flags() const { return flags_; }
  // All of the page but its header. The builder is empty then.
  void Finish(Page* page);

  // An upper bound of the bytes of a chunk of packed gaps.
  static size_t ChunkSizeMax(size_t count, unsigned width);

 private:
  const uint64_t base_;
  std::vector<std::byte> bytes_;  // behind the header
  std::vector<uint64_t> restart_keys_;
  std::vector<uint16_t> restarts_;
  size_t count_ = 0;
  size_t last_head_ = 0;  // in bytes_; of the last chunk
  uint8_t flags_ = 0;
  uint64_t previous_key_ = 0;
  TreeEntry first_;
};

struct Fragment {
  size_t index = 0;  // in its page
  uint64_t key = 0;
  uint64_t first = 0;  // seqnum
  size_t chunks_at = 0;
};

struct Chunk {
  uint64_t before = 0;     // the seqnum before its first one
  uint64_t count = 0;      // 0: nothing but the fragment's first seqnum
  unsigned width = 0;      // 0: consecutive
  bool more = false;       // the stream has postings behind the chunk
  bool continued = false;  // and they are in the next page
  uint64_t last = 0;       // its last seqnum; known only if `more` or width 0
  size_t bits_at = 0;

  [[nodiscard]] bool ends_fragment() const { return !more || continued; }
  [[nodiscard]] bool knows_last() const { return more || width == 0; }
};

using ChunkSeqnums = std::array<uint64_t, kChunkGapsMax>;

// Reads a page that has been checked, and believes nothing in it: each method is false when the bytes mean
// nothing. No seqnum outside of [base, end) comes out. The page must outlive it.
class PostingPageReader {
 public:
  PostingPageReader(PageView page, uint64_t base, uint64_t end);

  [[nodiscard]] size_t count() const { return count_; }
  [[nodiscard]] bool continues() const { return (PageFlags(page_) & kPageContinues) != 0; }

  // The fragment of that key. `*above`: there is none, and all keys of the page are below it.
  [[nodiscard]] bool Find(uint64_t key, Fragment* fragment, bool* found, bool* above) const;

  // Fragments in turn, from index 0: `*at` and `fragment->key` are left from the one before, whose chunks
  // have been read up to `*at`.
  [[nodiscard]] bool ReadFragment(size_t index, size_t* at, Fragment* fragment) const;
  // The chunk at `*at`; `*at` moves behind it.
  [[nodiscard]] bool ReadChunk(size_t* at, uint64_t before, Chunk* chunk) const;
  // REQUIRES: a chunk of packed gaps.
  [[nodiscard]] bool Unpack(const Chunk& chunk, ChunkSeqnums* seqnums) const;

 private:
  [[nodiscard]] uint64_t RestartKey(size_t restart) const;
  [[nodiscard]] size_t RestartOffset(size_t restart) const;
  [[nodiscard]] bool SkipChunks(size_t* at) const;
  [[nodiscard]] uint64_t LoadBits(size_t bit, unsigned width) const;

  PageView page_;
  const uint64_t base_;
  const uint64_t end_seqnum_;
  size_t count_ = 0;
  size_t restarts_ = 0;
  size_t end_ = 0;  // of the fragments; 0: the page is damaged
};

}  // namespace daybook::index_run
