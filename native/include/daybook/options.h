// Options of the engine. The TypeScript table (src/log/options.ts) has the same names, defaults
// and bounds; a test compares the two through the addon.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace daybook {

struct EngineOptions {
  // Bytes at which a segment is full at the latest; the first ones of a log are smaller. Small ones
  // cost files and rolls, large ones hold space longer.
  uint64_t segment_bytes = uint64_t{64} << 20U;
  // Memory for the index and the cache of records, whatever the length of the log: one quarter each
  // for the newest records, for the newest part of the index, for the part of it that is being
  // written to the disk, and for blocks of the index that were read.
  uint64_t memory_bytes = uint64_t{64} << 20U;
  // Bytes of batches behind which a checkpoint is written: about what opening has to replay.
  uint64_t checkpoint_bytes = uint64_t{32} << 20U;
  // Segments that are written side by side, so that as many flushes can be in flight.
  uint64_t lanes = 1;

  // Memory for aux data, beside memory_bytes.
  uint64_t aux_bytes = uint64_t{16} << 20U;

  [[nodiscard]] uint64_t memory_share() const { return memory_bytes / 4; }

  // Kept by the handles, not by the engine; here because all handles of a log must agree on them.
  uint64_t max_pending_bytes = uint64_t{64} << 20U;
  uint64_t max_record_bytes = uint64_t{16} << 20U;
  uint64_t max_group_bytes = uint64_t{64} << 20U;

  // Positions reserved at once for appends that are acknowledged before they are flushed; so many
  // may be left out after an unclean end. Not a public option.
  uint64_t seqnum_block = uint64_t{1} << 20U;
  // Write the control page, so that other processes can follow. Not a public option.
  bool is_followed = true;
};

// One row of the table: where an option lies, what it is called in JavaScript, and its bounds.
struct EngineOptionRow {
  const char* name;
  uint64_t EngineOptions::*field;
  uint64_t min;
  uint64_t max;
};

inline constexpr uint64_t kKiB = uint64_t{1} << 10U;
inline constexpr uint64_t kMiB = uint64_t{1} << 20U;
inline constexpr uint64_t kGiB = uint64_t{1} << 30U;
inline constexpr std::array<EngineOptionRow, 8> kEngineOptionTable = {{
    {"segmentBytes", &EngineOptions::segment_bytes, kMiB, kGiB},
    {"memoryBytes", &EngineOptions::memory_bytes, kMiB, 64 * kGiB},
    {"checkpointBytes", &EngineOptions::checkpoint_bytes, kMiB, 64 * kGiB},
    {"lanes", &EngineOptions::lanes, 1, 8},
    {"auxBytes", &EngineOptions::aux_bytes, 0, 4 * kGiB},
    {"maxPendingBytes", &EngineOptions::max_pending_bytes, 64 * kKiB, 4 * kGiB},
    {"maxRecordBytes", &EngineOptions::max_record_bytes, kKiB, kGiB},
    {"maxGroupBytes", &EngineOptions::max_group_bytes, kKiB, kGiB},
}};

// What one handle asked for: what it left out is as the log has it already, or the default.
class RequestedOptions {
 public:
  using Values = std::array<std::optional<uint64_t>, kEngineOptionTable.size()>;

  RequestedOptions() = default;
  explicit RequestedOptions(const Values& values) : values_(values) {}

  // Concerns one opening, not the log: let it be on a network file system.
  bool allow_network_file_system = false;
  // The same: follow the log if another process writes it, and write nothing.
  bool read_only = false;

  [[nodiscard]] EngineOptions WithDefaults() const {
    EngineOptions options;
    for (size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].has_value()) options.*kEngineOptionTable[i].field = *values_[i];
    }
    return options;
  }

  // Name of an option that `options` has otherwise; empty if they agree.
  [[nodiscard]] std::string Disagreement(const EngineOptions& options) const {
    for (size_t i = 0; i < values_.size(); ++i) {
      const EngineOptionRow& row = kEngineOptionTable[i];
      if (values_[i].has_value() && options.*row.field != *values_[i]) return row.name;
    }
    return {};
  }

 private:
  Values values_{};
};

}  // namespace daybook
