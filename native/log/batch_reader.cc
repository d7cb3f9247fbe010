#include "log/batch_reader.h"

#include <algorithm>
#include <string>

#include "base/coding.h"
#include "log/sparse_frame.h"
#include "log/state_codec.h"
#include "log/verdict.h"

namespace daybook {

ParseResult CheckRecords(const LogIdentity& identity, const FrameView& frame) {
  const uint32_t crc_base = RecordCrcBase(identity, frame.header.shard);
  uint32_t body_crc = identity.crc_base();
  uint64_t local_id = frame.header.first_local_id;
  uint32_t count = 0;
  std::span<const std::byte> rest = frame.body;
  while (!rest.empty()) {
    RecordView record;
    const ParseResult parsed = ParseRecord(rest, &record);
    if (parsed == ParseResult::kDamaged) return parsed;
    // Flags of the future and flipped bits look alike until the checksum has been compared.
    if (RecordCrc(crc_base, local_id++, record.checked) != record.crc) return ParseResult::kDamaged;
    if (parsed != ParseResult::kOk) return parsed;
    body_crc = FrameBodyCrcExtend(body_crc, record.crc);
    rest = rest.subspan(record.size);
    ++count;
  }
  return body_crc == frame.header.body_crc && count == frame.header.record_count ? ParseResult::kOk
                                                                                 : ParseResult::kDamaged;
}

namespace {

ParseResult CheckBody(const LogIdentity& identity, const FrameView& frame) {
  const uint32_t crc = Crc32cExtend(identity.crc_base(), frame.body);
  return crc == frame.header.body_crc ? ParseResult::kOk : ParseResult::kDamaged;
}

ParseResult CheckFrame(const LogIdentity& identity, const FrameView& frame) {
  switch (frame.header.type) {
    case FrameType::kRecords:
      return CheckRecords(identity, frame);
    case FrameType::kMetalogEntry:
    case FrameType::kState:
    case FrameType::kVerdicts:
      return CheckBody(identity, frame);
    case FrameType::kSparseRecords:
      return CheckSparseRecords(identity, frame.header, frame.body);
  }
  return CheckBody(identity, frame);  // skippable
}

Status Contradiction(const BatchHeader& header, const std::string& what) {
  return {StatusCode::kCorrupt, "batch " + std::to_string(header.batch_number) + " " + what};
}

// Finds the one entry of the batch.
Status FindEntry(const BatchHeader& header, std::span<const FrameView> frames, MetalogEntry* entry) {
  int found = 0;
  for (const FrameView& frame : frames) {
    if (frame.header.type != FrameType::kMetalogEntry) continue;
    const ParseResult result = DecodeMetalogEntry(frame.body, entry);
    const bool is_foreign = std::any_of(entry->commands.begin(), entry->commands.end(), IsShardCommand);
    if (result == ParseResult::kNewer || (result == ParseResult::kOk && is_foreign)) {
      return {StatusCode::kFormat, "batch " + std::to_string(header.batch_number) +
                                       " holds a command that this version of daybook does not know"};
    }
    if (result != ParseResult::kOk) return Contradiction(header, "has an entry that does not parse");
    ++found;
  }
  return found == 1 ? Status::Ok() : Contradiction(header, "does not hold one metalog entry");
}

// The live state, if the batch repeats it; what it says is checked here and applied when the batch is.
Status TakeState(const BatchHeader& header, std::span<const FrameView> frames, OrderedBatch* ordered) {
  for (const FrameView& frame : frames) {
    if (frame.header.type == FrameType::kSparseRecords)
      return Contradiction(header, "holds records with positions in a segment that is replayed");
    if (frame.header.type != FrameType::kState) continue;
    BookTable books;
    KeyTable keys;
    std::vector<TagMark> tag_marks;
    const ParseResult decoded = DecodeState(frame.body, &books, &keys, &tag_marks);
    if (decoded == ParseResult::kNewer) {
      return {StatusCode::kFormat, "batch " + std::to_string(header.batch_number) +
                                       " holds state that this version of daybook does not know"};
    }
    if (decoded != ParseResult::kOk || !ordered->state.empty())
      return Contradiction(header, "has a state that does not parse");
    ordered->state.assign(frame.body.begin(), frame.body.end());
  }
  const bool announced = (header.flags & kBatchHasState) != 0;
  return announced == !ordered->state.empty() ? Status::Ok()
                                              : Contradiction(header, "announces other frames");
}

// The verdicts of the batch, if it has any. Where they point is compared when the records are placed.
Status TakeVerdicts(const BatchHeader& header, std::span<const FrameView> frames, const MetalogEntry& entry,
                    std::vector<Verdict>* verdicts) {
  int found = 0;
  for (const FrameView& frame : frames) {
    if (frame.header.type != FrameType::kVerdicts) continue;
    uint64_t index = 0;
    const ParseResult result = DecodeVerdicts(frame.body, &index, verdicts);
    if (result == ParseResult::kNewer) {
      return {StatusCode::kFormat, "batch " + std::to_string(header.batch_number) +
                                       " holds a verdict that this version of daybook does not know"};
    }
    if (result != ParseResult::kOk || index != entry.index || verdicts->empty())
      return Contradiction(header, "has verdicts that do not parse");
    ++found;
  }
  const bool announced = (header.flags & kBatchHasVerdicts) != 0;
  return found == (entry.has_verdicts ? 1 : 0) && announced == entry.has_verdicts
             ? Status::Ok()
             : Contradiction(header, "announces other verdicts");
}

// Takes up the records in the order of their positions, each as its group was judged.
class RecordPlacer {
 public:
  RecordPlacer(const LogIdentity& identity, const MetalogEntry& entry, std::span<const Verdict> verdicts,
               OrderedBatch* ordered)
      : identity_(identity), entry_(entry), verdicts_(verdicts), ordered_(ordered) {}

