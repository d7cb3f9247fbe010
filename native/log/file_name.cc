#include "log/file_name.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace daybook {
namespace {

constexpr std::string_view kSegmentPrefix = "segment-";
constexpr std::string_view kManifestPrefix = "manifest-";
constexpr size_t kSegmentDigits = 16;

bool ParseSegmentNumber(std::string_view digits, uint64_t* segment) {
  if (digits.size() != kSegmentDigits) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *segment, 16);
  // Only our own spelling counts: upper case digits would name a second file of the same id.
  return error == std::errc() && end == digits.data() + digits.size() &&
         SegmentFileName(*segment).substr(kSegmentPrefix.size()) == digits;
}

}  // namespace

std::string SegmentFileName(uint64_t segment) {
  std::array<char, kSegmentDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(segment));
  return std::string(kSegmentPrefix) + digits.data();
}

std::string ManifestFileName(int copy) { return std::string(kManifestPrefix) + std::to_string(copy); }

ParsedFileName ParseFileName(std::string_view name) {
  if (name == kLockFileName) return {FileKind::kLock, 0};
  if (name == ManifestFileName(0) || name == ManifestFileName(1)) return {FileKind::kManifest, 0};
  if (name.ends_with(kTemporarySuffix)) {
    const ParsedFileName stem = ParseFileName(name.substr(0, name.size() - kTemporarySuffix.size()));
    if (stem.kind == FileKind::kManifest || stem.kind == FileKind::kSegment) return {FileKind::kTemporary, 0};
    return {};
  }
  uint64_t segment = 0;
  if (name.starts_with(kSegmentPrefix) && ParseSegmentNumber(name.substr(kSegmentPrefix.size()), &segment)) {
    return {FileKind::kSegment, segment};
  }
  return {};
}

}  // namespace daybook
