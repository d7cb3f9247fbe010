#include "binding/stat_binding.h"

#include "binding/arguments.h"

namespace daybook::binding {
namespace {

napi_value MakeSegments(napi_env env, const EngineStat& stat) {
  napi_value buffer = nullptr;
  napi_value segments = nullptr;
  void* memory = nullptr;
  const size_t length = stat.segments.size() * kSegmentWidth;
  if (!Did(napi_create_arraybuffer(env, length * sizeof(double), &memory, &buffer))) return nullptr;
  auto* at = static_cast<double*>(memory);
  for (const SegmentStat& segment : stat.segments) {
    *at++ = static_cast<double>(segment.segment);
    *at++ = static_cast<double>(segment.kind);
    *at++ = static_cast<double>(segment.state);
    *at++ = static_cast<double>(segment.lane);
    *at++ = static_cast<double>(segment.records);
    *at++ = static_cast<double>(segment.dead);
  }
  const napi_status made = napi_create_typedarray(env, napi_float64_array, length, buffer, 0, &segments);
  return Did(made) ? segments : nullptr;
}

}  // namespace

napi_value LogStat(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  const EngineStat stat = handle->runtime().view()->Stat();
  napi_value value = nullptr;
  napi_value totals = nullptr;
  if (!Did(napi_create_array_with_length(env, 2, &value)) ||
      !Did(napi_create_array_with_length(env, 12, &totals))) {
    return nullptr;
  }
  uint32_t at = 0;
  for (const uint64_t total :
       {stat.next_seqnum, stat.durable_seqnum, stat.books, stat.records, stat.reserve_bytes,
        stat.reclaimable_bytes, stat.runs, stat.run_bytes, stat.checkpoints, stat.checkpoint_bytes,
        stat.index_memory, stat.cache_memory}) {
    SetElement(env, totals, at++, MakeNumber(env, static_cast<double>(total)));
  }
  SetElement(env, value, 0, totals);
  SetElement(env, value, 1, MakeSegments(env, stat));
  return value;
}

}  // namespace daybook::binding
