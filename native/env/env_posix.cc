// The real world: files, clock and randomness of the operating system (Linux, macOS).
#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>

#include "daybook/env.h"
#include "env/posix_file.h"
#include "env/posix_file_system.h"
#include "env/posix_lock.h"
#include "env/posix_process.h"
#include "env/posix_support.h"

namespace daybook {
namespace {

int64_t ClockMillis() {
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count();
}

std::string IsoTime(int64_t millis) {
  const std::time_t seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts;
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

// "/" for "/" and "/a", "." for "a", without the slashes at the end of either part.
std::string ParentOf(const std::string& path) {
  const size_t last = path.find_last_not_of('/');
  if (last == std::string::npos) return "/";
  const size_t slash = path.rfind('/', last);
  if (slash == std::string::npos) return ".";
  const size_t end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

// Does not fail for what is not there: `*exists` says so.
Status IsDirectory(const std::string& path, bool* exists, bool* directory) {
  struct stat attributes;
  *exists = ::stat(path.c_str(), &attributes) == 0;
  *directory = *exists && S_ISDIR(attributes.st_mode);
  if (*exists || errno == ENOENT) return Status::Ok();
  return PosixError("look at", path, errno);
}

class PosixWorld final : public Env {
 public:
  Status OpenFile(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override {
    int flags = O_RDONLY;
    if (mode == OpenMode::kReadWrite) flags = O_RDWR;
    if (mode == OpenMode::kCreateNew) flags = O_RDWR | O_CREAT | O_EXCL;
    Descriptor descriptor;
    DAYBOOK_RETURN_IF_ERROR(OpenRegularFile(path, flags, &descriptor));
    *file = NewPosixFile(std::move(descriptor), path);
    return Status::Ok();
  }

  Status Rename(const std::string& from, const std::string& to) override {
    DAYBOOK_RETURN_IF_ERROR(CheckPath(from));
    DAYBOOK_RETURN_IF_ERROR(CheckPath(to));
    if (::rename(from.c_str(), to.c_str()) == 0) return Status::Ok();
    return PosixError("rename", from + " to " + to, errno);
  }

  Status Remove(const std::string& path) override {
    DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
    return ::unlink(path.c_str()) == 0 ? Status::Ok() : PosixError("remove", path, errno);
  }

  Status CreateDirectory(const std::string& path) override {
    DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
    if (path.empty()) return PosixError("create directory", path, ENOENT);
    bool exists = false;
    bool directory = false;
    DAYBOOK_RETURN_IF_ERROR(IsDirectory(path, &exists, &directory));
    if (directory) return Status::Ok();
    if (exists) return PosixError("create directory", path, ENOTDIR);

    const std::string parent = ParentOf(path);
    if (parent == path) return PosixError("create directory", path, ENOENT);
    DAYBOOK_RETURN_IF_ERROR(CreateDirectory(parent));
    if (::mkdir(path.c_str(), 0700) == 0) return SyncDirectory(parent);
    if (errno != EEXIST) return PosixError("create directory", path, errno);
    // Somebody else was quicker, or it is a symbolic link to nothing.
    DAYBOOK_RETURN_IF_ERROR(IsDirectory(path, &exists, &directory));
    return directory ? Status::Ok() : PosixError("create directory", path, EEXIST);
  }

  Status ListDirectory(const std::string& path, std::vector<std::string>* names) override {
    names->clear();
    DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
    struct Closer {
      void operator()(DIR* directory) const { ::closedir(directory); }
    };
    const std::unique_ptr<DIR, Closer> directory(::opendir(path.c_str()));
    if (directory == nullptr) return PosixError("list directory", path, errno);
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      std::string name = entry->d_name;
      if (name != "." && name != "..") names->push_back(std::move(name));
    }
    if (errno != 0) return PosixError("list directory", path, errno);
    std::sort(names->begin(), names->end());
    return Status::Ok();
  }

  Status SyncDirectory(const std::string& path) override {
    DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
    const Descriptor directory(
        RetryInterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!directory.valid()) return PosixError("open directory", path, errno);
      // fsync, not fdatasync: the names are what matters, and nothing says that they are "data".
#if defined(__APPLE__)
    const int error = FlushToDisk(directory.number());
#else
    const int error = RetryInterrupted([&] { return ::fsync(directory.number()); }) == 0 ? 0 : errno;
#endif
    return error == 0 ? Status::Ok() : PosixError("flush directory", path, error);
  }

  Status IdentifyDirectory(const std::string& path, DirectoryIdentity* identity) override {
    DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
    struct stat attributes;
    if (::stat(path.c_str(), &attributes) != 0) return PosixError("look at directory", path, errno);
    if (!S_ISDIR(attributes.st_mode)) return PosixError("look at directory", path, ENOTDIR);
    identity->device = static_cast<uint64_t>(attributes.st_dev);
    identity->inode = static_cast<uint64_t>(attributes.st_ino);
    return Status::Ok();
  }

  Status FileSystemOf(const std::string& path, FileSystemInfo* info) override {
    DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
    return DescribeFileSystemOf(path, info);
  }

  Status LockFile(const std::string& path, const std::string& owner, std::unique_ptr<FileLock>* lock,
                  std::string* holder) override {
    return TakePosixLock(path, owner, lock, holder);
  }

  int64_t NowMillis() override { return ClockMillis(); }

  Status Random(std::span<std::byte> into) override {
    constexpr size_t kCallBytesMax = 256;  // the most that getentropy gives
    while (!into.empty()) {
      const size_t size = std::min(into.size(), kCallBytesMax);
      if (::getentropy(into.data(), size) != 0) {
        return PosixError("get random bytes from", "the operating system", errno);
      }
      into = into.subspan(size);
    }
    return Status::Ok();
  }

  std::string DescribeProcess() override {
    char host[256] = "";
    if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
    const std::string since =
        started_millis_ ? ", started " + IsoTime(*started_millis_) : ", opened " + IsoTime(ClockMillis());
    return "host " + std::string(host[0] == '\0' ? "unknown" : host) + ", process " +
           std::to_string(::getpid()) + since;
  }

 private:
  const std::optional<int64_t> started_millis_ = ProcessStartMillis();
};

}  // namespace

Env* PosixEnv() {
  static PosixWorld* const world = new PosixWorld;
  return world;
}

}  // namespace daybook
