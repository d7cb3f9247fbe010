#include "log/sparse_segment.h"

#include <algorithm>
#include <utility>

#include "log/file_name.h"
#include "log/segment_reader.h"
#include "log/slab.h"

namespace daybook {
namespace {
constexpr size_t kFrameBytes = size_t{512} << 10U;
}  // namespace

Status SparseSegmentWriter::Create(Env* env, const std::string& directory, const LogIdentity& identity,
                                   SegmentHeader header, Moved moved,
                                   std::unique_ptr<SparseSegmentWriter>* writer) {
  header.kind = SegmentKind::kRewritten;
  std::unique_ptr<SparseSegmentWriter> made(new SparseSegmentWriter(&identity, header, std::move(moved)));
  DAYBOOK_RETURN_IF_ERROR(SegmentWriter::Create(env, directory, header, 0, &made->writer_));
  *writer = std::move(made);
  return Status::Ok();
}

Status SparseSegmentWriter::Add(const RecordLocation& from, std::span<const std::byte> record) {
  RecordLocation moved = from;
  moved.segment = writer_->segment();
  moved.size = record.size();
  moved.offset = frame_.Add({from.seqnum, from.timestamp, from.shard, from.local_id}, record);
  pending_.push_back(moved);
  return frame_.body().size() >= kFrameBytes ? WriteBatch() : Status::Ok();
}

Status SparseSegmentWriter::WriteBatch() {
  if (pending_.empty()) return Status::Ok();
  constexpr size_t kFront = kBatchHeaderSize + kFrameHeaderSize;
  Slab slab(kFront + frame_.body().size());
  FrameHeader frame;
  frame.type = FrameType::kSparseRecords;
  frame.body_size = static_cast<uint32_t>(frame_.body().size());
  frame.body_crc = frame_.body_crc();
  frame.record_count = frame_.count();
  frame.shard = {pending_.front().shard.view, pending_.front().shard.physical_log, 0};
  EncodeFrameHeader(*identity_, &frame, slab.data() + kBatchHeaderSize);
  std::copy(frame_.body().begin(), frame_.body().end(), slab.data() + kFront);
  BatchHeader batch;
  batch.batch_number = ++batch_number_;
  batch.term = header_.term;
  batch.segment = header_.segment;
  batch.offset = writer_->next_offset();
  batch.previous_checksum = previous_checksum_;
  batch.frame_count = 1;
  batch.body_size = slab.size() - kBatchHeaderSize;
  batch.first_seqnum = pending_.front().seqnum;
  batch.end_seqnum = pending_.back().seqnum + 1;
  batch.reserved_seqnum = batch.end_seqnum;
  batch.frames_crc = Crc32cExtendU32(identity_->crc_base(), frame.header_crc);
  EncodeBatchHeader(*identity_, &batch, slab.data());
  bool clean = false;
  DAYBOOK_RETURN_IF_ERROR(writer_->Append(slab.bytes(), &clean));
  previous_checksum_ = batch.checksum;
  for (RecordLocation& location : pending_) {
    location.offset += batch.offset + kFront;
    DAYBOOK_RETURN_IF_ERROR(moved_(location));
  }
  records_ += pending_.size();
  pending_.clear();
  frame_.Clear();
  return Status::Ok();
}

Status SparseSegmentWriter::Finish() {
  DAYBOOK_RETURN_IF_ERROR(WriteBatch());
  return writer_->Sync();
}

namespace {

Status VisitFrame(const LogIdentity& identity, const ManifestSegment& segment, const BatchHeader& header,
                  const FrameView& frame,
                  const std::function<Status(const RecordLocation&, const RecordView&)>& visit) {
  (void)identity;
  SparseFrameReader reader(frame.body, frame.header.shard.physical_log);
  while (!reader.done()) {
    SparsePosition position;
    RecordView record;
    size_t offset = 0;
    if (reader.Next(&position, &record, &offset) != ParseResult::kOk) break;  // it was checked with the batch
    RecordLocation location;
    location.seqnum = position.seqnum;
    location.timestamp = position.timestamp;
    location.segment = segment.segment;
    location.offset = header.offset + frame.body_offset + offset;
    location.size = record.size;
    location.shard = position.shard;
    location.local_id = position.local_id;
    DAYBOOK_RETURN_IF_ERROR(visit(location, record));
  }
  return Status::Ok();
}

}  // namespace

Status ScanSparseSegment(Env* env, const std::string& directory, const LogIdentity& identity,
                         const ManifestSegment& segment,
                         const std::function<Status(const RecordLocation&, const RecordView&)>& visit,
                         std::vector<DamagedRange>* damage) {
  const std::string path = JoinPath(directory, SegmentFileName(segment.segment));
  std::unique_ptr<File> file;
  const Status opened = env->OpenFile(path, OpenMode::kRead, &file);
  if (opened.Is(StatusCode::kNotFound)) {
    damage->push_back({segment.first_seqnum, segment.end_seqnum, path, 0, "the segment is missing", false});
    return Status::Ok();
  }
  DAYBOOK_RETURN_IF_ERROR(opened);
  SegmentReader reader(&identity, std::move(file), segment.segment);
  DAYBOOK_RETURN_IF_ERROR(reader.Open());
  uint64_t end = segment.first_seqnum;  // seen so far
  for (uint64_t offset = kSegmentDataOffset; offset < segment.end_offset;) {
    ScannedBatch batch;
    DAYBOOK_RETURN_IF_ERROR(reader.ReadBatch(offset, segment.end_offset, &batch));
    if (batch.found == BatchFound::kGood) {
      for (const FrameView& frame : batch.frames) {
        if (frame.header.type == FrameType::kSparseRecords)
          DAYBOOK_RETURN_IF_ERROR(VisitFrame(identity, segment, batch.header, frame, visit));
      }
      end = batch.header.end_seqnum;
      offset = AlignToSector(offset + batch.header.size());
      continue;
    }
    const uint64_t bad = offset;
    offset += kSectorSize;
    BatchHeader next;
    DAYBOOK_RETURN_IF_ERROR(reader.FindHeader(&offset, segment.end_offset, &next));
    const bool found = offset < std::min(segment.end_offset, reader.size());
    const uint64_t lost_end = found ? next.first_seqnum : segment.end_seqnum;
    if (!found) offset = segment.end_offset;
    if (end < lost_end)
      damage->push_back({end, lost_end, path, bad, "the checksums of a batch do not hold", false});
    end = std::max(end, lost_end);
  }
  return Status::Ok();
}

}  // namespace daybook
