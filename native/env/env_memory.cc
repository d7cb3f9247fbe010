#include "env/env_memory.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>

#include "base/assert.h"
#include "env/memory_world.h"
#include "env/posix_support.h"

namespace daybook {

using memory_env_internal::ByteVector;
using memory_env_internal::DirectoryChange;
using memory_env_internal::FileChange;
using memory_env_internal::kMemoryFileSizeMax;
using memory_env_internal::NodePointer;
using memory_env_internal::World;

namespace {

constexpr size_t kHolderSizeMax = 1024;

// Two worlds are never the same device, so that nothing keyed by DirectoryIdentity mixes them up.
uint64_t NextDevice() {
  static std::atomic<uint64_t> next = 1;
  return next.fetch_add(1);
}

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<World> world, NodePointer node, std::string path, bool writable)
      : world_(std::move(world)), node_(std::move(node)), path_(std::move(path)), writable_(writable) {}

  ~MemoryFile() override {
    const std::lock_guard guard(world_->mutex);
    GiveLockUp();
  }

  Status Read(uint64_t offset, std::span<std::byte> into, size_t* count) override {
    *count = 0;
    const std::lock_guard guard(world_->mutex);
    if (closed_) return PosixError("read", path_, EBADF);
    *count = node_->content.Read(offset, into);
    return Status::Ok();
  }

  Status ReadCached(uint64_t offset, std::span<std::byte> into, size_t* count) override {
    *count = 0;
    {
      const std::lock_guard guard(world_->mutex);
      if (!world_->cached && !closed_)
        return {StatusCode::kWouldBlock, "the bytes are not in memory", EAGAIN};
    }
    return Read(offset, into, count);
  }

  Status Write(uint64_t offset, std::span<const std::span<const std::byte>> pieces) override {
    const std::lock_guard guard(world_->mutex);
    DAYBOOK_RETURN_IF_ERROR(CheckWritable("write"));
    uint64_t room = offset <= kMemoryFileSizeMax ? kMemoryFileSizeMax - offset : 0;
    ByteVector bytes;
    for (const std::span<const std::byte> piece : pieces) {
      if (piece.size() > room) return PosixError("write", path_, EFBIG);
      room -= piece.size();
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    }
    ++world_->change_count;
    if (!bytes.empty()) MakeChange(node_.get(), FileChange::Write(offset, std::move(bytes)));
    return Status::Ok();
  }

  Status Sync() override {
    const std::lock_guard guard(world_->mutex);
    if (closed_) return PosixError("flush", path_, EBADF);
    ++world_->change_count;
    Flush(node_.get());
    return Status::Ok();
  }

  Status Truncate(uint64_t size) override {
    const std::lock_guard guard(world_->mutex);
    DAYBOOK_RETURN_IF_ERROR(CheckWritable("set the size of"));
    if (size > kMemoryFileSizeMax) return PosixError("set the size of", path_, EFBIG);
    ++world_->change_count;
    MakeChange(node_.get(), FileChange::Truncate(size));
    return Status::Ok();
  }

  Status Size(uint64_t* size) override {
    const std::lock_guard guard(world_->mutex);
    if (closed_) return PosixError("look at", path_, EBADF);
    *size = node_->content.size();
    return Status::Ok();
  }

  // There are no links here.
  Status HasOneName(bool* one) override {
    const std::lock_guard guard(world_->mutex);
    *one = !closed_;
    return closed_ ? PosixError("look at", path_, EBADF) : Status::Ok();
  }

  Status TryLock(LockKind kind, bool* got) override {
    *got = false;
    const std::lock_guard guard(world_->mutex);
    if (closed_) return PosixError("lock", path_, EBADF);
    GiveLockUp();
    const bool alone = kind == LockKind::kExclusive;
    if (node_->locked || (alone && node_->shared_locks > 0)) return Status::Ok();
    if (alone) node_->locked = true;
    if (!alone) ++node_->shared_locks;
    held_ = kind;
    *got = true;
    return Status::Ok();
  }

  Status Close() override {
    const std::lock_guard guard(world_->mutex);
    GiveLockUp();
    closed_ = true;
    return Status::Ok();
  }

 private:
  [[nodiscard]] Status CheckWritable(std::string_view operation) const {
    return closed_ || !writable_ ? PosixError(operation, path_, EBADF) : Status::Ok();
  }

  void GiveLockUp() {
    if (held_ == LockKind::kExclusive) node_->locked = false;
    if (held_ == LockKind::kShared) --node_->shared_locks;
    held_.reset();
  }

  const std::shared_ptr<World> world_;
  const NodePointer node_;
  const std::string path_;
  const bool writable_;
  bool closed_ = false;           // guarded by the world's mutex, as is what follows
  std::optional<LockKind> held_;  // by TryLock
};

class MemoryFileLock final : public FileLock {
 public:
  MemoryFileLock(std::shared_ptr<World> world, NodePointer node)
      : world_(std::move(world)), node_(std::move(node)) {}

