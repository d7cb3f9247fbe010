// An index run: an immutable file that says, for a stretch of seqnums, where each record lies and
// which records each stream holds. docs/formats/index-run.md.
//
// A run holds nothing that could not be computed again from the segments. Safe from any number of
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "daybook/status.h"
#include "log/block_cache.h"
#include "log/identity.h"
#include "log/record_location.h"

namespace daybook {

// A tag in a book (the key is its keyed hash, see StreamOf), or a whole book (the key is its number).
enum class StreamKind : uint8_t { kTag = 0, kBook = 1 };

// A run as the manifest lists it.
struct IndexRunInfo {
  uint64_t run = 0;           // its id, and name: IndexRunFileName(run)
  uint64_t first_seqnum = 0;  // what it answers for: [first_seqnum, end_seqnum)
  uint64_t end_seqnum = 0;
  uint64_t bytes = 0;    // of the file
  uint64_t records = 0;  // located in it
  bool operator==(const IndexRunInfo&) const = default;
};

class IndexRunWriter {
 public:
  // Makes the file; one of that name is a leftover and goes. `info.bytes` and `info.records` are not used.
  static Status Create(Env* env, const std::string& directory, const LogIdentity& identity,
                       const IndexRunInfo& info, std::unique_ptr<IndexRunWriter>* writer);
  ~IndexRunWriter();

  // First all locations, ascending by seqnum (with gaps, as they come), with time stamps that do not fall;
  // then all streams, those of tags before those of books, each ascending by key; the postings of each
  // ascending. All seqnums are in [first_seqnum, end_seqnum). A stream without postings is left out.
  // After a failure each call fails as the first did; the file is a leftover then.
  Status AddLocation(const RecordLocation& location);
  Status BeginStream(StreamKind kind, uint64_t key);
  Status AddPosting(uint64_t seqnum);

  // Writes what is left, flushes the file and its name. `*info` is complete then.
  Status Finish(IndexRunInfo* info);

  [[nodiscard]] uint64_t bytes_written() const;

 private:
  struct Impl;
  explicit IndexRunWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class IndexRunCursor;

class IndexRun {
 public:
  // Reads and checks what the run says about itself. kNotFound; kCorrupt if it is damaged, of another
  // log, or not the run that was listed; kFormat if a newer version wrote it. Reads a bounded number of
  // bytes, whatever the size of the run.
  static Status Open(Env* env, const std::string& directory, const LogIdentity& identity,
                     const IndexRunInfo& listed, std::shared_ptr<BlockCache> cache,
                     std::shared_ptr<const IndexRun>* run);
  ~IndexRun();

  [[nodiscard]] const IndexRunInfo& info() const;
  [[nodiscard]] const std::string& path() const;
  // Held as long as the run is open, apart from the cache: at most some 300 KiB, whatever its size.
  [[nodiscard]] size_t memory_bytes() const;

  // In kNoWait these answer kWouldBlock when a block is neither cached nor in the page cache;
  // kCorrupt names file and offset.

  Status Locate(uint64_t seqnum, ReadMode mode, RecordLocation* location, bool* found) const;

  // Appends up to `max` of the stream's seqnums in [from, to], ascending, or descending from `to`; none if
  // it fails. `*more`: the range may hold further ones behind the last; never with fewer than `max`.
  Status ReadPostings(StreamKind kind, uint64_t key, uint64_t from, uint64_t to, bool reverse, size_t max,
                      ReadMode mode, std::vector<uint64_t>* seqnums, bool* more) const;

  // The first located seqnum with a time stamp >= `time`.
  Status FirstAtOrAfterTime(uint64_t time, ReadMode mode, std::optional<uint64_t>* seqnum) const;

  // Everything in the run, in the order in which the writer took it; see IndexRunCursor. Reads
  // ahead past the cache, some 70 KiB in memory, and may wait for the disk. The run must outlive the cursor.
  [[nodiscard]] std::unique_ptr<IndexRunCursor> Walk() const;

 private:
  friend class IndexRunCursor;
  struct Impl;
  explicit IndexRun(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Walks a whole run once, checking every block: when NextStream has found the last one, all of the file has
// been read and its parts agree. Not for several threads at once.
class IndexRunCursor {
 public:
  explicit IndexRunCursor(const IndexRun* run);
  ~IndexRunCursor();

  // The next location, ascending; `*found` is false behind the last. All of them come before the
  // first stream.
  Status NextLocation(RecordLocation* location, bool* found);
  // The next stream, tags before books, ascending by key. What is left of the one before is skipped.
  Status NextStream(StreamKind* kind, uint64_t* key, bool* found);
  // Appends the next postings of the stream, at most `max`; none at its end.
  Status NextPostings(size_t max, std::vector<uint64_t>* seqnums);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// So many items, locations or postings, lie between two questions of a merge whether to go on.
inline constexpr uint64_t kItemsBetweenQuestions = 512;

// Merges runs of adjoining stretches, ascending, into one; leaves out the seqnums that `keep`
// refuses, and streams that are empty then. Memory is bounded by a small number of blocks for each
// input. `go_on` is asked now and then: false gives up with kClosed, and the unfinished file goes.
Status MergeIndexRuns(Env* env, const std::string& directory, const LogIdentity& identity,
                      const std::vector<std::shared_ptr<const IndexRun>>& runs,
                      const std::function<bool(uint64_t seqnum)>& keep, const std::function<bool()>& go_on,
                      IndexRunInfo* merged);  // in: run, first_seqnum, end_seqnum; out: all

}  // namespace daybook
