// Verifies one segment file: every checksum in it, and that what it says fits together. Reads
// only, and needs no open log; several files may be verified at once, from several threads.
//
// A file alone does not tell damage from what a crash tore off: that takes the evidence of all
// files together (docs/formats/batch.md, "Numbers, flushes, and what a gap means"). So the report
// says what is there, what is not, and up to which batch this file shows the log to be flushed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/identity.h"
#include "log/manifest.h"

namespace daybook {

// Good batches with consecutive numbers, each of which fits to the one before.
struct VerifiedRun {
  uint64_t first_batch = 0;
  uint64_t last_batch = 0;
  uint32_t previous_checksum = 0;  // that the first one names
  uint32_t last_checksum = 0;
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;
  uint64_t first_offset = 0;
  uint64_t end_offset = 0;
};

struct VerifyProblem {
  uint64_t offset = 0;
  // The number of the batch that should stand there: if it was flushed this is damage, else it was
  // torn off. 0: damage in any case.
  uint64_t batch = 0;
  bool whole_file = false;  // nothing in the file can be read
  std::string what;
};

struct SegmentReport {
  uint64_t bytes = 0;  // of the file
  uint64_t batches = 0;
  uint64_t frames = 0;
  uint64_t records = 0;
  uint64_t commands = 0;
  uint64_t flushed_batch = 0;    // highest number that anything in the file says was flushed
  uint64_t marked_seqnum = 0;    // the next seqnum, as a mark says; 0: no mark
  bool closed_properly = false;  // the mark says that the log was closed behind it
  std::vector<VerifiedRun> runs;
  std::vector<VerifyProblem> problems;
};

// kFormat for a newer version, kIo when the disk fails; damage is no failure of the verification.
Status VerifySegment(Env* env, const std::string& directory, const LogIdentity& identity,
                     const ManifestSegment& listed, SegmentReport* report);

// A report in bytes, so that one thread can make it and another one judge it. For one process: the
// form is no format.
std::vector<std::byte> EncodeSegmentReport(const SegmentReport& report);
[[nodiscard]] bool DecodeSegmentReport(std::span<const std::byte> bytes, SegmentReport* report);

}  // namespace daybook
