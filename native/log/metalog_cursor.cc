#include "log/metalog_cursor.h"

#include <algorithm>
#include <string>

#include "log/identity.h"

namespace daybook {

namespace {

Status Regressed(const MetalogEntry& entry, const char* what) {
  return {StatusCode::kCorrupt, "metalog entry " + std::to_string(entry.index) + " " + what};
}

}  // namespace

uint64_t MetalogCursor::progress(uint32_t shard) const {
  const auto found = progress_.find(shard);
  return found == progress_.end() ? 0 : found->second;
}

void MetalogCursor::SkipShardTo(uint32_t shard, uint64_t progress) {
  uint64_t& known = progress_[shard];
  known = std::max(known, progress);
  if (skipped_) certain_.insert(shard);
}

Status MetalogCursor::Apply(const MetalogEntry& entry, std::vector<OrderedRun>* runs) {
  if (entry.index != index_ + 1) return Regressed(entry, "does not follow the one before");
  if (entry.timestamp < timestamp_) return Regressed(entry, "goes back in time");
  if (entry.first_seqnum < next_seqnum_) return Regressed(entry, "gives positions a second time");
  uint64_t ordered = 0;
  for (const ShardProgress& shard : entry.cut) {
    const uint64_t before = progress(shard.shard);
    if (shard.progress < before) return Regressed(entry, "takes a shard's progress back");
    // Compared at each step, so that the sum cannot wrap around.
    if (shard.progress - before > kSeqnumEnd - ordered)
      return Regressed(entry, "orders more records than can be");
    ordered += shard.progress - before;
  }
  if (entry.first_seqnum > kSeqnumEnd || ordered > kSeqnumEnd - entry.first_seqnum) {
    return Regressed(entry, "leads past the last seqnum");
  }
  uint64_t seqnum = entry.first_seqnum;
  for (const ShardProgress& shard : entry.cut) {
    uint64_t& progress = progress_[shard.shard];
    const uint64_t count = shard.progress - progress;
    if (count > 0) runs->push_back({shard.shard, progress, count, seqnum});
    seqnum += count;
    progress = shard.progress;
  }
  index_ = entry.index;
  timestamp_ = entry.timestamp;
  next_seqnum_ = seqnum;
  return Status::Ok();
}

}  // namespace daybook
