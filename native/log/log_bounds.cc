// Bounds of what a book holds: by time, and by the trims of its tags.
#include <array>
#include <mutex>
#include <optional>

#include "log/identity.h"
#include "log/log_reader.h"

namespace daybook {

uint64_t TagTrimmedBefore(const LogState& state, uint64_t book, std::string_view tag, uint64_t index) {
  const std::shared_lock lock(state.mutex);
  if (tag.empty()) return state.tag_trims.HighestSince(book, index);
  const TagTrims::Mark* mark = state.tag_trims.Find(book, HashOfTag(state.identity.hash_seed(), book, tag));
  return mark == nullptr || mark->index <= index ? 0 : mark->before;
}

namespace {

// The first position whose record was ordered at or after `time`, in any book; kSeqnumEnd if there is none.
Status PositionAtTime(const LogState& state, uint64_t time, ReadMode mode, uint64_t* position) {
  const auto [version, tables] = state.TakeIndexParts();
  for (const SharedRun& run : version->runs) {
    std::optional<uint64_t> found;
    DAYBOOK_RETURN_IF_ERROR(run->FirstAtOrAfterTime(time, mode, &found));
    if (!found.has_value()) continue;
    *position = *found;
    return Status::Ok();
  }
  *position = kSeqnumEnd;
  const std::shared_lock lock(state.mutex);
  for (const std::shared_ptr<const MemTable>& table : tables) {
    const auto found = table == nullptr ? std::nullopt : table->batches.FirstAtOrAfterTime(time);
    if (!found.has_value()) continue;
    *position = *found;
    break;
  }
  return Status::Ok();
}

}  // namespace

Status SeqnumAtTime(const LogState& state, uint64_t book, uint64_t time, ReadMode mode, uint64_t* seqnum) {
  *seqnum = 0;
  {
    const std::shared_lock lock(state.mutex);
    if (state.visible_end == 0) return Status::Ok();
    if (!state.damage.empty()) DAYBOOK_RETURN_IF_ERROR(state.damage.Check(0, state.visible_end - 1));
  }
  uint64_t position = 0;
  DAYBOOK_RETURN_IF_ERROR(PositionAtTime(state, time, mode, &position));
  ReadRequest request;
  request.book = book;
  request.from = position;
  request.to = kSeqnumEnd;
  ReadOutput output;
  DAYBOOK_RETURN_IF_ERROR(ReadRecords(state, request, mode, &output));
  if (!output.found.empty()) {
    *seqnum = output.found.front().seqnum;
    return Status::Ok();
  }
  request.from = 0;
  request.reverse = true;
  output = {};
  DAYBOOK_RETURN_IF_ERROR(ReadRecords(state, request, mode, &output));
  *seqnum = output.found.empty() ? 0 : output.found.front().seqnum + 1;
  return Status::Ok();
}

}  // namespace daybook
