#include "binding/metrics_binding.h"

#include <vector>

#include "binding/arguments.h"

namespace daybook::binding {
namespace {

std::vector<double> NumbersOf(const Histogram& histogram) {
  const HistogramCounts read = histogram.Read();
  std::vector<double> numbers = {static_cast<double>(read.sum), static_cast<double>(read.max)};
  for (const auto& [highest, count] : read.buckets) {
    numbers.push_back(static_cast<double>(highest));
    numbers.push_back(static_cast<double>(count));
  }
  return numbers;
}

template <typename Number>
uint64_t OfCache(Engine* engine, Number (BlockCache::*number)() const) {
  return engine == nullptr ? 0 : uint64_t{(engine->cache().*number)()};
}

template <typename Number>
uint64_t OfAux(Engine* engine, Number (AuxCache::*number)() const) {
  return engine == nullptr ? 0 : uint64_t{(engine->aux().cache().*number)()};
}

}  // namespace

napi_value LogMetrics(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  Engine* engine = handle->runtime().engine();
  // A follower counts nothing, but says how far it is.
  static const EngineMetrics nothing;
  const EngineMetrics& metrics = engine == nullptr ? nothing : engine->metrics();
  const uint64_t visible =
      engine == nullptr ? handle->runtime().view()->Stat().next_seqnum : engine->visible_end();
  std::vector<double> numbers;
  for (const uint64_t number :
       {visible, engine == nullptr ? visible : engine->durable_seqnum(), metrics.failed_batches.value(),
        metrics.hot_records.value(), metrics.warm_records.value(), metrics.cold_records.value(),
        OfCache(engine, &BlockCache::hits), OfCache(engine, &BlockCache::misses),
        OfCache(engine, &BlockCache::bytes), OfAux(engine, &AuxCache::hits), OfAux(engine, &AuxCache::misses),
        OfAux(engine, &AuxCache::evictions), OfAux(engine, &AuxCache::entries),
        OfAux(engine, &AuxCache::bytes), metrics.runs_written.value(), metrics.merges.value(),
        metrics.checkpoints_written.value(), metrics.groups_reclaimed.value()})
    numbers.push_back(static_cast<double>(number));
  napi_value value = nullptr;
  napi_value histograms = nullptr;
  if (!Did(napi_create_array_with_length(env, 2, &value)) ||
      !Did(napi_create_array_with_length(env, 4, &histograms))) {
    return nullptr;
  }
  uint32_t at = 0;
  for (const Histogram* histogram :
       {&metrics.batch_records, &metrics.batch_bytes, &metrics.commit_latency, &metrics.flush_latency})
    SetElement(env, histograms, at++, MakeDoubles(env, NumbersOf(*histogram)));
  SetElement(env, value, 0, MakeDoubles(env, numbers));
  SetElement(env, value, 1, histograms);
  return value;
}

napi_value LogOpening(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  const Engine::Opening* opening = handle->runtime().TakeOpening();
  if (opening == nullptr) return MakeNull(env);
  napi_value list = nullptr;
  if (!Did(napi_create_array_with_length(env, 5, &list))) return nullptr;
  SetElement(env, list, 0, MakeBoolean(env, opening->is_new));
  SetElement(env, list, 1, MakeBoolean(env, opening->closed_properly));
  SetElement(env, list, 2, MakeNumber(env, static_cast<double>(opening->replayed_bytes)));
  SetElement(env, list, 3, MakeNumber(env, static_cast<double>(opening->rewritten_batches)));
  SetElement(env, list, 4, MakeNumber(env, static_cast<double>(opening->passed_seqnums)));
  return list;
}

}  // namespace daybook::binding
