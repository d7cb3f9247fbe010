#include "log/batch_table.h"

#include <algorithm>

#include "base/assert.h"

namespace daybook {

void BatchTable::Append(const OrderedBatch& batch, uint64_t segment, uint64_t offset) {
  if (batch.offsets.empty()) return;
  DAYBOOK_ASSERT(entries_.empty() ||
                 entries_.back().first_seqnum + entries_.back().count <= batch.first_seqnum);
  Entry entry;
  entry.first_seqnum = batch.first_seqnum;
  entry.timestamp = batch.timestamp;
  entry.segment = segment;
  entry.offset = offset;
  entry.offsets_begin = offsets_.size();
  entry.run_begin = runs_.size();
  entry.count = static_cast<uint32_t>(batch.offsets.size());
  entry.records_end = batch.records_end;
  entries_.push_back(entry);
  offsets_.insert(offsets_.end(), batch.offsets.begin(), batch.offsets.end());
  for (const OrderedRun& run : batch.runs) {
    runs_.push_back(
        {{batch.view, batch.physical_log, run.shard}, run.first_local_id, static_cast<uint32_t>(run.count)});
  }
}

bool BatchTable::Holds(size_t entry, uint64_t seqnum) const {
  return entry < entries_.size() && seqnum >= entries_[entry].first_seqnum &&
         seqnum - entries_[entry].first_seqnum < entries_[entry].count;
}

// `*entry` is a guess when called.
bool BatchTable::Find(uint64_t seqnum, size_t* entry) const {
  if (Holds(*entry, seqnum)) return true;
  const auto after =
      std::upper_bound(entries_.begin(), entries_.end(), seqnum,
                       [](uint64_t value, const Entry& other) { return value < other.first_seqnum; });
  if (after == entries_.begin()) return false;
  *entry = static_cast<size_t>(after - entries_.begin()) - 1;
  return Holds(*entry, seqnum);
}

std::optional<RecordLocation> BatchTable::Locate(uint64_t seqnum, size_t* hint) const {
  if (!Find(seqnum, hint)) return std::nullopt;
  const auto at = entries_.begin() + static_cast<std::ptrdiff_t>(*hint);
  const uint64_t position = seqnum - at->first_seqnum;
  const uint64_t slot = at->offsets_begin + position;
  const uint32_t begin = offsets_[slot];
  const uint32_t end = position + 1 < at->count ? offsets_[slot + 1] : at->records_end;

  RecordLocation location;
  location.seqnum = seqnum;
  location.timestamp = at->timestamp;
  location.segment = at->segment;
  location.offset = at->offset + begin;
  location.size = end - begin;
  uint64_t run = at->run_begin;
  uint64_t left = position;
  while (left >= runs_[run].count) left -= runs_[run++].count;
  location.shard = runs_[run].shard;
  location.local_id = runs_[run].first_local_id + left;
  return location;
}

std::optional<uint64_t> BatchTable::FirstAtOrAfterTime(uint64_t time) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), time,
                       [](const Entry& entry, uint64_t value) { return entry.timestamp < value; });
  if (at == entries_.end()) return std::nullopt;
  return at->first_seqnum;
}

}  // namespace daybook
