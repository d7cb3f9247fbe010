#include "env/posix_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace daybook {
namespace {

// The most that one system call is asked for: macOS refuses 2 GiB and more, Linux cuts it short.
constexpr size_t kCallBytesMax = size_t{1} << 30;
constexpr uint64_t kFileSizeMax = static_cast<uint64_t>(INT64_MAX);
static_assert(sizeof(off_t) == 8, "files over 2 GiB need a 64-bit off_t");

#if defined(IOV_MAX)
constexpr size_t kPiecesPerCallMax = std::min<size_t>(IOV_MAX, 64);
#else
constexpr size_t kPiecesPerCallMax = 16;
#endif

// How much of `size` bytes at `offset` one call may be asked for.
size_t CallSize(uint64_t offset, size_t size) {
  return static_cast<size_t>(std::min<uint64_t>({size, kCallBytesMax, kFileSizeMax - offset}));
}

// Walks over the pieces of a write, which may stop anywhere between two bytes.
class PieceCursor {
 public:
  explicit PieceCursor(std::span<const std::span<const std::byte>> pieces) : pieces_(pieces) { SkipEmpty(); }

  [[nodiscard]] bool done() const { return index_ == pieces_.size(); }

  // Describes the next bytes for one call, and returns into how many parts.
  int Fill(std::array<iovec, kPiecesPerCallMax>* parts) const {
    size_t count = 0;
    size_t budget = kCallBytesMax;
    size_t skip = offset_;
    for (size_t i = index_; i < pieces_.size() && count < parts->size() && budget > 0; i++) {
      const std::span<const std::byte> piece = pieces_[i].subspan(skip);
      skip = 0;
      if (piece.empty()) continue;
      const size_t size = std::min(piece.size(), budget);
      (*parts)[count++] = {const_cast<std::byte*>(piece.data()), size};
      budget -= size;
    }
    return static_cast<int>(count);
  }

  void Advance(size_t size) {
    while (size > 0) {
      const size_t step = std::min(size, pieces_[index_].size() - offset_);
      offset_ += step;
      size -= step;
      SkipEmpty();
    }
  }

 private:
  void SkipEmpty() {
    while (index_ < pieces_.size() && offset_ == pieces_[index_].size()) {
      index_++;
      offset_ = 0;
    }
  }

  std::span<const std::span<const std::byte>> pieces_;
  size_t index_ = 0;   // the piece that holds the next byte
  size_t offset_ = 0;  // where in it
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  ~PosixFile() override { GiveLockUp(); }

  Status Read(uint64_t offset, std::span<std::byte> into, size_t* count) override {
    *count = 0;
    while (*count < into.size() && offset + *count <= kFileSizeMax) {
      const size_t size = CallSize(offset + *count, into.size() - *count);
      const off_t from = static_cast<off_t>(offset + *count);
      const ssize_t got =
          RetryInterrupted([&] { return ::pread(descriptor_.number(), into.data() + *count, size, from); });
      if (got < 0) return Failed("read", errno);
      if (got == 0) break;
      *count += static_cast<size_t>(got);
    }
    return Status::Ok();
  }

  Status ReadCached(uint64_t offset, std::span<std::byte> into, size_t* count) override {
    *count = 0;
    size_t done = 0;
    while (done < into.size() && offset + done <= kFileSizeMax) {
      ssize_t got = 0;
      if (const int error = ReadNoWait(offset + done, into.subspan(done), &got); error != 0) {
        return error == EAGAIN ? WouldBlock() : Failed("read", error);
      }
      if (got == 0) {
        // Linux 5.9 and 5.10 answer 0 also for bytes that are not in memory.
        uint64_t size = 0;
        DAYBOOK_RETURN_IF_ERROR(Size(&size));
        if (offset + done < size) return WouldBlock();
        break;
      }
      done += static_cast<size_t>(got);
    }
    *count = done;
    return Status::Ok();
  }

  Status Write(uint64_t offset, std::span<const std::span<const std::byte>> pieces) override {
    uint64_t room = offset <= kFileSizeMax ? kFileSizeMax - offset : 0;
    for (const std::span<const std::byte> piece : pieces) {
      if (piece.size() > room) return Failed("write", EFBIG);
      room -= piece.size();
    }
    std::array<iovec, kPiecesPerCallMax> parts;
    for (PieceCursor cursor(pieces); !cursor.done();) {
      const int part_count = cursor.Fill(&parts);
      const ssize_t written = RetryInterrupted([&] {
        return ::pwritev(descriptor_.number(), parts.data(), part_count, static_cast<off_t>(offset));
      });
      if (written < 0) return Failed("write", errno);
      if (written == 0) return Failed("write", EIO);
      cursor.Advance(static_cast<size_t>(written));
      offset += static_cast<uint64_t>(written);
    }
    return Status::Ok();
  }

