#include "log/metalog_cursor.h"

#include <algorithm>
#include <string>
#include <utility>

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

Status MetalogCursor::ApplyShardCommands(const MetalogEntry& entry,
                                         std::map<uint32_t, ShardLife>* lives) const {
  for (const Command& command : entry.commands) {
    if (!IsShardCommand(command)) continue;
    const uint64_t from =
        entry.index > UINT64_MAX - command.countdown ? UINT64_MAX : entry.index + command.countdown;
    if (command.kind == CommandKind::kAddShard) {
      if (progress_.contains(command.shard) || lives->contains(command.shard))
        return Regressed(entry, "adds a shard that there is, or was");
      (*lives)[command.shard].first = from;
    } else {
      uint64_t& end = (*lives)[command.shard].end;
      end = std::min(end, from);  // an end that was announced comes sooner, never later
    }
  }
  return Status::Ok();
}

Status MetalogCursor::Apply(const MetalogEntry& entry, std::vector<OrderedRun>* runs) {
  if (entry.index != index_ + 1) return Regressed(entry, "does not follow the one before");
  if (entry.timestamp < timestamp_) return Regressed(entry, "goes back in time");
  if (entry.first_seqnum < next_seqnum_) return Regressed(entry, "gives positions a second time");
  const bool is_about_shards = std::any_of(entry.commands.begin(), entry.commands.end(), IsShardCommand);
  std::map<uint32_t, ShardLife> changed;
  if (is_about_shards) {
    changed = lives_;
    if (Status status = ApplyShardCommands(entry, &changed); !status.ok()) return status;
  }
  const std::map<uint32_t, ShardLife>& lives = is_about_shards ? changed : lives_;
  uint64_t ordered = 0;
  for (const ShardProgress& shard : entry.cut) {
    const uint64_t before = progress(shard.shard);
    if (shard.progress < before) return Regressed(entry, "takes a shard's progress back");
    const auto life = lives.find(shard.shard);
    if (life != lives.end() && shard.progress > before &&
        (entry.index < life->second.first || entry.index >= life->second.end)) {
      return Regressed(entry, "takes a shard further that is not there yet, or is final");
    }
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
  if (is_about_shards) lives_ = std::move(changed);
  index_ = entry.index;
  timestamp_ = entry.timestamp;
  next_seqnum_ = seqnum;
  return Status::Ok();
}

}  // namespace daybook
