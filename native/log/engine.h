// The engine: one log in one directory, composed of the parts in this folder. It has no threads
// and no clock of its own; drivers (runtime/) call its writing side and its background. Nothing is
// computed here that a part could compute.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daybook/env.h"
#include "daybook/options.h"
#include "daybook/status.h"
#include "log/aux_data.h"
#include "log/aux_mark.h"
#include "log/block_cache.h"
#include "log/book_list.h"
#include "log/control_page.h"
#include "log/engine_metrics.h"
#include "log/engine_stat.h"
#include "log/group_commit.h"
#include "log/handover.h"
#include "log/log_reader.h"
#include "log/log_state.h"
#include "log/log_view.h"
#include "log/maintenance.h"
#include "log/manifest_store.h"
#include "log/segment_group.h"
#include "log/term_end.h"

namespace daybook {

struct RecoveredLog;

struct CommitRequest {
  std::vector<ShardSubmission> shards;  // ascending by shard
  std::vector<Command> commands;
  std::vector<uint64_t> books;  // that the records are for, as far as they may lack a name
  bool flush = true;            // some of it was asked to be on disk before it is acknowledged
  bool judged = false;          // some group has conditions or a key
  std::vector<std::vector<const JudgeMemo*>> memos;  // of each shard's pieces, as far as there are any
};

struct CommitResult {
  std::vector<OrderedRun> runs;
  std::vector<Verdict> verdicts;  // of groups that are void; positions count through the runs
  // On failure: false, nothing of the request will ever be seen; true, it may be, after reopening.
  bool outcome_unknown = false;
};

class Engine : public LogView {
 public:
  // Takes the lock, recovers. kLocked names the holder. Statuses of RecoverLog.
  static Status Open(Env* env, const std::string& directory, const EngineOptions& options,
                     std::unique_ptr<Engine>* engine);
  ~Engine() override;

  // --- The writing side: one thread at a time ---

  // A batch that was written and is not yet acknowledged.
  struct Flight {
    PreparedBatch batch;
    std::vector<Verdict> verdicts;
    size_t lane = 0;
    uint64_t state_request = 0;                // the last one that it answers
    std::vector<std::shared_ptr<File>> files;  // to be flushed; empty: no flush was asked for
  };

  // Orders and writes; no flight if there turns out to be nothing to write. kWouldBlock: complete the flights
  // first. kDiskFull: nothing happened, try again when there is room. kReadOnly: the log takes no more writes
  // until it is opened again. kIo: the same from now on if Failure says so (and then the outcome may be
  // unknown); else no new segment could be made (too many open files, say), nothing happened, and a later
  // attempt makes it anew.
  Status Begin(const CommitRequest& request, std::unique_ptr<Flight>* flight, bool* outcome_unknown);
  // Flushes what the flight needs. From any thread, beside everything else.
  static Status Flush(const Flight& flight);
  // Makes it visible. REQUIRES: in the order of Begin. `flushed` is what Flush has said.
  Status Complete(std::unique_ptr<Flight> flight, const Status& flushed, CommitResult* result);
  // Whether another flight could begin: as many as there are lanes.
  [[nodiscard]] bool HasFreeLane() const { return flights_ < group_.lanes.size(); }
  [[nodiscard]] size_t flights() const { return flights_; }
  // The three in one.
  Status Commit(const CommitRequest& request, CommitResult* result);

  // The background asks for a commit, if need be one of its own.
  [[nodiscard]] bool WantsCommit() const;

  // Flushes what was written without, and writes the durable mark. REQUIRES: no flights.
  Status Settle();
  // Memory ran out in the middle of a commit: nobody knows how far it came.
  Status FailOutOfMemory() { return Fail({StatusCode::kIo, "not enough memory to commit"}); }
  // Settle, and say that the log was closed. Then only the destructor may follow.
  Status Close();
  [[nodiscard]] uint64_t unflushed_bytes() const { return unflushed_bytes_; }
  [[nodiscard]] bool settled() const { return marked_batch_ == last_batch_ || !failure_.ok(); }

  // --- The background: one thread at a time, beside the writing side ---

  // Does what is pending: writes runs and checkpoints, makes segments ready, merges, frees space.
  // `go_on` is asked now and then; false ends it early. kDiskFull: later, perhaps.
  Status Maintain(const std::function<bool()>& go_on);
  // Is there something that must not wait?
  [[nodiscard]] bool NeedsMaintenance() const;
  // The writing side is so far ahead of the background that it has to wait for it.
  [[nodiscard]] bool IsOverfull() const;
  // The background is so far behind with merging that it should not pause.
  [[nodiscard]] bool IsBehind() const;
  // Maintain until nothing is left, with the commits that it asks for: for those with one thread.
  Status MaintainAll();

  // --- Any thread ---

  // Number of the book; draws one, in memory, if the name is new. 0: there are too many.
  uint64_t OpenBook(std::string_view name) override;
  // Does the log know the book's name already?
  [[nodiscard]] bool IsNamed(uint64_t book) const;
  [[nodiscard]] uint64_t TrimmedBefore(uint64_t book) const override;
  [[nodiscard]] uint64_t TagTrimmedBefore(uint64_t book, std::string_view tag, uint64_t index) const override;
  // Whether the tag may be trimmed: it is already, or there is room for one more mark.
  [[nodiscard]] bool CanTrimTag(uint64_t book, std::string_view tag) const;
  Status Read(const ReadRequest& request, ReadMode mode, ReadOutput* output) override;
  Status SeqnumAt(uint64_t book, uint64_t time, ReadMode mode, uint64_t* seqnum) override {
    return SeqnumAtTime(state_, book, time, mode, seqnum);
  }
  // Answers the conditions in a piece of a submission as of now, so that Begin need not wait for the disk.
  // kWouldBlock in kNoWait; kCorrupt where a record that decides cannot be read.
  Status AnswerConditions(std::span<const std::byte> piece, ReadMode mode, JudgeMemo* memo);
  // How far the log is visible.
  [[nodiscard]] LogPosition Position() const override;
  [[nodiscard]] PositionIs Compare(const LogPosition& position) const override;
  [[nodiscard]] uint64_t incarnation() const override { return incarnation_; }
  // Why the log is read-only; ok while it is not.
  [[nodiscard]] Status Failure() const override;

