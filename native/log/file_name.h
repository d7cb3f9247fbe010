// Every file name in a log's directory, and the way back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace daybook {

std::string SegmentFileName(uint64_t segment);  // segment-<16 hex digits>
std::string ManifestFileName(int copy);         // manifest-0, manifest-1
std::string IndexRunFileName(uint64_t run);     // index-<16 hex digits>
std::string CheckpointFileName(uint64_t id);    // checkpoint-<16 hex digits>
inline constexpr std::string_view kLockFileName = "lock";
inline constexpr std::string_view kControlFileName = "control";
inline constexpr std::string_view kTemporarySuffix = ".tmp";

enum class FileKind : uint8_t {
  kForeign,
  kLock,
  kControl,
  kManifest,
  kSegment,
  kIndexRun,
  kCheckpoint,
  kTemporary,
};
struct ParsedFileName {
  FileKind kind = FileKind::kForeign;
  uint64_t id = 0;  // of the segment, run or checkpoint
};
ParsedFileName ParseFileName(std::string_view name);

// "/a/b" is in "/a", "/a" in "/", "a" in ".".
inline std::string ParentDirectory(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

inline std::string JoinPath(const std::string& directory, std::string_view name) {
  return directory + "/" + std::string(name);
}

}  // namespace daybook
