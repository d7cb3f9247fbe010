// Any bytes as a record, and as what a shard submits: no length in them leads outside, and what is taken
// for a record comes back from the batch it was put into.

#include <vector>

#include "fuzz/fuzz_support.h"
#include "log/batch_reader.h"
#include "log/group_commit.h"

namespace daybook::fuzz {
namespace {

// How many whole records the bytes are; 0 if they are anything else.
uint64_t CountRecords(std::span<const std::byte> bytes) {
  uint64_t count = 0;
  while (!bytes.empty()) {
    RecordView record;
    if (ParseRecord(bytes, &record) != ParseResult::kOk) return 0;
    DAYBOOK_ASSERT(record.size > 0 && record.size <= bytes.size());
    DAYBOOK_ASSERT(record.data.data() + record.data.size() == bytes.data() + record.size);
    size_t tag_bytes = 0;
    ForEachTag(record, [&](std::string_view tag) {
      DAYBOOK_ASSERT(!tag.empty() && HasTag(record, tag));
      tag_bytes += 1 + tag.size();
      return true;
    });
    DAYBOOK_ASSERT(tag_bytes == record.tags.size());
    bytes = bytes.subspan(record.size);
    ++count;
  }
  return count;
}

void CommitAndReadBack(std::span<const std::byte> bytes, uint64_t count) {
  const LogIdentity identity = ExampleIdentity();
  const MetalogCursor cursor;
  const ShardSubmission submissions[] = {{0, count, {bytes}}};
  GroupCommitInput input;
  input.identity = &identity;
  input.cursor = &cursor;
  input.shards = submissions;
  PreparedBatch batch;
  DAYBOOK_ASSERT(PrepareBatch(input, &batch).ok());
  BatchHeader header;
  std::vector<FrameView> frames;
  DAYBOOK_ASSERT(DecodeBatchHeader(identity, batch.slab->bytes(), &header) == ParseResult::kOk);
  DAYBOOK_ASSERT(ParseBatch(identity, header, batch.slab->bytes(), &frames) == ParseResult::kOk);
  MetalogCursor reader;
  OrderedBatch ordered;
  DAYBOOK_ASSERT(ApplyBatch(identity, header, frames, false, &reader, &ordered).ok());
  DAYBOOK_ASSERT(ordered.offsets == batch.ordered.offsets && reader.next_seqnum() == count);
}

}  // namespace
}  // namespace daybook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace daybook::fuzz;  // NOLINT(google-build-using-namespace)
  const auto bytes = Bytes(data, size);
  if (const uint64_t count = CountRecords(bytes); count > 0) CommitAndReadBack(bytes, count);
  return 0;
}
