// The manifest of an open log, shared by those who change it: the writing side when it rolls, and
// the background. Each change is a whole replacement. Safe from any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "daybook/env.h"
#include "log/manifest.h"

namespace daybook {

class ManifestStore {
 public:
  ManifestStore(Env* env, std::string directory) : env_(env), directory_(std::move(directory)) {}

  void Reset(Manifest manifest);
  // Called after each replacement, with its generation. Before any other thread is there.
  void OnReplaced(std::function<void(uint64_t)> replaced) { replaced_ = std::move(replaced); }
  [[nodiscard]] Manifest Get() const;

  // Applies `edit` to a copy and replaces the manifest by it. On failure nothing has changed, unless
  // `*poisoned`: the next opening may believe either, so nothing more may be written to the log.
  Status Update(const std::function<void(Manifest*)>& edit, bool* poisoned);

  // Ids that nobody else gets in this opening, before any manifest names them.
  uint64_t TakeSegments(uint64_t count);
  uint64_t TakeFile();

 private:
  Env* const env_;
  const std::string directory_;
  mutable std::mutex mutex_;
  Manifest manifest_;
  uint64_t next_segment_ = 1;
  uint64_t next_file_ = 1;
  Status poison_;
  std::function<void(uint64_t)> replaced_;
};

}  // namespace daybook
