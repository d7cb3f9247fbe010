// The recent part of the index as one: where its records lie, and which streams hold them. When it
// is full it is frozen, written as an index run, and replaced.
//
// Not synchronised: its owner lets one thread write, or many read. A frozen one is never written.
#pragma once

#include <cstdint>
#include <memory>

#include "log/batch_table.h"
#include "log/index_run.h"
#include "log/ordered_batch.h"
#include "log/tag_index.h"

namespace daybook {

struct MemTable {
  explicit MemTable(uint64_t first) : first_seqnum(first), tags(first), books(first) {}

  const uint64_t first_seqnum;  // what it answers for: from here on
  TagIndex tags;                // by StreamOf
  TagIndex books;               // by number of the book
  BatchTable batches;

  [[nodiscard]] const TagIndex& streams(StreamKind kind) const {
    return kind == StreamKind::kTag ? tags : books;
  }
  [[nodiscard]] size_t bytes() const { return tags.bytes() + books.bytes() + batches.bytes(); }
  [[nodiscard]] size_t bytes_soon() const { return tags.bytes_soon() + books.bytes_soon() + batches.bytes(); }
  // What a run of it has to hold: locations and postings.
  [[nodiscard]] uint64_t items() const {
    return batches.record_count() + tags.posting_count() + books.posting_count();
  }
  [[nodiscard]] bool empty() const { return batches.record_count() == 0; }
};

// Whether the next batch should go to another table. Positions jump where a reserved block is left
// behind, so a table is full long before its span is.
inline bool IsFull(const MemTable& table, uint64_t bytes_max, uint64_t end_seqnum) {
  // What lies in front of the table is in a run already.
  if (end_seqnum <= table.first_seqnum) return false;
  // Before it doubles beyond the bound, not behind that.
  return table.bytes_soon() > bytes_max || end_seqnum - table.first_seqnum > TagIndex::kSpan / 2;
}

// Writes a table as a run that answers for [first_seqnum, info->end_seqnum), flushed but not listed.
Status WriteMemTable(Env* env, const std::string& directory, const LogIdentity& identity,
                     const MemTable& table, IndexRunInfo* info);

}  // namespace daybook
