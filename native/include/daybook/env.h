// Env: the seam between the core and the world: files, directories, the lock, the clock and
// randomness. Every contact with the operating system goes through it, so that the engine can
// live on real files (env/env_posix), in memory (env/env_memory), or in a faulty world that
// wraps either of them.
//
// Threads are not part of the seam: the engine has none. They live in the driver around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daybook/status.h"

namespace daybook {

enum class LockKind : uint8_t { kShared, kExclusive };

// An open file. Reads may be made from several threads at once, and beside one writer;
// writes, Sync, Truncate, TryLock and Close come from one thread at a time.
class File {
 public:
  virtual ~File() = default;  // closes, ignoring errors, if Close was not called

  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Reads up to `into.size()` bytes at `offset`; `*count` is what was read, short only at the
  // end of the file. Retries interrupted calls.
  virtual Status Read(uint64_t offset, std::span<std::byte> into, size_t* count) = 0;

  // As Read, but never waits for the disk: kWouldBlock when the bytes are not in memory (or the
  // platform cannot tell).
  virtual Status ReadCached(uint64_t offset, std::span<std::byte> into, size_t* count) = 0;

  // Writes all pieces, one after another, at `offset`. On failure an unknown part of them is
  // written. kDiskFull when there is no space (ENOSPC, EDQUOT, EFBIG), else kIo.
  virtual Status Write(uint64_t offset, std::span<const std::span<const std::byte>> pieces) = 0;

  // Returns when everything written before, and the file's size, is on stable storage. A
  // failure is final for whatever was not flushed before: never retry it as a success.
  virtual Status Sync() = 0;

  virtual Status Truncate(uint64_t size) = 0;
  virtual Status Size(uint64_t* size) = 0;

  // The advisory lock of the file, without waiting: `*got` says whether it is held now. Others that
  // have the file open, in this process too, may share it or are kept out, also by Env::LockFile.
  // What this File held before is given up first, whatever comes of it. Close gives the lock up.
  virtual Status TryLock(LockKind kind, bool* got) = 0;

  // Whether the file has but one name. A copy made of hard links shares its bytes with the original.
  virtual Status HasOneName(bool* one) = 0;

  virtual Status Close() = 0;

 protected:
  File() = default;
};

// Held as long as it lives; given up by the operating system when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 protected:
  FileLock() = default;
};

enum class OpenMode : uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreateNew,  // must not exist (else kIo with EEXIST); read and write, mode 0600
};

// Which file system object a directory is, however it is spelled (device and inode).
struct DirectoryIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const DirectoryIdentity&) const = default;
};

struct FileSystemInfo {
  std::string name;         // for messages
  bool is_network = false;  // other machines may hold its files, so locks and flushes mean less
};

// Safe for use from several threads. Paths are UTF-8.
class Env {
 public:
  virtual ~Env() = default;

  // kNotFound when the file (or its directory) does not exist, kDiskFull, else kIo; symbolic
  // links are not followed in the last component. No descriptor is inherited by children.
  virtual Status OpenFile(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) = 0;

  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;

  // Creates the directory (mode 0700) and the missing ones above it; ok if it exists. What it
  // creates is durable on return.
  virtual Status CreateDirectory(const std::string& path) = 0;
  // Names of the entries, without "." and "..", sorted. kNotFound if there is no such directory.
  virtual Status ListDirectory(const std::string& path, std::vector<std::string>* names) = 0;
  // Makes creations, renames and removals in the directory durable.
  virtual Status SyncDirectory(const std::string& path) = 0;
  virtual Status IdentifyDirectory(const std::string& path, DirectoryIdentity* identity) = 0;
  // What holds the file or directory. kNotFound if there is none at `path`.
  virtual Status FileSystemOf(const std::string& path, FileSystemInfo* info) = 0;

  // Takes the exclusive lock of the file at `path`, creating it (0600) if missing, and writes
  // `owner` into it for the message that another process gets. kLocked when it is held, with
  // the holder's text in `*holder` (at most 1024 bytes, possibly empty).
  virtual Status LockFile(const std::string& path, const std::string& owner, std::unique_ptr<FileLock>* lock,
                          std::string* holder) = 0;

  // Milliseconds since 1970 by the wall clock; may jump.
  virtual int64_t NowMillis() = 0;
  // Fills with bytes that nobody can guess.
  virtual Status Random(std::span<std::byte> into) = 0;
  // "host <name>, process <pid>, started <ISO time>", or "opened <time of this call>" where the
  // system does not tell the former. For the lock's message.
  virtual std::string DescribeProcess() = 0;
};

// The real world. Never destroyed.
Env* PosixEnv();

}  // namespace daybook
