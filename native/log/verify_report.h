// What verification finds in one file of a log. Reports are made side by side, on any threads, and
// judged together (verify_log.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "log/index_run.h"
#include "log/record_location.h"

namespace daybook {

// Good batches with consecutive numbers in one segment, each of which fits to the one before.
struct BatchChain {
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
  // Records in [first_seqnum, end_seqnum) are lost, where the file itself tells.
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;
  std::string what;
};

// A sum over where records lie and which streams hold them, in any order: two sides that say the same
// have the same sum.
struct IndexDigest {
  uint64_t locations = 0;
  uint64_t location_sum = 0;
  uint64_t postings = 0;
  uint64_t posting_sum = 0;

  void AddLocation(const RecordLocation& location);
  void AddPosting(StreamKind kind, uint64_t key, uint64_t seqnum);
  void Add(const IndexDigest& other);
  bool operator==(const IndexDigest&) const = default;
};

struct FileReport {
  uint64_t bytes = 0;  // of the file
  uint64_t batches = 0;
  uint64_t frames = 0;
  uint64_t records = 0;
  uint64_t commands = 0;
  uint64_t flushed_batch = 0;    // highest number that anything in the file says was flushed
  bool is_marked = false;        // a durable mark holds
  uint64_t marked_term = 0;      // of that mark
  uint64_t marked_batch = 0;     // the last flushed batch, as it says
  uint64_t marked_seqnum = 0;    // and the next seqnum
  bool closed_properly = false;  // the mark says that the log was closed behind it
  std::vector<BatchChain> chains;
  std::map<uint64_t, IndexDigest> digests;  // by place in GroupSpans
  std::vector<VerifyProblem> problems;
};

// A report in bytes, so that one thread can make it and another one judge it. For one process: the
// form is no format.
std::vector<std::byte> EncodeFileReport(const FileReport& report);
[[nodiscard]] bool DecodeFileReport(std::span<const std::byte> bytes, FileReport* report);

}  // namespace daybook
