#include "log/file_name.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace daybook {
namespace {

constexpr std::string_view kManifestPrefix = "manifest-";
constexpr size_t kIdDigits = 16;

// Kinds of files that are named by a number.
struct NumberedKind {
  FileKind kind;
  std::string_view prefix;
};
constexpr std::array<NumberedKind, 3> kNumberedKinds = {{
    {FileKind::kSegment, "segment-"},
    {FileKind::kIndexRun, "index-"},
    {FileKind::kCheckpoint, "checkpoint-"},
}};

std::string NumberedName(FileKind kind, uint64_t id) {
  std::array<char, kIdDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(id));
  for (const NumberedKind& numbered : kNumberedKinds) {
    if (numbered.kind == kind) return std::string(numbered.prefix) + digits.data();
  }
  return {};
}

}  // namespace

std::string SegmentFileName(uint64_t segment) { return NumberedName(FileKind::kSegment, segment); }
std::string IndexRunFileName(uint64_t run) { return NumberedName(FileKind::kIndexRun, run); }
std::string CheckpointFileName(uint64_t id) { return NumberedName(FileKind::kCheckpoint, id); }
std::string ManifestFileName(int copy) { return std::string(kManifestPrefix) + std::to_string(copy); }

ParsedFileName ParseFileName(std::string_view name) {
  if (name == kLockFileName) return {FileKind::kLock, 0};
  if (name == kControlFileName) return {FileKind::kControl, 0};
  if (name == ManifestFileName(0) || name == ManifestFileName(1)) return {FileKind::kManifest, 0};
  if (name.ends_with(kTemporarySuffix)) {
    const ParsedFileName stem = ParseFileName(name.substr(0, name.size() - kTemporarySuffix.size()));
    const bool ours = stem.kind == FileKind::kManifest || stem.kind == FileKind::kSegment ||
                      stem.kind == FileKind::kIndexRun || stem.kind == FileKind::kCheckpoint;
    return {ours ? FileKind::kTemporary : FileKind::kForeign, 0};
  }
  for (const NumberedKind& numbered : kNumberedKinds) {
    if (!name.starts_with(numbered.prefix) || name.size() != numbered.prefix.size() + kIdDigits) continue;
    const std::string_view digits = name.substr(numbered.prefix.size());
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id, 16);
    // Only our own spelling counts: upper case digits would name a second file of the same id.
    if (error == std::errc() && end == digits.data() + digits.size() &&
        NumberedName(numbered.kind, id) == name)
      return {numbered.kind, id};
  }
  return {};
}

}  // namespace daybook
