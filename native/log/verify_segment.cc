#include "log/verify_segment.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/coding.h"
#include "log/file_name.h"
#include "log/segment_reader.h"

namespace daybook {
namespace {

class Verification {
 public:
  Verification(const LogIdentity& identity, const ManifestSegment& listed, std::shared_ptr<File> file,
               SegmentReport* report)
      : identity_(identity),
        listed_(listed),
        file_(std::move(file)),
        reader_(&identity_, file_, listed.segment),
        report_(report) {}

  Status Run() {
    DAYBOOK_RETURN_IF_ERROR(reader_.Open());
    report_->bytes = reader_.size();
    if (reader_.size() < kSegmentDataOffset) {
      report_->problems.push_back({0, 0, true, "the file is shorter than the header of a segment"});
      return Status::Ok();
    }
    DAYBOOK_RETURN_IF_ERROR(CheckHeader());
    DAYBOOK_RETURN_IF_ERROR(CheckMarks());
    limit_ = listed_.closed ? listed_.end_offset : reader_.size();
    if (limit_ > reader_.size()) {
      AddProblem(reader_.size(), 0, "the file ends before its last batch");
      limit_ = reader_.size();
    }
    uint64_t offset = kSegmentDataOffset;
    while (offset < limit_) DAYBOOK_RETURN_IF_ERROR(CheckBatch(&offset));
    CheckEnd();
    return Status::Ok();
  }

 private:
  void AddProblem(uint64_t offset, uint64_t batch, std::string what) {
    report_->problems.push_back({offset, batch, false, std::move(what)});
  }

  Status CheckHeader() {
    SegmentHeader header;
    const Status read = reader_.ReadHeader(&header);
    if (!read.Is(StatusCode::kCorrupt)) return read;
    AddProblem(0, 0, read.message());
    return Status::Ok();
  }

  Status CheckMarks() {
    bool found = false;
    DurableMark mark;
    DAYBOOK_RETURN_IF_ERROR(reader_.ReadMark(&found, &mark));
    DAYBOOK_RETURN_IF_ERROR(CheckMarkCopies());
    if (!found) return Status::Ok();
    report_->flushed_batch = mark.batch_number;
    report_->marked_seqnum = mark.next_seqnum;
    report_->closed_properly = mark.clean();
    return Status::Ok();
  }

  // A crash may tear one of the copies while it is written, so a bad one is no damage.
  Status CheckMarkCopies() {
    for (int copy = 0; copy < 2; ++copy) {
      std::array<std::byte, kMarkSize> bytes{};
      size_t count = 0;
      DAYBOOK_RETURN_IF_ERROR(file_->Read(MarkOffset(copy), bytes, &count));
      DurableMark mark;
      const bool is_there =
          std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{}; });
      if (is_there && !DecodeDurableMark(identity_, std::span(bytes).first(count), &mark))
        AddProblem(MarkOffset(copy), UINT64_MAX, "one of the two durable marks does not hold");
    }
    return Status::Ok();
  }

  // Checks what stands at `*offset`, and leads it to the next place where a batch may stand.
  Status CheckBatch(uint64_t* offset) {
    ScannedBatch batch;
    DAYBOOK_RETURN_IF_ERROR(reader_.ReadBatch(*offset, limit_, &batch));
    if (batch.found == BatchFound::kGood) {
      bool fits = false;
      DAYBOOK_RETURN_IF_ERROR(Accept(batch, &fits));
      if (fits) {
        *offset = AlignToSector(*offset + batch.header.size());
        return Status::Ok();
      }
    }
    return Skip(batch, offset);
  }

  Status Accept(const ScannedBatch& batch, bool* fits) {
    const BatchHeader& header = batch.header;
    const VerifiedRun* before = report_->runs.empty() ? nullptr : &report_->runs.back();
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
    // Rewritten segments hold copies that the cursor never sees.
    if (listed_.kind == SegmentKind::kLog) {
      const Status applied = ApplyBatch(identity_, header, batch.frames, !follows, &cursor_, &ordered);
      if (applied.Is(StatusCode::kCorrupt)) {
        why_ = applied.message();
        return Status::Ok();
      }
      DAYBOOK_RETURN_IF_ERROR(applied);
    }
    *fits = true;
    Count(batch, ordered);
    Extend(header, follows);
    return Status::Ok();
  }

  void Count(const ScannedBatch& batch, const OrderedBatch& ordered) {
    report_->batches += 1;
    report_->frames += batch.frames.size();
    report_->commands += ordered.commands.size();
    for (const FrameView& frame : batch.frames) report_->records += frame.header.record_count;
    report_->flushed_batch = std::max(report_->flushed_batch, batch.header.durable_number);
  }

  void Extend(const BatchHeader& header, bool follows) {
    if (!follows) {
      VerifiedRun run;
      run.first_batch = header.batch_number;
      run.previous_checksum = header.previous_checksum;
      run.first_seqnum = header.first_seqnum;
      run.first_offset = header.offset;
      report_->runs.push_back(run);
    }
    VerifiedRun& run = report_->runs.back();
    run.last_batch = header.batch_number;
    run.last_checksum = header.checksum;
    run.end_seqnum = header.end_seqnum;
    run.end_offset = header.offset + header.size();
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
    if (!more && !listed_.closed && batch.found == BatchFound::kEnd) return Status::Ok();
    std::string what = batch.found == BatchFound::kGood      ? std::exchange(why_, {})
                       : batch.found == BatchFound::kBadBody ? "the checksums of a batch do not hold"
                                                             : "no batch begins where one was written";
    const uint64_t number = header_holds ? batch.header.batch_number : LastBatch() + 1;
    AddProblem(bad, listed_.kind == SegmentKind::kLog ? number : 0, std::move(what));
    return Status::Ok();
  }

