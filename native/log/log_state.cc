#include "log/log_state.h"

#include <utility>

namespace daybook {

void LogState::Publish(const OrderedBatch& batch, uint64_t segment, uint64_t offset, SharedSlab slab,
                       uint64_t end_seqnum) {
  for (const Command& command : batch.commands) {
    // A name that contradicts another cannot come from this code; readers then see the first.
    if (command.kind == CommandKind::kNameBook) (void)books.Name(command.book, command.name);
    if (command.kind == CommandKind::kTrimBook) books.Trim(command.book, command.before);
  }
  batches.Append(batch, segment, offset, std::move(slab));
  for (const Posting& posting : batch.postings) index.Add(posting.stream, posting.seqnum);
  visible_end = end_seqnum;
}

}  // namespace daybook
