#include "log/control_page.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/coding.h"
#include "base/crc32c.h"
#include "log/file_name.h"

namespace daybook {
namespace {

constexpr uint32_t kMagic = 0x54434244;  // "DBCT"
constexpr uint32_t kVersion = 1;
constexpr uint32_t kClosedFlag = 1;

constexpr size_t kCrcAt = 4;
constexpr size_t kVersionAt = 8;
constexpr size_t kFlagsAt = 12;
constexpr size_t kIncarnationAt = 16;
constexpr size_t kTermAt = 24;
constexpr size_t kGenerationAt = 32;
constexpr size_t kBatchAt = 40;
constexpr size_t kIndexAt = 48;
constexpr size_t kEndSeqnumAt = 56;
constexpr size_t kCountAt = 64;
constexpr size_t kLogIdAt = 72;

// About a second of them.
constexpr int kReadsOfOneOpening = 1000;

// A copy of the directory that was made of hard links shares the file; what is written here is not true of
// it.
bool IsShared(File* file) {
  bool one = false;
  return !file->HasOneName(&one).ok() || !one;
}

}  // namespace

std::array<std::byte, kControlSize> EncodeControl(const ControlState& state) {
  std::array<std::byte, kControlSize> bytes{};
  std::byte* at = bytes.data();
  StoreU32(at, kMagic);
  StoreU32(at + kVersionAt, kVersion);
  StoreU32(at + kFlagsAt, state.closed ? kClosedFlag : 0);
  StoreU64(at + kIncarnationAt, state.incarnation);
  StoreU64(at + kTermAt, state.term);
  StoreU64(at + kGenerationAt, state.generation);
  StoreU64(at + kBatchAt, state.batch);
  StoreU64(at + kIndexAt, state.metalog_index);
  StoreU64(at + kEndSeqnumAt, state.end_seqnum);
  StoreU64(at + kCountAt, state.count);
  std::memcpy(at + kLogIdAt, state.log_id.data(), state.log_id.size());
  StoreU32(at + kCrcAt, Crc32c(std::span(bytes).subspan(kVersionAt)));
  return bytes;
}

bool DecodeControl(std::span<const std::byte> bytes, ControlState* state) {
  if (bytes.size() < kControlSize) return false;
  const std::byte* at = bytes.data();
  if (LoadU32(at) != kMagic ||
      LoadU32(at + kCrcAt) != Crc32c(bytes.first(kControlSize).subspan(kVersionAt)) ||
      LoadU32(at + kVersionAt) != kVersion) {
    return false;
  }
  state->closed = (LoadU32(at + kFlagsAt) & kClosedFlag) != 0;
  state->incarnation = LoadU64(at + kIncarnationAt);
  state->term = LoadU64(at + kTermAt);
  state->generation = LoadU64(at + kGenerationAt);
  state->batch = LoadU64(at + kBatchAt);
  state->metalog_index = LoadU64(at + kIndexAt);
  state->end_seqnum = LoadU64(at + kEndSeqnumAt);
  state->count = LoadU64(at + kCountAt);
  std::memcpy(state->log_id.data(), at + kLogIdAt, state->log_id.size());
  return true;
}

void ControlWriter::Start(const ControlState& state) {
  const std::lock_guard lock(mutex_);
  started_ = true;
  state_ = state;
  Publish();
}

void ControlWriter::Flushed(uint64_t batch, uint64_t metalog_index, uint64_t end_seqnum) {
  const std::lock_guard lock(mutex_);
  if (batch <= state_.batch) return;
  state_.batch = batch;
  state_.metalog_index = metalog_index;
  state_.end_seqnum = end_seqnum;
  Publish();
}

void ControlWriter::Replaced(uint64_t generation) {
  const std::lock_guard lock(mutex_);
  state_.generation = generation;
  Publish();
}

void ControlWriter::Closed() {
  const std::lock_guard lock(mutex_);
  state_.closed = true;
  Publish();
}

Status ControlWriter::OpenFile() {
  const std::string path = JoinPath(directory_, kControlFileName);
  const Status opened = env_->OpenFile(path, OpenMode::kReadWrite, &file_);
  if (opened.ok() && !IsShared(file_.get())) return opened;
  if (!opened.ok() && !opened.Is(StatusCode::kNotFound)) return opened;
  if (opened.ok()) DAYBOOK_RETURN_IF_ERROR(env_->Remove(path));
  return env_->OpenFile(path, OpenMode::kCreateNew, &file_);
}

void ControlWriter::Publish() {
  if (!started_) return;
  state_.count += 1;
  if (file_ != nullptr && IsShared(file_.get())) file_.reset();
  if (file_ == nullptr && !OpenFile().ok()) {
    file_.reset();
    return;
  }
  const std::array<std::byte, kControlSize> bytes = EncodeControl(state_);
  const std::span<const std::byte> pieces[] = {bytes};
  (void)file_->Write(0, pieces).ok();
}

bool ControlReader::Read(ControlState* state) {
  // One that was removed or replaced has no name, or that of a copy.
  if (file_ != nullptr && (--reads_left_ <= 0 || IsShared(file_.get()))) file_.reset();
  if (file_ == nullptr) {
    reads_left_ = kReadsOfOneOpening;
    if (!env_->OpenFile(JoinPath(directory_, kControlFileName), OpenMode::kRead, &file_).ok()) {
      file_.reset();
      return false;
    }
    if (IsShared(file_.get())) return false;
  }
  std::array<std::byte, kControlSize> bytes{};
  size_t count = 0;
  if (!file_->Read(0, bytes, &count).ok()) {
    file_.reset();
    return false;
  }
  return DecodeControl(std::span(bytes).first(count), state);
}

}  // namespace daybook
