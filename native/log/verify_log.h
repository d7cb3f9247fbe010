// Verifies a log that nobody has open: its manifest, and what the reports on its files say together.
// Reads only. Damage is what had been flushed and cannot be read; what a crash tore off is none, and
// is only noted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/manifest.h"
#include "log/verify_report.h"

namespace daybook {

struct LogDamage {
  std::string file;  // its name in the directory
  uint64_t offset = 0;
  // Records in [first_seqnum, end_seqnum) are lost, or the fate of some; kSeqnumEnd when nobody can
  // tell how many. Equal: no record is.
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;
  bool mendable = false;  // what the file holds is made again from others
  std::string what;
};

struct LogVerdict {
  uint64_t segments = 0;
  uint64_t runs = 0;  // of the index, overlays included
  uint64_t checkpoints = 0;
  uint64_t bytes = 0;  // of the files that were read
  uint64_t batches = 0;
  uint64_t frames = 0;
  uint64_t records = 0;
  uint64_t commands = 0;
  uint64_t indexed = 0;     // records that the index and the segments were compared for
  uint64_t last_batch = 0;  // up to here every batch is good and follows the one before
  uint64_t next_seqnum = 0;
  bool closed_properly = false;
  std::vector<LogDamage> damage;  // in the order of the log
  std::vector<std::string> notes;
};

// Reads both copies of the manifest. Damage to one of them is in the verdict. kCorrupt if none is
// good; kFormat for a newer one, or a directory that is no daybook.
Status VerifyManifest(Env* env, const std::string& directory, Manifest* manifest, LogVerdict* verdict);

// Adds to the verdict what the reports say, one for each of VerifyTasks(manifest), in their order.
void JudgeReports(const Manifest& manifest, std::span<const FileReport> reports, LogVerdict* verdict);

}  // namespace daybook
