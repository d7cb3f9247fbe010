// The parts of recovery: what they share, and the beginning of the next term. Used by recovery.cc alone.
#pragma once

#include <algorithm>
#include <string>

#include "daybook/env.h"
#include "daybook/options.h"
#include "log/index_loader.h"
#include "log/log_state.h"
#include "log/recovery.h"
#include "log/replay.h"

namespace daybook {

// All that recovery works with.
struct RecoveryContext {
  Env* env;
  const std::string& directory;
  const EngineOptions& options;
  IndexPlace index;
  LogState* state;
  RecoveredLog* log;
};

inline uint64_t NowMs(Env* env) { return static_cast<uint64_t>(std::max<int64_t>(env->NowMillis(), 0)); }

// Begins a group behind all segments that the manifest lists.
Status BeginGroup(const RecoveryContext& context, uint64_t first_batch, uint64_t first_seqnum);
void RegisterGroup(const SegmentGroup& group, LogState* state);

// Makes the log ready to be written in a new term: goes on where it was closed properly, or writes its tail
// again. kDiskFull: nothing has changed on the disk. `*tail_published`: what lies behind the flushed batches
// is visible.
Status BeginTerm(const RecoveryContext& context, const ReplayResult& replay, bool* tail_published);

}  // namespace daybook
