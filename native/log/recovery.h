// Recovery: makes a directory into a log that can be written, or says why not. Replays what is
// there, writes what a crash left un-flushed into fresh blocks, and begins a new term by
// replacing the manifest. A crash at any moment of it changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daybook/env.h"
#include "log/log_state.h"
#include "log/manifest.h"
#include "log/metalog_cursor.h"
#include "log/segment_writer.h"

namespace daybook {

// Where writing goes on.
struct RecoveredLog {
  Manifest manifest;
  MetalogCursor cursor;
  std::unique_ptr<SegmentWriter> writer;  // null: read-only, see `failure`
  uint64_t last_batch = 0;                // number and checksum of the last batch; all flushed
  uint32_t last_checksum = 0;
  uint64_t marked_batch = 0;  // a durable mark on the disk says this number
  uint64_t durable_reserved_seqnum = 0;
  Status failure;  // damage, or no room to begin a term: the log is read-only
};

// REQUIRES: the lock of the directory is held and `state` is empty.
//  kFormat    not a daybook, or of a newer format; nothing was written
//  kCorrupt   no manifest can be read, or files contradict it; nothing was written
//  kDiskFull  no room to make a log. One that is there opens read-only, with that failure
Status RecoverLog(Env* env, const std::string& directory, LogState* state, RecoveredLog* log);

// kFormat if the directory holds something, and it is not a daybook. Reads only; kNotFound when
// there is no such directory.
Status CheckDirectoryIsOurs(Env* env, const std::string& directory);

}  // namespace daybook
