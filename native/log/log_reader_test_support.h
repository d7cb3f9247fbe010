// For the tests of the log reader: a log state over a segment in memory, beside a naive model of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/log_reader.h"
#include "log/log_state.h"
#include "log/segment_writer.h"
#include "log/test_support.h"

namespace daybook::testing_support {

inline constexpr uint64_t kEnd = kSeqnumEnd;

// One record as a reader should see it.
struct ModelRecord {
  uint64_t seqnum = 0;
  uint64_t timestamp = 0;
  TestRecord record;

  [[nodiscard]] bool In(uint64_t book, const std::string& tag) const {
    return record.book == book &&
           (tag.empty() || std::find(record.tags.begin(), record.tags.end(), tag) != record.tags.end());
  }
};

inline bool operator==(const ModelRecord& a, const ModelRecord& b) {
  return a.seqnum == b.seqnum && a.timestamp == b.timestamp && a.record.tags == b.record.tags &&
         a.record.data == b.record.data;
}

// What an output holds; books are not handed out.
inline std::vector<ModelRecord> Taken(const ReadOutput& output) {
  std::vector<ModelRecord> taken;
  for (const FoundRecord& found : output.found) {
    ModelRecord record{found.seqnum, found.timestamp, {}};
    const std::byte* at = output.bytes() + found.tags_begin;
    for (uint32_t i = 0; i < found.tag_count; ++i) {
      const auto size = std::to_integer<size_t>(*at);
      record.record.tags.push_back(TextOf({at + 1, size}));
      at += 1 + size;
    }
    EXPECT_EQ(at, output.bytes() + found.data_begin) << "the data stands right behind the tags";
    record.record.data = TextOf({output.bytes() + found.data_begin, found.data_size});
    taken.push_back(std::move(record));
  }
  return taken;
}

// A log state with one segment, and beside it the records that it should show.
class World {
 public:
  explicit World(uint64_t cache_bytes) : faults(&env), state(cache_bytes, &faults, "/log") {
    state.identity = ExampleIdentity();
    EXPECT_TRUE(state.books.Name(1, "one"));
    EXPECT_TRUE(state.books.Name(2, "two"));
    EXPECT_OK(env.CreateDirectory("/log"));
    SegmentHeader header;
    header.identity = state.identity;
    header.segment = 1;
    EXPECT_OK(SegmentWriter::Create(&faults, "/log", header, 0, &writer_));
    state.segments.Add(1, writer_->file());
  }

  // Writes and publishes one batch; shard 0 takes the first half of the records.
  void Commit(const std::vector<TestRecord>& records, uint64_t timestamp) {
    std::vector<ShardRecords> shards(2);
    shards[1].shard = 6;
    for (size_t i = 0; i < records.size(); ++i)
      shards[i < (records.size() + 1) / 2 ? 0 : 1].records.push_back(records[i]);
    if (shards[1].records.empty()) shards.pop_back();
    BatchHeader place;
    place.segment = 1;
    place.offset = writer_->next_offset();
    PreparedBatch batch;
    ASSERT_OK(MakeBatch(state.identity, shards, {}, timestamp, place, &cursor_, &batch));
    bool clean = false;
    ASSERT_OK(writer_->Append(batch.slab->bytes(), &clean));
    for (size_t i = 0; i < records.size(); ++i)
      model.push_back({batch.ordered.first_seqnum + i, timestamp, records[i]});
    state.Publish(batch.ordered, 1, place.offset, batch.slab, batch.header.end_seqnum);
  }

  void LeaveOut(uint64_t positions) { cursor_.RaiseNextSeqnum(cursor_.next_seqnum() + positions); }
  void Collide(uint64_t book, const std::string& tag, uint64_t seqnum) {
    state.active->tags.Add(StreamOf(state.identity.hash_seed(), book, tag), seqnum);
  }

  [[nodiscard]] std::vector<ModelRecord> Expected(const ReadRequest& request) const {
    std::vector<ModelRecord> expected;
    const uint64_t trimmed = state.books.Find(request.book)->trim_before;
    for (const ModelRecord& record : model) {
      if (record.seqnum < request.from || record.seqnum > request.to || record.seqnum < trimmed) continue;
      if (record.In(request.book, std::string(request.tag))) expected.push_back(record);
    }
    if (request.reverse) std::reverse(expected.begin(), expected.end());
    return expected;
  }

  std::string path() const { return writer_->path(); }

  // Where the record lies, and its bytes if they are in memory.
  [[nodiscard]] RecordLocation Locate(uint64_t seqnum) const { return *state.active->batches.Locate(seqnum); }
  [[nodiscard]] bool IsHot(uint64_t seqnum) const {
    uint64_t hint = 0;
    return state.slabs.Find(Locate(seqnum), &hint) != nullptr;
  }

  MemoryEnv env;
  FaultEnv faults;
  LogState state;
  std::vector<ModelRecord> model;

 private:
  std::unique_ptr<SegmentWriter> writer_;
  MetalogCursor cursor_;
};

inline ReadRequest Request(std::string_view tag, uint32_t limit = 1000, bool reverse = false) {
  return {1, tag, 0, kEnd, reverse, limit};
}

// Reads a whole range page by page, each with the limits given, and puts the pages together.
inline std::vector<ModelRecord> ReadInPages(const World& world, ReadRequest request, size_t fixed_bytes) {
  std::vector<ModelRecord> all;
  while (true) {
    ReadOutput output;
    ByteVector fixed(fixed_bytes);
    if (fixed_bytes > 0) output.fixed = fixed;
    const Status status = ReadRecords(world.state, request, ReadMode::kMayBlock, &output);
    EXPECT_OK(status);
    EXPECT_LE(output.found.size(), request.limit);
    EXPECT_LE(output.used, fixed_bytes > 0 ? fixed_bytes : output.growing.size());
    if (!status.ok()) return all;
    if (output.found.empty() && output.needed > 0) {
      EXPECT_GT(output.needed, fixed_bytes) << "what fits must be taken";
      fixed_bytes = output.needed;
      continue;
    }
    for (ModelRecord& record : Taken(output)) all.push_back(std::move(record));
    if (!output.more) return all;
    EXPECT_FALSE(output.found.empty()) << "a page that promises more must move on";
    if (output.found.empty()) return all;
    const uint64_t last = output.found.back().seqnum;
    if (request.reverse && last == 0) return all;
    (request.reverse ? request.to : request.from) = request.reverse ? last - 1 : last + 1;
  }
}

}  // namespace daybook::testing_support
