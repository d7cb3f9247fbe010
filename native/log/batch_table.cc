#include "log/batch_table.h"

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
  offsets_.append(batch.offsets);
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
  const size_t after =
      entries_.PartitionPoint([&](const Entry& other) { return other.first_seqnum <= seqnum; });
  if (after == 0) return false;
  *entry = after - 1;
  return Holds(*entry, seqnum);
}

std::optional<RecordLocation> BatchTable::Locate(uint64_t seqnum, size_t* hint) const {
  if (!Find(seqnum, hint)) return std::nullopt;
  const Entry& entry = entries_[*hint];
  const uint64_t position = seqnum - entry.first_seqnum;
  const uint64_t slot = entry.offsets_begin + position;
  const uint32_t begin = offsets_[slot];
  const uint32_t end = position + 1 < entry.count ? offsets_[slot + 1] : entry.records_end;

  RecordLocation location;
  location.seqnum = seqnum;
  location.timestamp = entry.timestamp;
  location.segment = entry.segment;
  location.offset = entry.offset + begin;
  location.size = end - begin;
  uint64_t run = entry.run_begin;
  uint64_t left = position;
  while (left >= runs_[run].count) left -= runs_[run++].count;
  location.shard = runs_[run].shard;
  location.local_id = runs_[run].first_local_id + left;
  return location;
}

std::optional<uint64_t> BatchTable::FirstAtOrAfterTime(uint64_t time) const {
  const size_t at = entries_.PartitionPoint([&](const Entry& entry) { return entry.timestamp < time; });
  if (at == entries_.size()) return std::nullopt;
  return entries_[at].first_seqnum;
}

}  // namespace daybook
