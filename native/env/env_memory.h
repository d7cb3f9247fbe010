// MemoryEnv: a world of files in memory, deterministic, that can be copied as a crash leaves it.
//
// It keeps what the disk would hold apart from what the process sees: each file and each directory
// has a flushed state and, in order, the changes made since. Clones are made from these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "env/crash_states.h"

namespace daybook {

namespace memory_env_internal {
struct World;
}  // namespace memory_env_internal

// Safe for use from several threads, like any Env. Its files and locks stay valid after the
// MemoryEnv is gone. The root exists, and is both "/" and "."; there are no symbolic links.
class MemoryEnv : public Env {
 public:
  // Random bytes and the clock depend on `seed` and the calls made, on nothing else.
  explicit MemoryEnv(uint64_t seed = 1);
  ~MemoryEnv() override;

  Status OpenFile(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CreateDirectory(const std::string& path) override;
  Status ListDirectory(const std::string& path, std::vector<std::string>* names) override;
  Status SyncDirectory(const std::string& path) override;
  Status IdentifyDirectory(const std::string& path, DirectoryIdentity* identity) override;
  Status FileSystemOf(const std::string& path, FileSystemInfo* info) override;
  Status LockFile(const std::string& path, const std::string& owner, std::unique_ptr<FileLock>* lock,
                  std::string* holder) override;
  int64_t NowMillis() override;
  Status Random(std::span<std::byte> into) override;
  std::string DescribeProcess() override;

  // The clock stands still until it is moved.
  void SetNowMillis(int64_t now);
  void AdvanceMillis(int64_t by);

  // From now on ReadCached answers kWouldBlock (false), or reads (true, as at the start).
  void SetCached(bool cached);
  // What FileSystemOf answers, everywhere.
  void SetFileSystem(FileSystemInfo info);

  // Helpers for tests, which stop the process when the file is not there. WriteWholeFile creates
  // the file if it is missing (not its directory), and flushes both: it stands for a change that
  // somebody else made to the disk.
  std::vector<std::byte> ReadWholeFile(const std::string& path);
  void WriteWholeFile(const std::string& path, std::span<const std::byte> bytes);
  uint64_t FileSize(const std::string& path);
  [[nodiscard]] bool Exists(const std::string& path);

  // As a failed flush leaves the file: what was written since the last one still reads, but counts as
  // clean. No later flush covers it, and a power cut loses it.
  void ForgetUnflushed(const std::string& path);

  // The world as a kill of the process leaves it: everything written is there, flushed or not
  // (and still not flushed), nothing is open, no lock is held. The original goes on by itself.
  std::unique_ptr<MemoryEnv> Clone();

  // The world as a power cut leaves it at its simplest: of each file what its last Sync covered,
  // of each directory the names that its last SyncDirectory covered.
  std::unique_ptr<MemoryEnv> CloneDurable();

  // Every state in which a power cut at this moment may leave the disk; what happens to this world
  // later does not matter to them. A sector, a power of two up to 4096, is written whole or not.
  CrashStates PowerCut(uint64_t sector_bytes = 512);

  // Equal for worlds with the same names and bytes, as they are visible, flushed or not.
  uint64_t ContentHash();
  // Grows with each call that may have changed what is visible or what is flushed.
  uint64_t ChangeCount();

 private:
  friend class CrashStates;
  explicit MemoryEnv(std::shared_ptr<memory_env_internal::World> world);

  std::shared_ptr<memory_env_internal::World> world_;
};

}  // namespace daybook
