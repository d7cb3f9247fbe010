// For the tests of index runs: a model that says what a run must answer, and runs made from it.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "env/env_memory.h"
#include "log/file_name.h"
#include "log/index_run.h"
#include "log/test_support.h"

namespace daybook::testing_support {

inline bool SameLocation(const RecordLocation& a, const RecordLocation& b) {
  return a.seqnum == b.seqnum && a.timestamp == b.timestamp && a.segment == b.segment &&
         a.offset == b.offset && a.size == b.size && a.shard == b.shard && a.local_id == b.local_id;
}

using StreamKey = std::pair<StreamKind, uint64_t>;

struct RunModel {
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;
  std::map<uint64_t, RecordLocation> locations;
  std::map<StreamKey, std::vector<uint64_t>> streams;

  [[nodiscard]] std::vector<uint64_t> Postings(const StreamKey& stream, uint64_t from, uint64_t to,
                                               bool reverse) const {
    std::vector<uint64_t> found;
    const auto at = streams.find(stream);
    if (at == streams.end()) return found;
    for (const uint64_t seqnum : at->second) {
      if (seqnum >= from && seqnum <= to) found.push_back(seqnum);
    }
    if (reverse) std::reverse(found.begin(), found.end());
    return found;
  }
};

inline constexpr const char* kRunDirectory = "/log";

inline Status FillRun(const RunModel& model, IndexRunWriter* writer) {
  for (const auto& [seqnum, location] : model.locations) {
    DAYBOOK_RETURN_IF_ERROR(writer->AddLocation(location));
  }
  for (const auto& [stream, seqnums] : model.streams) {
    DAYBOOK_RETURN_IF_ERROR(writer->BeginStream(stream.first, stream.second));
    for (const uint64_t seqnum : seqnums) DAYBOOK_RETURN_IF_ERROR(writer->AddPosting(seqnum));
  }
  return Status::Ok();
}

inline Status WriteRun(Env* env, const RunModel& model, uint64_t run, IndexRunInfo* info,
                       const LogIdentity& identity = ExampleIdentity()) {
  std::unique_ptr<IndexRunWriter> writer;
  DAYBOOK_RETURN_IF_ERROR(IndexRunWriter::Create(env, kRunDirectory, identity,
                                                 {run, model.first_seqnum, model.end_seqnum, 0, 0}, &writer));
  DAYBOOK_RETURN_IF_ERROR(FillRun(model, writer.get()));
  return writer->Finish(info);
}

inline Status OpenRun(Env* env, const IndexRunInfo& info, std::shared_ptr<const IndexRun>* run,
                      size_t cache_bytes = size_t{16} << 20U) {
  return IndexRun::Open(env, kRunDirectory, ExampleIdentity(), info,
                        std::make_shared<BlockCache>(cache_bytes), run);
}

// Records as a log has them: mostly one right behind the other, now and then a new batch, segment or shard,
// a gap in the seqnums; or, `wild`, as rewriting may leave them.
inline void AddRandomLocations(Chance* chance, uint64_t count, bool wild, RunModel* model) {
  RecordLocation at;
  at.seqnum = model->first_seqnum;
  at.timestamp = 1700000000000;
  at.segment = 1;
  at.offset = 12288;
  at.size = 100;
  at.shard = {1, 0, 0};
  for (uint64_t i = 0; i < count && at.seqnum < model->end_seqnum; ++i) {
    model->locations[at.seqnum] = at;
    at.offset += at.size;
    ++at.seqnum;
    ++at.local_id;
    if (chance->OneIn(3)) at.size = chance->OneIn(20) ? chance->Between(8, 100000) : chance->Between(8, 300);
    if (chance->OneIn(10)) at.timestamp += chance->Below(3);
    if (chance->OneIn(10)) at.offset += chance->Below(5000);
    if (chance->OneIn(50)) at.shard.shard = static_cast<uint32_t>(chance->Below(4));
    if (chance->OneIn(100)) at.local_id = chance->Below(100000);
    if (chance->OneIn(100)) at.seqnum += chance->Below(1000);
    if (chance->OneIn(500)) {
      ++at.segment;
      at.offset = 12288;
    }
    if (!wild) continue;
    const uint64_t pick = chance->Below(8);
    if (pick == 0) at.segment = chance->Below(UINT64_MAX);
    if (pick == 1) at.offset = chance->Below(UINT64_MAX);
    if (pick == 2) at.local_id = chance->Below(UINT64_MAX);
    if (pick == 3) at.size = static_cast<size_t>(chance->Below(UINT64_MAX));
    if (pick == 4) at.shard = {static_cast<uint32_t>(chance->Below(UINT32_MAX)), UINT32_MAX, UINT32_MAX};
    if (pick == 5) at.timestamp += chance->Below(uint64_t{1} << 40U);
  }
}

// `count` seqnums of the model's range, each `step` behind the last on average; step 1: consecutive.
inline std::vector<uint64_t> RandomSeqnums(Chance* chance, const RunModel& model, uint64_t count,
                                           uint64_t step) {
  std::vector<uint64_t> seqnums;
  const uint64_t range = model.end_seqnum - model.first_seqnum;
  uint64_t seqnum = model.first_seqnum + chance->Below(std::max<uint64_t>(1, range / 4));
  for (uint64_t i = 0; i < count && seqnum < model.end_seqnum; ++i) {
    seqnums.push_back(seqnum);
    seqnum += step == 1 ? 1 : 1 + chance->Below(2 * step);
  }
  return seqnums;
}

// Dense, sparse, huge and single streams, and some that change their mind.
inline void AddRandomStream(Chance* chance, StreamKey stream, RunModel* model) {
  const uint64_t range = model->end_seqnum - model->first_seqnum;
  std::vector<uint64_t> seqnums;
  switch (chance->Below(7)) {
    case 0:
      seqnums = RandomSeqnums(chance, *model, 1, 1);
      break;
    case 1:
      seqnums = RandomSeqnums(chance, *model, chance->Between(1, 300), 1);
      break;
    case 2:
      seqnums = RandomSeqnums(chance, *model, chance->OneIn(20) ? 20000 : 100, chance->Between(1, 4));
      break;
    case 3: {  // runs of consecutive ones with gaps between
      std::set<uint64_t> set;
      for (uint64_t i = chance->Between(1, 12); i > 0; --i) {
        const std::vector<uint64_t> part = RandomSeqnums(chance, *model, chance->Between(1, 200), 1);
        set.insert(part.begin(), part.end());
      }
      seqnums.assign(set.begin(), set.end());
      break;
    }
    default:
      seqnums = RandomSeqnums(chance, *model, chance->Between(1, 40), std::max<uint64_t>(2, range / 40));
  }
  if (!seqnums.empty()) model->streams[stream] = std::move(seqnums);
}

inline RunModel RandomModel(Chance* chance, uint64_t records, uint64_t streams) {
  RunModel model;
  model.first_seqnum = chance->OneIn(2) ? chance->Below(1000) : chance->Below(uint64_t{1} << 50U);
  const uint64_t range = chance->OneIn(4) ? uint64_t{1} << chance->Between(20, 45) : 2 * records + 10;
  model.end_seqnum = model.first_seqnum + range;
  AddRandomLocations(chance, records, chance->OneIn(3), &model);
  for (uint64_t i = 0; i < streams; ++i) {
    const bool book = chance->OneIn(5);
    const uint64_t key = book || chance->OneIn(10) ? chance->Below(2 * streams)
                                                   : chance->Below(UINT64_MAX) ^ (chance->Below(2) << 63U);
    AddRandomStream(chance, {book ? StreamKind::kBook : StreamKind::kTag, key}, &model);
  }
  return model;
}

// A page or two of each kind; `salt` makes another run of the same shape.
inline RunModel SmallModel(uint64_t salt = 0) {
  RunModel model;
  model.first_seqnum = 1000;
  model.end_seqnum = 3000;
  RecordLocation at;
  at.seqnum = 1000;
  at.timestamp = 5000;
  at.segment = 3;
  at.offset = 12288;
  at.shard = {1, 0, 2};
  for (uint64_t i = 0; i < 150; ++i) {
    at.size = 100 + (i * 7 + salt) % 50;
    model.locations[at.seqnum] = at;
    at.offset += at.size + (i % 10 == 9 ? 300 : 0);
    at.seqnum += i % 40 == 39 ? 5 : 1;
    at.timestamp += i % 10 == 9 ? 2 : 0;
    ++at.local_id;
  }
  for (uint64_t i = 0; i < 30; ++i) {
    std::vector<uint64_t>& tag = model.streams[{StreamKind::kTag, (i + 1) * 0x0123456789abcdefU + salt}];
    for (uint64_t seqnum = 1000 + i * 3; seqnum < 2900; seqnum += 97 + i * i) tag.push_back(seqnum);
  }
  for (uint64_t i = 0; i < 3; ++i) {
    std::vector<uint64_t>& book = model.streams[{StreamKind::kBook, i + 1}];
    for (uint64_t seqnum = 1000 + i; seqnum < 2900; seqnum += i + 1) book.push_back(seqnum);
  }
  return model;
}

inline bool RightOrCorrupt(const Status& status, bool right) {
  return status.ok() ? right : status.Is(StatusCode::kCorrupt);
}

// Asks about all of the model, or some of it.
inline testing::AssertionResult AnswersAreRightOrCorrupt(const IndexRun& run, const RunModel& model,
                                                         size_t step = 1) {
  size_t turn = 0;
  for (uint64_t seqnum = model.first_seqnum; seqnum < model.first_seqnum + 170; seqnum += step) {
    RecordLocation location;
    bool found = false;
    const Status status = run.Locate(seqnum, ReadMode::kMayBlock, &location, &found);
    const auto at = model.locations.find(seqnum);
    const bool right =
        found == (at != model.locations.end()) && (!found || SameLocation(location, at->second));
    if (!RightOrCorrupt(status, right)) return testing::AssertionFailure() << "location of " << seqnum;
  }
  for (const auto& [stream, seqnums] : model.streams) {
    if (turn++ % step != 0) continue;
    for (const bool reverse : {false, true}) {
      std::vector<uint64_t> read;
      bool more = false;
      const Status status = run.ReadPostings(stream.first, stream.second, 0, UINT64_MAX, reverse, 5000,
                                             ReadMode::kMayBlock, &read, &more);
      const bool right = !more && read == model.Postings(stream, 0, UINT64_MAX, reverse);
      if (!RightOrCorrupt(status, right)) return testing::AssertionFailure() << "stream " << stream.second;
      if (!status.ok() && !read.empty()) return testing::AssertionFailure() << "an answer with an error";
    }
  }
  for (const uint64_t time : {uint64_t{0}, uint64_t{5011}, uint64_t{9999}}) {
    std::optional<uint64_t> seqnum;
    const Status status = run.FirstAtOrAfterTime(time, ReadMode::kMayBlock, &seqnum);
    std::optional<uint64_t> expected;
    for (const auto& [at, location] : model.locations) {
      if (!expected && location.timestamp >= time) expected = at;
    }
    if (!RightOrCorrupt(status, seqnum == expected)) return testing::AssertionFailure() << "time " << time;
  }
  return testing::AssertionSuccess();
}

inline Status WalkAll(const IndexRun& run) {
  const std::unique_ptr<IndexRunCursor> cursor = run.Walk();
  bool found = true;
  while (found) {
    RecordLocation location;
    DAYBOOK_RETURN_IF_ERROR(cursor->NextLocation(&location, &found));
  }
  std::vector<uint64_t> seqnums;
  do {
    StreamKind kind = StreamKind::kTag;
    uint64_t key = 0;
    DAYBOOK_RETURN_IF_ERROR(cursor->NextStream(&kind, &key, &found));
    seqnums.clear();
    DAYBOOK_RETURN_IF_ERROR(cursor->NextPostings(100000, &seqnums));
  } while (found);
  return Status::Ok();
}

}  // namespace daybook::testing_support
