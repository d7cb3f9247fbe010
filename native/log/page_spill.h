// Pages that are made before their place in a file is known, as those of an index run are that stand
// behind its postings. Memory does not grow with them: a few stay there, the others wait in a temporary file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "daybook/status.h"
#include "log/index_run_format.h"

namespace daybook::index_run {

// The file, for several PageSpills. It is made with the first page, never flushed, and removed at the end.
class SpillFile {
 public:
  // What bears the name is a leftover and goes. `env` outlives the file.
  SpillFile(Env* env, std::string path) : env_(env), path_(std::move(path)) {}
  ~SpillFile() { Remove(); }
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // `*first`: where the first of them stands, in pages.
  Status Append(std::span<const Page> pages, uint64_t* first);
  Status Read(uint64_t first, std::span<Page> pages);
  // What is left of it if that fails is removed when the log is opened.
  void Remove();

 private:
  Env* const env_;
  const std::string path_;
  std::unique_ptr<File> file_;
  uint64_t pages_ = 0;
};

class PageSpill {
 public:
  // At most so many pages stay in memory.
  static constexpr size_t kPagesHeld = 16;

  // `file` outlives this.
  explicit PageSpill(SpillFile* file) : file_(file) {}

  Status Add(const Page& page);
  [[nodiscard]] uint64_t count() const { return spilled_.size() * kPagesHeld + held_.size(); }
  // Hands out all of them, in their order; there are none afterwards. Ends at the first failure.
  Status Drain(const std::function<Status(Page*)>& take);

 private:
  SpillFile* const file_;
  std::vector<uint64_t> spilled_;  // where in the file each kPagesHeld of them stand
  std::vector<Page> held_;         // those behind them
};

}  // namespace daybook::index_run
