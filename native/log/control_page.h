// The control page: how far a log has been flushed, for those who follow it from other processes. One
// small block that the writing process writes after each flush, and that is never flushed itself: what it
// says is true of the log whether it reaches the disk or not. docs/formats/control.md.
//
// Recovery does not read it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "daybook/env.h"
#include "log/identity.h"

namespace daybook {

struct ControlState {
  LogIdentity::Id log_id{};
  uint64_t incarnation = 0;
  uint64_t term = 0;
  uint64_t generation = 0;     // of the manifest
  uint64_t batch = 0;          // all batches up to this number are flushed
  uint64_t metalog_index = 0;  // of that batch
  uint64_t end_seqnum = 0;     // the next position behind it
  uint64_t count = 0;          // of publications in this term
  bool closed = false;         // the process that wrote has closed the log
  bool operator==(const ControlState&) const = default;
};

inline constexpr size_t kControlSize = 128;

std::array<std::byte, kControlSize> EncodeControl(const ControlState& state);
// False: it is none, is torn, or of a newer version.
[[nodiscard]] bool DecodeControl(std::span<const std::byte> bytes, ControlState* state);

// The writer's end. What goes wrong here costs followers their news and nobody else anything, so it is
// passed over; each publication tries anew. Safe from any number of threads.
class ControlWriter {
 public:
  ControlWriter(Env* env, std::string directory) : env_(env), directory_(std::move(directory)) {}

  // Until it is called nothing is written.
  void Start(const ControlState& state);
  void Flushed(uint64_t batch, uint64_t metalog_index, uint64_t end_seqnum);
  void Replaced(uint64_t generation);
  void Closed();

 private:
  // REQUIRES: mutex_
  void Publish();
  Status OpenFile();

  Env* const env_;
  const std::string directory_;
  std::mutex mutex_;
  bool started_ = false;
  ControlState state_;
  std::unique_ptr<File> file_;
};

// The follower's end. One thread at a time.
class ControlReader {
 public:
  ControlReader(Env* env, std::string directory) : env_(env), directory_(std::move(directory)) {}

  // False: there is no page, it is just being written, or a copy of the directory shares its file.
  [[nodiscard]] bool Read(ControlState* state);

 private:
  Env* const env_;
  const std::string directory_;
  std::unique_ptr<File> file_;
  int reads_left_ = 0;  // before the file is looked for anew
};

}  // namespace daybook
