// What a batch means once its metalog entry has been applied: positions, streams, commands. Made
// by the committer from what it is about to write and by recovery from what it has read, and
// taken up by the index in the same way.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "log/key_table.h"
#include "log/metalog_cursor.h"
#include "log/metalog_entry.h"
#include "log/record_codec.h"
#include "log/tag_index.h"

namespace daybook {

struct OrderedBatch {
  uint64_t first_seqnum = 0;
  uint64_t timestamp = 0;
  uint64_t metalog_index = 0;
  uint64_t size = 0;         // bytes of the batch, header included
  uint32_t records_end = 0;  // offset in the batch behind its last record
  uint32_t view = 0;
  uint32_t physical_log = 0;
  std::vector<uint32_t> offsets;  // of each record in the batch, in the order of positions
  std::vector<bool> is_void;      // for each record up to the last that is; the others are not
  uint64_t void_records = 0;
  // Seqnums count from 0 until Place gives them their positions.
  std::vector<Posting> postings;       // by stream of a tag
  std::vector<Posting> book_postings;  // by number of a book
  std::vector<OrderedRun> runs;
  std::vector<Command> commands;
  std::vector<RememberedKey> keys;  // of its groups that are not void; they have their seqnums
  // Records and their bytes, one entry for each stretch of records of one book.
  struct BookCount {
    uint64_t book = 0;
    uint64_t records = 0;
    uint64_t bytes = 0;
    uint64_t end = 0;  // position behind its last record
  };
  std::vector<BookCount> book_counts;
  // The live state that the batch repeats, in its encoded form (log/state_codec.h); empty: none.
  std::vector<std::byte> state;

  // Takes up the next record, which lies at `offset` in the batch.
  void Add(const HashSeed& seed, const RecordView& record, uint32_t offset);

  // The same for one that is void: it keeps its place, and nothing leads to it.
  void AddVoid(const RecordView& record, uint32_t offset);
  [[nodiscard]] bool IsVoid(size_t position) const { return position < is_void.size() && is_void[position]; }
  // Records that readers see.
  [[nodiscard]] uint64_t visible_records() const { return offsets.size() - void_records; }

  // The cursor has spoken: the records begin at `seqnum`.
  void Place(uint64_t seqnum);
};

// The stream of a tag in a book. Two may share a number, so a hit is checked against the record.
// Whole books have no such number: they are kept by their own, apart from the tags.
inline uint64_t StreamOf(const HashSeed& seed, uint64_t book, std::string_view tag) {
  return KeyedHash(seed, book, tag);
}

}  // namespace daybook
