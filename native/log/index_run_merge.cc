#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "log/file_name.h"
#include "log/index_run.h"

namespace daybook {
namespace {

constexpr size_t kPostingsAtOnce = 512;

// A run, and the stream that its cursor stands at.
struct Input {
  const IndexRun* run = nullptr;
  std::unique_ptr<IndexRunCursor> cursor;
  StreamKind kind = StreamKind::kTag;
  uint64_t key = 0;
  bool in_stream = false;

  [[nodiscard]] bool StandsAt(StreamKind other_kind, uint64_t other_key) const {
    return in_stream && kind == other_kind && key == other_key;
  }
  [[nodiscard]] bool IsBefore(const Input& other) const {
    return std::pair(kind, key) < std::pair(other.kind, other.key);
  }
};

class Merge {
 public:
  Merge(const std::vector<std::shared_ptr<const IndexRun>>& runs,
        const std::function<bool(uint64_t seqnum)>& keep, const std::function<bool()>& go_on,
        IndexRunWriter* writer)
      : keep_(keep), go_on_(go_on), writer_(writer) {
    for (const std::shared_ptr<const IndexRun>& run : runs) inputs_.push_back({run.get(), run->Walk()});
  }

  Status Run() {
    for (Input& input : inputs_) DAYBOOK_RETURN_IF_ERROR(CopyLocations(&input));
    for (Input& input : inputs_) DAYBOOK_RETURN_IF_ERROR(NextStream(&input));
    while (const Input* const first = FirstInput()) {
      DAYBOOK_RETURN_IF_ERROR(CopyStream(first->kind, first->key));
    }
    return Status::Ok();
  }

 private:
  Status CountItem() {
    if (++items_ % kItemsBetweenQuestions != 0 || go_on_()) return Status::Ok();
    return {StatusCode::kClosed, "the merge of index runs was given up"};
  }

  Status CopyLocations(Input* input) {
    while (true) {
      RecordLocation location;
      bool found = false;
      DAYBOOK_RETURN_IF_ERROR(input->cursor->NextLocation(&location, &found));
      if (!found) return Status::Ok();
      // Each run has its own checksums, but nothing has compared the runs.
      if (location.timestamp < last_timestamp_) {
        return {StatusCode::kCorrupt, "the index run " + input->run->path() +
                                          " goes back in time at seqnum " + std::to_string(location.seqnum)};
      }
      last_timestamp_ = location.timestamp;
      DAYBOOK_RETURN_IF_ERROR(CountItem());
      if (keep_(location.seqnum)) DAYBOOK_RETURN_IF_ERROR(writer_->AddLocation(location));
    }
  }

  static Status NextStream(Input* input) {
    return input->cursor->NextStream(&input->kind, &input->key, &input->in_stream);
  }

  [[nodiscard]] const Input* FirstInput() const {
    const Input* first = nullptr;
    for (const Input& input : inputs_) {
      if (input.in_stream && (first == nullptr || input.IsBefore(*first))) first = &input;
    }
    return first;
  }

  // What each input holds of the stream, one behind the other: their seqnums ascend in this order.
  Status CopyStream(StreamKind kind, uint64_t key) {
    bool begun = false;
    for (Input& input : inputs_) {
      if (!input.StandsAt(kind, key)) continue;
      do {
        seqnums_.clear();
        DAYBOOK_RETURN_IF_ERROR(input.cursor->NextPostings(kPostingsAtOnce, &seqnums_));
        for (const uint64_t seqnum : seqnums_) {
          DAYBOOK_RETURN_IF_ERROR(CountItem());
          if (!keep_(seqnum)) continue;
          if (!std::exchange(begun, true)) DAYBOOK_RETURN_IF_ERROR(writer_->BeginStream(kind, key));
          DAYBOOK_RETURN_IF_ERROR(writer_->AddPosting(seqnum));
        }
      } while (!seqnums_.empty());
      DAYBOOK_RETURN_IF_ERROR(NextStream(&input));
    }
    return Status::Ok();
  }

  const std::function<bool(uint64_t seqnum)>& keep_;
  const std::function<bool()>& go_on_;
  IndexRunWriter* const writer_;
  std::vector<Input> inputs_;
  std::vector<uint64_t> seqnums_;
  uint64_t last_timestamp_ = 0;
  uint64_t items_ = 0;
};

}  // namespace

Status MergeIndexRuns(Env* env, const std::string& directory, const LogIdentity& identity,
                      const std::vector<std::shared_ptr<const IndexRun>>& runs,
                      const std::function<bool(uint64_t seqnum)>& keep, const std::function<bool()>& go_on,
                      IndexRunInfo* merged) {
  uint64_t end = merged->first_seqnum;
  for (const std::shared_ptr<const IndexRun>& run : runs) {
    DAYBOOK_ASSERT(run->info().first_seqnum >= end && run->info().end_seqnum <= merged->end_seqnum);
    DAYBOOK_ASSERT(run->info().run != merged->run);
    end = run->info().end_seqnum;
  }
  std::unique_ptr<IndexRunWriter> writer;
  Status status = IndexRunWriter::Create(env, directory, identity, *merged, &writer);
  if (status.ok()) status = Merge(runs, keep, go_on, writer.get()).Run();
  IndexRunInfo info;
  if (status.ok()) status = writer->Finish(&info);
  if (status.ok()) {
    *merged = info;
    return status;
  }
  writer.reset();
  // If it cannot be removed it stays as what any unfinished file is: a name that no manifest lists.
  (void)env->Remove(JoinPath(directory, IndexRunFileName(merged->run)));
  return status;
}

}  // namespace daybook
