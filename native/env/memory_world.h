// The state behind a MemoryEnv: a tree of nodes that knows what of it is flushed.
//
// Each file and each directory holds what the process sees, what the disk is sure to hold, and the
// list of changes that lie between them, oldest first. Replaying all of the list over the flushed
// state gives the visible one, unless a flush of a file failed and its changes were forgotten; a
// crash image is the flushed state with some of the changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "daybook/status.h"
#include "env/memory_content.h"

namespace daybook::memory_env_internal {

struct Node;
using NodePointer = std::shared_ptr<Node>;
using Names = std::map<std::string, NodePointer>;

struct FileChange {
  enum class Kind : uint8_t { kWrite, kTruncate };
  Kind kind;
  uint64_t offset;                          // kTruncate: the new size
  std::shared_ptr<const ByteVector> bytes;  // kWrite only; shared by the copies of a world

  static FileChange Write(uint64_t offset, ByteVector bytes);
  static FileChange Truncate(uint64_t size) { return {Kind::kTruncate, size, nullptr}; }
};

// One change of the names in a directory. A rename within a directory is one change, since a file
// system makes it whole or not at all; between two directories it is one in each.
struct DirectoryChange {
  std::string removed;  // a name that goes away, or empty
  std::string added;    // a name that comes, or takes another node; or empty
  NodePointer node;     // what `added` names
};

// A file or a directory; the members of the other kind stay empty.
struct Node {
  Node(bool directory, uint64_t number) : is_directory(directory), inode(number) {}

  const bool is_directory;
  const uint64_t inode;

  Content content;
  Content flushed_content;
  std::vector<FileChange> unflushed_content;
  bool locked = false;        // by a FileLock, or exclusively by a File
  uint64_t shared_locks = 0;  // of Files

  Names names;
  Names flushed_names;
  std::vector<DirectoryChange> unflushed_names;
};

// Files longer than this are refused as a full disk would.
inline constexpr uint64_t kMemoryFileSizeMax = uint64_t{1} << 30;

void Apply(const FileChange& change, Content* content);
void Apply(const DirectoryChange& change, Names* names);

// Make a change visible and remember it as not flushed. A file's size stays within
// kMemoryFileSizeMax.
void MakeChange(Node* file, FileChange change);
void MakeChange(Node* directory, DirectoryChange change);

// The changes become part of what the disk holds.
void Flush(Node* node);

// Every member is guarded by `mutex`.
struct World {
  World(uint64_t seed, uint64_t device_number);

  // "a//./b/" and "/a/b" are the same two parts; ".." goes up, and not above the root.
  static Status Split(const std::string& path, std::vector<std::string>* parts);

  // kNotFound, or kIo with ENOTDIR when something on the way is a file.
  Status Find(const std::string& path, NodePointer* node) const;
  // The directory that holds, or would hold, the last part of the path; and that part. kIo with
  // EBUSY for the root, which has no name.
  Status FindParent(const std::string& path, NodePointer* directory, std::string* name) const;

  // Both count as not flushed.
  NodePointer CreateFile(Node* directory, const std::string& name);
  Status Rename(const std::string& from, const std::string& to);

  // Counts as flushed.
  Status CreateDirectory(const std::string& path);

  uint64_t NextRandom();

  // Fills `copy`, which is new. See MemoryEnv.
  void CopyAllTo(World* copy);
  void CopyFlushedTo(World* copy);
  void CopySettingsTo(World* copy);

  // Of all names and bytes that are visible, whatever their order of coming about.
  [[nodiscard]] uint64_t Hash() const;

  std::mutex mutex;
  const uint64_t device;
  NodePointer root;
  uint64_t next_inode = 2;
  uint64_t random_state;
  uint64_t clone_count = 0;
  uint64_t change_count = 0;
  int64_t now_millis = 1'700'000'000'000;
  bool cached = true;
  FileSystemInfo file_system{"memory", false};

 private:
  NodePointer CreateFlushedDirectory(Node* parent, const std::string& name);
};

}  // namespace daybook::memory_env_internal
