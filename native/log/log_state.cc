#include "log/log_state.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

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

void LogState::Publish(const OrderedBatch& batch, uint64_t segment, uint64_t offset, SharedSlab slab,
                       uint64_t end_seqnum) {
  {
    const std::unique_lock lock(mutex);
    batches.Append(batch, segment, offset, std::move(slab));
  }
  AddPostings(batch.postings, &index, &mutex);
  AddPostings(batch.book_postings, &book_index, &mutex);
  const std::unique_lock lock(mutex);
  for (const Command& command : batch.commands) {
    // A name that contradicts another cannot come from this code; readers then see the first.
    if (command.kind == CommandKind::kNameBook) (void)books.Name(command.book, command.name);
    if (command.kind == CommandKind::kTrimBook) books.Trim(command.book, command.before);
    if (command.kind == CommandKind::kDropBook) books.Drop(command.book, command.before);
    if (command.kind == CommandKind::kRetention) books.Retain(command.book, command.retention);
  }
  visible_end = end_seqnum;
}

}  // namespace daybook
