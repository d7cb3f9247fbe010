// What the engine of a log counts, and how it was opened.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// (handle): [numbers, histograms] as src/embedded/log-metrics.ts reads them. A histogram is sum, max, then
// the highest value and the count of each bucket.
napi_value LogMetrics(napi_env env, napi_callback_info info);
// (handle): [new, closed properly, replayed bytes, rewritten batches, passed seqnums]; null but for the first
// that asks
napi_value LogOpening(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