  // A closed segment says in the manifest which batch was its last.
  void CheckEnd() {
    if (!listed_.closed || listed_.end_batch == 0 || !report_->problems.empty()) return;
    if (report_->runs.empty() ? listed_.end_batch <= listed_.first_batch
                              : LastBatch() + 1 == listed_.end_batch) {
      return;
    }
    AddProblem(limit_, 0,
               "the manifest says that the segment ends with batch " + std::to_string(listed_.end_batch - 1));
  }

  [[nodiscard]] uint64_t LastBatch() const {
    if (!report_->runs.empty()) return report_->runs.back().last_batch;
    return listed_.first_batch == 0 ? 0 : listed_.first_batch - 1;
  }

  const LogIdentity identity_;
  const ManifestSegment listed_;
  const std::shared_ptr<File> file_;
  SegmentReader reader_;
  SegmentReport* report_;
  MetalogCursor cursor_;
  uint64_t limit_ = 0;
  std::string why_;  // the last batch was not accepted
};

}  // namespace

Status VerifySegment(Env* env, const std::string& directory, const LogIdentity& identity,
                     const ManifestSegment& listed, SegmentReport* report) {
  const std::string path = JoinPath(directory, SegmentFileName(listed.segment));
  std::unique_ptr<File> file;
  const Status opened = env->OpenFile(path, OpenMode::kRead, &file);
  if (opened.Is(StatusCode::kNotFound)) {
    const bool held_nothing = listed.closed && listed.end_batch <= listed.first_batch;
    if (!held_nothing) report->problems.push_back({0, 0, true, "the file is missing"});
    return Status::Ok();
  }
  DAYBOOK_RETURN_IF_ERROR(opened);
  const Status verified = Verification(identity, listed, std::move(file), report).Run();
  if (verified.ok()) return verified;
  return {verified.code(), path + ": " + verified.message(), verified.system_error()};
}

std::vector<std::byte> EncodeSegmentReport(const SegmentReport& report) {
  std::vector<std::byte> bytes;
  ByteWriter writer(&bytes);
  for (const uint64_t number :
       {report.bytes, report.batches, report.frames, report.records, report.commands, report.flushed_batch,
        report.marked_seqnum, uint64_t{report.closed_properly}, uint64_t{report.runs.size()}}) {
    writer.PutVarint(number);
  }
  for (const VerifiedRun& run : report.runs) {
    for (const uint64_t number :
         {run.first_batch, run.last_batch, uint64_t{run.previous_checksum}, uint64_t{run.last_checksum},
          run.first_seqnum, run.end_seqnum, run.first_offset, run.end_offset}) {
      writer.PutVarint(number);
    }
  }
  writer.PutVarint(report.problems.size());
  for (const VerifyProblem& problem : report.problems) {
    writer.PutVarint(problem.offset);
    writer.PutVarint(problem.batch);
    writer.PutVarint(problem.whole_file ? 1 : 0);
    writer.PutVarint(problem.what.size());
    writer.PutString(problem.what);
  }
  return bytes;
}

namespace {

bool DecodeRun(ByteReader* reader, VerifiedRun* run) {
  uint64_t previous = 0;
  uint64_t last = 0;
  const bool good = reader->ReadVarint(&run->first_batch) && reader->ReadVarint(&run->last_batch) &&
                    reader->ReadVarint(&previous) && reader->ReadVarint(&last) &&
                    reader->ReadVarint(&run->first_seqnum) && reader->ReadVarint(&run->end_seqnum) &&
                    reader->ReadVarint(&run->first_offset) && reader->ReadVarint(&run->end_offset);
  run->previous_checksum = static_cast<uint32_t>(previous);
  run->last_checksum = static_cast<uint32_t>(last);
  return good;
}

bool DecodeProblem(ByteReader* reader, VerifyProblem* problem) {
  uint64_t whole_file = 0;
  uint64_t size = 0;
  std::span<const std::byte> what;
  if (!reader->ReadVarint(&problem->offset) || !reader->ReadVarint(&problem->batch) ||
      !reader->ReadVarint(&whole_file) || !reader->ReadVarint(&size) || !reader->ReadBytes(size, &what)) {
    return false;
  }
  problem->whole_file = whole_file != 0;
  problem->what.assign(reinterpret_cast<const char*>(what.data()), what.size());
  return true;
}

}  // namespace

bool DecodeSegmentReport(std::span<const std::byte> bytes, SegmentReport* report) {
  ByteReader reader(bytes);
  uint64_t closed = 0;
  uint64_t count = 0;
  for (uint64_t* number :
       {&report->bytes, &report->batches, &report->frames, &report->records, &report->commands,
        &report->flushed_batch, &report->marked_seqnum, &closed, &count}) {
    if (!reader.ReadVarint(number)) return false;
  }
  report->closed_properly = closed != 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (!DecodeRun(&reader, &report->runs.emplace_back())) return false;
  }
  if (!reader.ReadVarint(&count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    if (!DecodeProblem(&reader, &report->problems.emplace_back())) return false;
  }
  return reader.remaining() == 0;
}

}  // namespace daybook