  // The number of a name that has one; 0: it has none.
  [[nodiscard]] uint64_t NumberOfBook(std::string_view name) const;
  [[nodiscard]] std::vector<BookListing> ListBooks(const BookQuery& query) const override {
    return daybook::ListBooks(state_, query);
  }

  [[nodiscard]] EngineMetrics& metrics() { return metrics_; }
  [[nodiscard]] const BlockCache& cache() const { return *cache_; }
  [[nodiscard]] uint64_t durable_seqnum() const { return durable_seqnum_.load(); }
  [[nodiscard]] uint64_t visible_end() const;
  // How the opening went.
  struct Opening {
    bool is_new = false;
    bool closed_properly = false;  // before
    uint64_t replayed_bytes = 0;
    uint64_t rewritten_batches = 0;
    uint64_t passed_seqnums = 0;
  };
  [[nodiscard]] const Opening& opening() const { return opening_; }

  // What those who look into the log want to know. The parts are of slightly different moments.
  [[nodiscard]] EngineStat Stat() const override;

  // A shard for a writer, and its return. The lowest free one.
  uint32_t AcquireShard();
  void ReleaseShard(uint32_t shard);

  [[nodiscard]] AuxData& aux() { return aux_; }
  // Whether these bytes are the mark of what the opening before this one kept, with nothing lost in between.
  [[nodiscard]] bool IsKeptAux(std::span<const std::byte> mark, AuxFile* file) const;
  // Keeps the file for the next opening. Waits for the disk. REQUIRES: Close was ok.
  [[nodiscard]] Status MarkKeptAux(const AuxFile& file) const;

  [[nodiscard]] const LogState& state() const { return state_; }
  [[nodiscard]] const Maintenance& maintenance() const { return maintenance_; }

 private:
  Engine(Env* env, const std::string& directory, const EngineOptions& options);

  void TakeUp(RecoveredLog* log);
  void StartControl(const Manifest& manifest);

  // --- engine_begin.cc ---
  // What goes into the next batch beside the submissions.
  struct Additions {
    std::vector<Command> commands;
    std::vector<std::byte> state;
    Judgement judgement;
    uint64_t now_ms = 0;
  };
  Status Judge(const CommitRequest& request, Additions* additions);
  Status Prepare(const CommitRequest& request, const Additions& additions, uint64_t records, bool* flush,
                 Flight* flight) const;
  Status Write(Flight* flight, bool flush, uint64_t ahead, bool* outcome_unknown);
  BatchHeader NextPlace(size_t lane, bool* flush, uint64_t records) const;
  [[nodiscard]] size_t FreeLane() const;
  Status MakeRoom(uint64_t bytes, bool is_command);
  Status Roll();
  Status NewGroupNow(SegmentGroup* group);
  std::vector<Command> OwnCommands(uint64_t* state_request) const;
  void ForgetCommands(uint64_t state_request);
  [[nodiscard]] uint64_t EndOfBook(uint64_t book) const;  // the book's tail + 1; under the lock
  std::vector<Command> WithNames(const CommitRequest& request, const std::vector<Command>& own) const;

  // --- engine.cc ---
  Status ReadAndRepair(const ReadRequest& request, ReadMode mode, ReadOutput* output);
  Status WriteMark(bool clean);
  Status FlushAll();
  Status Fail(const Status& cause);
  void Publish(Flight* flight);
  [[nodiscard]] bool IsFreezeDue() const;
  void Freeze();

  Env* const env_;
  const std::string directory_;
  const EngineOptions options_;
  std::unique_ptr<FileLock> lock_;
  DirectoryIdentity identity_;
  std::shared_ptr<BlockCache> cache_;
  LogState state_;
  EngineMetrics metrics_;
  Opening opening_;
  AuxData aux_;
  std::optional<AuxOwner> kept_aux_owner_;  // whose aux data the last opening may have kept
  ControlWriter control_;
  ManifestStore manifests_;
  Handover handover_;
  Maintenance maintenance_;

  // The writing side's.
  LogIdentity log_identity_;
  uint64_t incarnation_ = 0;  // this and the next two: never changed once the log is open
  uint64_t term_ = 0;
  std::vector<TermEnd> term_ends_;
  MetalogCursor cursor_;  // behind the last batch that was begun
  SegmentGroup group_;
  std::vector<bool> lane_busy_;
  std::vector<bool> lane_dirty_;  // holds what is not flushed and in no flight
  size_t flights_ = 0;
  uint64_t last_batch_ = 0;
  uint32_t last_checksum_ = 0;
  uint64_t flushed_batch_ = 0;  // Invariant: marked_batch_ <= flushed_batch_ <= last_batch_
  uint64_t marked_batch_ = 0;
  uint64_t unflushed_bytes_ = 0;
  uint64_t bytes_since_checkpoint_ = 0;
  uint64_t durable_reserved_seqnum_ = 0;  // positions below may be told before their batch is flushed
  Status failure_;                        // also read by others, under state_.mutex

  std::atomic<uint64_t> durable_seqnum_ = 0;  // records below are flushed
  std::set<uint32_t> shards_in_use_;          // under state_.mutex
};

}  // namespace daybook
