#include "binding/verify_binding.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/file_name.h"
#include "log/recovery.h"
#include "log/verify_log.h"
#include "log/verify_task.h"

namespace daybook::binding {
namespace {

constexpr const char* kMisuse = "not a verification, or wrong arguments";
constexpr napi_type_tag kVerificationTag = {0x6461796b626f6f6bULL, 0x76657269667920ULL};

struct LogVerification {
  std::unique_ptr<FileLock> lock;  // null: ended
  Manifest manifest;
  size_t tasks = 0;
  LogVerdict verdict;
};

Status Begin(const std::string& directory, LogVerification* verification) {
  Env* const env = PosixEnv();
  DAYBOOK_RETURN_IF_ERROR(CheckDirectoryIsOurs(env, directory));
  std::string holder;
  const Status locked =
      env->LockFile(JoinPath(directory, kLockFileName), env->DescribeProcess(), &verification->lock, &holder);
  if (locked.Is(StatusCode::kLocked)) {
    return {StatusCode::kLocked, directory + " is open for writing by another process: " +
                                     (holder.empty() ? "it did not say which" : holder)};
  }
  DAYBOOK_RETURN_IF_ERROR(locked);
  return VerifyManifest(env, directory, &verification->manifest, &verification->verdict);
}

template <typename Item, typename Make>
napi_value MakeList(napi_env env, const std::vector<Item>& items, Make make) {
  napi_value list = nullptr;
  if (!Did(napi_create_array_with_length(env, items.size(), &list))) return nullptr;
  for (uint32_t i = 0; i < items.size(); ++i) SetElement(env, list, i, make(items[i]));
  return list;
}

napi_value MakeSeqnum(napi_env env, uint64_t seqnum) {
  return MakeNumber(
      env, seqnum >= kSeqnumEnd ? std::numeric_limits<double>::infinity() : static_cast<double>(seqnum));
}

napi_value MakeDamage(napi_env env, const LogDamage& damage) {
  const std::vector<napi_value> parts = {
      MakeString(env, damage.file),         MakeNumber(env, static_cast<double>(damage.offset)),
      MakeSeqnum(env, damage.first_seqnum), MakeSeqnum(env, damage.end_seqnum),
      MakeBoolean(env, damage.mendable),    MakeString(env, damage.what)};
  return MakeList(env, parts, [](napi_value part) { return part; });
}

napi_value MakeVerdict(napi_env env, const LogVerdict& verdict) {
  const std::vector<uint64_t> totals = {
      verdict.segments, verdict.runs,       verdict.checkpoints, verdict.bytes,
      verdict.batches,  verdict.frames,     verdict.records,     verdict.commands,
      verdict.indexed,  verdict.last_batch, verdict.next_seqnum, uint64_t{verdict.closed_properly}};
  const std::vector<napi_value> parts = {
      MakeList(env, totals, [&](uint64_t n) { return MakeNumber(env, static_cast<double>(n)); }),
      MakeList(env, verdict.damage, [&](const LogDamage& damage) { return MakeDamage(env, damage); }),
      MakeList(env, verdict.notes, [&](const std::string& note) { return MakeString(env, note); })};
  return MakeList(env, parts, [](napi_value part) { return part; });
}

bool GetReports(napi_env env, napi_value list, size_t count, std::vector<FileReport>* reports) {
  uint32_t length = 0;
  if (!Did(napi_get_array_length(env, list, &length)) || length != count) return false;
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element = nullptr;
    std::span<const std::byte> bytes;
    if (!Did(napi_get_element(env, list, i, &element)) || !GetBytes(env, element, &bytes) ||
        !DecodeFileReport(bytes, &reports->emplace_back())) {
      return false;
    }
  }
  return true;
}

}  // namespace

napi_value VerifyBegin(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value arguments[1];
  std::string directory;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 1 ||
      !GetString(env, arguments[0], &directory)) {
    return ThrowMisuse(env, kMisuse);
  }
  auto verification = std::make_unique<LogVerification>();
  if (const Status begun = Begin(directory, verification.get()); !begun.ok()) return MakeFailure(env, begun);
  const std::vector<VerifyTask> made = VerifyTasks(verification->manifest);
  verification->tasks = made.size();
  napi_value tasks =
      MakeList(env, made, [&](const VerifyTask& task) { return MakeBytes(env, EncodeVerifyTask(task)); });
  const auto collect = [](napi_env, void* data, void*) { delete static_cast<LogVerification*>(data); };
  napi_value external = nullptr;
  if (!Did(napi_create_external(env, verification.get(), collect, nullptr, &external))) return nullptr;
  (void)verification.release();
  if (!Did(napi_type_tag_object(env, external, &kVerificationTag))) return nullptr;
  const std::vector<napi_value> parts = {external, tasks};
  return MakeList(env, parts, [](napi_value part) { return part; });
}

napi_value VerifyPart(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  std::string directory;
  std::span<const std::byte> bytes;
  VerifyTask task;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 2 ||
      !GetString(env, arguments[0], &directory) || !GetBytes(env, arguments[1], &bytes) ||
      !DecodeVerifyTask(bytes, &task)) {
    return ThrowMisuse(env, kMisuse);
  }
  FileReport report;
  const Status verified = RunVerifyTask(PosixEnv(), directory, task, &report);
  return verified.ok() ? MakeBytes(env, EncodeFileReport(report)) : MakeFailure(env, verified);
}

napi_value VerifyEnd(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  bool is_ours = false;
  void* data = nullptr;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 2 ||
      !Did(napi_check_object_type_tag(env, arguments[0], &kVerificationTag, &is_ours)) || !is_ours ||
      !Did(napi_get_value_external(env, arguments[0], &data))) {
    return ThrowMisuse(env, kMisuse);
  }
  auto* verification = static_cast<LogVerification*>(data);
  std::vector<FileReport> reports;
  if (verification->lock == nullptr || !GetReports(env, arguments[1], verification->tasks, &reports)) {
    return ThrowMisuse(env, kMisuse);
  }
  verification->lock.reset();
  JudgeReports(verification->manifest, reports, &verification->verdict);
  return MakeVerdict(env, verification->verdict);
}

}  // namespace daybook::binding
