// Verifies segment files.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "log/file_name.h"
#include "log/segment_reader.h"
#include "log/sparse_segment.h"
#include "log/verify_task.h"

namespace daybook {
namespace {

class SegmentVerification {
 public:
  SegmentVerification(const VerifyTask& task, std::shared_ptr<File> file, FileReport* report)
      : task_(task),
        listed_(task.segment),
        file_(std::move(file)),
        reader_(&task.identity, file_, task.segment.segment),
        report_(report) {}

  // The header and the marks; false if there are none to speak of.
  Status CheckFront(bool* go_on) {
    *go_on = false;
    DAYBOOK_RETURN_IF_ERROR(reader_.Open());
    report_->bytes = reader_.size();
    if (reader_.size() < kSegmentDataOffset) {
      report_->problems.push_back({0, 0, true, 0, 0, "the file is shorter than the header of a segment"});
      return Status::Ok();
    }
    *go_on = true;
    SegmentHeader header;
    const Status read = reader_.ReadHeader(&header);
    if (read.Is(StatusCode::kCorrupt)) AddProblem(0, 0, read.message());
    if (!read.ok() && !read.Is(StatusCode::kCorrupt)) return read;
    return CheckMarks();
  }

  Status CheckBatches() {
    limit_ = listed_.closed ? listed_.end_offset : reader_.size();
    if (limit_ > reader_.size()) {
      AddProblem(reader_.size(), 0, "the file ends before its last batch");
      limit_ = reader_.size();
    }
    uint64_t offset = kSegmentDataOffset;
    while (offset < limit_) DAYBOOK_RETURN_IF_ERROR(CheckBatch(&offset));
    return Status::Ok();
  }

 private:
  void AddProblem(uint64_t offset, uint64_t batch, std::string what) {
    report_->problems.push_back({offset, batch, false, 0, 0, std::move(what)});
  }

  // A crash may tear one of the copies while it is written, so a bad one is no damage.
  Status CheckMarks() {
    for (int copy = 0; copy < 2; ++copy) {
      std::array<std::byte, kMarkSize> bytes{};
      size_t count = 0;
      DAYBOOK_RETURN_IF_ERROR(file_->Read(MarkOffset(copy), bytes, &count));
      DurableMark mark;
      const bool is_there =
          std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{}; });
      if (is_there && !DecodeDurableMark(task_.identity, std::span(bytes).first(count), &mark))
        AddProblem(MarkOffset(copy), UINT64_MAX, "one of the two durable marks does not hold");
    }
    bool found = false;
    DurableMark mark;
    DAYBOOK_RETURN_IF_ERROR(reader_.ReadMark(&found, &mark));
    if (!found) return Status::Ok();
    report_->flushed_batch = mark.batch_number;
    report_->is_marked = true;
    report_->marked_term = mark.term;
    report_->marked_batch = mark.batch_number;
    report_->marked_seqnum = mark.next_seqnum;
    report_->closed_properly = mark.clean();
    return Status::Ok();
  }

  // Checks what stands at `*offset`, and leads it to the next place where a batch may stand.
  Status CheckBatch(uint64_t* offset) {
    ScannedBatch batch;
    DAYBOOK_RETURN_IF_ERROR(reader_.ReadBatch(*offset, limit_, &batch));
    bool fits = false;
    if (batch.found == BatchFound::kGood) DAYBOOK_RETURN_IF_ERROR(Accept(batch, &fits));
    if (!fits) return Skip(batch, offset);
    *offset = AlignToSector(*offset + batch.header.size());
    return Status::Ok();
  }

  Status Accept(const ScannedBatch& batch, bool* fits) {
    const BatchHeader& header = batch.header;
    const BatchChain* before = report_->chains.empty() ? nullptr : &report_->chains.back();
    if (before != nullptr && header.batch_number <= before->last_batch) {
      why_ = "batch " + std::to_string(header.batch_number) + " stands behind a later one";
      return Status::Ok();
    }
    const bool follows = before != nullptr && header.batch_number == before->last_batch + 1;
    if (follows && header.previous_checksum != before->last_checksum) {
      why_ = "batch " + std::to_string(header.batch_number) + " does not follow the batch before it";
      return Status::Ok();
    }
    OrderedBatch ordered;
    const Status applied = ApplyBatch(task_.identity, header, batch.frames, !follows, &cursor_, &ordered);
    if (applied.Is(StatusCode::kCorrupt)) {
      why_ = applied.message();
      return Status::Ok();
    }
    DAYBOOK_RETURN_IF_ERROR(applied);
    *fits = true;
    Count(batch, ordered);
    Extend(header, follows);
    return Status::Ok();
  }

  void Count(const ScannedBatch& batch, const OrderedBatch& ordered) {
    report_->batches += 1;
    report_->frames += batch.frames.size();
    report_->commands += ordered.commands.size();
    report_->records += ordered.offsets.size();
    report_->flushed_batch = std::max(report_->flushed_batch, batch.header.durable_number);
    RecordLocation location;
    location.segment = listed_.segment;
    location.timestamp = ordered.timestamp;
    for (size_t i = 0; i < ordered.offsets.size(); ++i) {
      location.seqnum = ordered.first_seqnum + i;
      location.offset = batch.header.offset + ordered.offsets[i];
      if (location.seqnum < task_.index_end) DigestOf(location.seqnum).AddLocation(location);
    }
    AddPostings(StreamKind::kTag, ordered.postings);
    AddPostings(StreamKind::kBook, ordered.book_postings);
  }

