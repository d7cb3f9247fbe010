#include "log/manifest_store.h"

#include <algorithm>
#include <utility>

namespace daybook {

void ManifestStore::Reset(Manifest manifest) {
  const std::lock_guard lock(mutex_);
  manifest_ = std::move(manifest);
  next_segment_ = manifest_.next_segment;
  next_file_ = manifest_.next_file;
}

Manifest ManifestStore::Get() const {
  const std::lock_guard lock(mutex_);
  return manifest_;
}

Status ManifestStore::Update(const std::function<void(Manifest*)>& edit, bool* poisoned) {
  const std::lock_guard lock(mutex_);
  *poisoned = !poison_.ok();
  if (!poison_.ok()) return poison_;
  Manifest next = manifest_;
  edit(&next);
  next.generation += 1;
  next.next_segment = std::max(next.next_segment, next_segment_);
  next.next_file = std::max(next.next_file, next_file_);
  bool reached_disk = false;
  if (const Status written = WriteManifest(env_, directory_, next, &reached_disk); !written.ok()) {
    if (reached_disk) poison_ = Status(StatusCode::kIo, written.message(), written.system_error());
    *poisoned = reached_disk;
    return written;
  }
  manifest_ = std::move(next);
  if (replaced_) replaced_(manifest_.generation);
  return Status::Ok();
}

uint64_t ManifestStore::TakeSegments(uint64_t count) {
  const std::lock_guard lock(mutex_);
  const uint64_t first = next_segment_;
  next_segment_ += count;
  return first;
}

uint64_t ManifestStore::TakeFile() {
  const std::lock_guard lock(mutex_);
  return next_file_++;
}

}  // namespace daybook
