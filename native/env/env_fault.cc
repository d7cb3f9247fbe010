#include "env/env_fault.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>

namespace daybook {

// Numbers the operations of one FaultEnv and asks its hook about them.
class FaultEnv::Gate {
 public:
  explicit Gate(Hook hook) : hook_(std::move(hook)) {}

  void SetHook(Hook hook) {
    const std::lock_guard guard(mutex_);
    hook_ = std::move(hook);
  }

  uint64_t count() {
    const std::lock_guard guard(mutex_);
    return count_;
  }

  void SetDelay(std::function<void(uint64_t)> wait) {
    const std::lock_guard guard(mutex_);
    wait_ = std::move(wait);
  }

  Fault Ask(Operation operation) {
    Fault fault;
    std::function<void(uint64_t)> wait;
    {
      const std::lock_guard guard(mutex_);
      operation.index = count_++;
      if (hook_) fault = hook_(operation);
      if (fault.delay_ms > 0) wait = wait_;
    }
    if (wait) wait(fault.delay_ms);
    return fault;
  }

  // Makes the operation by `perform`, unless the hook has it fail before, or not be made at all.
  template <typename Perform>
  Status Pass(Operation operation, Perform perform) {
    return Carry(Ask(std::move(operation)), perform);
  }

  template <typename Perform>
  static Status Carry(const Fault& fault, Perform perform) {
    if (fault.status.ok()) return fault.pretend ? Status::Ok() : perform();
    if (!fault.perform) return fault.status;
    DAYBOOK_RETURN_IF_ERROR(perform());
    return fault.status;
  }

 private:
  std::mutex mutex_;
  // All guarded by mutex_.
  Hook hook_;
  std::function<void(uint64_t)> wait_ = [](uint64_t milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  };
  uint64_t count_ = 0;
};

namespace {

uint64_t TotalSize(std::span<const std::span<const std::byte>> pieces) {
  uint64_t total = 0;
  for (const std::span<const std::byte> piece : pieces) total += piece.size();
  return total;
}

std::vector<std::span<const std::byte>> FirstBytes(std::span<const std::span<const std::byte>> pieces,
                                                   uint64_t size) {
  std::vector<std::span<const std::byte>> first;
  for (const std::span<const std::byte> piece : pieces) {
    const size_t part = static_cast<size_t>(std::min<uint64_t>(piece.size(), size));
    first.push_back(piece.first(part));
    size -= part;
  }
  return first;
}

void FlipBit(uint64_t bit, std::span<std::byte> bytes) {
  if (bit / 8 < bytes.size()) bytes[static_cast<size_t>(bit / 8)] ^= static_cast<std::byte>(1U << (bit % 8));
}

class FaultFile final : public File {
 public:
  FaultFile(std::unique_ptr<File> file, std::string path, std::shared_ptr<FaultEnv::Gate> gate)
      : file_(std::move(file)), path_(std::move(path)), gate_(std::move(gate)) {}

  Status Read(uint64_t offset, std::span<std::byte> into, size_t* count) override {
    return PassRead(offset, into, count, [&] { return file_->Read(offset, into, count); });
  }

  Status ReadCached(uint64_t offset, std::span<std::byte> into, size_t* count) override {
    return PassRead(offset, into, count, [&] { return file_->ReadCached(offset, into, count); });
  }

  Status Write(uint64_t offset, std::span<const std::span<const std::byte>> pieces) override {
    const Fault fault = gate_->Ask({OperationKind::kWrite, path_, offset, TotalSize(pieces), 0, pieces});
    if (!fault.status.ok()) {
      const uint64_t size = fault.perform ? UINT64_MAX : fault.short_write;
      if (size > 0) DAYBOOK_RETURN_IF_ERROR(file_->Write(offset, FirstBytes(pieces, size)));
      return fault.status;
    }
    if (fault.pretend) return Status::Ok();
    const uint64_t place = offset + static_cast<uint64_t>(fault.misdirect);
    return fault.flip_bit.has_value() ? WriteFlipped(place, pieces, *fault.flip_bit)
                                      : file_->Write(place, pieces);
  }

  Status Sync() override {
    return gate_->Pass({OperationKind::kSync, path_}, [&] { return file_->Sync(); });
  }

  Status Truncate(uint64_t size) override {
    return gate_->Pass({OperationKind::kTruncate, path_, size}, [&] { return file_->Truncate(size); });
  }

  Status Size(uint64_t* size) override {
    return gate_->Pass({OperationKind::kSize, path_}, [&] { return file_->Size(size); });
  }

  Status HasOneName(bool* one) override {
    return gate_->Pass({OperationKind::kSize, path_}, [&] { return file_->HasOneName(one); });
  }

  Status TryLock(LockKind kind, bool* got) override {
    const Status status =
        gate_->Pass({OperationKind::kTryLock, path_}, [&] { return file_->TryLock(kind, got); });
    if (!status.ok()) *got = false;
    return status;
  }

  Status Close() override {
    return gate_->Pass({OperationKind::kClose, path_}, [&] { return file_->Close(); });
  }

