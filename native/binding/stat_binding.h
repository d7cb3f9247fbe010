// log_stat: what an open log tells of itself.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// (handle) => [totals: number[], segments: Float64Array], kSegmentWidth numbers for each segment:
//   id, kind, state, lane, records, dead records
// totals: next seqnum, durable seqnum, books, records, reserve bytes, reclaimable bytes, runs, bytes of
//   runs, checkpoints, bytes of checkpoints, memory of the index, memory of the cache
inline constexpr size_t kSegmentWidth = 6;
napi_value LogStat(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
