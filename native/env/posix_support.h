// What the parts of the POSIX world share: descriptors that close themselves, and errno as Status.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "daybook/status.h"

namespace daybook {

// Owns a file descriptor, or none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int number() const { return number_; }  // -1: none
  [[nodiscard]] bool valid() const { return number_ >= 0; }

  // Returns 0 or an errno value; the descriptor is given up in either case.
  int Close();

 private:
  int number_ = -1;
};

// "cannot <operation> <path>: <reason>", with a hint where one helps, and `error` kept. The code
// is kNotFound for ENOENT, kDiskFull for ENOSPC, EDQUOT and EFBIG, else kIo.
Status PosixError(std::string_view operation, const std::string& path, int error);

// Refuses a path that the operating system would see cut off at a NUL.
Status CheckPath(const std::string& path);

// Opens a regular file, following no symbolic link in the last component and never waiting; the
// descriptor is not inherited. `flags` is the access mode and O_CREAT or O_EXCL; a file that it
// creates has mode 0600. Anything but a regular file is kIo (EISDIR or EINVAL).
Status OpenRegularFile(const std::string& path, int flags, Descriptor* descriptor);

// Repeats a system call for as long as it is interrupted.
template <typename Call>
auto RetryInterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

}  // namespace daybook
