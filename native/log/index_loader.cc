#include "log/index_loader.h"

#include <algorithm>
#include <utility>

#include "log/file_name.h"
#include "log/group_scan.h"
#include "log/sparse_segment.h"

namespace daybook {
namespace {

Status OpenList(const IndexPlace& place, const std::vector<IndexRunInfo>& listed,
                std::vector<SharedRun>* runs, std::vector<IndexRunInfo>* lost) {
  for (const IndexRunInfo& info : listed) {
    SharedRun run;
    const Status opened = IndexRun::Open(place.env, place.directory, place.identity, info, place.cache, &run);
    if (opened.Is(StatusCode::kNotFound) || opened.Is(StatusCode::kCorrupt)) {
      lost->push_back(info);
      continue;
    }
    DAYBOOK_RETURN_IF_ERROR(opened);
    runs->push_back(std::move(run));
  }
  return Status::Ok();
}

// Fills tables with what segments hold, and writes each as a run when it is full.
class Rebuild {
 public:
  Rebuild(const IndexPlace& place, uint64_t first_seqnum, uint64_t end_seqnum, const TakeFile& take_file,
          std::vector<SharedRun>* made)
      : place_(place), begin_(first_seqnum), end_(end_seqnum), take_file_(take_file), made_(made) {
    table_ = std::make_unique<MemTable>(first_seqnum);
  }

  // Batches lie inside of the stretch or outside of it, as a whole.
  Status Take(const ScannedOrder& scanned) {
    const OrderedBatch& ordered = scanned.ordered;
    if (ordered.offsets.empty() || ordered.first_seqnum < begin_ || ordered.first_seqnum >= end_)
      return Status::Ok();
    DAYBOOK_RETURN_IF_ERROR(MakeRoom(ordered.first_seqnum + ordered.offsets.size()));
    const BatchHeader& header = scanned.batch.header;
    table_->batches.Append(ordered, header.segment, header.offset);
    for (const Posting& posting : ordered.postings) table_->tags.Add(posting.stream, posting.seqnum);
    for (const Posting& posting : ordered.book_postings) table_->books.Add(posting.stream, posting.seqnum);
    last_ = ordered.first_seqnum + ordered.offsets.size();
    return Status::Ok();
  }

  Status Take(const RecordLocation& location, const RecordView& record) {
    if (location.seqnum < begin_ || location.seqnum >= end_) return Status::Ok();
    DAYBOOK_RETURN_IF_ERROR(MakeRoom(location.seqnum + 1));
    // A batch of one record, as far as the index is concerned.
    OrderedBatch ordered;
    ordered.Add(place_.identity.hash_seed(), record, 0);
    ordered.Place(location.seqnum);
    ordered.timestamp = location.timestamp;
    ordered.view = location.shard.view;
    ordered.physical_log = location.shard.physical_log;
    ordered.runs.push_back({location.shard.shard, location.local_id, 1, location.seqnum});
    table_->batches.Append(ordered, location.segment, location.offset);
    for (const Posting& posting : ordered.postings) table_->tags.Add(posting.stream, posting.seqnum);
    for (const Posting& posting : ordered.book_postings) table_->books.Add(posting.stream, posting.seqnum);
    last_ = location.seqnum + 1;
    return Status::Ok();
  }

  Status Finish() { return Write(end_); }

 private:
  Status MakeRoom(uint64_t end) {
    if (table_->empty() || !IsFull(*table_, place_.table_bytes_max, end)) return Status::Ok();
    DAYBOOK_RETURN_IF_ERROR(Write(last_));
    table_ = std::make_unique<MemTable>(last_);
    return Status::Ok();
  }

  Status Write(uint64_t end) {
    IndexRunInfo info;
    info.run = take_file_();
    info.end_seqnum = end;
    DAYBOOK_RETURN_IF_ERROR(WriteMemTable(place_.env, place_.directory, place_.identity, *table_, &info));
    made_->emplace_back();
    return IndexRun::Open(place_.env, place_.directory, place_.identity, info, place_.cache, &made_->back());
  }

  const IndexPlace& place_;
  const uint64_t begin_;
  const uint64_t end_;
  const TakeFile& take_file_;
  std::vector<SharedRun>* const made_;
  std::unique_ptr<MemTable> table_;
  uint64_t last_ = 0;
};

}  // namespace

Status OpenIndex(const IndexPlace& place, const Manifest& manifest, IndexVersion* version,
                 std::vector<IndexRunInfo>* lost) {
  DAYBOOK_RETURN_IF_ERROR(OpenList(place, manifest.runs, &version->runs, lost));
  return OpenList(place, manifest.overlays, &version->overlays, lost);
}

Status RebuildRuns(const IndexPlace& place, const Manifest& manifest, uint64_t first_seqnum,
                   uint64_t end_seqnum, const TakeFile& take_file, std::vector<SharedRun>* made,
                   std::vector<DamagedRange>* damage) {
  Rebuild rebuild(place, first_seqnum, end_seqnum, take_file, made);
  for (size_t i = 0; i < manifest.segments.size(); ++i) {
    const ManifestSegment& segment = manifest.segments[i];
    if (segment.lane != 0) continue;
    if (segment.closed && (segment.end_seqnum <= first_seqnum || segment.first_seqnum >= end_seqnum))
      continue;
    if (segment.kind == SegmentKind::kRewritten) {
      DAYBOOK_RETURN_IF_ERROR(ScanSparseSegment(
          place.env, place.directory, place.identity, segment,
          [&](const RecordLocation& location, const RecordView& record) {
            return rebuild.Take(location, record);
          },
          damage));
      continue;
    }
    DAYBOOK_RETURN_IF_ERROR(ScanGroup(
        place.env, place.directory, manifest, i, first_seqnum, end_seqnum,
        [&](const ScannedOrder& scanned) { return rebuild.Take(scanned); }, damage));
  }
  return rebuild.Finish();
}

Status RebuildOverlay(const IndexPlace& place, const ManifestSegment& segment, const TakeFile& take_file,
                      SharedRun* made, std::vector<DamagedRange>* damage) {
  IndexRunInfo info;
  info.run = take_file();
  info.first_seqnum = segment.first_seqnum;
  info.end_seqnum = segment.end_seqnum;
  std::unique_ptr<IndexRunWriter> writer;
  DAYBOOK_RETURN_IF_ERROR(IndexRunWriter::Create(place.env, place.directory, place.identity, info, &writer));
  DAYBOOK_RETURN_IF_ERROR(ScanSparseSegment(
      place.env, place.directory, place.identity, segment,
      [&](const RecordLocation& location, const RecordView&) { return writer->AddLocation(location); },
      damage));
  DAYBOOK_RETURN_IF_ERROR(writer->Finish(&info));
  return IndexRun::Open(place.env, place.directory, place.identity, info, place.cache, made);
}

}  // namespace daybook
