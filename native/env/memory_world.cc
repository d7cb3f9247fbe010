#include "env/memory_world.h"

#include <algorithm>
#include <cerrno>
#include <unordered_map>

#include "base/assert.h"
#include "env/posix_support.h"

namespace daybook::memory_env_internal {
namespace {

constexpr uint64_t kRandomStep = 0x9e3779b97f4a7c15;  // of SplitMix64

uint64_t HashTree(const Node& node, uint64_t place) {
  if (!node.is_directory) return Mix(place + node.content.Hash());
  uint64_t sum = Mix(place ^ kRandomStep);
  for (const auto& [name, child] : node.names) {
    sum += HashTree(*child, Mix(place + HashBytes(std::as_bytes(std::span(name)))));
  }
  return sum;
}

// Copies a tree in which a node may have several names, visible and flushed ones.
class TreeCopier {
 public:
  explicit TreeCopier(bool flushed_only) : flushed_only_(flushed_only) {}

  NodePointer Copy(const NodePointer& from) {
    if (from == nullptr) return nullptr;
    NodePointer& node = copies_[from.get()];
    if (node != nullptr) return node;
    node = std::make_shared<Node>(from->is_directory, from->inode);
    node->flushed_content = from->flushed_content;
    node->flushed_names = CopyNames(from->flushed_names);
    if (flushed_only_) {
      node->content = node->flushed_content;
      node->names = node->flushed_names;
      return node;
    }
    node->content = from->content;
    node->unflushed_content = from->unflushed_content;
    node->names = CopyNames(from->names);
    for (const DirectoryChange& change : from->unflushed_names) {
      node->unflushed_names.push_back({change.removed, change.added, Copy(change.node)});
    }
    return node;
  }

 private:
  Names CopyNames(const Names& from) {
    Names to;
    for (const auto& [name, node] : from) to[name] = Copy(node);
    return to;
  }

