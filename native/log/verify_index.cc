// Verifies the files that only repeat what segments hold: index runs, overlays, checkpoints. What is
// damaged of them is made again by the next opening.
#include <memory>
#include <utility>

#include "log/file_name.h"
#include "log/verify_task.h"

namespace daybook {
namespace {

constexpr size_t kCacheBytes = size_t{4} << 20U;
constexpr size_t kPostingsAtOnce = 4096;

Status Walk(const IndexRun& run, const VerifyTask& task, FileReport* report) {
  const std::unique_ptr<IndexRunCursor> cursor = run.Walk();
  const auto digest_of = [&](uint64_t seqnum) -> IndexDigest& {
    return report->digests[task.groups.Find(seqnum)];
  };
  RecordLocation location;
  for (bool found = true; found;) {
    DAYBOOK_RETURN_IF_ERROR(cursor->NextLocation(&location, &found));
    if (found) digest_of(location.seqnum).AddLocation(location);
  }
  StreamKind kind = StreamKind::kTag;
  uint64_t key = 0;
  std::vector<uint64_t> seqnums;
  for (bool found = true; found;) {
    DAYBOOK_RETURN_IF_ERROR(cursor->NextStream(&kind, &key, &found));
    while (found) {
      seqnums.clear();
      DAYBOOK_RETURN_IF_ERROR(cursor->NextPostings(kPostingsAtOnce, &seqnums));
      if (seqnums.empty()) break;
      for (const uint64_t seqnum : seqnums) digest_of(seqnum).AddPosting(kind, key, seqnum);
    }
  }
  return Status::Ok();
}

// Damage becomes a problem of the report.
Status Note(const Status& status, FileReport* report) {
  if (status.Is(StatusCode::kNotFound)) {
    report->problems.push_back({0, 0, true, 0, 0, "the file is missing"});
    return Status::Ok();
  }
  if (!status.Is(StatusCode::kCorrupt)) return status;
  report->problems.push_back({0, 0, true, 0, 0, status.message()});
  return Status::Ok();
}

}  // namespace

Status VerifyRun(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report) {
  report->bytes = task.run.bytes;
  std::shared_ptr<const IndexRun> run;
  Status status = IndexRun::Open(env, directory, task.identity, task.run,
                                 std::make_shared<BlockCache>(kCacheBytes), &run);
  if (status.ok()) status = Walk(*run, task, report);
  return Note(status, report);
}

Status VerifyCheckpoint(Env* env, const std::string& directory, const VerifyTask& task, FileReport* report) {
  report->bytes = task.checkpoint.bytes;
  Checkpoint checkpoint;
  return Note(ReadCheckpoint(env, directory, task.identity, task.checkpoint, &checkpoint), report);
}

}  // namespace daybook
