#include "log/crash_workload_test_support.h"

#include <utility>

#include "base/assert.h"

namespace daybook::test {

EngineOptions Workload::SmallSegments() {
  EngineOptions options = TestLog::SmallOptions();
  options.segment_bytes = 64 * 1024;
  options.memory_bytes = 32 * 1024;
  options.checkpoint_bytes = 12 * 1024;  // most reads go to the files
  return options;
}

void Player::Open() {
  if (log_ != nullptr || !wrong_.empty()) return;
  if (const Status status = TestLog::Open(env_, &log_, options_); !status.ok()) {
    log_.reset();
    if (!expects_failures) wrong_ = "does not open: " + status.message();
    return;
  }
  Observation seen;
  if (std::string wrong = Observe(log_.get(), &seen); !wrong.empty()) {
    if (!expects_failures) wrong_ = std::move(wrong);
    return;
  }
  wrong_ = Judge(promise_, seen, loss);
  // A log that could not begin a term shows what it found, flushed or not.
  if (wrong_.empty()) promise_.SettleBy(seen, log_->engine().Failure().ok());
}

void Player::AppendAll(const std::vector<AppendStep>& groups) {
  if (log_ == nullptr) return;
  std::vector<size_t> deeds;
  std::vector<std::vector<std::byte>> bytes;
  CommitRequest request;
  request.flush = false;
  for (const AppendStep& group : groups) {
    deeds.push_back(promise_.BeginAppend(group.book, group.records, group.bytes));
    const Deed& deed = promise_.deed(deeds.back());
    const uint64_t book = log_->engine().OpenBook(group.book);
    std::vector<std::byte>& records = bytes.emplace_back();
    for (size_t i = 0; i < deed.data.size(); ++i) {
      const std::vector<std::byte> record = EncodeTestRecord(book, deed.data[i], deed.tags, i == 0);
      records.insert(records.end(), record.begin(), record.end());
    }
    request.books.push_back(book);
    request.flush = request.flush || group.flush;
  }
  for (uint32_t shard = 0; shard < groups.size(); ++shard)
    request.shards.push_back({shard, groups[shard].records, {bytes[shard]}});
  CommitResult result;
  const Status status = log_->engine().Commit(request, &result);
  for (size_t i = 0; i < deeds.size(); ++i) {
    if (status.ok()) {
      DAYBOOK_ASSERT(result.runs.size() == deeds.size() && result.runs[i].count == groups[i].records);
      promise_.Acknowledge(deeds[i], result.runs[i].first_seqnum, groups[i].flush);
    } else if (!result.outcome_unknown) {
      promise_.NotWritten(deeds[i]);
    }
  }
}

void Player::TrimTo(const std::string& book, uint64_t kept) {
  if (log_ == nullptr) return;
  std::vector<TestRecord> records;
  if (!log_->ReadAll("", &records, book).ok() || records.size() <= kept) return;
  const uint64_t before = kept == 0 ? records.back().seqnum + 1 : records[records.size() - kept].seqnum;
  const size_t deed = promise_.BeginTrim(book, before);
  CommitRequest request;
  Command command;
  command.kind = CommandKind::kTrimBook;
  command.book = log_->engine().OpenBook(book);
  command.before = before;
  request.books = {command.book};
  request.commands.push_back(command);
  CommitResult result;
  if (log_->engine().Commit(request, &result).ok()) {
    promise_.Acknowledge(deed, 0, true);
  } else if (!result.outcome_unknown) {
    promise_.NotWritten(deed);
  }
}

void Player::Settle() {
  if (log_ != nullptr && log_->engine().Settle().ok()) promise_.EverythingIsDurable();
}

void Player::Close() {
  if (log_ == nullptr) return;
  if (log_->engine().Close().ok()) promise_.EverythingIsDurable();
  log_.reset();
}

void Player::Kill() { log_.reset(); }

}  // namespace daybook::test
