#include "env/posix_support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace daybook {
namespace {

// strerror_r comes in two kinds; these take what either returns.
[[maybe_unused]] const char* ErrorText(int result, const char* buffer) {
  return result == 0 ? buffer : "unknown error";
}
[[maybe_unused]] const char* ErrorText(const char* result, const char*) { return result; }

StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
      return StatusCode::kNotFound;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return StatusCode::kDiskFull;
    default:
      return StatusCode::kIo;
  }
}

// What the reason alone does not tell, or "".
std::string HintFor(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "; the user of this process (uid " + std::to_string(geteuid()) + ") has no right to do it";
    case EROFS:
      return "; the file system does not take writes";
    case EMFILE:
      return "; this process is at its limit of open files (ulimit -n)";
    case ENFILE:
      return "; this machine is at its limit of open files";
    case EFBIG:
      return "; it is over the limit for the size of a file (ulimit -f)";
    case ELOOP:
      return "; symbolic links are not followed here";
    default:
      return {};
  }
}

}  // namespace

Descriptor::~Descriptor() { Close(); }

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

int Descriptor::Close() {
  if (!valid()) return 0;
  const int result = ::close(std::exchange(number_, -1));
  // An interrupted close has closed; to repeat it could close what another thread just opened.
  return result == 0 || errno == EINTR ? 0 : errno;
}

Status PosixError(std::string_view operation, const std::string& path, int error) {
  char buffer[256] = "";
  std::string message = "cannot ";
  message.append(operation).append(" ").append(path).append(": ");
  message.append(ErrorText(::strerror_r(error, buffer, sizeof buffer), buffer));
  message.append(HintFor(error));
  return {CodeOf(error), std::move(message), error};
}

Status CheckPath(const std::string& path) {
  if (path.find('\0') == std::string::npos) return Status::Ok();
  return {StatusCode::kInvalidArgument, "a path must not contain a NUL character", EINVAL};
}

Status OpenRegularFile(const std::string& path, int flags, Descriptor* descriptor) {
  DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
  // O_NONBLOCK: to open a FIFO would wait for its other end.
  const int all_flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  Descriptor opened(RetryInterrupted([&] { return ::open(path.c_str(), all_flags, 0600); }));
  if (!opened.valid()) return PosixError("open", path, errno);
  struct stat attributes;
  if (::fstat(opened.number(), &attributes) != 0) return PosixError("look at", path, errno);
  if (S_ISDIR(attributes.st_mode)) return PosixError("open", path, EISDIR);
  if (!S_ISREG(attributes.st_mode)) {
    return {StatusCode::kIo, "cannot open " + path + ": it is not a regular file", EINVAL};
  }
  if (::fcntl(opened.number(), F_SETFL, 0) != 0) return PosixError("open", path, errno);
  *descriptor = std::move(opened);
  return Status::Ok();
}

}  // namespace daybook