  ~MemoryFileLock() override {
    const std::lock_guard guard(world_->mutex);
    node_->locked = false;
  }

 private:
  const std::shared_ptr<World> world_;
  const NodePointer node_;
};

// The file at `path`, made if it is missing. Anything but a file is kIo with EISDIR.
Status FindOrCreateFile(World* world, const std::string& path, NodePointer* file, NodePointer* directory) {
  std::string name;
  DAYBOOK_RETURN_IF_ERROR(world->FindParent(path, directory, &name));
  const auto found = (*directory)->names.find(name);
  *file = found == (*directory)->names.end() ? world->CreateFile(directory->get(), name) : found->second;
  return (*file)->is_directory ? PosixError("open", path, EISDIR) : Status::Ok();
}

NodePointer FileForTest(World* world, const std::string& path) {
  NodePointer node;
  const Status found = world->Find(path, &node);
  DAYBOOK_ASSERT(found.ok());
  DAYBOOK_ASSERT(!node->is_directory);
  return node;
}

}  // namespace

MemoryEnv::MemoryEnv(uint64_t seed) : world_(std::make_shared<World>(seed, NextDevice())) {}
MemoryEnv::MemoryEnv(std::shared_ptr<World> world) : world_(std::move(world)) {}
MemoryEnv::~MemoryEnv() = default;

Status MemoryEnv::OpenFile(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) {
  // What stood in `*file` goes when the lock is given up: closing takes it too.
  const std::unique_ptr<File> before = std::move(*file);
  const std::lock_guard guard(world_->mutex);
  NodePointer node;
  if (mode == OpenMode::kCreateNew) {
    NodePointer directory;
    std::string name;
    DAYBOOK_RETURN_IF_ERROR(world_->FindParent(path, &directory, &name));
    if (directory->names.contains(name)) return PosixError("open", path, EEXIST);
    ++world_->change_count;
    node = world_->CreateFile(directory.get(), name);
  } else {
    DAYBOOK_RETURN_IF_ERROR(world_->Find(path, &node));
    if (node->is_directory) return PosixError("open", path, EISDIR);
  }
  *file = std::make_unique<MemoryFile>(world_, std::move(node), path, mode != OpenMode::kRead);
  return Status::Ok();
}

Status MemoryEnv::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(world_->mutex);
  ++world_->change_count;
  return world_->Rename(from, to);
}

Status MemoryEnv::Remove(const std::string& path) {
  const std::lock_guard guard(world_->mutex);
  NodePointer directory;
  std::string name;
  DAYBOOK_RETURN_IF_ERROR(world_->FindParent(path, &directory, &name));
  const auto found = directory->names.find(name);
  if (found == directory->names.end()) return PosixError("remove", path, ENOENT);
  if (found->second->is_directory) return PosixError("remove", path, EISDIR);
  ++world_->change_count;
  MakeChange(directory.get(), DirectoryChange{name, {}, nullptr});
  return Status::Ok();
}

Status MemoryEnv::CreateDirectory(const std::string& path) {
  const std::lock_guard guard(world_->mutex);
  ++world_->change_count;
  return world_->CreateDirectory(path);
}

Status MemoryEnv::ListDirectory(const std::string& path, std::vector<std::string>* names) {
  names->clear();
  const std::lock_guard guard(world_->mutex);
  NodePointer directory;
  DAYBOOK_RETURN_IF_ERROR(world_->Find(path, &directory));
  if (!directory->is_directory) return PosixError("list directory", path, ENOTDIR);
  for (const auto& [name, node] : directory->names) names->push_back(name);
  return Status::Ok();
}

Status MemoryEnv::SyncDirectory(const std::string& path) {
  const std::lock_guard guard(world_->mutex);
  NodePointer directory;
  DAYBOOK_RETURN_IF_ERROR(world_->Find(path, &directory));
  if (!directory->is_directory) return PosixError("open directory", path, ENOTDIR);
  ++world_->change_count;
  Flush(directory.get());
  return Status::Ok();
}

Status MemoryEnv::IdentifyDirectory(const std::string& path, DirectoryIdentity* identity) {
  const std::lock_guard guard(world_->mutex);
  NodePointer directory;
  DAYBOOK_RETURN_IF_ERROR(world_->Find(path, &directory));
  if (!directory->is_directory) return PosixError("look at directory", path, ENOTDIR);
  *identity = {world_->device, directory->inode};
  return Status::Ok();
}

Status MemoryEnv::FileSystemOf(const std::string& path, FileSystemInfo* info) {
  const std::lock_guard guard(world_->mutex);
  NodePointer node;
  DAYBOOK_RETURN_IF_ERROR(world_->Find(path, &node));
  *info = world_->file_system;
  return Status::Ok();
}

