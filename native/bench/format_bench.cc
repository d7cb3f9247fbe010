// What a record costs on its way into the log: checksums, hashes of tags, parsing, the batch around it.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/crc32c.h"
#include "bench/bench_support.h"
#include "log/group_commit.h"
#include "log/record_codec.h"

namespace daybook::bench {
namespace {

void BM_Crc32c(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<size_t>(state.range(0)), std::byte{0x5a});
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.SetLabel(Crc32cImplementation());
}
BENCHMARK(BM_Crc32c)->Arg(16)->Arg(128)->Arg(1024)->Arg(65536);

void BM_TagHash(benchmark::State& state) {
  const HashSeed seed{1, 2};
  const std::string tag(static_cast<size_t>(state.range(0)), 't');
  uint64_t book = 0;
  for (auto _ : state) benchmark::DoNotOptimize(StreamOf(seed, ++book, tag));
}
BENCHMARK(BM_TagHash)->Arg(8)->Arg(24)->Arg(255);

void BM_RecordParse(benchmark::State& state) {
  const std::vector<std::byte> bytes = EncodedRecords(1, static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    RecordView record;
    benchmark::DoNotOptimize(ParseRecord(bytes, &record));
    benchmark::DoNotOptimize(record);
  }
}
BENCHMARK(BM_RecordParse)->Arg(128)->Arg(1024);

// Time per record: `items_per_second` is records.
void BM_PrepareBatch(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  const std::vector<std::byte> bytes = EncodedRecords(count, static_cast<size_t>(state.range(1)));
  const LogIdentity identity = BenchIdentity();
  const MetalogCursor cursor;
  const ShardSubmission submissions[] = {{0, count, {bytes}}};
  GroupCommitInput input;
  input.identity = &identity;
  input.cursor = &cursor;
  input.shards = submissions;
  for (auto _ : state) {
    PreparedBatch batch;
    const Status status = PrepareBatch(input, &batch);
    if (!status.ok()) state.SkipWithError(status.message().c_str());
    benchmark::DoNotOptimize(batch.slab);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(BM_PrepareBatch)->Args({1, 128})->Args({100, 128})->Args({10000, 128})->Args({10000, 1024});

}  // namespace
}  // namespace daybook::bench
