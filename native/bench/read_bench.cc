// Reads of records that are in memory: one by its tag, and a scan.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/bench_support.h"
#include "log/group_commit.h"
#include "log/log_reader.h"

namespace daybook::bench {
namespace {

constexpr uint64_t kRecords = 100000;

// A state with kRecords records, all hot, in batches of 100.
std::unique_ptr<LogState> HotState() {
  auto state = std::make_unique<LogState>(uint64_t{1} << 30U);
  state->identity = BenchIdentity();
  if (!state->books.Name(1, "book")) std::abort();
  constexpr uint64_t kBatch = 100;
  MetalogCursor cursor;
  const std::vector<std::byte> records = EncodedRecords(kBatch, 128);
  for (uint64_t number = 0; number < kRecords / kBatch; ++number) {
    const ShardSubmission submissions[] = {{0, kBatch, {records}}};
    GroupCommitInput input;
    input.identity = &state->identity;
    input.cursor = &cursor;
    input.shards = submissions;
    PreparedBatch batch;
    if (!PrepareBatch(input, &batch).ok()) std::abort();
    cursor = batch.next;
    state->Publish(batch.ordered, 1, 12288, batch.slab, batch.header.end_seqnum);
  }
  return state;
}

void Read(benchmark::State& state, uint32_t limit, bool by_tag) {
  static const std::unique_ptr<LogState> log = HotState();
  std::vector<std::byte> room(size_t{64} << 10U);
  uint64_t i = 0;
  uint64_t found = 0;
  for (auto _ : state) {
    const std::string tag = by_tag ? OrderTag(i % 100) : std::string();
    const ReadRequest request{1, tag, i % (kRecords - 1000), kSeqnumEnd, false, limit};
    ReadOutput output;
    output.fixed = room;
    const Status status = ReadRecords(*log, request, ReadMode::kNoWait, &output);
    if (!status.ok()) state.SkipWithError(status.message().c_str());
    found += output.found.size();
    i += 7919;
  }
  state.SetItemsProcessed(static_cast<int64_t>(found));
}

void BM_ReadHotPointByTag(benchmark::State& state) { Read(state, 1, true); }
BENCHMARK(BM_ReadHotPointByTag);

void BM_ReadHotPointByBook(benchmark::State& state) { Read(state, 1, false); }
BENCHMARK(BM_ReadHotPointByBook);

// Time per record: `items_per_second` is records.
void BM_ReadHotScan(benchmark::State& state) { Read(state, 256, false); }
BENCHMARK(BM_ReadHotScan);

}  // namespace
}  // namespace daybook::bench