  void AddPostings(StreamKind kind, const std::vector<Posting>& postings) {
    for (const Posting& posting : postings) {
      if (posting.seqnum < task_.index_end)
        DigestOf(posting.seqnum).AddPosting(kind, posting.stream, posting.seqnum);
    }
  }

  IndexDigest& DigestOf(uint64_t seqnum) { return report_->digests[task_.groups.Find(seqnum)]; }

  void Extend(const BatchHeader& header, bool follows) {
    if (!follows) {
      BatchChain& chain = report_->chains.emplace_back();
      chain.first_batch = header.batch_number;
      chain.previous_checksum = header.previous_checksum;
      chain.first_seqnum = header.first_seqnum;
      chain.first_offset = header.offset;
    }
    BatchChain& chain = report_->chains.back();
    chain.last_batch = header.batch_number;
    chain.last_checksum = header.checksum;
    chain.end_seqnum = header.end_seqnum;
    chain.end_offset = header.offset + header.size();
  }

  // No good batch stands at `*offset`: goes on at the next one, and reports the place if there
  // should be one here. Behind the last batch of a segment there may be anything.
  Status Skip(const ScannedBatch& batch, uint64_t* offset) {
    const uint64_t bad = *offset;
    const bool header_holds = batch.found == BatchFound::kBadBody || batch.found == BatchFound::kGood;
    // A header that holds says where the batch ends, so nothing in its body is taken for a header.
    *offset = header_holds && batch.header.size() < limit_ - bad ? AlignToSector(bad + batch.header.size())
                                                                 : bad + kSectorSize;
    BatchHeader next;
    while (*offset < limit_) {
      DAYBOOK_RETURN_IF_ERROR(reader_.FindHeader(offset, limit_, &next));
      if (*offset >= limit_ || next.batch_number > LastBatch()) break;
      *offset += kSectorSize;
    }
    const bool more = *offset < limit_;
    if (more) report_->flushed_batch = std::max(report_->flushed_batch, next.durable_number);
    // Zeros, or what stood there before the file was used again.
    if (!more && !listed_.closed && !header_holds) return Status::Ok();
    std::string what = batch.found == BatchFound::kGood      ? std::exchange(why_, {})
                       : batch.found == BatchFound::kBadBody ? "the checksums of a batch do not hold"
                                                             : "no batch begins where one was written";
    AddProblem(bad, header_holds ? batch.header.batch_number : LastBatch() + 1, std::move(what));
    return Status::Ok();
  }

  [[nodiscard]] uint64_t LastBatch() const {
    if (!report_->chains.empty()) return report_->chains.back().last_batch;
    return listed_.first_batch == 0 ? 0 : listed_.first_batch - 1;
  }

  const VerifyTask& task_;
  const ManifestSegment& listed_;
  const std::shared_ptr<File> file_;
  SegmentReader reader_;
  FileReport* report_;
  MetalogCursor cursor_;
  uint64_t limit_ = 0;
  std::string why_;  // the last batch was not accepted
};

// What was copied, with its positions; the cursor never sees it.
Status VerifyRewritten(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report) {
  std::vector<DamagedRange> damage;
  const auto visit = [&](const RecordLocation& location, const RecordView&) {
    ++report->records;
    report->digests[task.groups.Find(location.seqnum)].AddLocation(location);
    return Status::Ok();
  };
  DAYBOOK_RETURN_IF_ERROR(ScanSparseSegment(env, directory, task.identity, task.segment, visit, &damage));
  for (const DamagedRange& range : damage) {
    report->problems.push_back({range.offset, 0, false, range.first_seqnum, range.end_seqnum, range.what});
  }
  return Status::Ok();
}

Status Verify(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report) {
  std::unique_ptr<File> file;
  const Status opened =
      env->OpenFile(JoinPath(directory, SegmentFileName(task.segment.segment)), OpenMode::kRead, &file);
  if (opened.Is(StatusCode::kNotFound)) {
    const ManifestSegment& listed = task.segment;
    if (!listed.closed || listed.end_offset > kSegmentDataOffset)
      report->problems.push_back({0, 0, true, 0, 0, "the file is missing"});
    return Status::Ok();
  }
  DAYBOOK_RETURN_IF_ERROR(opened);
  SegmentVerification verification(task, std::move(file), report);
  bool go_on = false;
  DAYBOOK_RETURN_IF_ERROR(verification.CheckFront(&go_on));
  if (!go_on) return Status::Ok();
  return task.segment.kind == SegmentKind::kRewritten ? VerifyRewritten(env, directory, task, report)
                                                      : verification.CheckBatches();
}

}  // namespace

Status VerifySegment(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report) {
  const Status verified = Verify(env, directory, task, report);
  if (verified.ok()) return verified;
  return {verified.code(),
          JoinPath(directory, SegmentFileName(task.segment.segment)) + ": " + verified.message(),
          verified.system_error()};
}

}  // namespace daybook
