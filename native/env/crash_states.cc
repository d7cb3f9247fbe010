#include "env/crash_states.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "env/memory_world.h"

namespace daybook {

using memory_env_internal::ByteVector;
using memory_env_internal::Content;
using memory_env_internal::DirectoryChange;
using memory_env_internal::FileChange;
using memory_env_internal::Mix;
using memory_env_internal::Names;
using memory_env_internal::Node;
using memory_env_internal::NodePointer;
using memory_env_internal::World;

namespace {

constexpr uint64_t kMany = std::numeric_limits<uint64_t>::max();
constexpr size_t kNameChangesCounted = 16;

uint64_t SaturatingAdd(uint64_t a, uint64_t b) { return a > kMany - b ? kMany : a + b; }

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  if (a == 0 || b == 0) return 0;
  return a > kMany / b ? kMany : a * b;
}

bool Meet(const std::string& name, const DirectoryChange& change) {
  return !name.empty() && (change.removed == name || change.added == name);
}

// Changes of one directory: which earlier ones each of them builds on.
class NameStates {
 public:
  explicit NameStates(const std::vector<DirectoryChange>& changes) : earlier_(changes.size()) {
    for (size_t i = 0; i < changes.size(); ++i) {
      for (size_t k = 0; k < i; ++k) {
        if (Meet(changes[i].removed, changes[k]) || Meet(changes[i].added, changes[k])) {
          earlier_[i].push_back(k);
        }
      }
    }
  }

  [[nodiscard]] std::vector<bool> Pick(CrashChoice& choice) const {
    std::vector<bool> applied;
    for (size_t i = 0; i < earlier_.size(); ++i) {
      applied.push_back(MayApply(i, applied) && choice.Pick(2) == 1);
    }
    return applied;
  }

  [[nodiscard]] uint64_t Count() const {
    if (earlier_.size() > kNameChangesCounted) return kMany;
    std::vector<bool> applied;
    return CountFrom(&applied);
  }

 private:
  [[nodiscard]] bool MayApply(size_t i, const std::vector<bool>& applied) const {
    return std::all_of(earlier_[i].begin(), earlier_[i].end(), [&](size_t k) { return applied[k]; });
  }

  uint64_t CountFrom(std::vector<bool>* applied) const {
    const size_t i = applied->size();
    if (i == earlier_.size()) return 1;
    uint64_t count = 0;
    for (const bool apply : {false, true}) {
      if (apply && !MayApply(i, *applied)) continue;
      applied->push_back(apply);
      count += CountFrom(applied);
      applied->pop_back();
    }
    return count;
  }

  std::vector<std::vector<size_t>> earlier_;
};

// What one file may be like.
class FileStates {
 public:
  FileStates(const Content& flushed, const std::vector<FileChange>& changes, uint64_t sector_bytes)
      : sector_bytes_(sector_bytes) {
    stages_.push_back({flushed.size(), 0});
    Content seen = flushed;
    for (const FileChange& change : changes) {
      const uint64_t before = seen.size();
      Apply(change, &seen);
      if (seen.size() == before) continue;
      stages_.push_back({seen.size(), stages_.back().truncations + (seen.size() < before ? 1 : 0)});
    }
    for (size_t truncations = 0; truncations <= stages_.back().truncations; ++truncations) {
      layers_.push_back(MakeLayer(flushed, changes, truncations));
    }
  }

  [[nodiscard]] Content Pick(CrashChoice& choice) const {
    const Stage& stage = stages_[static_cast<size_t>(choice.Pick(stages_.size()))];
    const Layer& layer = layers_[stage.truncations];
    Content content = layer.oldest;
    content.Resize(stage.size);
    for (const auto& [start, values] : layer.sectors) {
      if (start >= stage.size) break;
      const auto picked = static_cast<size_t>(choice.Pick(values.size()));
      if (picked == 0) continue;
      const auto size = static_cast<size_t>(std::min(sector_bytes_, stage.size - start));
      content.Write(start, std::span(values[picked]).first(size));
    }
    return content;
  }

  [[nodiscard]] uint64_t Count() const {
    uint64_t count = 0;
    for (const Stage& stage : stages_) {
      uint64_t combinations = 1;
      for (const auto& [start, values] : layers_[stage.truncations].sectors) {
        if (start < stage.size) combinations = SaturatingMultiply(combinations, values.size());
      }
      count = SaturatingAdd(count, combinations);
    }
    return count;
  }

 private:
  // After so many changes of the size.
  struct Stage {
    uint64_t size;
    size_t truncations;
  };
  // With so many truncations in effect.
  struct Layer {
    Content oldest;
    std::map<uint64_t, std::vector<ByteVector>> sectors;  // by offset: values, oldest first; two or more
  };

