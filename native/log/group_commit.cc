#include "log/group_commit.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/coding.h"

namespace daybook {
namespace {

ShardIdentity EmbeddedShard(uint32_t shard) { return {kEmbeddedView, kEmbeddedPhysicalLog, shard}; }

// Copies a shard's records behind `*at`, sums them, and puts the frame's header in front.
Status PutRecordFrame(const GroupCommitInput& input, const ShardSubmission& submission,
                      const Judgement& judgement, size_t* at, uint32_t* frames_crc, PreparedBatch* batch) {
  const LogIdentity& identity = *input.identity;
  std::byte* base = batch->slab->data();
  const size_t body_begin = *at + kFrameHeaderSize;
  size_t to = body_begin;
  FrameHeader header;
  header.type = FrameType::kRecords;
  header.shard = EmbeddedShard(submission.shard);
  header.first_local_id = input.cursor->progress(submission.shard);
  const uint32_t crc_base = RecordCrcBase(identity, header.shard);
  uint32_t body_crc = identity.crc_base();
  uint64_t local_id = header.first_local_id;
  for (const std::span<const std::byte> piece : submission.pieces) {
    std::memcpy(base + to, piece.data(), piece.size());
    const size_t end = to + piece.size();
    while (to < end) {
      RecordView record;
      if (ParseRecord({base + to, end - to}, &record) != ParseResult::kOk) {
        return {StatusCode::kInvalidArgument, "the submitted bytes are not records"};
      }
      const uint32_t crc = RecordCrc(crc_base, local_id++, record.checked);
      StoreU32(base + to, crc);
      body_crc = FrameBodyCrcExtend(body_crc, crc);
      const size_t position = batch->ordered.offsets.size();
      if (position < judgement.is_void.size() && judgement.is_void[position]) {
        batch->ordered.AddVoid(record, static_cast<uint32_t>(to));
      } else {
        batch->ordered.Add(identity.hash_seed(), record, static_cast<uint32_t>(to));
      }
      to += record.size;
    }
  }
  if (local_id - header.first_local_id != submission.record_count) {
    return {StatusCode::kInvalidArgument,
            "the submitted bytes hold another number of records than announced"};
  }
  header.record_count = static_cast<uint32_t>(submission.record_count);
  header.body_size = static_cast<uint32_t>(to - body_begin);
  header.body_crc = body_crc;
  EncodeFrameHeader(identity, &header, base + *at);
  *frames_crc = Crc32cExtendU32(*frames_crc, header.header_crc);
  *at = to;
  return Status::Ok();
}

void PutBodyFrame(const GroupCommitInput& input, FrameType type, std::span<const std::byte> body, size_t* at,
                  uint32_t* frames_crc, PreparedBatch* batch) {
  std::byte* to = batch->slab->data() + *at;
  FrameHeader header;
  header.type = type;
  header.shard = EmbeddedShard(0);
  header.body_size = static_cast<uint32_t>(body.size());
  header.body_crc = Crc32cExtend(input.identity->crc_base(), body);
  EncodeFrameHeader(*input.identity, &header, to);
  std::memcpy(to + kFrameHeaderSize, body.data(), body.size());
  *frames_crc = Crc32cExtendU32(*frames_crc, header.header_crc);
  *at += kFrameHeaderSize + body.size();
}

MetalogEntry MakeEntry(const GroupCommitInput& input) {
  MetalogEntry entry;
  entry.index = input.cursor->index() + 1;
  entry.timestamp = TimestampBehind(*input.cursor, input.now_ms);
  entry.first_seqnum = input.cursor->next_seqnum();
  for (const ShardSubmission& submission : input.shards) {
    entry.cut.push_back(
        {submission.shard, input.cursor->progress(submission.shard) + submission.record_count});
  }
  entry.commands.assign(input.commands.begin(), input.commands.end());
  return entry;
}

// The cursor has spoken: what the batch means.
void PlaceBatch(const MetalogEntry& entry, const Judgement& judgement, uint64_t size, OrderedBatch* ordered) {
  ordered->Place(entry.first_seqnum);
  ordered->timestamp = entry.timestamp;
  ordered->metalog_index = entry.index;
  ordered->size = size;
  ordered->view = kEmbeddedView;
  ordered->physical_log = kEmbeddedPhysicalLog;
  ordered->commands = entry.commands;
  ordered->keys = judgement.keys;
}

}  // namespace

Status PrepareBatch(const GroupCommitInput& input, PreparedBatch* batch) {
  MetalogEntry entry = MakeEntry(input);
  static const Judgement all_accepted;
  const Judgement& judgement = input.judgement == nullptr ? all_accepted : *input.judgement;
  entry.has_verdicts = !judgement.verdicts.empty();
  std::vector<std::byte> entry_bytes;
  EncodeMetalogEntry(entry, &entry_bytes);
  std::vector<std::byte> verdict_bytes;
  if (entry.has_verdicts) EncodeVerdicts(entry.index, judgement.verdicts, &verdict_bytes);
  batch->next = *input.cursor;
  if (Status status = batch->next.Apply(entry, &batch->ordered.runs); !status.ok()) {
    return {StatusCode::kTooLarge, "the log is full: " + status.message()};
  }

  size_t size = kBatchHeaderSize + kFrameHeaderSize + entry_bytes.size();
  uint64_t records = 0;
  for (const ShardSubmission& submission : input.shards) {
    DAYBOOK_ASSERT(submission.record_count > 0);
    size += kFrameHeaderSize;
    for (const auto piece : submission.pieces) size += piece.size();
    records += submission.record_count;
  }
  if (!verdict_bytes.empty()) size += kFrameHeaderSize + verdict_bytes.size();
  if (!input.state.empty()) size += kFrameHeaderSize + input.state.size();
  if (size > kFrameBodyBytesMax) return {StatusCode::kTooLarge, "a batch may have 2 GiB at most"};
  batch->slab = std::make_shared<Slab>(size);
  batch->ordered.offsets.reserve(records);
  batch->ordered.postings.reserve(records * 3);

  size_t at = kBatchHeaderSize;
  uint32_t frames_crc = input.identity->crc_base();
  for (const ShardSubmission& submission : input.shards) {
    DAYBOOK_RETURN_IF_ERROR(PutRecordFrame(input, submission, judgement, &at, &frames_crc, batch));
  }
  PutBodyFrame(input, FrameType::kMetalogEntry, entry_bytes, &at, &frames_crc, batch);
  if (!verdict_bytes.empty())
    PutBodyFrame(input, FrameType::kVerdicts, verdict_bytes, &at, &frames_crc, batch);
  if (!input.state.empty()) PutBodyFrame(input, FrameType::kState, input.state, &at, &frames_crc, batch);
  DAYBOOK_ASSERT(at == size);

  PlaceBatch(entry, judgement, size, &batch->ordered);

  BatchHeader& header = batch->header;
  header = input.place;
  header.flags = entry.commands.empty() ? 0 : kBatchHasCommands;
  if (!input.state.empty()) header.flags |= kBatchHasState;
  if (!verdict_bytes.empty()) header.flags |= kBatchHasVerdicts;
  header.frame_count = static_cast<uint32_t>(input.shards.size() + 1 + (verdict_bytes.empty() ? 0 : 1) +
                                             (input.state.empty() ? 0 : 1));
  header.body_size = size - kBatchHeaderSize;
  header.first_seqnum = input.cursor->next_seqnum();
  header.end_seqnum = batch->next.next_seqnum();
  header.reserved_seqnum = std::max(header.reserved_seqnum, header.end_seqnum);
  header.metalog_index = entry.index;
  header.frames_crc = frames_crc;
  EncodeBatchHeader(*input.identity, &header, batch->slab->data());
  return Status::Ok();
}

}  // namespace daybook
