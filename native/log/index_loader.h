// Takes up the part of the index that is on disk, and makes again what of it is lost or damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/block_cache.h"
#include "log/log_state.h"
#include "log/manifest.h"

namespace daybook {

// Gives an id for a new file.
using TakeFile = std::function<uint64_t()>;

struct IndexPlace {
  Env* env = nullptr;
  std::string directory;
  LogIdentity identity;
  std::shared_ptr<BlockCache> cache;
  uint64_t table_bytes_max = 0;  // of one run that is made again
};

// Opens what the manifest lists; those that cannot be opened are named in `*lost`.
Status OpenIndex(const IndexPlace& place, const Manifest& manifest, IndexVersion* version,
                 std::vector<IndexRunInfo>* lost);

// Makes the runs of [first_seqnum, end_seqnum) again from the segments. What of these cannot be read
// is added to `*damage`. `*made` are flushed and open, but not listed; their ids come from
// `take_file`.
Status RebuildRuns(const IndexPlace& place, const Manifest& manifest, uint64_t first_seqnum,
                   uint64_t end_seqnum, const TakeFile& take_file, std::vector<SharedRun>* made,
                   std::vector<DamagedRange>* damage);

// Makes the run of a rewritten segment again, which says where its records lie.
Status RebuildOverlay(const IndexPlace& place, const ManifestSegment& segment, const TakeFile& take_file,
                      SharedRun* made, std::vector<DamagedRange>* damage);

}  // namespace daybook
