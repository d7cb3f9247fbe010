// What it costs to keep the order: the cursor's cuts, and the postings of the tag index.

#include <benchmark/benchmark.h>

#include <vector>

#include "log/metalog_cursor.h"
#include "log/tag_index.h"

namespace daybook::bench {
namespace {

// A cut over so many shards, each with one new record.
void BM_CursorApply(benchmark::State& state) {
  MetalogCursor cursor;
  MetalogEntry entry;
  for (uint32_t shard = 0; shard < static_cast<uint32_t>(state.range(0)); ++shard)
    entry.cut.push_back({shard, 0});
  std::vector<OrderedRun> runs;
  for (auto _ : state) {
    ++entry.index;
    entry.first_seqnum = cursor.next_seqnum();
    for (ShardProgress& shard : entry.cut) ++shard.progress;
    runs.clear();
    const Status status = cursor.Apply(entry, &runs);
    if (!status.ok()) state.SkipWithError(status.message().c_str());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_CursorApply)->Arg(1)->Arg(8)->Arg(64);

// Streams come by in an order that no cache line likes.
uint64_t Scattered(uint64_t i, uint64_t streams) { return (i * 2654435761U % streams) * 0x9e3779b97f4a7c15U; }

void BM_TagIndexAdd(benchmark::State& state) {
  const auto streams = static_cast<uint64_t>(state.range(0));
  TagIndex index;
  uint64_t seqnum = 0;
  for (auto _ : state) {
    index.Add(Scattered(seqnum, streams), seqnum);
    ++seqnum;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TagIndexAdd)->Arg(100)->Arg(10000)->Arg(1000000);

void BM_TagIndexNext(benchmark::State& state) {
  const auto streams = static_cast<uint64_t>(state.range(0));
  const uint64_t postings = streams * 20;
  TagIndex index;
  for (uint64_t i = 0; i < postings; ++i) index.Add(Scattered(i, streams), i);
  uint64_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(index.Next(Scattered(i, streams), i % postings));
    ++i;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TagIndexNext)->Arg(100)->Arg(10000)->Arg(100000);

}  // namespace
}  // namespace daybook::bench