 private:
  template <typename Perform>
  Status PassRead(uint64_t offset, std::span<std::byte> into, size_t* count, Perform perform) {
    *count = 0;
    const Fault fault = gate_->Ask({OperationKind::kRead, path_, offset, into.size()});
    Status status = FaultEnv::Gate::Carry(fault, perform);
    if (!status.ok()) *count = 0;
    if (fault.flip_bit.has_value()) FlipBit(*fault.flip_bit, into.first(*count));
    return status;
  }

  Status WriteFlipped(uint64_t offset, std::span<const std::span<const std::byte>> pieces, uint64_t bit) {
    std::vector<std::byte> bytes;
    for (const std::span<const std::byte> piece : pieces)
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    FlipBit(bit, bytes);
    const std::span<const std::byte> flipped[] = {bytes};
    return file_->Write(offset, flipped);
  }

  const std::unique_ptr<File> file_;
  const std::string path_;
  const std::shared_ptr<FaultEnv::Gate> gate_;
};

}  // namespace

const char* OperationKindName(OperationKind kind) {
  switch (kind) {
    case OperationKind::kOpenFile:
      return "OpenFile";
    case OperationKind::kRead:
      return "Read";
    case OperationKind::kWrite:
      return "Write";
    case OperationKind::kSync:
      return "Sync";
    case OperationKind::kTruncate:
      return "Truncate";
    case OperationKind::kSize:
      return "Size";
    case OperationKind::kClose:
      return "Close";
    case OperationKind::kRename:
      return "Rename";
    case OperationKind::kRemove:
      return "Remove";
    case OperationKind::kCreateDirectory:
      return "CreateDirectory";
    case OperationKind::kListDirectory:
      return "ListDirectory";
    case OperationKind::kSyncDirectory:
      return "SyncDirectory";
    case OperationKind::kIdentifyDirectory:
      return "IdentifyDirectory";
    case OperationKind::kLockFile:
      return "LockFile";
    case OperationKind::kRandom:
      return "Random";
    case OperationKind::kTryLock:
      return "TryLock";
    case OperationKind::kFileSystemOf:
      return "FileSystemOf";
  }
  return "unknown";
}

Fault Fault::ShortWrite(uint64_t bytes, Status failure) {
  Fault fault(std::move(failure));
  fault.short_write = bytes;
  return fault;
}

Fault Fault::AfterwardsFail(Status failure) {
  Fault fault(std::move(failure));
  fault.perform = true;
  return fault;
}

FaultEnv::FaultEnv(Env* world, Hook hook) : world_(world), gate_(std::make_shared<Gate>(std::move(hook))) {}
FaultEnv::~FaultEnv() = default;

void FaultEnv::SetHook(Hook hook) { gate_->SetHook(std::move(hook)); }
void FaultEnv::SetDelay(std::function<void(uint64_t)> wait) { gate_->SetDelay(std::move(wait)); }
uint64_t FaultEnv::operation_count() const { return gate_->count(); }

Status FaultEnv::OpenFile(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) {
  std::unique_ptr<File> opened;
  DAYBOOK_RETURN_IF_ERROR(
      gate_->Pass({OperationKind::kOpenFile, path}, [&] { return world_->OpenFile(path, mode, &opened); }));
  *file = std::make_unique<FaultFile>(std::move(opened), path, gate_);
  return Status::Ok();
}

Status FaultEnv::Rename(const std::string& from, const std::string& to) {
  return gate_->Pass({OperationKind::kRename, from}, [&] { return world_->Rename(from, to); });
}

Status FaultEnv::Remove(const std::string& path) {
  return gate_->Pass({OperationKind::kRemove, path}, [&] { return world_->Remove(path); });
}

Status FaultEnv::CreateDirectory(const std::string& path) {
  return gate_->Pass({OperationKind::kCreateDirectory, path}, [&] { return world_->CreateDirectory(path); });
}

Status FaultEnv::ListDirectory(const std::string& path, std::vector<std::string>* names) {
  return gate_->Pass({OperationKind::kListDirectory, path},
                     [&] { return world_->ListDirectory(path, names); });
}

Status FaultEnv::SyncDirectory(const std::string& path) {
  return gate_->Pass({OperationKind::kSyncDirectory, path}, [&] { return world_->SyncDirectory(path); });
}

Status FaultEnv::IdentifyDirectory(const std::string& path, DirectoryIdentity* identity) {
  return gate_->Pass({OperationKind::kIdentifyDirectory, path},
                     [&] { return world_->IdentifyDirectory(path, identity); });
}

Status FaultEnv::FileSystemOf(const std::string& path, FileSystemInfo* info) {
  return gate_->Pass({OperationKind::kFileSystemOf, path}, [&] { return world_->FileSystemOf(path, info); });
}

Status FaultEnv::LockFile(const std::string& path, const std::string& owner, std::unique_ptr<FileLock>* lock,
                          std::string* holder) {
  holder->clear();
  std::unique_ptr<FileLock> taken;
  DAYBOOK_RETURN_IF_ERROR(gate_->Pass({OperationKind::kLockFile, path},
                                      [&] { return world_->LockFile(path, owner, &taken, holder); }));
  *lock = std::move(taken);
  return Status::Ok();
}

Status FaultEnv::Random(std::span<std::byte> into) {
  return gate_->Pass({OperationKind::kRandom, {}, 0, into.size()}, [&] { return world_->Random(into); });
}

}  // namespace daybook