  // False: a verdict is about what is no group.
  bool Take(const RecordView& record, uint32_t offset) {
    const uint64_t position = ordered_->offsets.size();
    if (record.first()) {
      if (left_ != 0) return false;
      BeginGroup(record, position);
    }
    if (left_ > 0) {
      --left_;
      ordered_->AddVoid(record, offset);
      return true;
    }
    // The rest of a group that is void must be void.
    if (in_void_ && !record.first()) return false;
    if (has_key_) ordered_->keys.back().records += 1;
    ordered_->Add(identity_.hash_seed(), record, offset);
    return true;
  }

  [[nodiscard]] bool Finish() const { return left_ == 0 && next_ == verdicts_.size(); }

 private:
  void BeginGroup(const RecordView& record, uint64_t position) {
    in_void_ = next_ < verdicts_.size() && verdicts_[next_].position == position;
    has_key_ = false;
    if (in_void_) {
      left_ = verdicts_[next_++].records;
      return;
    }
    const std::string_view key = record.extras.empty() ? std::string_view() : ExtrasOf(record).key;
    has_key_ = !key.empty();
    if (!has_key_) return;
    ordered_->keys.push_back({HashOfKey(identity_.hash_seed(), record.book, key),
                              entry_.first_seqnum + position, entry_.timestamp,
                              static_cast<uint32_t>(record.book), 0});
  }