Status MemoryEnv::LockFile(const std::string& path, const std::string& owner, std::unique_ptr<FileLock>* lock,
                           std::string* holder) {
  holder->clear();
  const std::lock_guard guard(world_->mutex);
  NodePointer file;
  NodePointer directory;
  DAYBOOK_RETURN_IF_ERROR(FindOrCreateFile(world_.get(), path, &file, &directory));
  if (file->locked || file->shared_locks > 0) {
    holder->resize(kHolderSizeMax);
    holder->resize(file->content.Read(0, std::as_writable_bytes(std::span(*holder))));
    return {StatusCode::kLocked, "cannot lock " + path + ": it is held", EWOULDBLOCK};
  }
  const auto text = std::as_bytes(std::span(owner));
  ++world_->change_count;
  MakeChange(file.get(), FileChange::Truncate(0));
  MakeChange(file.get(), FileChange::Write(0, {text.begin(), text.end()}));
  // Nothing depends on the text, so it does not wait for a flush: crash images would multiply by it.
  Flush(file.get());
  file->locked = true;
  *lock = std::make_unique<MemoryFileLock>(world_, std::move(file));
  return Status::Ok();
}

int64_t MemoryEnv::NowMillis() {
  const std::lock_guard guard(world_->mutex);
  return world_->now_millis;
}

Status MemoryEnv::Random(std::span<std::byte> into) {
  const std::lock_guard guard(world_->mutex);
  for (std::byte& byte : into) byte = static_cast<std::byte>(world_->NextRandom() >> 56);
  return Status::Ok();
}

std::string MemoryEnv::DescribeProcess() { return "host memory, process 1, started 1970-01-01T00:00:00Z"; }

void MemoryEnv::SetNowMillis(int64_t now) {
  const std::lock_guard guard(world_->mutex);
  world_->now_millis = now;
}

void MemoryEnv::AdvanceMillis(int64_t by) {
  const std::lock_guard guard(world_->mutex);
  world_->now_millis += by;
}

void MemoryEnv::SetCached(bool cached) {
  const std::lock_guard guard(world_->mutex);
  world_->cached = cached;
}

void MemoryEnv::SetFileSystem(FileSystemInfo info) {
  const std::lock_guard guard(world_->mutex);
  world_->file_system = std::move(info);
}

std::vector<std::byte> MemoryEnv::ReadWholeFile(const std::string& path) {
  const std::lock_guard guard(world_->mutex);
  return FileForTest(world_.get(), path)->content.Bytes();
}

void MemoryEnv::WriteWholeFile(const std::string& path, std::span<const std::byte> bytes) {
  const std::lock_guard guard(world_->mutex);
  NodePointer file;
  NodePointer directory;
  const Status found = FindOrCreateFile(world_.get(), path, &file, &directory);
  DAYBOOK_ASSERT(found.ok());
  ++world_->change_count;
  MakeChange(file.get(), FileChange::Truncate(0));
  MakeChange(file.get(), FileChange::Write(0, {bytes.begin(), bytes.end()}));
  Flush(file.get());
  Flush(directory.get());
}

uint64_t MemoryEnv::FileSize(const std::string& path) {
  const std::lock_guard guard(world_->mutex);
  return FileForTest(world_.get(), path)->content.size();
}

bool MemoryEnv::Exists(const std::string& path) {
  const std::lock_guard guard(world_->mutex);
  NodePointer node;
  return world_->Find(path, &node).ok();
}

void MemoryEnv::ForgetUnflushed(const std::string& path) {
  const std::lock_guard guard(world_->mutex);
  ++world_->change_count;
  FileForTest(world_.get(), path)->unflushed_content.clear();
}

uint64_t MemoryEnv::ContentHash() {
  const std::lock_guard guard(world_->mutex);
  return world_->Hash();
}

uint64_t MemoryEnv::ChangeCount() {
  const std::lock_guard guard(world_->mutex);
  return world_->change_count;
}

CrashStates MemoryEnv::PowerCut(uint64_t sector_bytes) {
  const std::lock_guard guard(world_->mutex);
  auto snapshot = std::make_shared<World>(0, 0);
  world_->CopyAllTo(snapshot.get());
  return CrashStates(std::move(snapshot), sector_bytes);
}

std::unique_ptr<MemoryEnv> CrashStates::Make(CrashChoice& choice) const {
  auto world = std::make_shared<World>(0, NextDevice());
  Fill(choice, world.get());
  return std::unique_ptr<MemoryEnv>(new MemoryEnv(std::move(world)));
}

std::unique_ptr<MemoryEnv> MemoryEnv::Clone() {
  const std::lock_guard guard(world_->mutex);
  auto copy = std::make_shared<World>(0, NextDevice());
  world_->CopyAllTo(copy.get());
  return std::unique_ptr<MemoryEnv>(new MemoryEnv(std::move(copy)));
}

std::unique_ptr<MemoryEnv> MemoryEnv::CloneDurable() {
  const std::lock_guard guard(world_->mutex);
  auto copy = std::make_shared<World>(0, NextDevice());
  world_->CopyFlushedTo(copy.get());
  return std::unique_ptr<MemoryEnv>(new MemoryEnv(std::move(copy)));
}

}  // namespace daybook
