// The engine: one log in one directory, composed of the parts in this folder. It has no threads
// and no clock of its own; a driver (runtime/committer) calls it. Nothing is computed here that a
// part could compute.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daybook/env.h"
#include "daybook/options.h"
#include "daybook/status.h"
#include "log/book_list.h"
#include "log/group_commit.h"
#include "log/log_reader.h"
#include "log/log_state.h"
#include "log/recovery.h"

namespace daybook {

struct CommitRequest {
  std::vector<ShardSubmission> shards;  // ascending by shard
  std::vector<Command> commands;
  std::vector<uint64_t> books;  // that the records are for, as far as they may lack a name
  bool flush = true;            // some of it was asked to be on disk before it is acknowledged
};

struct CommitResult {
  std::vector<OrderedRun> runs;
  // On failure: false, nothing of the request will ever be seen; true, it may be, after reopening.
  bool outcome_unknown = false;
};

class Engine {
 public:
  // Takes the lock, recovers. kLocked names the holder. Statuses of RecoverLog.
  static Status Open(Env* env, const std::string& directory, const EngineOptions& options,
                     std::unique_ptr<Engine>* engine);
  ~Engine();

  // --- One thread at a time: the committer's ---

  // Orders, writes, flushes if asked, and makes visible. kDiskFull: nothing happened, try again
  // when there is room. kReadOnly: the log takes no more writes until it is opened again. kIo: the
  // same from now on if Failure says so; else no new segment could be made (too many open files,
  // say), nothing happened, and a later attempt makes it anew.
  Status Commit(const CommitRequest& request, CommitResult* result);

  // Flushes what was written without, and writes the durable mark.
  Status Settle();
  // Memory ran out in the middle of a commit: nobody knows how far it came.
  Status FailOutOfMemory() { return Fail({StatusCode::kIo, "not enough memory to commit"}); }
  // Settle, and say that the log was closed. Then only the destructor may follow.
  Status Close();
  [[nodiscard]] uint64_t unflushed_bytes() const { return unflushed_bytes_; }
  [[nodiscard]] bool settled() const { return marked_batch_ == last_batch_ || !failure_.ok(); }

  // --- Any thread ---

  // Number of the book; draws one, in memory, if the name is new. 0: there are too many.
  uint64_t OpenBook(std::string_view name);
  // Does the log know the book's name already?
  [[nodiscard]] bool IsNamed(uint64_t book) const;
  [[nodiscard]] uint64_t TrimmedBefore(uint64_t book) const;
  Status Read(const ReadRequest& request, ReadMode mode, ReadOutput* output) const {
    return ReadRecords(state_, request, mode, output);
  }
  Status SeqnumAt(uint64_t book, uint64_t time, uint64_t* seqnum) const {
    return SeqnumAtTime(state_, book, time, seqnum);
  }
  // Why the log is read-only; ok while it is not.
  [[nodiscard]] Status Failure() const;

  // The number of a name that has one; 0: it has none.
  [[nodiscard]] uint64_t NumberOfBook(std::string_view name) const;
  [[nodiscard]] std::vector<BookListing> ListBooks(const BookQuery& query) const {
    return daybook::ListBooks(state_, query);
  }

  // A shard for a writer, and its return. The lowest free one.
  uint32_t AcquireShard();
  void ReleaseShard(uint32_t shard);

 private:
  Engine(Env* env, std::string directory, const EngineOptions& options)
      : env_(env), directory_(std::move(directory)), options_(options), state_(options.cache_bytes) {}

  BatchHeader NextPlace(bool* flush, uint64_t records) const;
  Status MakeRoom(uint64_t bytes);
  Status Roll();
  Status WriteMark(bool clean);
  Status FlushSegment();
  [[nodiscard]] uint64_t EndOfBook(uint64_t book) const;  // the book's tail + 1; under the lock
  std::vector<Command> WithNames(const CommitRequest& request) const;
  Status Fail(const Status& cause);
  void Publish(PreparedBatch* batch);

  Env* const env_;
  const std::string directory_;
  const EngineOptions options_;
  std::unique_ptr<FileLock> lock_;
  DirectoryIdentity identity_;
  LogState state_;

  // The committer's.
  Manifest manifest_;
  MetalogCursor cursor_;
  std::unique_ptr<SegmentWriter> writer_;
  uint64_t last_batch_ = 0;
  uint32_t last_checksum_ = 0;
  uint64_t flushed_batch_ = 0;  // Invariant: marked_batch_ <= flushed_batch_ <= last_batch_
  uint64_t marked_batch_ = 0;
  uint64_t unflushed_bytes_ = 0;
  uint64_t durable_reserved_seqnum_ = 0;  // positions below may be told before their batch is flushed
  Status failure_;                        // also read by others, under state_.mutex

  std::set<uint32_t> shards_in_use_;  // under state_.mutex
};

}  // namespace daybook
