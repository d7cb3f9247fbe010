#include "log/verify_log.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "log/file_name.h"
#include "log/recovery.h"
#include "log/verify_judge.h"
#include "log/whole_file.h"

namespace daybook {
namespace {

constexpr uint64_t kManifestBytesMax = uint64_t{256} << 20U;

Status VerifyCopy(Env* env, const std::string& directory, int copy, const Manifest& good,
                  LogVerdict* verdict) {
  const std::string name = ManifestFileName(copy);
  std::vector<std::byte> bytes;
  Status status = ReadWholeFile(env, JoinPath(directory, name), kManifestBytesMax, &bytes);
  if (status.Is(StatusCode::kNotFound)) {
    verdict->notes.push_back(name + " is missing; the next opening makes it from the other copy");
    return Status::Ok();
  }
  Manifest read;
  verdict->bytes += bytes.size();
  if (status.ok()) status = DecodeManifest(bytes, &read);
  if (status.Is(StatusCode::kCorrupt)) {
    verdict->damage.push_back({name, 0, 0, 0, true, status.message() + "; the other copy is good"});
    return Status::Ok();
  }
  if (status.ok() && read.generation != good.generation)
    verdict->notes.push_back(name + " is older than the other copy; the next opening replaces it");
  return status;
}

}  // namespace

Status VerifyManifest(Env* env, const std::string& directory, Manifest* manifest, LogVerdict* verdict) {
  DAYBOOK_RETURN_IF_ERROR(CheckDirectoryIsOurs(env, directory));
  ManifestState state;
  DAYBOOK_RETURN_IF_ERROR(ReadManifest(env, directory, &state));
  if (!state.found) return {StatusCode::kFormat, "there is no log in " + directory};
  *manifest = std::move(state.manifest);
  for (int copy = 0; copy < 2; ++copy)
    DAYBOOK_RETURN_IF_ERROR(VerifyCopy(env, directory, copy, *manifest, verdict));
  return Status::Ok();
}

void JudgeReports(const Manifest& manifest, std::span<const FileReport> reports, LogVerdict* verdict) {
  const size_t segments = manifest.segments.size();
  const size_t runs = manifest.runs.size() + manifest.overlays.size();
  DAYBOOK_ASSERT(reports.size() == segments + runs + manifest.checkpoints.size());
  verdict->segments = segments;
  verdict->runs = runs;
  verdict->checkpoints = manifest.checkpoints.size();
  for (const FileReport& report : reports) {
    verdict->bytes += report.bytes;
    verdict->batches += report.batches;
    verdict->frames += report.frames;
    verdict->records += report.records;
    verdict->commands += report.commands;
  }
  JudgeSegments(manifest, reports.first(segments), verdict);
  JudgeIndex(manifest, reports, verdict);
  std::stable_sort(
      verdict->damage.begin(), verdict->damage.end(),
      [](const LogDamage& one, const LogDamage& other) { return one.first_seqnum < other.first_seqnum; });
}

}  // namespace daybook
