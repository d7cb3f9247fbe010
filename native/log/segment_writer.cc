#include "log/segment_writer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "log/file_name.h"

namespace daybook {
namespace {

constexpr size_t kFillBytes = size_t{1} << 20U;
constexpr uint64_t kAheadFactor = 4;

std::string TemporaryPath(const std::string& path) { return path + std::string(kTemporarySuffix); }

// Whole sectors, so that the marks and the first batch lie behind written blocks.
Status WriteFront(const SegmentHeader& header, File* file) {
  std::vector<std::byte> sectors(kSegmentDataOffset);
  EncodeSegmentHeader(header, sectors.data());
  const std::span<const std::byte> pieces[] = {sectors};
  return file->Write(0, pieces);
}

Status FillWithZeros(uint64_t begin, uint64_t end, const std::function<bool()>& go_on, File* file) {
  const std::vector<std::byte> zeros(static_cast<size_t>(std::min<uint64_t>(kFillBytes, end - begin)));
  for (uint64_t at = begin; at < end;) {
    if (go_on && !go_on()) return {StatusCode::kClosed, "given up"};
    const auto size = static_cast<size_t>(std::min<uint64_t>(zeros.size(), end - at));
    const std::span<const std::byte> pieces[] = {std::span(zeros).first(size)};
    DAYBOOK_RETURN_IF_ERROR(file->Write(at, pieces));
    at += size;
  }
  return Status::Ok();
}

// The finished file gets its name, and is opened under it, so that errors name what is there.
Status PutInPlace(Env* env, const std::string& directory, const std::string& path,
                  std::unique_ptr<File>* file) {
  DAYBOOK_RETURN_IF_ERROR((*file)->Close());
  file->reset();
  DAYBOOK_RETURN_IF_ERROR(env->Rename(TemporaryPath(path), path));
  DAYBOOK_RETURN_IF_ERROR(env->SyncDirectory(directory));
  return env->OpenFile(path, OpenMode::kReadWrite, file);
}

}  // namespace

Status SegmentWriter::Create(Env* env, const std::string& directory, const SegmentHeader& header,
                             uint64_t written_before, std::unique_ptr<SegmentWriter>* writer,
                             const std::function<bool()>& go_on) {
  std::string path = JoinPath(directory, SegmentFileName(header.segment));
  const std::string temporary = TemporaryPath(path);
  for (const std::string& leftover : {path, temporary}) {
    if (Status removed = env->Remove(leftover); !removed.ok() && !removed.Is(StatusCode::kNotFound))
      return removed;
  }
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(temporary, OpenMode::kCreateNew, &file));
  Status made = WriteFront(header, file.get());
  if (made.ok()) made = FillWithZeros(kSegmentDataOffset, written_before, go_on, file.get());
  if (made.ok()) made = file->Sync();
  if (made.ok()) made = PutInPlace(env, directory, path, &file);
  if (!made.ok()) {
    (void)env->Remove(temporary).ok();  // it only takes up space
    return made;
  }
  const uint64_t size = std::max(written_before, kSegmentDataOffset);
  writer->reset(
      new SegmentWriter(std::move(file), std::move(path), header.segment, kSegmentDataOffset, size));
  return Status::Ok();
}

Status SegmentWriter::Recycle(Env* env, const std::string& directory, const std::string& old,
                              const SegmentHeader& header, std::unique_ptr<SegmentWriter>* writer) {
  std::string path = JoinPath(directory, SegmentFileName(header.segment));
  const std::string temporary = TemporaryPath(path);
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(old, OpenMode::kReadWrite, &file));
  // Somebody may have come to follow it since it was let go.
  bool alone = false;
  DAYBOOK_RETURN_IF_ERROR(file->TryLock(LockKind::kExclusive, &alone));
  if (!alone) return {StatusCode::kWouldBlock, old + " is read by another process"};
  DAYBOOK_RETURN_IF_ERROR(env->Rename(old, temporary));
  uint64_t size = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
  DAYBOOK_RETURN_IF_ERROR(WriteFront(header, file.get()));
  DAYBOOK_RETURN_IF_ERROR(file->Sync());
  DAYBOOK_RETURN_IF_ERROR(PutInPlace(env, directory, path, &file));
  size = std::max(size, kSegmentDataOffset);
  writer->reset(
      new SegmentWriter(std::move(file), std::move(path), header.segment, kSegmentDataOffset, size));
  return Status::Ok();
}

Status SegmentWriter::Continue(Env* env, const std::string& directory, uint64_t segment, uint64_t offset,
                               std::unique_ptr<SegmentWriter>* writer) {
  std::string path = JoinPath(directory, SegmentFileName(segment));
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kReadWrite, &file));
  uint64_t size = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
  writer->reset(new SegmentWriter(std::move(file), std::move(path), segment, offset, size));
  return Status::Ok();
}

// Where blocks were written before, the front of the batch is: without its header it never parses.
Status SegmentWriter::Undo(uint64_t offset) {
  if (offset < written_before_) {
    const std::vector<std::byte> zeros(kBatchHeaderSize);
    const std::span<const std::byte> pieces[] = {zeros};
    // Blocks that cannot even be written again are given up.
    if (!file_->Write(offset, pieces).ok()) written_before_ = end_;
  }
  uint64_t size = 0;
  DAYBOOK_RETURN_IF_ERROR(file_->Size(&size));
  const uint64_t keep = std::max(written_before_, end_);
  if (size > keep) DAYBOOK_RETURN_IF_ERROR(file_->Truncate(keep));
  return file_->Sync();
}

// Several times as much where there is room, so that it is not done for every batch.
Status SegmentWriter::WriteAhead(uint64_t behind, uint64_t ahead, uint64_t* filled) {
  if (behind + ahead <= written_before_) return Status::Ok();
  const uint64_t begin = std::max(behind, written_before_);
  for (const uint64_t factor : {kAheadFactor, uint64_t{1}}) {
    const uint64_t end = behind + factor * ahead;
    const Status written = FillWithZeros(begin, end, nullptr, file_.get());
    if (written.ok()) *filled = end;
    if (!written.Is(StatusCode::kDiskFull) || factor == 1) return written;
  }
  return Status::Ok();
}

Status SegmentWriter::Append(std::span<const std::byte> batch, bool* clean, uint64_t ahead) {
  *clean = true;
  const uint64_t offset = next_offset();
  const uint64_t behind = AlignToSector(offset + batch.size());
  uint64_t filled = written_before_;
  const std::span<const std::byte> pieces[] = {batch};
  Status written = ahead == 0 ? Status::Ok() : WriteAhead(behind, ahead, &filled);
  if (written.ok()) written = file_->Write(offset, pieces);
  if (!written.ok()) {
    *clean = Undo(offset).ok();
    return written;
  }
  end_ = offset + batch.size();
  written_before_ = filled;
  return Status::Ok();
}

Status SegmentWriter::WriteMark(const LogIdentity& identity, const DurableMark& mark) {
  std::array<std::byte, kMarkSize> bytes{};
  EncodeDurableMark(identity, mark, bytes.data());
  const std::span<const std::byte> pieces[] = {bytes};
  for (int copy = 0; copy < 2; ++copy) {
    DAYBOOK_RETURN_IF_ERROR(file_->Write(MarkOffset(copy), pieces));
    DAYBOOK_RETURN_IF_ERROR(file_->Sync());
  }
  return Status::Ok();
}

}  // namespace daybook
