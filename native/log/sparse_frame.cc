#include "log/sparse_frame.h"

#include "base/assert.h"

namespace daybook {

void SparseFrameBuilder::Clear() {
  body_.clear();
  positions_.clear();
  before_ = {};
  records_crc_ = identity_->crc_base();
  count_ = 0;
}

size_t SparseFrameBuilder::Add(const SparsePosition& position, std::span<const std::byte> record) {
  DAYBOOK_ASSERT(count_ == 0 || position.seqnum > before_.seqnum);
  DAYBOOK_ASSERT(position.timestamp >= before_.timestamp && record.size() > kRecordCrcSize);
  const size_t begin = body_.size();
  PutVarint(&body_, position.seqnum - before_.seqnum);
  PutVarint(&body_, position.shard.view);
  PutVarint(&body_, position.shard.shard);
  PutVarint(&body_, position.local_id);
  PutVarint(&body_, position.timestamp - before_.timestamp);
  const size_t offset = body_.size();
  ByteWriter(&positions_).PutBytes(std::span(body_).subspan(begin));
  ByteWriter(&body_).PutBytes(record);
  records_crc_ = FrameBodyCrcExtend(records_crc_, LoadU32(record.data()));
  before_ = position;
  ++count_;
  return offset;
}

uint32_t SparseFrameBuilder::body_crc() const { return Crc32cExtend(records_crc_, positions_); }

SparseFrameReader::SparseFrameReader(std::span<const std::byte> body, uint32_t physical_log) : body_(body) {
  before_.shard.physical_log = physical_log;
}

ParseResult SparseFrameReader::Next(SparsePosition* position, RecordView* record, size_t* offset) {
  ByteReader reader(body_.subspan(at_));
  uint64_t seqnum = 0;
  uint64_t view = 0;
  uint64_t shard = 0;
  uint64_t timestamp = 0;
  if (!reader.ReadVarint(&seqnum) || seqnum > kSeqnumEnd - before_.seqnum || !reader.ReadVarint(&view) ||
      view > UINT32_MAX || !reader.ReadVarint(&shard) || shard > UINT32_MAX ||
      !reader.ReadVarint(&position->local_id) || !reader.ReadVarint(&timestamp) ||
      timestamp > UINT64_MAX - before_.timestamp) {
    return ParseResult::kDamaged;
  }
  position->seqnum = before_.seqnum + seqnum;
  position->timestamp = before_.timestamp + timestamp;
  position->shard = {static_cast<uint32_t>(view), before_.shard.physical_log, static_cast<uint32_t>(shard)};
  position_bytes_ = body_.subspan(at_, reader.position());
  *offset = at_ + reader.position();
  const ParseResult parsed = ParseRecord(body_.subspan(*offset), record);
  if (parsed == ParseResult::kDamaged) return parsed;
  at_ = *offset + record->size;
  before_ = *position;
  return parsed;
}

ParseResult CheckSparseRecords(const LogIdentity& identity, const FrameHeader& header,
                               std::span<const std::byte> body) {
  SparseFrameReader reader(body, header.shard.physical_log);
  uint32_t crc = identity.crc_base();
  uint32_t count = 0;
  std::vector<std::byte> positions;
  while (!reader.done()) {
    SparsePosition position;
    RecordView record;
    size_t offset = 0;
    const ParseResult parsed = reader.Next(&position, &record, &offset);
    if (parsed == ParseResult::kDamaged) return parsed;
    if (RecordCrc(RecordCrcBase(identity, position.shard), position.local_id, record.checked) != record.crc)
      return ParseResult::kDamaged;
    if (parsed != ParseResult::kOk) return parsed;
    crc = FrameBodyCrcExtend(crc, record.crc);
    ByteWriter(&positions).PutBytes(reader.position_bytes());
    ++count;
  }
  return Crc32cExtend(crc, positions) == header.body_crc && count == header.record_count
             ? ParseResult::kOk
             : ParseResult::kDamaged;
}

}  // namespace daybook