  const bool flushed_only_;
  std::unordered_map<const Node*, NodePointer> copies_;
};

bool IsAbout(const DirectoryChange& change, const std::string& name) {
  return change.removed == name || change.added == name;
}

}  // namespace

FileChange FileChange::Write(uint64_t offset, ByteVector bytes) {
  return {Kind::kWrite, offset, std::make_shared<const ByteVector>(std::move(bytes))};
}

void Apply(const FileChange& change, Content* content) {
  if (change.kind == FileChange::Kind::kTruncate) {
    content->Resize(change.offset);
  } else {
    content->Write(change.offset, *change.bytes);
  }
}

void Apply(const DirectoryChange& change, Names* names) {
  if (!change.removed.empty()) names->erase(change.removed);
  if (!change.added.empty()) (*names)[change.added] = change.node;
}

void MakeChange(Node* file, FileChange change) {
  DAYBOOK_ASSERT(!file->is_directory);
  DAYBOOK_ASSERT(change.offset + (change.bytes == nullptr ? 0 : change.bytes->size()) <= kMemoryFileSizeMax);
  Apply(change, &file->content);
  file->unflushed_content.push_back(std::move(change));
}

void MakeChange(Node* directory, DirectoryChange change) {
  DAYBOOK_ASSERT(directory->is_directory);
  Apply(change, &directory->names);
  directory->unflushed_names.push_back(std::move(change));
}

void Flush(Node* node) {
  for (const FileChange& change : node->unflushed_content) Apply(change, &node->flushed_content);
  for (const DirectoryChange& change : node->unflushed_names) Apply(change, &node->flushed_names);
  node->unflushed_content.clear();
  node->unflushed_names.clear();
  DAYBOOK_ASSERT(node->flushed_names == node->names);
}

World::World(uint64_t seed, uint64_t device_number)
    : device(device_number), root(std::make_shared<Node>(true, 1)), random_state(seed) {}

Status World::Split(const std::string& path, std::vector<std::string>* parts) {
  DAYBOOK_RETURN_IF_ERROR(CheckPath(path));
  if (path.empty()) return PosixError("find", path, ENOENT);
  for (size_t from = 0; from < path.size();) {
    const size_t end = std::min(path.find('/', from), path.size());
    std::string part = path.substr(from, end - from);
    from = end + 1;
    if (part.size() > 255) return PosixError("find", path, ENAMETOOLONG);
    if (part == "..") {
      if (!parts->empty()) parts->pop_back();
    } else if (!part.empty() && part != ".") {
      parts->push_back(std::move(part));
    }
  }
  return Status::Ok();
}

Status World::Find(const std::string& path, NodePointer* node) const {
  std::vector<std::string> parts;
  DAYBOOK_RETURN_IF_ERROR(Split(path, &parts));
  NodePointer at = root;
  for (const std::string& part : parts) {
    if (!at->is_directory) return PosixError("find", path, ENOTDIR);
    const auto found = at->names.find(part);
    if (found == at->names.end()) return PosixError("find", path, ENOENT);
    at = found->second;
  }
  *node = std::move(at);
  return Status::Ok();
}

Status World::FindParent(const std::string& path, NodePointer* directory, std::string* name) const {
  std::vector<std::string> parts;
  DAYBOOK_RETURN_IF_ERROR(Split(path, &parts));
  if (parts.empty()) return PosixError("find the directory of", path, EBUSY);
  *name = std::move(parts.back());
  parts.pop_back();
  NodePointer at = root;
  for (const std::string& part : parts) {
    const auto found = at->names.find(part);
    if (found == at->names.end()) return PosixError("find", path, ENOENT);
    at = found->second;
    if (!at->is_directory) return PosixError("find", path, ENOTDIR);
  }
  *directory = std::move(at);
  return Status::Ok();
}

NodePointer World::CreateFile(Node* directory, const std::string& name) {
  NodePointer file = std::make_shared<Node>(false, next_inode++);
  MakeChange(directory, DirectoryChange{{}, name, file});
  return file;
}

Status World::Rename(const std::string& from, const std::string& to) {
  NodePointer old_directory;
  NodePointer new_directory;
  std::string old_name;
  std::string new_name;
  DAYBOOK_RETURN_IF_ERROR(FindParent(from, &old_directory, &old_name));
  DAYBOOK_RETURN_IF_ERROR(FindParent(to, &new_directory, &new_name));
  const std::string both = from + " to " + to;
  const auto moved = old_directory->names.find(old_name);
  if (moved == old_directory->names.end()) return PosixError("rename", both, ENOENT);
  const NodePointer node = moved->second;
  // A directory moved elsewhere could become its own ancestor in a crash image.
  if (node->is_directory && old_directory != new_directory) return PosixError("rename", both, EXDEV);
  if (const auto target = new_directory->names.find(new_name); target != new_directory->names.end()) {
    if (target->second == node) return Status::Ok();
    if (target->second->is_directory && !node->is_directory) return PosixError("rename", both, EISDIR);
    if (!target->second->is_directory && node->is_directory) return PosixError("rename", both, ENOTDIR);
    if (!target->second->names.empty()) return PosixError("rename", both, ENOTEMPTY);
  }
  if (old_directory == new_directory) {
    MakeChange(old_directory.get(), DirectoryChange{old_name, new_name, node});
  } else {
    MakeChange(new_directory.get(), DirectoryChange{{}, new_name, node});
    MakeChange(old_directory.get(), DirectoryChange{old_name, {}, nullptr});
  }
  return Status::Ok();
}

NodePointer World::CreateFlushedDirectory(Node* parent, const std::string& name) {
  // Other names go on waiting for their SyncDirectory, unless this one depends on them.
  const std::vector<DirectoryChange>& changes = parent->unflushed_names;
  if (std::any_of(changes.begin(), changes.end(),
                  [&](const auto& change) { return IsAbout(change, name); })) {
    Flush(parent);
  }
  NodePointer created = std::make_shared<Node>(true, next_inode++);
  parent->names[name] = created;
  parent->flushed_names[name] = created;
  return created;
}

Status World::CreateDirectory(const std::string& path) {
  std::vector<std::string> parts;
  DAYBOOK_RETURN_IF_ERROR(Split(path, &parts));
  NodePointer at = root;
  for (const std::string& part : parts) {
    const auto found = at->names.find(part);
    if (found == at->names.end()) {
      at = CreateFlushedDirectory(at.get(), part);
      continue;
    }
    if (!found->second->is_directory) return PosixError("create directory", path, ENOTDIR);
    at = found->second;
  }
  return Status::Ok();
}

uint64_t World::NextRandom() {
  random_state += kRandomStep;
  return Mix(random_state);
}

void World::CopySettingsTo(World* copy) {
  copy->next_inode = next_inode;
  copy->now_millis = now_millis;
  copy->cached = cached;
  copy->file_system = file_system;
  // What starts from a copy draws other numbers than what goes on here, or starts from the next.
  copy->random_state = Mix(random_state ^ Mix(++clone_count));
}

void World::CopyAllTo(World* copy) {
  CopySettingsTo(copy);
  copy->root = TreeCopier(false).Copy(root);
}

void World::CopyFlushedTo(World* copy) {
  CopySettingsTo(copy);
  copy->root = TreeCopier(true).Copy(root);
}

uint64_t World::Hash() const { return HashTree(*root, 1); }

}  // namespace daybook::memory_env_internal