  const LogIdentity& identity_;
  const MetalogEntry& entry_;
  const std::span<const Verdict> verdicts_;
  OrderedBatch* const ordered_;
  size_t next_ = 0;    // verdict
  uint64_t left_ = 0;  // records of the group that is void
  bool in_void_ = false;
  bool has_key_ = false;
};

// The frames of records must be just what the cut orders, in that order.
Status CheckRuns(const BatchHeader& header, std::span<const FrameView> frames,
                 std::span<const OrderedRun> runs) {
  size_t next = 0;
  for (const FrameView& frame : frames) {
    if (frame.header.type != FrameType::kRecords) continue;
    if (next == runs.size() || runs[next].shard != frame.header.shard.shard ||
        runs[next].first_local_id != frame.header.first_local_id ||
        runs[next].count != frame.header.record_count) {
      return Contradiction(header, "holds other records than its cut orders");
    }
    ++next;
  }
  return next == runs.size() ? Status::Ok() : Contradiction(header, "lacks records that its cut orders");
}

}  // namespace

ParseResult ParseBatch(const LogIdentity& identity, const BatchHeader& header,
                       std::span<const std::byte> batch, std::vector<FrameView>* frames) {
  frames->clear();
  if (batch.size() != header.size()) return ParseResult::kDamaged;
  uint32_t frames_crc = identity.crc_base();
  size_t at = kBatchHeaderSize;
  while (at < batch.size()) {
    FrameView frame;
    const ParseResult decoded = DecodeFrameHeader(identity, batch.subspan(at), &frame.header);
    if (decoded != ParseResult::kOk) return decoded;
    at += kFrameHeaderSize;
    if (frame.header.body_size > batch.size() - at) return ParseResult::kDamaged;
    frame.body_offset = at;
    frame.body = batch.subspan(at, frame.header.body_size);
    at += frame.header.body_size;
    frames_crc = Crc32cExtendU32(frames_crc, frame.header.header_crc);
    if (const ParseResult checked = CheckFrame(identity, frame); checked != ParseResult::kOk) return checked;
    frames->push_back(frame);
  }
  return frames->size() == header.frame_count && frames_crc == header.frames_crc ? ParseResult::kOk
                                                                                 : ParseResult::kDamaged;
}

Status ApplyBatch(const LogIdentity& identity, const BatchHeader& header, std::span<const FrameView> frames,
                  bool after_gap, MetalogCursor* cursor, OrderedBatch* ordered) {
  MetalogEntry entry;
  DAYBOOK_RETURN_IF_ERROR(FindEntry(header, frames, &entry));
  if (entry.index != header.metalog_index || entry.index == 0) {
    return Contradiction(header, "announces another metalog index");
  }
  if (header.first_seqnum > entry.first_seqnum) return Contradiction(header, "announces other seqnums");
  std::vector<Verdict> verdicts;
  DAYBOOK_RETURN_IF_ERROR(TakeVerdicts(header, frames, entry, &verdicts));
  DAYBOOK_RETURN_IF_ERROR(TakeState(header, frames, ordered));
  MetalogCursor next = *cursor;
  if (after_gap) next.SkipTo(entry.index - 1, entry.first_seqnum);
  for (const FrameView& frame : frames) {
    const bool records = frame.header.type == FrameType::kRecords;
    if (records && !next.IsCertain(frame.header.shard.shard))
      next.SkipShardTo(frame.header.shard.shard, frame.header.first_local_id);
  }
  DAYBOOK_RETURN_IF_ERROR(next.Apply(entry, &ordered->runs));
  if (next.next_seqnum() != header.end_seqnum) return Contradiction(header, "announces other seqnums");
  DAYBOOK_RETURN_IF_ERROR(CheckRuns(header, frames, ordered->runs));

  RecordPlacer placer(identity, entry, verdicts, ordered);
  for (const FrameView& frame : frames) {
    if (frame.header.type != FrameType::kRecords) continue;
    size_t at = 0;
    while (at < frame.body.size()) {
      RecordView record;
      (void)ParseRecord(frame.body.subspan(at), &record);  // ParseBatch has checked it
      if (!placer.Take(record, static_cast<uint32_t>(frame.body_offset + at)))
        return Contradiction(header, "has a verdict about what is no group");
      at += record.size;
    }
    ordered->view = frame.header.shard.view;
    ordered->physical_log = frame.header.shard.physical_log;
  }
  if (!placer.Finish()) return Contradiction(header, "has a verdict about what is no group");
  ordered->Place(entry.first_seqnum);
  ordered->timestamp = entry.timestamp;
  ordered->metalog_index = entry.index;
  ordered->size = header.size();
  ordered->commands = entry.commands;
  *cursor = next;
  return Status::Ok();
}

}  // namespace daybook
