// What trims of tags leave behind. A record has left the count of its book when the marks of all its tags
// have been counted beyond it: so each is counted by one of them, the last, whatever the order.
#include <algorithm>
#include <mutex>
#include <string>

#include "log/log_reader.h"
#include "log/maintenance.h"
#include "log/ordered_batch.h"

namespace daybook {
namespace {

// Marks are taken and let go of in portions, so that nobody waits long for the lock.
constexpr size_t kMarksAtOnce = 1024;

bool IsCountedBeyond(const TagTrims& trims, uint64_t book, const TagHash& tag, uint64_t seqnum) {
  const TagTrims::Mark* mark = trims.Find(book, tag);
  return mark != nullptr && mark->counted_before > seqnum;
}

}  // namespace

Status Maintenance::CountTags(const Manifest& manifest, const GoOn& go_on) {
  while (true) {
    std::vector<TagMark> due;
    {
      const std::shared_lock lock(world_.state->mutex);
      due = world_.state->tag_trims.Uncounted(kMarksAtOnce);
    }
    if (due.empty()) return Status::Ok();
    for (const TagMark& mark : due) DAYBOOK_RETURN_IF_ERROR(CountTag(mark, manifest, go_on));
  }
}

Status Maintenance::CountTag(TagMark mark, const Manifest& manifest, const GoOn& go_on) {
  uint64_t from = 0;
  bool holds_any = false;
  {
    const std::shared_lock lock(world_.state->mutex);
    // One that rose twice is due twice.
    const TagTrims::Mark* now = world_.state->tag_trims.Find(mark.book, mark.tag);
    if (now == nullptr || now->counted_before >= now->before) return Status::Ok();
    mark.before = now->before;
    from = now->counted_before;
    if (const BookTable::Book* book = world_.state->books.Find(mark.book); book != nullptr) {
      from = std::max(from, book->counted_before);
      holds_any = book->records > 0;
    }
  }
  CountedDead counted;
  if (holds_any) {
    const auto judge = [&](uint64_t seqnum, bool* is_dead) {
      return HasLostItsTags(mark.book, seqnum, &mark.tag, is_dead);
    };
    DAYBOOK_RETURN_IF_ERROR(
        CountRecords(StreamKind::kTag, mark.tag.low, from, mark.before, manifest, go_on, judge, &counted));
  }
  const std::unique_lock lock(world_.state->mutex);
  world_.state->books.Uncount(mark.book, 0, counted.records, counted.bytes);
  world_.state->tag_trims.SetCounted(mark.book, mark.tag, mark.before);
  return Status::Ok();
}

// The book was counted up to its own mark: marks of tags below that are not needed any more.
void Maintenance::ForgetMarks(uint64_t book) {
  std::vector<TagHash> useless;
  uint64_t before = 0;
  {
    const std::shared_lock lock(world_.state->mutex);
    const TagTrims::Marks* marks = world_.state->tag_trims.MarksOf(book);
    const BookTable::Book* entry = world_.state->books.Find(book);
    if (marks == nullptr || entry == nullptr) return;
    before = std::min(entry->trim_before, entry->counted_before);
    for (const auto& [tag, mark] : *marks) {
      if (mark.before <= before) useless.push_back(tag);
    }
  }
  for (size_t begin = 0; begin < useless.size(); begin += kMarksAtOnce) {
    const size_t count = std::min(kMarksAtOnce, useless.size() - begin);
    const std::unique_lock lock(world_.state->mutex);
    world_.state->tag_trims.Forget(book, std::span(useless).subspan(begin, count), before);
  }
}

// Whether the record of the book has left its count because of its tags. With `counted_now`: whether it does
// when this one of its tags is counted beyond it.
Status Maintenance::HasLostItsTags(uint64_t book, uint64_t seqnum, const TagHash* counted_now,
                                   bool* lost) const {
  *lost = false;
  {
    const std::shared_lock lock(world_.state->mutex);
    const BookTable::Book* entry = world_.state->books.Find(book);
    if (entry == nullptr || seqnum >= entry->tag_trim_before) return Status::Ok();
  }
  ReadRequest request;
  request.book = book;
  request.from = request.to = seqnum;
  request.with_trimmed = true;
  ReadOutput output;
  const Status status = ReadRecords(*world_.state, request, ReadMode::kMayBlock, &output);
  // What cannot be read is not thrown away, and keeps its place in the count.
  if (status.Is(StatusCode::kCorrupt)) return Status::Ok();
  DAYBOOK_RETURN_IF_ERROR(status);
  // An index run may still name it, although the segment in which it lay has gone.
  *lost = output.found.empty() && counted_now == nullptr;
  if (output.found.empty() || output.found.front().tag_count == 0) return Status::Ok();
  const FoundRecord& found = output.found.front();
  RecordView record;
  record.book = book;
  record.tag_count = found.tag_count;
  record.tags = std::span(output.bytes() + found.tags_begin, found.data_begin - found.tags_begin);
  const HashSeed& seed = identity_.hash_seed();
  bool carries = counted_now == nullptr;
  bool all = true;
  const std::shared_lock lock(world_.state->mutex);
  ForEachTag(record, [&](std::string_view tag) {
    const TagHash hash = HashOfTag(seed, book, tag);
    const bool is_this = counted_now != nullptr && hash == *counted_now;
    carries = carries || is_this;
    all = all && (is_this || IsCountedBeyond(world_.state->tag_trims, book, hash, seqnum));
    return all;
  });
  *lost = carries && all;
  return Status::Ok();
}

bool Maintenance::HasLostItsTags(const RecordView& record, uint64_t seqnum) const {
  if (record.tag_count == 0) return false;
  const std::shared_lock lock(world_.state->mutex);
  if (world_.state->tag_trims.MarksOf(record.book) == nullptr) return false;
  bool all = true;
  ForEachTag(record, [&](std::string_view tag) {
    all = IsCountedBeyond(world_.state->tag_trims, record.book,
                          HashOfTag(identity_.hash_seed(), record.book, tag), seqnum);
    return all;
  });
  return all;
}

}  // namespace daybook
