#include "log/log_state.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "log/state_codec.h"

namespace daybook {

namespace {
// About 0.1 ms of work under the lock.
constexpr size_t kPostingsAtOnce = 1024;

void AddPostings(const std::vector<Posting>& postings, TagIndex* index, std::shared_mutex* mutex) {
  for (size_t begin = 0; begin < postings.size(); begin += kPostingsAtOnce) {
    const std::unique_lock lock(*mutex);
    const size_t end = std::min(postings.size(), begin + kPostingsAtOnce);
    for (size_t i = begin; i < end; ++i) index->Add(postings[i].stream, postings[i].seqnum);
  }
}
}  // namespace

void LogState::ApplyCommands(const OrderedBatch& batch) {
  // The state repeats what was said before the batch, so it comes first. It was checked when it was read.
  if (!batch.state.empty()) {
    std::vector<TagMark> marks;
    (void)DecodeState(batch.state, &books, &keys, &marks);
    tag_trims.Restore(marks, batch.metalog_index);
  }
  for (const Command& command : batch.commands) {
    // A name that contradicts another cannot come from this code; readers then see the first.
    if (command.kind == CommandKind::kNameBook) (void)books.Name(command.book, command.name);
    if (command.kind == CommandKind::kTrimBook) books.Trim(command.book, command.before);
    if (command.kind == CommandKind::kTrimTag) {
      books.TrimTag(command.book, command.before);
      tag_trims.Trim(command.book, HashOfTag(identity.hash_seed(), command.book, command.tag), command.before,
                     batch.metalog_index);
    }
    if (command.kind == CommandKind::kDropBook) {
      books.Drop(command.book, command.before);
      keys.ForgetBook(command.book);
    }
    if (command.kind == CommandKind::kRetention) books.Retain(command.book, command.retention);
  }
  for (const OrderedBatch::BookCount& count : batch.book_counts)
    books.Count(count.book, count.records, count.bytes, count.end);
  for (const RememberedKey& key : batch.keys) keys.Remember(key);
  keys.Expire(batch.timestamp);
}

void LogState::Publish(const OrderedBatch& batch, uint64_t segment, uint64_t offset, SharedSlab slab,
                       uint64_t end_seqnum) {
  // A batch lies in the runs, or behind them, as a whole.
  if (batch.first_seqnum >= active->first_seqnum && !batch.offsets.empty()) {
    {
      const std::unique_lock lock(mutex);
      active->batches.Append(batch, segment, offset);
      slabs.Append(batch.first_seqnum, batch.first_seqnum + batch.offsets.size(), segment, offset,
                   std::move(slab));
    }
    AddPostings(batch.postings, &active->tags, &mutex);
    AddPostings(batch.book_postings, &active->books, &mutex);
  }
  const std::unique_lock lock(mutex);
  ApplyCommands(batch);
  visible_end = end_seqnum;
  timestamp = std::max(timestamp, batch.timestamp);
  visible_index = std::max(visible_index, batch.metalog_index);
}

}  // namespace daybook
