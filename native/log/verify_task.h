// Verification in parts: a task for each file that a manifest lists. Tasks need no open log, only
// read, and may run side by side, on any threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "log/manifest.h"
#include "log/verify_report.h"

namespace daybook {

// Which group of segments a seqnum belongs to: the closed ones in their order, then all open ones.
class GroupSpans {
 public:
  static constexpr uint64_t kNone = UINT64_MAX;  // its group is gone

  struct Span {
    uint64_t first_seqnum = 0;
    uint64_t end_seqnum = 0;
    bool rewritten = false;
  };

  GroupSpans() = default;
  GroupSpans(std::vector<Span> spans, uint64_t open_from) : spans_(std::move(spans)), open_from_(open_from) {}
  explicit GroupSpans(const Manifest& manifest);

  [[nodiscard]] uint64_t Find(uint64_t seqnum) const;
  [[nodiscard]] uint64_t open() const { return spans_.size(); }
  [[nodiscard]] uint64_t open_from() const { return open_from_; }
  [[nodiscard]] const std::vector<Span>& spans() const { return spans_; }

 private:
  std::vector<Span> spans_;
  uint64_t open_from_ = 0;  // below, and in no span: gone
};

enum class VerifyKind : uint8_t { kSegment = 1, kRun = 2, kOverlay = 3, kCheckpoint = 4 };

struct VerifyTask {
  VerifyKind kind = VerifyKind::kSegment;
  LogIdentity identity;
  ManifestSegment segment;
  IndexRunInfo run;  // runs and overlays
  CheckpointInfo checkpoint;
  uint64_t index_end = 0;  // runs answer for the seqnums below
  GroupSpans groups;
};

// One for each segment, run, overlay and checkpoint, in this order, each as the manifest has them.
std::vector<VerifyTask> VerifyTasks(const Manifest& manifest);

// A task in bytes, for another thread.
std::vector<std::byte> EncodeVerifyTask(const VerifyTask& task);
[[nodiscard]] bool DecodeVerifyTask(std::span<const std::byte> bytes, VerifyTask* task);

// kFormat for a newer version, kIo when the disk fails; damage is no failure of the verification.
Status RunVerifyTask(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report);

// Every checksum of a segment, and that what it says fits together. A file alone does not tell damage
// from what a crash tore off: that takes the evidence of all files together (docs/formats/batch.md,
// "Numbers, flushes, and what a gap means"). So the report says what is there, what is not, and up to
// which batch this file shows the log to be flushed.
Status VerifySegment(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report);

// Every block of a run or overlay.
Status VerifyRun(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report);
Status VerifyCheckpoint(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report);

}  // namespace daybook
