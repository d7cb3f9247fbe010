#include "log/ordered_batch.h"

namespace daybook {

void OrderedBatch::Add(const HashSeed& seed, const RecordView& record, uint32_t offset) {
  const uint64_t position = offsets.size();
  offsets.push_back(offset);
  const uint64_t whole_book = StreamOf(seed, record.book, {});
  const size_t first = postings.size();
  postings.push_back({whole_book, position});
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

void OrderedBatch::Place(uint64_t seqnum) {
  first_seqnum = seqnum;
  for (Posting& posting : postings) posting.seqnum += seqnum;
}

}  // namespace daybook