  Layer MakeLayer(const Content& flushed, const std::vector<FileChange>& changes, size_t truncations) const {
    Layer layer{flushed, {}};
    Content seen = flushed;
    size_t truncations_seen = 0;
    for (const FileChange& change : changes) {
      const uint64_t before = seen.size();
      Apply(change, &seen);
      if (change.kind == FileChange::Kind::kWrite) {
        Remember(seen, change, &layer);
      } else if (seen.size() < before && ++truncations_seen <= truncations) {
        Cut(seen.size(), &layer);
      }
    }
    std::erase_if(layer.sectors, [](const auto& sector) { return sector.second.size() < 2; });
    return layer;
  }

  // The sectors of a write have one value more.
  void Remember(const Content& seen, const FileChange& write, Layer* layer) const {
    const uint64_t end = write.offset + write.bytes->size();
    for (uint64_t start = write.offset / sector_bytes_ * sector_bytes_; start < end; start += sector_bytes_) {
      std::vector<ByteVector>& values = layer->sectors[start];
      ByteVector value(sector_bytes_);
      if (values.empty()) {
        layer->oldest.ReadPadded(start, value);
        values.push_back(value);
      }
      seen.ReadPadded(start, value);
      if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
    }
  }

  void Cut(uint64_t size, Layer* layer) const {
    if (layer->oldest.size() > size) layer->oldest.Resize(size);
    for (auto& [start, values] : layer->sectors) {
      if (start + sector_bytes_ <= size) continue;
      const uint64_t kept = size > start ? size - start : 0;
      std::vector<ByteVector> cut;
      for (ByteVector& value : values) {
        std::fill(value.begin() + static_cast<ptrdiff_t>(kept), value.end(), std::byte{0});
        if (std::find(cut.begin(), cut.end(), value) == cut.end()) cut.push_back(std::move(value));
      }
      values = std::move(cut);
    }
  }

  uint64_t sector_bytes_;
  std::vector<Stage> stages_;
  std::vector<Layer> layers_;  // by the number of truncations in effect
};

}  // namespace

struct CrashStates::Plan {
  Plan(std::shared_ptr<World> world, uint64_t sector) : snapshot(std::move(world)), sector_bytes(sector) {
    Look(snapshot->root);
  }

  void Look(const NodePointer& node) {
    if (node == nullptr || !looked_at.insert(node.get()).second) return;
    if (!node->is_directory) {
      if (node->unflushed_content.empty()) return;
      files.emplace(node.get(), FileStates(node->flushed_content, node->unflushed_content, sector_bytes));
      return;
    }
    directories.emplace(node.get(), NameStates(node->unflushed_names));
    for (const auto& [name, child] : node->flushed_names) Look(child);
    for (const DirectoryChange& change : node->unflushed_names) Look(change.node);
  }

  std::shared_ptr<World> snapshot;
  uint64_t sector_bytes;
  std::unordered_set<const Node*> looked_at;
  std::unordered_map<const Node*, FileStates> files;  // those that have changes
  std::unordered_map<const Node*, NameStates> directories;
};

CrashStates::CrashStates(std::shared_ptr<World> snapshot, uint64_t sector_bytes) {
  DAYBOOK_ASSERT(sector_bytes > 0 && Content::kPageSize % sector_bytes == 0);
  plan_ = std::make_shared<const Plan>(std::move(snapshot), sector_bytes);
}

uint64_t CrashStates::Count() const {
  uint64_t count = 1;
  for (const auto& [node, states] : plan_->files) count = SaturatingMultiply(count, states.Count());
  for (const auto& [node, states] : plan_->directories) count = SaturatingMultiply(count, states.Count());
  return count;
}

void CrashStates::Fill(CrashChoice& choice, World* world) const {
  std::unordered_map<const Node*, NodePointer> made;
  const auto make = [&](const auto& self, const NodePointer& from) -> NodePointer {
    if (const auto found = made.find(from.get()); found != made.end()) return found->second;
    const NodePointer filled = std::make_shared<Node>(from->is_directory, from->inode);
    made.emplace(from.get(), filled);
    if (!from->is_directory) {
      const auto states = plan_->files.find(from.get());
      filled->content = states == plan_->files.end() ? from->flushed_content : states->second.Pick(choice);
      filled->flushed_content = filled->content;
      return filled;
    }
    Names names = from->flushed_names;
    const std::vector<bool> applied = plan_->directories.at(from.get()).Pick(choice);
    for (size_t i = 0; i < applied.size(); ++i) {
      if (applied[i]) Apply(from->unflushed_names[i], &names);
    }
    for (const auto& [name, child] : names) filled->names[name] = self(self, child);
    filled->flushed_names = filled->names;
    return filled;
  };
  plan_->snapshot->CopySettingsTo(world);
  world->root = make(make, plan_->snapshot->root);
  // The same image draws the same numbers, however many were made before it.
  world->random_state = Mix(plan_->snapshot->random_state ^ choice.Hash());
}

}  // namespace daybook
