// Replay: reads what a log's segments hold behind a checkpoint, in the order of the batch numbers,
// and tells what is there, what is damaged, and what was torn off by a crash. Writes nothing.
// docs/formats/batch.md, "Numbers, flushes, and what a gap means".
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/checkpoint.h"
#include "log/log_state.h"
#include "log/manifest.h"
#include "log/metalog_cursor.h"
#include "log/replay_source.h"

namespace daybook {

// A good batch that nothing shows to be on stable storage.
struct TailBatch {
  BatchHeader header;
  SharedSlab slab;
  OrderedBatch ordered;
  size_t group = 0;  // where it lies: among ReplayResult::groups, and their lanes
  size_t lane = 0;
};

// What is known to be flushed of one group of segments.
struct ReplayedGroup {
  size_t listed = 0;  // index of its first segment in the manifest
  bool closed = false;
  bool readable = true;  // all of its files are there, with their front
  GroupProgress progress;
  uint64_t end_batch = 0;  // number behind its last flushed batch; first_batch: none
  uint64_t end_seqnum = 0;
  uint32_t end_checksum = 0;
};

struct ReplayResult {
  MetalogCursor cursor;     // behind the last good batch
  uint64_t last_batch = 0;  // its number; 0: none
  uint32_t last_checksum = 0;
  uint64_t last_term = 0;
  uint64_t durable_batch = 0;  // every batch up to this number was flushed
  uint32_t durable_checksum = 0;
  uint64_t marked_batch = 0;  // the highest number in a durable mark
  uint64_t reserved_seqnum = 0;
  std::vector<ReplayedGroup> groups;  // from the one where replay began
  std::deque<TailBatch> tail;         // those above durable_batch; not published
  uint64_t clean_next_seqnum = 0;     // clean: the next position, which may be above what any batch says
  bool clean = false;                 // closed properly, and nothing follows
  uint64_t replayed_bytes = 0;
  bool skipped = false;  // nothing was read behind what is gone as it should be
};

class Replay {
 public:
  // Publishes what it reads in `state`, and damage with it. `checkpoint` may be null; else its state
  // has been taken up already. `publish_done` is called after each batch that was published.
  Replay(Env* env, std::string directory, const Manifest& manifest, const Checkpoint* checkpoint,
         LogState* state, std::function<Status(uint64_t end_seqnum)> published);

  // All batches up to this number are flushed, and none behind it is to be read.
  void StopBehind(uint64_t batch) { limit_ = batch; }

  // kFormat, or kIo when the disk fails; damage is no failure of the replay.
  Status Run(ReplayResult* result);

 private:
  // An open stretch of unreadable batches.
  struct Gap {
    uint64_t first_seqnum = 0;
    std::string path;
    uint64_t offset = 0;
    std::string what;
    bool commands_lost = true;
  };

  Status ReplayGroup(size_t index);
  Status Enter(const ReplayGroupSource& group);
  Status NextThatFollows(ReplayGroupSource* group, ReplayLane** lane);
  [[nodiscard]] bool Follows(const BatchHeader& header) const;
  [[nodiscard]] bool EndsByMark() const;
  Status Accept(size_t index, ReplayLane* lane, bool* accepted);
  [[nodiscard]] bool IsNextButDamaged(const ReplayLane& lane) const;
  Status FollowsInLaterGroup(size_t index, bool* follows);
  Status LookAhead(size_t index);
  Status OpenGapAt(ReplayGroupSource* group);
  Status StepBehindGap(ReplayGroupSource* group, bool* found);
  void OpenGap(const ReplayLane& lane);
  void CloseGap(uint64_t end_seqnum);
  Status PublishDurable();
  Status Publish(const TailBatch& batch);
  void NoteDurable(const TailBatch& batch);
  void NoteBadHeaders();
  void NoteMissing();
  void Finish();

  Env* env_;
  std::string directory_;
  const Manifest& manifest_;
  const Checkpoint* checkpoint_;
  LogState* state_;
  std::function<Status(uint64_t)> published_;
  ReplayResult* result_ = nullptr;
  std::vector<ReplayGroupSource> groups_;
  std::optional<DurableMark> mark_;  // the one that says most
  uint64_t evidence_ = 0;            // highest number that anything says was flushed
  uint64_t indexed_end_ = 0;         // records below stand in a listed run: it was made of what was flushed
  const ReplayLane* suspect_ = nullptr;  // an open one that cannot be read, and may have held anything
  std::optional<Gap> gap_;
  std::optional<uint64_t> limit_;
  bool skipped_ = false;  // the batches in front of the next one are gone as they should be
  bool checksum_known_ = true;
  bool state_seen_ = false;  // the last state frame has been read
  bool ended_ = false;
};

}  // namespace daybook
