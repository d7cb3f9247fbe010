// FaultEnv: an Env around another in which the operations that a test chooses fail, wait or lie.
//
// A hook sees every operation, numbered, before it is made. So a test makes the first operation
// fail, then the second, and so on until a run has none left to fail. Rules written as text make
// such a hook too (env/fault_rules).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daybook/env.h"

namespace daybook {

enum class OperationKind : uint8_t {
  kOpenFile,
  kRead,  // Read and ReadCached
  kWrite,
  kSync,
  kTruncate,
  kSize,
  kClose,
  kRename,
  kRemove,
  kCreateDirectory,
  kListDirectory,
  kSyncDirectory,
  kIdentifyDirectory,
  kLockFile,
  kRandom,
  kTryLock,
  kFileSystemOf,
};

const char* OperationKindName(OperationKind kind);

struct Operation {
  OperationKind kind;
  std::string path;     // of the file or directory; the old name for kRename; empty for kRandom
  uint64_t offset = 0;  // kRead, kWrite; the new size for kTruncate
  uint64_t size = 0;    // bytes asked for: kRead, kWrite, kRandom
  uint64_t index = 0;   // 0 for the first operation of this FaultEnv, then 1, 2, …
  std::span<const std::span<const std::byte>> pieces = {};  // kWrite: the bytes
};

// What a hook wants done. Converts from Status, so that a hook may return one.
struct Fault {
  Fault() = default;
  Fault(Status failure) : status(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  // The write fails with `failure` after the first `bytes` bytes have been written.
  static Fault ShortWrite(uint64_t bytes, Status failure);
  // The operation is made, and reported as failed all the same: its results are withheld.
  static Fault AfterwardsFail(Status failure);

  Status status;             // ok: the operation goes ahead
  uint64_t short_write = 0;  // kWrite: bytes to write before failing
  bool perform = false;      // make the operation, then fail

  // The rest is for operations that do not fail.
  bool pretend = false;   // kWrite, kSync, kTruncate, kSyncDirectory: report success, and do nothing
  int64_t misdirect = 0;  // kWrite: so many bytes beside the place it was meant for
  std::optional<uint64_t> flip_bit;  // kRead, kWrite: the other way round, counted from the first byte

  uint64_t delay_ms = 0;  // before anything else
};

// Calls of the hook are serialized, in the order of Operation::index. The hook must not use the
// FaultEnv. The wrapped Env must outlive this; files and locks may outlive the FaultEnv.
class FaultEnv : public Env {
 public:
  using Hook = std::function<Fault(const Operation&)>;

  explicit FaultEnv(Env* world, Hook hook = nullptr);
  ~FaultEnv() override;

  // Replaces the hook; none lets everything pass. Operations are counted on.
  void SetHook(Hook hook);
  // What waits out a delay; sleeping is the default. Called by the thread of the operation, with no
  // lock held.
  void SetDelay(std::function<void(uint64_t milliseconds)> wait);
  // Operations seen so far: the index of the next one.
  [[nodiscard]] uint64_t operation_count() const;

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
  int64_t NowMillis() override { return world_->NowMillis(); }
  Status Random(std::span<std::byte> into) override;
  std::string DescribeProcess() override { return world_->DescribeProcess(); }

  class Gate;  // the counter and the hook, shared with the files

 private:
  Env* world_;
  std::shared_ptr<Gate> gate_;
};

}  // namespace daybook
