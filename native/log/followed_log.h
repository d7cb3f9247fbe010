// One term of a log that another process writes, as a follower sees it: loaded from manifest, checkpoint
// and replay, then taken further batch by batch, up to what the control page says is flushed. Writes
// nothing. It ends with the term: then the log is loaded anew.
//
// One thread at a time changes it; any number read its state.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "daybook/options.h"
#include "log/block_cache.h"
#include "log/control_page.h"
#include "log/log_state.h"
#include "log/manifest.h"
#include "log/metalog_cursor.h"
#include "log/replay.h"
#include "log/segment_reader.h"

namespace daybook {

struct FollowWorld {
  Env* env = nullptr;
  std::string directory;
  EngineOptions options;
  std::shared_ptr<BlockCache> cache;
};

class FollowedLog {
 public:
  // Loads what is flushed now. Tries again as long as the log changes underneath. kFormat: no log is there.
  // Damage that stays is in state().damage, and failure().
  static Status Load(const FollowWorld& world, ControlReader* control, std::shared_ptr<FollowedLog>* log);

  // Applies what was flushed up to `stable`. `*starved`: a batch was not found, so the manifest is older
  // than the log, or the log has gone on without us.
  Status Advance(uint64_t stable, bool* starved);
  // Takes up the list of segments: what Advance reads from. False: what comes next is not there any more.
  [[nodiscard]] bool TakeGroups(const Manifest& manifest);
  // Takes up index and segments. REQUIRES: all that was flushed when the manifest was written is applied.
  Status TakeIndex(const Manifest& manifest);

  [[nodiscard]] LogState& state() { return state_; }
  [[nodiscard]] const LogState& state() const { return state_; }
  // Never changes.
  [[nodiscard]] uint64_t term() const { return term_; }
  [[nodiscard]] uint64_t incarnation() const { return incarnation_; }
  [[nodiscard]] const std::vector<TermEnd>& term_ends() const { return term_ends_; }
  [[nodiscard]] const Status& failure() const { return failure_; }
  [[nodiscard]] LogPosition Position() const;
  // Of the changing thread alone.
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] uint64_t last_batch() const { return last_batch_; }

  explicit FollowedLog(const FollowWorld& world);

 private:
  struct Lane {
    ManifestSegment listed;
    uint64_t offset = kSegmentDataOffset;
    std::unique_ptr<SegmentReader> reader;  // null: not opened yet
    std::optional<ScannedBatch> head;       // a good one that is flushed
  };
  using Group = std::vector<Lane>;

  Status TryLoad(const std::optional<ControlState>& page);
  Status LoadCheckpoint(std::unique_ptr<Checkpoint>* checkpoint) const;
  Status RunReplay(const Checkpoint* checkpoint, std::optional<uint64_t> limit, ReplayResult* result);
  Status BeginState(const Checkpoint* checkpoint);
  Status OpenRuns(const Manifest& manifest, IndexVersion* version) const;
  Status ReadHead(uint64_t stable, Lane* lane);
  [[nodiscard]] bool Follows(const BatchHeader& header) const;
  Status FindNext(uint64_t stable, size_t* group, Lane** next);
  Status Apply(Lane* lane, bool* applied);
  Status MakeRoom(uint64_t first_seqnum, uint64_t end_seqnum);
  void Rotate(uint64_t first_seqnum);
  void TakeSegments(const Manifest& manifest);

  const FollowWorld world_;
  LogState state_;
  uint64_t term_ = 0;
  uint64_t incarnation_ = 0;
  std::vector<TermEnd> term_ends_;
  Status failure_;

  Manifest manifest_;
  MetalogCursor cursor_;
  uint64_t last_batch_ = 0;
  uint32_t last_checksum_ = 0;
  uint64_t last_term_ = 0;
  bool skipped_ = false;  // the batches in front of the next one are gone as they should be
  std::vector<Group> groups_;
};

}  // namespace daybook
