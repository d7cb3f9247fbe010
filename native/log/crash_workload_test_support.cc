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

size_t Player::BeginAppend(const AppendStep& group, CommitRequest* request, std::vector<std::byte>* bytes) {
  const size_t number = promise_.BeginAppend(group.book, group.records, group.bytes);
  const Deed& deed = promise_.deed(number);
  const uint64_t book = log_->engine().OpenBook(group.book);
  for (size_t i = 0; i < deed.data.size(); ++i) {
    const std::vector<std::byte> record = EncodeTestRecord(book, deed.data[i], deed.tags, i == 0);
    bytes->insert(bytes->end(), record.begin(), record.end());
  }
  request->books.push_back(book);
  return number;
}

void Player::AppendAll(const std::vector<AppendStep>& groups) {
  if (log_ == nullptr) return;
  std::vector<size_t> deeds;
  std::vector<std::vector<std::byte>> bytes(groups.size());
  CommitRequest request;
  request.flush = false;
  for (uint32_t shard = 0; shard < groups.size(); ++shard) {
    deeds.push_back(BeginAppend(groups[shard], &request, &bytes[shard]));
    request.flush = request.flush || groups[shard].flush;
    request.shards.push_back({shard, groups[shard].records, {bytes[shard]}});
  }
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

void Player::AppendInFlight(const std::vector<AppendStep>& groups) {
  if (log_ == nullptr) return;
  std::vector<Flying> flying;
  for (const AppendStep& group : groups) {
    std::vector<std::byte> bytes;
    CommitRequest request;
    request.flush = group.flush;
    Flying next;
    next.deed = BeginAppend(group, &request, &bytes);
    request.shards.push_back({0, group.records, {bytes}});
    bool unknown = false;
    Status begun = log_->engine().Begin(request, &next.flight, &unknown);
    if (begun.Is(StatusCode::kWouldBlock)) {
      Land(&flying);
      begun = log_->engine().Begin(request, &next.flight, &unknown);
    }
    if (begun.ok()) {
      flying.push_back(std::move(next));
    } else if (!unknown) {
      promise_.NotWritten(next.deed);
    }
  }
  Land(&flying);
}

void Player::Land(std::vector<Flying>* flying) {
  for (auto each = flying->rbegin(); each != flying->rend(); ++each)
    each->flushed = Engine::Flush(*each->flight);
  for (Flying& each : *flying) {
    const bool flush = !each.flight->files.empty();
    CommitResult result;
    const Status status = log_->engine().Complete(std::move(each.flight), each.flushed, &result);
    if (status.ok()) {
      promise_.Acknowledge(each.deed, result.runs.front().first_seqnum, flush);
    } else if (!result.outcome_unknown) {
      promise_.NotWritten(each.deed);
    }
  }
  flying->clear();
}

size_t Player::AddJudged(const std::string& book, const TestGuard& guard, CommitRequest* request,
                         std::vector<std::byte>* bytes) {
  const size_t number = promise_.BeginAppend(book, 2, 30);
  const Deed& deed = promise_.deed(number);
  const uint64_t id = log_->engine().OpenBook(book);
  TestGuard own = guard;
  if (own.key == "new") own.key = "key " + std::to_string(number);
  for (size_t i = 0; i < deed.data.size(); ++i) {
    const std::vector<std::byte> record =
        EncodeTestRecord(id, deed.data[i], deed.tags, i == 0, i == 0 ? own : TestGuard());
    bytes->insert(bytes->end(), record.begin(), record.end());
  }
  request->books.push_back(id);
  request->shards.push_back({static_cast<uint32_t>(request->shards.size()), deed.data.size(), {*bytes}});
  return number;
}

void Player::AppendJudged(const std::string& book, bool flush) {
  if (log_ == nullptr) return;
  CommitRequest request;
  request.flush = flush;
  request.judged = true;
  std::vector<std::vector<std::byte>> bytes(4);
  const size_t with_key = AddJudged(book, {"new", {}}, &request, bytes.data());
  const size_t wins = AddJudged(book, {"", {{"t", kSeqnumEnd}, {"none", 0}}}, &request, &bytes[1]);
  const size_t loses = AddJudged(book, {"", {{"none", 0}, {"t", 0}, {"", 0}}}, &request, &bytes[2]);
  const size_t repeats = AddJudged(book, {"key " + std::to_string(with_key), {}}, &request, &bytes[3]);
  // Whatever becomes of the batch, these are never seen.
  promise_.NotWritten(loses);
  promise_.NotWritten(repeats);
  CommitResult result;
  const Status status = log_->engine().Commit(request, &result);
  if (!status.ok()) {
    if (result.outcome_unknown) return;
    promise_.NotWritten(with_key);
    promise_.NotWritten(wins);
    return;
  }
  keyed_.push_back(with_key);
  promise_.Acknowledge(with_key, result.runs[0].first_seqnum, flush);
  promise_.Acknowledge(wins, result.runs[1].first_seqnum, flush);
  const uint64_t last = result.runs[1].first_seqnum + 1;
  const std::vector<Verdict> expected = {
      {4, 2, VerdictKind::kConflict, {{1, last}, {2, last}}, 0, 0},
      {6, 2, VerdictKind::kRepeatedKey, {}, result.runs[0].first_seqnum, 2},
  };
  if (result.verdicts != expected) wrong_ = "a batch was judged otherwise than it should be";
}

void Player::RepeatKeys() {
  if (log_ == nullptr) return;
  for (const size_t number : keyed_) {
    const Deed deed = promise_.deed(number);
    if (deed.fate != Fate::kAcknowledged) continue;
    CommitRequest request;
    request.judged = true;
    std::vector<std::byte> bytes;
    const size_t repeat =
        AddJudged(deed.book, {"key " + std::to_string(number), {{"", 0}}}, &request, &bytes);
    promise_.NotWritten(repeat);
    CommitResult result;
    if (!log_->engine().Commit(request, &result).ok()) continue;
    const std::vector<Verdict> expected = {
        {0, 2, VerdictKind::kRepeatedKey, {}, deed.first_seqnum, deed.data.size()}};
    if (result.verdicts != expected) wrong_ = "the key of deed " + std::to_string(number) + " is forgotten";
  }
}

// Whether it came through. `deed` is what is promised with it.
bool Player::Command(const daybook::Command& command, size_t deed) {
  CommitRequest request;
  request.books = {command.book};
  if (command.kind == CommandKind::kDropBook) request.books.clear();
  request.commands.push_back(command);
  CommitResult result;
  const Status status = log_->engine().Commit(request, &result);
  if (status.ok()) promise_.Acknowledge(deed, 0, true);
  if (!status.ok() && !result.outcome_unknown) promise_.NotWritten(deed);
  return status.ok();
}

void Player::TrimTo(const std::string& book, uint64_t kept) {
  if (log_ == nullptr) return;
  std::vector<TestRecord> records;
  if (!log_->ReadAll("", &records, book).ok() || records.size() <= kept) return;
  daybook::Command command;
  command.kind = CommandKind::kTrimBook;
  command.book = log_->engine().OpenBook(book);
  command.before = kept == 0 ? records.back().seqnum + 1 : records[records.size() - kept].seqnum;
  Command(command, promise_.BeginTrim(book, command.before));
}

void Player::TrimTagTo(const std::string& book, const std::string& tag, uint64_t kept) {
  if (log_ == nullptr) return;
  std::vector<TestRecord> records;
  if (!log_->ReadAll(tag, &records, book).ok() || records.size() <= kept) return;
  daybook::Command command;
  command.kind = CommandKind::kTrimTag;
  command.book = log_->engine().OpenBook(book);
  command.tag = tag;
  command.before = kept == 0 ? records.back().seqnum + 1 : records[records.size() - kept].seqnum;
  Command(command, promise_.BeginTrimTag(book, tag, command.before));
}

void Player::Drop(const std::string& book) {
  if (log_ == nullptr) return;
  Settle();
  std::vector<TestRecord> records;
  if (!log_->engine().Failure().ok() || !log_->ReadAll("", &records, book).ok() || records.empty()) return;
  daybook::Command command;
  command.kind = CommandKind::kDropBook;
  command.book = log_->engine().OpenBook(book);
  command.before = kSeqnumEnd;
  Command(command, promise_.BeginDrop(book, records.back().seqnum + 1));
}

void Player::Retain(const std::string& book, uint64_t records) {
  if (log_ == nullptr) return;
  promise_.Retain(book, records);
  CommitRequest request;
  daybook::Command command;
  command.kind = CommandKind::kRetention;
  command.book = log_->engine().OpenBook(book);
  command.retention.max_records = records;
  request.books = {command.book};
  request.commands.push_back(command);
  CommitResult result;
  (void)log_->engine().Commit(request, &result).ok();
}

void Player::Maintain() {
  if (log_ == nullptr) return;
  const Status status = log_->engine().MaintainAll();
  if (!status.ok() && !expects_failures) wrong_ = "does not maintain itself: " + status.message();
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
