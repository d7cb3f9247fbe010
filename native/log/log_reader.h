// Answers reads: walks a stream's seqnums in the index and fetches the records, from memory where
// they are, else from their segment. Stateless; safe from any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "daybook/status.h"
#include "log/log_state.h"
#include "log/query.h"
#include "log/record_location.h"

namespace daybook {

struct ReadRequest {
  uint64_t book = 0;
  std::string_view tag;  // empty: the whole book. Owned by the caller during the call
  uint64_t from = 0;     // inclusive
  uint64_t to = 0;       // inclusive
  bool reverse = false;
  uint32_t limit = 1;
  bool at_time = false;          // for queues of reads: `from` is a time, and SeqnumAtTime is asked for
  const Query* query = nullptr;  // not null: in place of a tag. Owned as that is
  bool seqnums_only = false;     // tags and data are left out
  std::span<const TagMark> trimmed_now = {};  // as if these trims were there already. Owned as that is
  bool with_trimmed = false;                  // trims are as good as not there
};

// A record that was found. Tags and data lie in the output, the data right behind the tags.
struct FoundRecord {
  uint64_t seqnum = 0;
  uint64_t timestamp = 0;
  size_t tags_begin = 0;
  uint32_t tag_count = 0;
  size_t data_begin = 0;
  size_t data_size = 0;
};

// Where found records go. With `fixed` bytes it is full when they are; without, it grows up to
// about kGrowingBytesMax and always takes one record.
struct ReadOutput {
  static constexpr size_t kGrowingBytesMax = size_t{1} << 20U;

  std::span<std::byte> fixed;
  std::vector<std::byte> growing;
  std::vector<FoundRecord> found;
  size_t used = 0;
  bool more = false;         // the range may hold more behind the last record
  size_t needed = 0;         // fixed only: nothing was taken, because the next record needs this much
  uint64_t damaged_run = 0;  // not 0: the answer was kCorrupt because of this index run
  bool moved = false;        // the scan's
  uint32_t hot = 0;          // records that were in memory,
  uint32_t from_files = 0;   // and those that were not, whether they are handed out or not

  [[nodiscard]] const std::byte* bytes() const {
    return fixed.data() != nullptr ? fixed.data() : growing.data();
  }
};

// Finds up to `limit` records of a stream in [from, to], ascending or descending. kWouldBlock in
// kNoWait if nothing was found before the disk was needed. kCorrupt if the answer would have to
// look into damage; records in front of the damage are handed out first.
Status ReadRecords(const LogState& state, const ReadRequest& request, ReadMode mode, ReadOutput* output);

// Up to where metalog entries behind `index` have trimmed this tag of the book; of an empty one, at least up
// to where they have trimmed any.
uint64_t TagTrimmedBefore(const LogState& state, uint64_t book, std::string_view tag, uint64_t index);

// First visible seqnum of the book whose record was ordered at or after `time` (milliseconds
// since 1970), else the book's tail + 1. kWouldBlock in kNoWait as for ReadRecords.
Status SeqnumAtTime(const LogState& state, uint64_t book, uint64_t time, ReadMode mode, uint64_t* seqnum);

}  // namespace daybook
