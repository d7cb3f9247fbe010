#include "log/segment_writer.h"

#include <array>
#include <utility>
#include <vector>

#include "log/file_name.h"

namespace daybook {

Status SegmentWriter::Create(Env* env, const std::string& directory, const SegmentHeader& header,
                             std::unique_ptr<SegmentWriter>* writer) {
  std::string path = JoinPath(directory, SegmentFileName(header.segment));
  if (Status removed = env->Remove(path); !removed.ok() && !removed.Is(StatusCode::kNotFound)) return removed;
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kCreateNew, &file));
  // Whole sectors, so that the marks and the first batch lie behind written blocks.
  std::vector<std::byte> sectors(kSegmentDataOffset);
  EncodeSegmentHeader(header, sectors.data());
  const std::span<const std::byte> pieces[] = {sectors};
  DAYBOOK_RETURN_IF_ERROR(file->Write(0, pieces));
  DAYBOOK_RETURN_IF_ERROR(file->Sync());
  DAYBOOK_RETURN_IF_ERROR(env->SyncDirectory(directory));
  writer->reset(new SegmentWriter(std::move(file), std::move(path), header.segment, kSegmentDataOffset));
  return Status::Ok();
}

Status SegmentWriter::Continue(Env* env, const std::string& directory, uint64_t segment, uint64_t offset,
                               std::unique_ptr<SegmentWriter>* writer) {
  std::string path = JoinPath(directory, SegmentFileName(segment));
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kReadWrite, &file));
  writer->reset(new SegmentWriter(std::move(file), std::move(path), segment, offset));
  return Status::Ok();
}

Status SegmentWriter::Append(std::span<const std::byte> batch, bool* clean) {
  *clean = true;
  const uint64_t offset = next_offset();
  const std::span<const std::byte> pieces[] = {batch};
  if (Status written = file_->Write(offset, pieces); !written.ok()) {
    *clean = file_->Truncate(end_).ok();
    return written;
  }
  end_ = offset + batch.size();
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
