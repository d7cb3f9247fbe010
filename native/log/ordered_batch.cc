#include "log/ordered_batch.h"

namespace daybook {

void OrderedBatch::Add(const HashSeed& seed, const RecordView& record, uint32_t offset) {
  const uint64_t position = offsets.size();
  offsets.push_back(offset);
  records_end = offset + static_cast<uint32_t>(record.size);
  BookCount* count = nullptr;
  // Records of one book mostly stand together.
  if (!book_counts.empty() && book_counts.back().book == record.book) {
    count = &book_counts.back();
  } else {
    book_counts.push_back({record.book, 0, 0, 0});
    count = &book_counts.back();
  }
  count->records += 1;
  count->bytes += record.size;
  count->end = position + 1;
  book_postings.push_back({record.book, position});
  const size_t first = postings.size();
  ForEachTag(record, [&](std::string_view tag) {
    const uint64_t stream = StreamOf(seed, record.book, tag);
    // Two tags of one record may share a hash; the stream still holds the record once.
    for (size_t i = first; i < postings.size(); ++i) {
      if (postings[i].stream == stream) return true;
    }
    postings.push_back({stream, position});
    return true;
  });
}

void OrderedBatch::AddVoid(const RecordView& record, uint32_t offset) {
  offsets.push_back(offset);
  records_end = offset + static_cast<uint32_t>(record.size);
  is_void.resize(offsets.size(), false);
  is_void.back() = true;
  ++void_records;
}

void OrderedBatch::Place(uint64_t seqnum) {
  first_seqnum = seqnum;
  for (Posting& posting : postings) posting.seqnum += seqnum;
  for (Posting& posting : book_postings) posting.seqnum += seqnum;
  for (BookCount& count : book_counts) count.end += seqnum;
}

}  // namespace daybook
