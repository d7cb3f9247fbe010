// The segment files of a log, for reading: opened when they are first needed, and a bounded number
// of them open at a time. Safe from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "daybook/env.h"
#include "daybook/status.h"
#include "log/record_location.h"

namespace daybook {

struct SegmentFile {
  std::shared_ptr<File> file;
  std::string path;
};

class SegmentFiles {
 public:
  static constexpr size_t kOpenMax = 128;

  SegmentFiles(Env* env, std::string directory) : env_(env), directory_(std::move(directory)) {}

  // Files that are opened from now on are held by a shared lock, which keeps the process that writes from
  // using them anew.
  void ShareLocks() { shares_locks_ = true; }

  // The segment belongs to the log; `file` may be null.
  void Add(uint64_t segment, std::shared_ptr<File> file);
  [[nodiscard]] bool Has(uint64_t segment) const;
  // It does not any more. Gives the file if nobody else holds it, so that it may be used anew.
  void Remove(uint64_t segment, bool* still_read);

  // kNotFound: no segment of the log (any more), or its file is missing. kWouldBlock in kNoWait when
  // it has to be opened first.
  Status Get(uint64_t segment, ReadMode mode, SegmentFile* found);

  [[nodiscard]] std::string PathOf(uint64_t segment) const;

 private:
  struct Entry {
    std::shared_ptr<File> file;  // null: not open
    uint64_t used = 0;
  };
  void CloseOldest();  // REQUIRES: mutex_

  Status Open(uint64_t segment, const std::string& path, std::unique_ptr<File>* file) const;

  Env* const env_;
  const std::string directory_;
  bool shares_locks_ = false;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, Entry> entries_;
  size_t open_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace daybook
