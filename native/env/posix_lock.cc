#include "env/posix_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env/posix_support.h"

namespace daybook {
namespace {

constexpr size_t kHolderSizeMax = 1024;
// How often the file may be replaced under our hands before we give up; once is rare.
constexpr int kAttemptsMax = 100;

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  ~PosixFileLock() override {
    // Closing alone would leave the lock to a child that was forked and still has the descriptor.
    ::flock(descriptor_.number(), LOCK_UN);
  }

 private:
  Descriptor descriptor_;
};

// Whether `path` still names the file that is open.
Status IsStillNamed(const Descriptor& descriptor, const std::string& path, bool* still) {
  struct stat open_file;
  struct stat named;
  if (::fstat(descriptor.number(), &open_file) != 0) return PosixError("look at", path, errno);
  if (::lstat(path.c_str(), &named) != 0) {
    *still = false;
    return errno == ENOENT ? Status::Ok() : PosixError("look at", path, errno);
  }
  *still = open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
  return Status::Ok();
}

std::string ReadHolder(const Descriptor& descriptor) {
  std::string text(kHolderSizeMax, '\0');
  const ssize_t size =
      RetryInterrupted([&] { return ::pread(descriptor.number(), text.data(), text.size(), 0); });
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

// Returns 0 or an errno value.
int ReplaceText(const Descriptor& descriptor, const std::string& text) {
  if (RetryInterrupted([&] { return ::ftruncate(descriptor.number(), 0); }) != 0) return errno;
  for (size_t written = 0; written < text.size();) {
    const ssize_t size = RetryInterrupted([&] {
      return ::pwrite(descriptor.number(), text.data() + written, text.size() - written,
                      static_cast<off_t>(written));
    });
    if (size <= 0) return size < 0 ? errno : EIO;
    written += static_cast<size_t>(size);
  }
  return 0;
}

Status WriteOwner(const Descriptor& descriptor, const std::string& path, const std::string& owner) {
  const int error = ReplaceText(descriptor, owner);
  if (error == 0) return Status::Ok();
  Status failure = PosixError("write", path, error);
  // The text only serves a message: a disk that is too full for it must not keep the log shut.
  return failure.Is(StatusCode::kDiskFull) ? Status::Ok() : failure;
}

}  // namespace

Status TakePosixLock(const std::string& path, const std::string& owner, std::unique_ptr<FileLock>* lock,
                     std::string* holder) {
  holder->clear();
  for (int attempt = 0; attempt < kAttemptsMax; attempt++) {
    Descriptor descriptor;
    DAYBOOK_RETURN_IF_ERROR(OpenRegularFile(path, O_RDWR | O_CREAT, &descriptor));
    if (RetryInterrupted([&] { return ::flock(descriptor.number(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno != EWOULDBLOCK) return PosixError("lock", path, errno);
      // The lock of a file that has lost its name keeps nobody out.
      bool still_named = false;
      DAYBOOK_RETURN_IF_ERROR(IsStillNamed(descriptor, path, &still_named));
      if (!still_named) continue;
      *holder = ReadHolder(descriptor);
      return {StatusCode::kLocked, "cannot lock " + path + ": it is held", EWOULDBLOCK};
    }
    // Between opening and locking the file may have been removed or replaced.
    bool still_named = false;
    DAYBOOK_RETURN_IF_ERROR(IsStillNamed(descriptor, path, &still_named));
    if (!still_named) continue;
    DAYBOOK_RETURN_IF_ERROR(WriteOwner(descriptor, path, owner));
    *lock = std::make_unique<PosixFileLock>(std::move(descriptor));
    return Status::Ok();
  }
  return {StatusCode::kIo, "cannot lock " + path + ": it is replaced again and again", EAGAIN};
}

}  // namespace daybook
