// A client: one handle of a log, on one thread, and its shard. Its appends queue here until the
// committer takes them, and what became of them queues here until the handle's thread takes that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "daybook/status.h"
#include "log/judge.h"
#include "log/log_reader.h"
#include "log/metalog_entry.h"

namespace daybook {

// Appends or one command, in the order in which they were submitted.
struct Submission {
  std::vector<std::byte> records;  // whole groups, encoded but for their checksums
  uint64_t record_count = 0;
  std::vector<uint64_t> books;  // that the records are for; no book twice in a row
  bool flush = false;
  bool is_command = false;  // then there are no records
  Command command;
  bool judged = false;  // some group has conditions or a key
  // What was found out about its conditions some time ago.
  JudgeMemo memo;
  bool is_answered = false;
  uint64_t question = 0;  // not 0: a thread finds it out, and the submission waits
  Status refusal;         // not ok: what decides about it cannot be read; it is not written
};

// A group that is void: what it was told.
struct GroupVerdict {
  uint64_t record = 0;  // of the group's first record, from the settlement's first on
  Verdict verdict;      // but for its position
};

// What became of submissions, first in first out: so many records, or one command.
struct Settlement {
  Status status;
  bool outcome_unknown = false;
  bool is_command = false;
  uint64_t record_count = 0;
  uint64_t first_seqnum = 0;           // ok: the records have this and the following seqnums
  std::vector<GroupVerdict> verdicts;  // ascending
};

// The answer to a read that had to wait for the disk.
struct ReadAnswer {
  uint64_t id = 0;
  Status status;
  ReadOutput output;
};

// In front of each group that a handle submits (little-endian; native/binding and
// src/embedded/submission.ts agree on it).
//   records_size u32, record_count u32, book u32, durability u8 (0 os, 1 disk), judged u8 (1: conditions or a
//   key), 2 zero bytes
inline constexpr size_t kGroupHeaderSize = 16;

class Client {
 public:
  // `wake` is called from other threads, at most once between two calls of TakeEvents, after
  // something has become ready to be taken. It must not block or throw.
  Client(uint32_t shard, std::function<void()> wake) : shard_(shard), wake_(std::move(wake)) {}

  [[nodiscard]] uint32_t shard() const { return shard_; }

  // --- The handle's thread ---

  // Copies groups, each behind its header. kInvalidArgument, with nothing taken, if the bytes are
  // not groups.
  Status Submit(std::span<const std::byte> groups);
  void SubmitCommand(Command command);

  struct Events {
    std::vector<Settlement> settlements;
    std::vector<ReadAnswer> answers;
    bool changed = false;  // something has become visible since the last call
  };
  Events TakeEvents();
  // While it watches, a client is woken by every commit.
  void SetWatching(bool watching);
  [[nodiscard]] bool IsWatching() const;

  // --- The committer and the readers ---

  // The next submissions up to about `bytes_max`, or one command, or one that is refused; none behind one
  // that waits for an answer.
  std::vector<Submission> Take(size_t bytes_max);
  // Gives back what was taken, in front of all that is queued.
  void PutBack(std::vector<Submission> submissions);
  // The answer to the submission's question.
  void Answer(uint64_t question, const Status& status, JudgeMemo memo);
  [[nodiscard]] bool HasSubmissions() const;
  // Whether Take would give something: the first submission waits for no answer.
  [[nodiscard]] bool CanBeTaken() const;
  void Settle(Settlement settlement);
  void Answer(ReadAnswer answer);
  void NoteChange();
  // From now on nobody is woken.
  void Detach();

 private:
  void Wake(std::unique_lock<std::mutex>* lock);

  const uint32_t shard_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;  // empty: detached
  std::deque<Submission> submissions_;
  Events events_;
  bool wake_pending_ = false;
  bool watching_ = false;
};

}  // namespace daybook
