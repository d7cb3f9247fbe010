#include "log/tag_trims.h"

#include <algorithm>

#include "base/coding.h"

namespace daybook {
namespace {

// Of more, the older ones are told as one: HighestSince may then say too much.
constexpr size_t kRisesMax = 64;

}  // namespace

void TagTrims::Raise(uint64_t number, const TagHash& tag, uint64_t before, uint64_t index) {
  Book* const book = &books_[number];
  const auto [at, is_new] = book->marks.try_emplace(tag);
  Mark& mark = at->second;
  size_ += is_new ? 1 : 0;
  if (!is_new && mark.before >= before) return;
  mark.before = before;
  mark.index = index;
  risen_.push_back({number, tag});
  std::vector<Rise>& rises = book->rises;
  while (!rises.empty() && rises.back().before <= before) rises.pop_back();
  rises.push_back({index, before});
  if (rises.size() <= kRisesMax) return;
  rises[0].index = rises[1].index;
  rises.erase(rises.begin() + 1);
}

void TagTrims::Trim(uint64_t book, const TagHash& tag, uint64_t before, uint64_t index) {
  if (before > 0) Raise(book, tag, before, index);
}

void TagTrims::Restore(std::span<const TagMark> told, uint64_t index) {
  for (auto& [number, book] : books_) {
    for (auto& [tag, mark] : book.marks) mark.counted_before = mark.before;
  }
  for (const TagMark& mark : told) {
    Raise(mark.book, mark.tag, mark.before, index);
    Mark& known = books_[mark.book].marks[mark.tag];
    known.counted_before = mark.counted_before;
    if (known.counted_before < known.before) risen_.push_back({mark.book, mark.tag});
  }
}

void TagTrims::SetCounted(uint64_t book, const TagHash& tag, uint64_t counted_before) {
  const auto found = books_.find(book);
  if (found == books_.end()) return;
  const auto mark = found->second.marks.find(tag);
  if (mark != found->second.marks.end())
    mark->second.counted_before = std::max(mark->second.counted_before, counted_before);
  while (!risen_.empty() && IsCounted(risen_.front())) risen_.pop_front();
}

bool TagTrims::IsCounted(const Risen& risen) const {
  const Mark* mark = Find(risen.book, risen.tag);
  return mark == nullptr || mark->counted_before >= mark->before;
}

void TagTrims::Forget(uint64_t book, std::span<const TagHash> tags, uint64_t before) {
  const auto found = books_.find(book);
  if (found == books_.end()) return;
  Marks& marks = found->second.marks;
  for (const TagHash& tag : tags) {
    const auto mark = marks.find(tag);
    if (mark == marks.end() || mark->second.before > before) continue;
    marks.erase(mark);
    --size_;
  }
}

const TagTrims::Marks* TagTrims::MarksOf(uint64_t book) const {
  if (books_.empty()) return nullptr;
  const auto found = books_.find(book);
  return found == books_.end() || found->second.marks.empty() ? nullptr : &found->second.marks;
}

const TagTrims::Mark* TagTrims::Find(uint64_t book, const TagHash& tag) const {
  const Marks* marks = MarksOf(book);
  if (marks == nullptr) return nullptr;
  const auto found = marks->find(tag);
  return found == marks->end() ? nullptr : &found->second;
}

uint64_t TagTrims::HighestSince(uint64_t book, uint64_t index) const {
  const auto found = books_.find(book);
  if (found == books_.end()) return 0;
  const std::vector<Rise>& rises = found->second.rises;
  const auto at =
      std::partition_point(rises.begin(), rises.end(), [&](const Rise& rise) { return rise.index <= index; });
  return at == rises.end() ? 0 : at->before;
}

std::vector<TagMark> TagTrims::All() const {
  std::vector<TagMark> all;
  all.reserve(size_);
  for (const auto& [number, book] : books_) {
    for (const auto& [tag, mark] : book.marks) all.push_back({number, tag, mark.before, mark.counted_before});
  }
  return all;
}

std::vector<TagMark> TagTrims::Uncounted(size_t limit) const {
  std::vector<TagMark> due;
  for (size_t i = 0; i < risen_.size() && due.size() < limit; ++i) {
    const Risen& risen = risen_[i];
    if (IsCounted(risen)) continue;
    const Mark* mark = Find(risen.book, risen.tag);
    due.push_back({risen.book, risen.tag, mark->before, mark->counted_before});
  }
  return due;
}

// --- LiveTags ---

uint64_t LiveTags::TrimmedBefore(std::string_view tag) const {
  const TagHash hash = HashOfTag(seed_, book_, tag);
  uint64_t before = 0;
  if (marks_ != nullptr) {
    if (const auto found = marks_->find(hash); found != marks_->end()) before = found->second.before;
  }
  for (const TagMark& mark : more_) {
    if (mark.book == book_ && mark.tag == hash) before = std::max(before, mark.before);
  }
  return before;
}

bool LiveTags::Prune(uint64_t seqnum, RecordView* record, std::vector<std::byte>* tags) const {
  tags->clear();
  uint32_t alive = 0;
  ForEachTag(*record, [&](std::string_view tag) {
    if (seqnum < TrimmedBefore(tag)) return true;
    const std::span<const std::byte> bytes = std::as_bytes(std::span(tag));
    tags->push_back(static_cast<std::byte>(tag.size()));
    tags->insert(tags->end(), bytes.begin(), bytes.end());
    ++alive;
    return true;
  });
  if (alive == record->tag_count) return true;
  record->tags = *tags;
  record->tag_count = alive;
  return alive > 0;
}

}  // namespace daybook
