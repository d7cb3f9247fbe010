#include "log/engine_stat.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <shared_mutex>

namespace daybook {
namespace {

// About 0.1 ms of work under the lock.
constexpr uint64_t kBooksAtOnce = 4096;

void AddBooks(const LogState& state, EngineStat* stat) {
  for (uint64_t first = 1, end = 0;; first = end) {
    const std::shared_lock lock(state.mutex);
    end = std::min(first + kBooksAtOnce, state.books.size() + 1);
    if (first >= end) return;
    for (uint64_t number = first; number < end; ++number) {
      const BookTable::Book& book = *state.books.Find(number);
      if (!book.named) continue;
      stat->books += 1;
      stat->records += book.records;
    }
  }
}

}  // namespace

void AddStateStat(const LogState& state, EngineStat* stat) {
  AddBooks(state, stat);
  std::shared_ptr<const IndexVersion> version;
  {
    const std::shared_lock lock(state.mutex);
    version = state.version;
    stat->next_seqnum = state.visible_end;
    stat->index_memory += state.active->bytes();
    if (state.frozen != nullptr) stat->index_memory += state.frozen->bytes();
    stat->cache_memory += state.slabs.bytes();
  }
  for (const auto* runs : {&version->runs, &version->overlays}) {
    for (const SharedRun& run : *runs) stat->index_memory += run->memory_bytes();
  }
}

void AddManifestStat(const Manifest& manifest, uint64_t written_from,
                     const std::map<uint64_t, uint64_t>& dead, EngineStat* stat) {
  uint64_t dead_records = 0;  // of the group
  bool is_reserve = false;
  for (const ManifestSegment& listed : manifest.segments) {
    if (listed.lane == 0) {
      const auto known = dead.find(listed.segment);
      dead_records = known == dead.end() ? 0 : std::min(known->second, listed.records);
      is_reserve = !listed.closed && listed.segment > written_from;
    }
    stat->segments.push_back({listed.segment, listed.kind,
                              listed.closed ? SegmentState::kClosed
                              : is_reserve  ? SegmentState::kReserve
                                            : SegmentState::kOpen,
                              listed.lane, listed.records, dead_records});
  }
  for (const auto* runs : {&manifest.runs, &manifest.overlays}) {
    for (const IndexRunInfo& run : *runs) {
      stat->runs += 1;
      stat->run_bytes += run.bytes;
    }
  }
  for (const CheckpointInfo& info : manifest.checkpoints) {
    stat->checkpoints += 1;
    stat->checkpoint_bytes += info.bytes;
  }
}

}  // namespace daybook
