// Recovery: makes a directory into a log that can be written, or says why not. Takes up the newest
// good checkpoint and the index runs, replays what lies behind, writes what a crash left un-flushed
// into fresh blocks, and begins a new term by replacing the manifest. A crash at any moment of it
// changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "daybook/options.h"
#include "log/block_cache.h"
#include "log/log_state.h"
#include "log/manifest.h"
#include "log/metalog_cursor.h"
#include "log/segment_group.h"

namespace daybook {

// Where writing goes on.
struct RecoveredLog {
  Manifest manifest;
  MetalogCursor cursor;
  SegmentGroup group;                    // without lanes: read-only, see `failure`
  std::optional<SegmentGroup> prepared;  // made for when the group is full
  uint64_t last_batch = 0;               // number, checksum and term of the last batch; all flushed
  uint32_t last_checksum = 0;
  uint64_t last_term = 0;
  uint64_t marked_batch = 0;  // a durable mark on the disk says this number
  uint64_t durable_reserved_seqnum = 0;
  uint64_t replayed_bytes = 0;          // behind the checkpoint
  bool closed_properly = false;         // by the term before
  bool is_new = false;                  // there was no log
  uint64_t rewritten_batches = 0;       // that nothing showed to be on the disk
  uint64_t passed_seqnums = 0;          // that may have been told to somebody, and are left out
  std::vector<SegmentDead> dead;        // as of the checkpoint
  std::vector<std::string> unfinished;  // segments that an earlier opening was making when it ended
  std::vector<std::string> useless;     // files that the log does not need any more
  Status failure;                       // damage, or no room to begin a term: the log is read-only
};

// REQUIRES: the lock of the directory is held and `state` is empty.
//  kFormat    not a daybook, or of a newer format; nothing was written
//  kCorrupt   no manifest can be read, or files contradict it; nothing was written
//  kDiskFull  no room to make a log. One that is there opens read-only, with that failure
Status RecoverLog(Env* env, const std::string& directory, const EngineOptions& options,
                  const std::shared_ptr<BlockCache>& cache, LogState* state, RecoveredLog* log);

// kFormat if the directory holds something, and it is not a daybook. Reads only; kNotFound when
// there is no such directory.
Status CheckDirectoryIsOurs(Env* env, const std::string& directory);

}  // namespace daybook