  Status Sync() override {
    const int error = FlushToDisk(descriptor_.number());
    return error == 0 ? Status::Ok() : Failed("flush", error);
  }

  Status Truncate(uint64_t size) override {
    if (size > kFileSizeMax) return Failed("set the size of", EFBIG);
    const int result =
        RetryInterrupted([&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(size)); });
    return result == 0 ? Status::Ok() : Failed("set the size of", errno);
  }

  Status Size(uint64_t* size) override {
    struct stat attributes;
    if (::fstat(descriptor_.number(), &attributes) != 0) return Failed("look at", errno);
    *size = static_cast<uint64_t>(attributes.st_size);
    return Status::Ok();
  }

  Status HasOneName(bool* one) override {
    struct stat attributes;
    if (::fstat(descriptor_.number(), &attributes) != 0) return Failed("look at", errno);
    *one = attributes.st_nlink == 1;
    return Status::Ok();
  }

  Status TryLock(LockKind kind, bool* got) override {
    *got = false;
    // To convert a lock is to give it up and take it again, in the kernel too.
    GiveLockUp();
    const int operation = (kind == LockKind::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    if (RetryInterrupted([&] { return ::flock(descriptor_.number(), operation); }) != 0) {
      return errno == EWOULDBLOCK ? Status::Ok() : Failed("lock", errno);
    }
    locked_ = true;
    *got = true;
    return Status::Ok();
  }

  Status Close() override {
    GiveLockUp();
    const int error = descriptor_.Close();
    return error == 0 ? Status::Ok() : Failed("close", error);
  }

 private:
  // Closing alone would leave the lock to a child that was forked and still has the descriptor.
  void GiveLockUp() {
    if (locked_) ::flock(descriptor_.number(), LOCK_UN);
    locked_ = false;
  }

  // Returns 0 and what was read, or an errno value: EAGAIN for whatever means "not in memory, or
  // cannot tell".
  int ReadNoWait(uint64_t offset, std::span<std::byte> into, ssize_t* got) {
#if defined(RWF_NOWAIT)
    const iovec part = {into.data(), CallSize(offset, into.size())};
    *got = RetryInterrupted(
        [&] { return ::preadv2(descriptor_.number(), &part, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
    if (*got >= 0) return 0;
    return errno == EOPNOTSUPP || errno == ENOSYS ? EAGAIN : errno;
#else
    static_cast<void>(offset);
    static_cast<void>(into);
    static_cast<void>(got);
    return descriptor_.valid() ? EAGAIN : EBADF;
#endif
  }

  // Made once: this answer is part of every read that goes to the disk.
  static Status WouldBlock() {
    static const Status* const status =
        new Status(StatusCode::kWouldBlock, "the bytes are not in memory", EAGAIN);
    return *status;
  }

  Status Failed(std::string_view operation, int error) const { return PosixError(operation, path_, error); }

  Descriptor descriptor_;
  const std::string path_;
  bool locked_ = false;
};

}  // namespace

std::unique_ptr<File> NewPosixFile(Descriptor descriptor, std::string path) {
  return std::make_unique<PosixFile>(std::move(descriptor), std::move(path));
}

int FlushToDisk(int descriptor) {
#if defined(__APPLE__)
  // Here fsync does not empty the cache of the disk, and F_BARRIERFSYNC only orders writes. Where the
  // file system knows no full flush (network shares, some drivers), fsync is all there is; any other
  // error is one, since a second flush may succeed although the data is lost.
  if (RetryInterrupted([&] { return ::fcntl(descriptor, F_FULLFSYNC); }) != -1) return 0;
  if (errno != ENOTSUP && errno != EOPNOTSUPP && errno != ENOTTY && errno != EINVAL) return errno;
  return RetryInterrupted([&] { return ::fsync(descriptor); }) == 0 ? 0 : errno;
#else
  // Covers the file's size too: it is needed to read the data back.
  return RetryInterrupted([&] { return ::fdatasync(descriptor); }) == 0 ? 0 : errno;
#endif
}

}  // namespace daybook
