#include "log/posting_scan.h"

#include <algorithm>

namespace daybook::index_run {

PostingScan::PostingScan(const RunPages* pages, Section section, uint64_t key, uint64_t from, uint64_t to,
                         size_t max, ReadMode mode, std::vector<uint64_t>* seqnums)
    : pages_(pages),
      section_(section),
      key_(key),
      from_(from),
      to_(to),
      mode_(mode),
      seqnums_(seqnums),
      left_(max) {}

PostingPageReader PostingScan::ReaderOf(const HeldPage& held) const {
  return {held.view(), pages_->info().first_seqnum, pages_->info().end_seqnum};
}

Status PostingScan::FindFragment(uint64_t page, HeldPage* held, Fragment* fragment, bool* found,
                                 bool* above) const {
  const uint64_t page_number = pages_->section(section_).first_page + page;
  DAYBOOK_RETURN_IF_ERROR(pages_->ReadPage(page_number, PageKind::kPostings, mode_, held));
  return ReaderOf(*held).Find(key_, fragment, found, above) ? Status::Ok() : pages_->Damaged(page_number);
}

// ---- Ascending ----

bool PostingScan::TakeUp(uint64_t seqnum) {
  if (seqnum < from_) return true;
  if (seqnum > to_) return false;
  if (left_ == 0) {
    more_ = true;
    return false;
  }
  seqnums_->push_back(seqnum);
  --left_;
  return true;
}

bool PostingScan::TakeUpConsecutive(uint64_t first, uint64_t last) {
  for (uint64_t seqnum = std::max(first, from_); seqnum <= last; ++seqnum) {
    if (!TakeUp(seqnum)) return false;
  }
  return true;
}

PostingScan::Outcome PostingScan::TakeForward(const PostingPageReader& reader, const Fragment& fragment) {
  if (!TakeUp(fragment.first)) return Outcome::kDone;
  size_t at = fragment.chunks_at;
  uint64_t before = fragment.first;
  while (true) {
    Chunk chunk;
    if (!reader.ReadChunk(&at, before, &chunk)) return Outcome::kDamaged;
    if (chunk.knows_last() && chunk.last < from_) {
      // Nothing in it is wanted.
    } else if (chunk.width == 0) {
      if (!TakeUpConsecutive(before + 1, chunk.last)) return Outcome::kDone;
    } else {
      ChunkSeqnums unpacked;
      if (!reader.Unpack(chunk, &unpacked)) return Outcome::kDamaged;
      for (size_t i = 0; i < chunk.count; ++i) {
        if (!TakeUp(unpacked[i])) return Outcome::kDone;
      }
    }
    if (!chunk.more) return Outcome::kDone;
    if (chunk.continued) break;
    before = chunk.last;
  }
  if (left_ > 0) return Outcome::kGoOn;
  // Whether there is one more would take another page to know.
  more_ = seqnums_->back() < to_;
  return Outcome::kDone;
}

Status PostingScan::Forward() {
  uint64_t page = 0;
  DAYBOOK_RETURN_IF_ERROR(pages_->FindPage(
      section_, [&](const TreeEntry& entry) { return entry.IsAtOrBefore(key_, from_); }, mode_, &page));
  const SectionLayout& layout = pages_->section(section_);
  while (true) {
    HeldPage held;
    Fragment fragment;
    bool found = false;
    bool above = false;
    DAYBOOK_RETURN_IF_ERROR(FindFragment(page, &held, &fragment, &found, &above));
    if (found) {
      const Outcome outcome = TakeForward(ReaderOf(held), fragment);
      if (outcome == Outcome::kDamaged) return pages_->Damaged(layout.first_page + page);
      if (outcome == Outcome::kDone) return Status::Ok();
    } else if (!above) {
      return Status::Ok();
    }
    // It goes on, or begins, at the front of the next page, or not at all.
    if (++page == layout.pages) return Status::Ok();
    TreeEntry entry;
    DAYBOOK_RETURN_IF_ERROR(pages_->EntryOf(section_, page, mode_, &entry));
    if (entry.key != key_) return Status::Ok();
  }
}

// ---- Descending ----

bool PostingScan::TakeDown(uint64_t seqnum) {
  if (seqnum > to_) return true;
  if (seqnum < from_) return false;
  if (left_ == 0) {
    more_ = true;
    return false;
  }
  seqnums_->push_back(seqnum);
  --left_;
  return true;
}

bool PostingScan::TakeDownConsecutive(uint64_t first, uint64_t last) {
  for (uint64_t seqnum = std::min(last, to_) + 1; seqnum-- > first;) {
    if (!TakeDown(seqnum)) return false;
  }
  return true;
}

bool PostingScan::TakeChunkBackward(const PostingPageReader& reader, const Chunk& chunk, Outcome* outcome) {
  *outcome = Outcome::kDone;
  if (chunk.width == 0) return TakeDownConsecutive(chunk.before + 1, chunk.last);
  ChunkSeqnums unpacked;
  if (!reader.Unpack(chunk, &unpacked)) {
    *outcome = Outcome::kDamaged;
    return false;
  }
  for (size_t i = chunk.count; i-- > 0;) {
    if (!TakeDown(unpacked[i])) return false;
  }
  return true;
}

PostingScan::Outcome PostingScan::TakeBackward(const PostingPageReader& reader, const Fragment& fragment) {
  if (fragment.first > to_) return Outcome::kGoOn;
  // Chunks can only be found from the front.
  std::vector<Chunk> chunks;
  size_t at = fragment.chunks_at;
  uint64_t before = fragment.first;
  while (before < to_) {
    Chunk chunk;
    if (!reader.ReadChunk(&at, before, &chunk)) return Outcome::kDamaged;
    chunks.push_back(chunk);
    if (chunk.ends_fragment()) break;
    before = chunk.last;
  }
  for (size_t i = chunks.size(); i-- > 0;) {
    Outcome outcome = Outcome::kDone;
    if (!TakeChunkBackward(reader, chunks[i], &outcome)) return outcome;
  }
  return TakeDown(fragment.first) ? Outcome::kGoOn : Outcome::kDone;
}

Status PostingScan::Backward() {
  uint64_t page = 0;
  DAYBOOK_RETURN_IF_ERROR(pages_->FindPage(
      section_, [&](const TreeEntry& entry) { return entry.IsAtOrBefore(key_, to_); }, mode_, &page));
  const uint64_t first_page = pages_->section(section_).first_page;
  for (bool continues = false;; --page) {
    HeldPage held;
    Fragment fragment;
    bool found = false;
    bool above = false;
    DAYBOOK_RETURN_IF_ERROR(FindFragment(page, &held, &fragment, &found, &above));
    if (!found) return continues ? pages_->Damaged(first_page + page) : Status::Ok();
    const PostingPageReader reader = ReaderOf(held);
    const Outcome outcome = TakeBackward(reader, fragment);
    if (outcome == Outcome::kDamaged) return pages_->Damaged(first_page + page);
    if (outcome == Outcome::kDone) return Status::Ok();
    continues = fragment.index == 0 && reader.continues();
    if (!continues) return Status::Ok();
    if (page == 0) return pages_->Damaged(first_page);
    if (left_ == 0) {
      // Whether there is one more would take another page to know.
      more_ = seqnums_->back() > from_;
      return Status::Ok();
    }
  }
}

}  // namespace daybook::index_run
