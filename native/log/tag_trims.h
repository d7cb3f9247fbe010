// Which tags of a book are trimmed, and how far: a record below the mark of a tag does not carry it any more.
// Tags are known by 128 bits of a keyed hash, as idempotency keys are, so a mark costs the same whatever its
// tag. docs/formats/checkpoint.md, "Tag marks".
//
// Not synchronised: its owner lets one thread write, or many read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "log/key_table.h"
#include "log/record_codec.h"

namespace daybook {

// A tag of a book. Its lower half is the number of the tag's stream.
using TagHash = KeyHash;
inline TagHash HashOfTag(const HashSeed& seed, uint64_t book, std::string_view tag) {
  return HashOfKey(seed, book, tag);
}

struct TagMark {
  uint64_t book = 0;
  TagHash tag;
  uint64_t before = 0;  // records below do not carry the tag; never falls
  // Records below have been looked at: those that have lost all their tags by it have left the count of the
  // book. It follows `before`, in the background.
  uint64_t counted_before = 0;
  bool operator==(const TagMark&) const = default;
};

class TagTrims {
 public:
  // So many marks a log holds at most; a trim of one more tag is refused.
  static constexpr size_t kMarksMax = size_t{1} << 20U;

  struct Mark {
    uint64_t before = 0;
    uint64_t counted_before = 0;
    uint64_t index = 0;  // of the metalog entry that raised it last, as far as this process saw it
  };
  struct HashOfTagHash {
    size_t operator()(const TagHash& tag) const { return static_cast<size_t>(tag.low); }
  };
  using Marks = std::unordered_map<TagHash, Mark, HashOfTagHash>;

  // A command of the log, in the metalog entry `index`.
  void Trim(uint64_t book, const TagHash& tag, uint64_t before, uint64_t index);
  // What a checkpoint or a state frame tells: marks only grow, counts are as told, and below marks that are
  // not told nothing is left to count.
  void Restore(std::span<const TagMark> told, uint64_t index);
  void SetCounted(uint64_t book, const TagHash& tag, uint64_t counted_before);
  // Marks of the book that are not above `before` say nothing that its own mark does not.
  void Forget(uint64_t book, std::span<const TagHash> tags, uint64_t before);

  [[nodiscard]] const Mark* Find(uint64_t book, const TagHash& tag) const;
  // Null: no tag of the book is trimmed. Invalid after the next change.
  [[nodiscard]] const Marks* MarksOf(uint64_t book) const;
  // At least how far a tag of the book was trimmed by entries behind `index`; 0: none was.
  [[nodiscard]] uint64_t HighestSince(uint64_t book, uint64_t index) const;
  [[nodiscard]] size_t size() const { return size_; }
  // All of them, in no order.
  [[nodiscard]] std::vector<TagMark> All() const;
  // Up to `limit` of those that have not been counted up to their end; one may be there twice.
  [[nodiscard]] std::vector<TagMark> Uncounted(size_t limit) const;

 private:
  // How the highest mark of a book came to be: `before` falls from one to the next, `index` rises.
  struct Rise {
    uint64_t index = 0;
    uint64_t before = 0;
  };
  struct Book {
    Marks marks;
    std::vector<Rise> rises;
  };
  void Raise(uint64_t number, const TagHash& tag, uint64_t before, uint64_t index);

  // Marks that rose, in that order; one that has been counted since may still be here.
  struct Risen {
    uint64_t book = 0;
    TagHash tag;
  };
  [[nodiscard]] bool IsCounted(const Risen& risen) const;

  std::unordered_map<uint64_t, Book> books_;
  std::deque<Risen> risen_;
  size_t size_ = 0;
};

// What a reader sees of a record whose tags may be trimmed.
class LiveTags {
 public:
  // `marks` may be null; `more`: marks that are about to be there. Both outlive it.
  LiveTags(const HashSeed& seed, uint64_t book, const TagTrims::Marks* marks, std::span<const TagMark> more)
      : seed_(seed), book_(book), marks_(marks), more_(more) {}

  // Up to where records do not carry the tag.
  [[nodiscard]] uint64_t TrimmedBefore(std::string_view tag) const;
  // Takes what is trimmed out of the record's tags; then they lie in `*tags`, and the bytes that were checked
  // are not its own any more. False: it is gone, for it had tags and has none.
  bool Prune(uint64_t seqnum, RecordView* record, std::vector<std::byte>* tags) const;

 private:
  const HashSeed seed_;
  const uint64_t book_;
  const TagTrims::Marks* const marks_;
  const std::span<const TagMark> more_;
};

}  // namespace daybook
