#include "log/stream_walk.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

namespace daybook {
namespace {
constexpr size_t kAtOnce = 1024;
}  // namespace

Status LocateInVersion(const IndexVersion& version, const IndexRun& run, uint64_t seqnum, ReadMode mode,
                       RecordLocation* location, bool* found) {
  const auto overlay =
      std::partition_point(version.overlays.begin(), version.overlays.end(),
                           [&](const SharedRun& one) { return one->info().end_seqnum <= seqnum; });
  const bool rewritten = overlay != version.overlays.end() && (*overlay)->info().first_seqnum <= seqnum;
  return (rewritten ? **overlay : run).Locate(seqnum, mode, location, found);
}

Status WalkStream(const LogState& state, StreamKind kind, uint64_t key, uint64_t from, uint64_t to,
                  const std::function<bool(const RecordLocation&)>& visit) {
  if (from >= to) return Status::Ok();
  const auto [version, tables] = state.TakeIndexParts();
  for (const SharedRun& run : version->runs) {
    bool more = run->info().end_seqnum > from && run->info().first_seqnum < to;
    while (more && from < to) {
      std::vector<uint64_t> seqnums;
      DAYBOOK_RETURN_IF_ERROR(
          run->ReadPostings(kind, key, from, to - 1, false, kAtOnce, ReadMode::kMayBlock, &seqnums, &more));
      for (const uint64_t seqnum : seqnums) {
        RecordLocation location;
        bool found = false;
        DAYBOOK_RETURN_IF_ERROR(
            LocateInVersion(*version, *run, seqnum, ReadMode::kMayBlock, &location, &found));
        if (found && !visit(location)) return Status::Ok();
        from = seqnum + 1;
      }
      more = more && !seqnums.empty();
    }
  }
  for (const auto& table : tables) {
    while (table != nullptr) {
      std::vector<RecordLocation> locations;
      {
        const std::shared_lock lock(state.mutex);
        const TagIndex::Stream seqnums = table->streams(kind).Find(key);
        size_t hint = 0;
        for (size_t i = seqnums.LowerBound(from); i < seqnums.size() && locations.size() < kAtOnce; ++i) {
          if (seqnums[i] >= to) break;
          if (const auto location = table->batches.Locate(seqnums[i], &hint); location.has_value())
            locations.push_back(*location);
        }
      }
      if (locations.empty()) break;
      for (const RecordLocation& location : locations) {
        if (!visit(location)) return Status::Ok();
      }
      from = locations.back().seqnum + 1;
    }
  }
  return Status::Ok();
}

}  // namespace daybook
