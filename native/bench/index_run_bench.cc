// What an index run costs: reading from one whose blocks are all in the cache, writing one, merging two.

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/assert.h"
#include "bench/bench_support.h"
#include "env/env_memory.h"
#include "log/index_run.h"

namespace daybook::bench {
namespace {

constexpr const char* kDirectory = "/log";
constexpr uint64_t kPostingsPerStream = 15;

// Every stream has its postings all over the run; keys ascend like sorted hashes.
uint64_t KeyOf(uint64_t stream, uint64_t streams) { return stream * (UINT64_MAX / streams) + 12345; }

IndexRunInfo Write(Env* env, uint64_t run, uint64_t first, uint64_t records) {
  const uint64_t streams = records / kPostingsPerStream;
  const uint64_t step = records / kPostingsPerStream;
  IndexRunInfo info{run, first, first + records, 0, 0};
  std::unique_ptr<IndexRunWriter> writer;
  Status status = IndexRunWriter::Create(env, kDirectory, BenchIdentity(), info, &writer);
  RecordLocation at;
  at.seqnum = first;
  at.timestamp = first;
  at.offset = 12288;
  for (uint64_t i = 0; status.ok() && i < records; ++i) {
    at.size = 100 + i % 3;
    status = writer->AddLocation(at);
    ++at.seqnum;
    ++at.local_id;
    at.offset += at.size;
  }
  for (uint64_t stream = 0; status.ok() && stream < streams; ++stream) {
    status = writer->BeginStream(StreamKind::kTag, KeyOf(stream, streams));
    for (uint64_t i = 0; status.ok() && i < kPostingsPerStream; ++i)
      status = writer->AddPosting(first + i * step + stream * 7919 % step);
  }
  if (status.ok()) status = writer->BeginStream(StreamKind::kBook, 1);
  for (uint64_t i = 0; status.ok() && i < records; ++i) status = writer->AddPosting(first + i);
  if (status.ok()) status = writer->Finish(&info);
  DAYBOOK_ASSERT(status.ok());
  return info;
}

struct World {
  explicit World(uint64_t records) {
    DAYBOOK_ASSERT(env.CreateDirectory(kDirectory).ok());
    const IndexRunInfo info = Write(&env, 1, 0, records);
    auto cache = std::make_shared<BlockCache>(size_t{256} << 20U);
    DAYBOOK_ASSERT(IndexRun::Open(&env, kDirectory, BenchIdentity(), info, cache, &run).ok());
  }
  MemoryEnv env;
  std::shared_ptr<const IndexRun> run;
};

const IndexRun& RunOf(uint64_t records) {
  static std::map<uint64_t, std::unique_ptr<World>> worlds;
  std::unique_ptr<World>& world = worlds[records];
  if (world == nullptr) world = std::make_unique<World>(records);
  return *world->run;
}

void BM_RunLocate(benchmark::State& state) {
  const auto records = static_cast<uint64_t>(state.range(0));
  const IndexRun& run = RunOf(records);
  std::mt19937_64 random(1);
  for (auto _ : state) {
    RecordLocation location;
    bool found = false;
    const Status status = run.Locate(random() % records, ReadMode::kMayBlock, &location, &found);
    if (!status.ok() || !found) state.SkipWithError("not found");
    benchmark::DoNotOptimize(location);
  }
}
BENCHMARK(BM_RunLocate)->Arg(100000)->Arg(3000000);

// The first so many postings of a stream of 15, or of a book that holds all.
void BM_RunReadPostings(benchmark::State& state) {
  const auto records = static_cast<uint64_t>(state.range(0));
  const auto wanted = static_cast<size_t>(state.range(1));
  const bool book = state.range(2) != 0;
  const uint64_t streams = records / kPostingsPerStream;
  const IndexRun& run = RunOf(records);
  std::mt19937_64 random(1);
  std::vector<uint64_t> seqnums;
  for (auto _ : state) {
    seqnums.clear();
    bool more = false;
    const uint64_t key = book ? 1 : KeyOf(random() % streams, streams);
    const uint64_t from = book ? random() % (records / 2) : 0;
    const Status status = run.ReadPostings(book ? StreamKind::kBook : StreamKind::kTag, key, from, kSeqnumEnd,
                                           false, wanted, ReadMode::kMayBlock, &seqnums, &more);
    if (!status.ok() || seqnums.empty()) state.SkipWithError("not found");
  }
}
BENCHMARK(BM_RunReadPostings)
    ->ArgNames({"records", "wanted", "book"})
    ->Args({100000, 1, 0})
    ->Args({3000000, 1, 0})
    ->Args({3000000, 100, 0})
    ->Args({3000000, 1, 1})
    ->Args({3000000, 100, 1});

void BM_RunReadPostingsReverse(benchmark::State& state) {
  const auto records = static_cast<uint64_t>(state.range(0));
  const uint64_t streams = records / kPostingsPerStream;
  const IndexRun& run = RunOf(records);
  std::mt19937_64 random(1);
  std::vector<uint64_t> seqnums;
  for (auto _ : state) {
    seqnums.clear();
    bool more = false;
    const Status status = run.ReadPostings(StreamKind::kTag, KeyOf(random() % streams, streams), 0,
                                           kSeqnumEnd, true, 1, ReadMode::kMayBlock, &seqnums, &more);
    if (!status.ok() || seqnums.empty()) state.SkipWithError("not found");
  }
}
BENCHMARK(BM_RunReadPostingsReverse)->Arg(3000000);

void BM_RunAbsentKey(benchmark::State& state) {
  const IndexRun& run = RunOf(static_cast<uint64_t>(state.range(0)));
  std::mt19937_64 random(1);
  std::vector<uint64_t> seqnums;
  for (auto _ : state) {
    bool more = false;
    const Status status = run.ReadPostings(StreamKind::kTag, random(), 0, kSeqnumEnd, false, 1,
                                           ReadMode::kMayBlock, &seqnums, &more);
    if (!status.ok() || !seqnums.empty()) state.SkipWithError("found");
  }
}
BENCHMARK(BM_RunAbsentKey)->Arg(100000)->Arg(3000000);

void BM_RunWrite(benchmark::State& state) {
  const auto records = static_cast<uint64_t>(state.range(0));
  IndexRunInfo info;
  for (auto _ : state) {
    MemoryEnv env;
    DAYBOOK_ASSERT(env.CreateDirectory(kDirectory).ok());
    info = Write(&env, 1, 0, records);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes/record"] = static_cast<double>(info.bytes) / static_cast<double>(records);
}
BENCHMARK(BM_RunWrite)->Arg(1000000)->Unit(benchmark::kMillisecond);

void BM_RunMerge(benchmark::State& state) {
  const auto records = static_cast<uint64_t>(state.range(0));
  MemoryEnv env;
  DAYBOOK_ASSERT(env.CreateDirectory(kDirectory).ok());
  auto cache = std::make_shared<BlockCache>(size_t{1} << 20U);
  std::vector<std::shared_ptr<const IndexRun>> runs(2);
  for (uint64_t i = 0; i < 2; ++i) {
    const IndexRunInfo info = Write(&env, i + 1, i * records, records);
    DAYBOOK_ASSERT(IndexRun::Open(&env, kDirectory, BenchIdentity(), info, cache, &runs[i]).ok());
  }
  for (auto _ : state) {
    IndexRunInfo merged{3, 0, 2 * records, 0, 0};
    const Status status = MergeIndexRuns(
        &env, kDirectory, BenchIdentity(), runs, [](uint64_t) { return true; }, [] { return true; }, &merged);
    if (!status.ok()) state.SkipWithError(status.message().c_str());
  }
  state.SetItemsProcessed(state.iterations() * 2 * state.range(0));
}
BENCHMARK(BM_RunMerge)->Arg(500000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace daybook::bench
