#include "log/segment_files.h"

#include <array>
#include <utility>

#include "log/file_name.h"
#include "log/segment_format.h"

namespace daybook {

std::string SegmentFiles::PathOf(uint64_t segment) const {
  return JoinPath(directory_, SegmentFileName(segment));
}

void SegmentFiles::Add(uint64_t segment, std::shared_ptr<File> file) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[segment];
  if (entry.file == nullptr && file != nullptr) ++open_;
  if (file != nullptr) entry.file = std::move(file);
  entry.used = ++clock_;
  if (open_ > kOpenMax) CloseOldest();
}

bool SegmentFiles::Has(uint64_t segment) const {
  const std::lock_guard lock(mutex_);
  return entries_.contains(segment);
}

void SegmentFiles::Remove(uint64_t segment, bool* still_read) {
  const std::lock_guard lock(mutex_);
  *still_read = false;
  const auto found = entries_.find(segment);
  if (found == entries_.end()) return;
  if (found->second.file != nullptr) {
    *still_read = found->second.file.use_count() > 1;
    --open_;
  }
  entries_.erase(found);
}

void SegmentFiles::CloseOldest() {
  auto oldest = entries_.end();
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (at->second.file == nullptr) continue;
    if (oldest == entries_.end() || at->second.used < oldest->second.used) oldest = at;
  }
  if (oldest == entries_.end()) return;
  oldest->second.file.reset();
  --open_;
}

Status SegmentFiles::Open(uint64_t segment, const std::string& path, std::unique_ptr<File>* file) const {
  DAYBOOK_RETURN_IF_ERROR(env_->OpenFile(path, OpenMode::kRead, file));
  if (!shares_locks_) return Status::Ok();
  const Status gone(StatusCode::kNotFound, path + " is being used anew");
  bool locked = false;
  DAYBOOK_RETURN_IF_ERROR((*file)->TryLock(LockKind::kShared, &locked));
  if (!locked) return gone;
  // Between opening and locking it may have become another segment.
  std::array<std::byte, kSegmentHeaderSize> front{};
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR((*file)->Read(0, front, &count));
  SegmentHeader header;
  const bool ours = count == front.size() && DecodeSegmentHeader(front, &header) == ParseResult::kOk &&
                    header.segment == segment;
  return ours ? Status::Ok() : gone;
}

Status SegmentFiles::Get(uint64_t segment, ReadMode mode, SegmentFile* found) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(segment);
    if (at == entries_.end())
      return {StatusCode::kNotFound, PathOf(segment) + " is no segment of the log any more"};
    at->second.used = ++clock_;
    if (at->second.file != nullptr) {
      *found = {at->second.file, PathOf(segment)};
      return Status::Ok();
    }
  }
  if (mode == ReadMode::kNoWait) return {StatusCode::kWouldBlock, "the segment has to be opened first"};
  const std::string path = PathOf(segment);
  std::unique_ptr<File> opened;
  const Status status = Open(segment, path, &opened);
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(segment);
  if (at == entries_.end()) return {StatusCode::kNotFound, path + " is no segment of the log any more"};
  if (!status.ok()) {
    return status.Is(StatusCode::kNotFound) ? Status(StatusCode::kCorrupt, path + ": the segment is missing")
                                            : status;
  }
  if (at->second.file == nullptr) {
    at->second.file = std::move(opened);
    if (++open_ > kOpenMax) CloseOldest();
  }
  *found = {at->second.file != nullptr ? at->second.file : std::shared_ptr<File>(std::move(opened)), path};
  return Status::Ok();
}

}  // namespace daybook
