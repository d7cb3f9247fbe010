#include "log/whole_file.h"

namespace daybook {

Status ReadWholeFile(Env* env, const std::string& path, uint64_t bytes_max, std::vector<std::byte>* bytes) {
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kRead, &file));
  uint64_t size = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
  if (size > bytes_max) return {StatusCode::kCorrupt, path + " is too long to be what it should be"};
  bytes->resize(size);
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Read(0, *bytes, &count));
  bytes->resize(count);
  return Status::Ok();
}

Status WriteWholeFile(Env* env, const std::string& path, std::span<const std::byte> bytes) {
  Status removed = env->Remove(path);
  if (!removed.ok() && !removed.Is(StatusCode::kNotFound)) return removed;
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kCreateNew, &file));
  const std::span<const std::byte> pieces[] = {bytes};
  DAYBOOK_RETURN_IF_ERROR(file->Write(0, pieces));
  DAYBOOK_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace daybook
