// Reads all batches of one group of segments, in the order of their numbers, for whoever needs the
// records again: to make a lost part of the index, or to rewrite what is alive. No cursor is needed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/damage_map.h"
#include "log/manifest.h"
#include "log/ordered_batch.h"
#include "log/segment_reader.h"

namespace daybook {

struct ScannedOrder {
  const ScannedBatch& batch;
  const OrderedBatch& ordered;
};

// Visits the batches with records in [from, to) of the log group whose first segment stands at
// `listed` in the manifest. What cannot be read is added to `*damage`. Ends at the first status that
// is not ok, of the disk or of `visit`.
Status ScanGroup(Env* env, const std::string& directory, const Manifest& manifest, size_t listed,
                 uint64_t from, uint64_t to, const std::function<Status(const ScannedOrder&)>& visit,
                 std::vector<DamagedRange>* damage);

}  // namespace daybook
