#include "runtime/client.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/coding.h"

namespace daybook {
namespace {

// Appends join the last submission until it has this size, so that the committer can take a
// bounded part of a long queue.
constexpr size_t kSubmissionBytes = size_t{1} << 20U;

// Checksum, flags, size, book, number of tags.
constexpr size_t kRecordSizeMin = 9;

struct GroupHeader {
  uint32_t records_size = 0;
  uint32_t record_count = 0;
  uint32_t book = 0;
  bool flush = false;
  bool judged = false;
};

bool ReadGroupHeader(std::span<const std::byte> bytes, GroupHeader* header) {
  if (bytes.size() < kGroupHeaderSize) return false;
  header->records_size = LoadU32(bytes.data());
  header->record_count = LoadU32(bytes.data() + 4);
  header->book = LoadU32(bytes.data() + 8);
  header->flush = bytes[12] != std::byte{0};
  header->judged = bytes[13] != std::byte{0};
  return header->record_count > 0 && header->records_size <= bytes.size() - kGroupHeaderSize &&
         header->record_count <= header->records_size / kRecordSizeMin;
}

bool AreGroups(std::span<const std::byte> groups) {
  while (!groups.empty()) {
    GroupHeader header;
    if (!ReadGroupHeader(groups, &header)) return false;
    groups = groups.subspan(kGroupHeaderSize + header.records_size);
  }
  return true;
}

}  // namespace

Status Client::Submit(std::span<const std::byte> groups) {
  if (!AreGroups(groups))
    return {StatusCode::kInvalidArgument, "the submitted bytes are not groups of records"};
  std::unique_lock lock(mutex_);
  while (!groups.empty()) {
    GroupHeader header;
    (void)ReadGroupHeader(groups, &header);
    const auto records = groups.subspan(kGroupHeaderSize, header.records_size);
    groups = groups.subspan(kGroupHeaderSize + header.records_size);
    // What needs no judgement never waits for one.
    if (submissions_.empty() || submissions_.back().is_command ||
        submissions_.back().judged != header.judged || submissions_.back().question != 0 ||
        submissions_.back().is_answered ||
        submissions_.back().records.size() + records.size() > kSubmissionBytes) {
      submissions_.emplace_back();
    }
    Submission& to = submissions_.back();
    to.records.insert(to.records.end(), records.begin(), records.end());
    to.record_count += header.record_count;
    if (to.books.empty() || to.books.back() != header.book) to.books.push_back(header.book);
    to.flush = to.flush || header.flush;
    to.judged = header.judged;
  }
  return Status::Ok();
}

void Client::SubmitCommand(Command command) {
  std::unique_lock lock(mutex_);
  Submission submission;
  submission.is_command = true;
  submission.flush = true;
  submission.command = std::move(command);
  submissions_.push_back(std::move(submission));
}

Client::Events Client::TakeEvents() {
  std::unique_lock lock(mutex_);
  wake_pending_ = false;
  return std::exchange(events_, {});
}

void Client::SetWatching(bool watching) {
  std::unique_lock lock(mutex_);
  watching_ = watching;
}

bool Client::IsWatching() const {
  std::unique_lock lock(mutex_);
  return watching_;
}

std::vector<Submission> Client::Take(size_t bytes_max) {
  std::unique_lock lock(mutex_);
  std::vector<Submission> taken;
  size_t bytes = 0;
  while (!submissions_.empty()) {
    // A command takes effect before the records of its own cut, so it must not overtake any.
    const bool is_command = submissions_.front().is_command;
    const bool is_refused = !submissions_.front().refusal.ok();
    if (submissions_.front().question != 0) break;
    if (!taken.empty() &&
        (is_command || is_refused || bytes + submissions_.front().records.size() > bytes_max))
      break;
    bytes += submissions_.front().records.size();
    taken.push_back(std::move(submissions_.front()));
    submissions_.pop_front();
    if (is_command || is_refused) break;
  }
  return taken;
}

void Client::PutBack(std::vector<Submission> submissions) {
  std::unique_lock lock(mutex_);
  submissions_.insert(submissions_.begin(), std::make_move_iterator(submissions.begin()),
                      std::make_move_iterator(submissions.end()));
}

void Client::Answer(uint64_t question, const Status& status, JudgeMemo memo) {
  std::unique_lock lock(mutex_);
  const auto asked =
      std::find_if(submissions_.begin(), submissions_.end(),
                   [&](const Submission& submission) { return submission.question == question; });
  if (asked == submissions_.end()) return;
  asked->question = 0;
  asked->is_answered = true;
  asked->refusal = status;
  asked->memo = std::move(memo);
}

bool Client::HasSubmissions() const {
  std::unique_lock lock(mutex_);
  return !submissions_.empty();
}

bool Client::CanBeTaken() const {
  std::unique_lock lock(mutex_);
  return !submissions_.empty() && submissions_.front().question == 0;
}

void Client::Settle(Settlement settlement) {
  std::unique_lock lock(mutex_);
  events_.settlements.push_back(std::move(settlement));
  Wake(&lock);
}

void Client::Answer(ReadAnswer answer) {
  std::unique_lock lock(mutex_);
  events_.answers.push_back(std::move(answer));
  Wake(&lock);
}

void Client::NoteChange() {
  std::unique_lock lock(mutex_);
  if (!watching_) return;
  events_.changed = true;
  Wake(&lock);
}

void Client::Detach() {
  std::unique_lock lock(mutex_);
  wake_ = nullptr;
}

// Under the lock, so that after Detach no call of `wake_` is still on its way.
void Client::Wake(std::unique_lock<std::mutex>* lock) {
  (void)lock;
  if (wake_pending_ || !wake_) return;
  wake_pending_ = true;
  wake_();
}

}  // namespace daybook
