#include "log/page_spill.h"

#include <utility>

namespace daybook::index_run {

Status SpillFile::Append(std::span<const Page> pages, uint64_t* first) {
  if (file_ == nullptr) {
    if (Status removed = env_->Remove(path_); !removed.ok() && !removed.Is(StatusCode::kNotFound))
      return removed;
    DAYBOOK_RETURN_IF_ERROR(env_->OpenFile(path_, OpenMode::kCreateNew, &file_));
  }
  const std::span<const std::byte> pieces[] = {std::as_bytes(pages)};
  DAYBOOK_RETURN_IF_ERROR(file_->Write(pages_ * kPageSize, pieces));
  *first = pages_;
  pages_ += pages.size();
  return Status::Ok();
}

Status SpillFile::Read(uint64_t first, std::span<Page> pages) {
  const std::span<std::byte> into = std::as_writable_bytes(pages);
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(file_->Read(first * kPageSize, into, &count));
  if (count == into.size()) return Status::Ok();
  return {StatusCode::kCorrupt, path_ + " is shorter than what was written to it"};
}

void SpillFile::Remove() {
  if (file_ == nullptr) return;
  (void)file_->Close().ok();
  file_.reset();
  pages_ = 0;
  (void)env_->Remove(path_).ok();
}

Status PageSpill::Add(const Page& page) {
  if (held_.size() == kPagesHeld) {
    uint64_t first = 0;
    DAYBOOK_RETURN_IF_ERROR(file_->Append(held_, &first));
    spilled_.push_back(first);
    held_.clear();
  }
  held_.push_back(page);
  return Status::Ok();
}

Status PageSpill::Drain(const std::function<Status(Page*)>& take) {
  std::vector<Page> last = std::exchange(held_, {});
  std::vector<Page> pages(spilled_.empty() ? 0 : kPagesHeld);
  for (const uint64_t first : std::exchange(spilled_, {})) {
    DAYBOOK_RETURN_IF_ERROR(file_->Read(first, pages));
    for (Page& page : pages) DAYBOOK_RETURN_IF_ERROR(take(&page));
  }
  for (Page& page : last) DAYBOOK_RETURN_IF_ERROR(take(&page));
  return Status::Ok();
}

}  // namespace daybook::index_run
