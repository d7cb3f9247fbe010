#include "binding/log_binding.h"

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/fault_binding.h"
#include "binding/read_binding.h"

namespace daybook::binding {
namespace {

constexpr size_t kOptionCount = kEngineOptionTable.size();

// Work that waits for the disk, and the promise that it settles.
struct Work {
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  Status status;

  // LogOpen's
  std::string directory;
  RequestedOptions requested;
  std::shared_ptr<LogRuntime> runtime;
  napi_ref wake = nullptr;

  // LogClose's
  LogHandle* handle = nullptr;
  napi_ref external = nullptr;
  LogHandle::Parting parting;
};

napi_value Start(napi_env env, std::unique_ptr<Work> work, napi_async_execute_callback execute,
                 napi_async_complete_callback complete) {
  napi_value promise = nullptr;
  napi_value name = MakeString(env, "daybook");
  if (name == nullptr || !Did(napi_create_promise(env, &work->deferred, &promise)) ||
      !Did(napi_create_async_work(env, nullptr, name, execute, complete, work.get(), &work->work)) ||
      !Did(napi_queue_async_work(env, work->work))) {
    (void)work->parting.Finish();  // nobody else will
    return ThrowMisuse(env, "the runtime refuses new work");
  }
  (void)work.release();  // the completion deletes it
  return promise;
}

void Resolve(napi_env env, Work* work, napi_value value) {
  if (value == nullptr) value = MakeUndefined(env);
  (void)Did(napi_resolve_deferred(env, work->deferred, value));
  (void)Did(napi_delete_async_work(env, work->work));
}

void ExecuteOpen(napi_env, void* data) {
  auto* work = static_cast<Work*>(data);
  try {
    work->status = LogRuntime::Open(WorldOfLogs(), work->directory, work->requested, &work->runtime);
  } catch (const std::bad_alloc&) {
    work->status = Status(StatusCode::kIo, "not enough memory to open the log");
  } catch (const std::exception& error) {
    work->status = Status(StatusCode::kIo, std::string("cannot open the log: ") + error.what());
  }
}

napi_value MakeOpened(napi_env env, Work* work) {
  napi_value wake = nullptr;
  napi_value external = nullptr;
  napi_value opened = nullptr;
  napi_value options = nullptr;
  LogHandle* handle = nullptr;
  const EngineOptions effective = work->runtime->options();
  try {
    if (Did(napi_get_reference_value(env, work->wake, &wake))) {
      handle = LogHandle::Create(env, work->runtime, wake, &external);
    }
  } catch (const std::bad_alloc&) {
    handle = nullptr;
  }
  if (handle == nullptr) {
    (void)work->runtime->Release();
    return MakeFailure(env, {StatusCode::kIo, "the runtime refuses a new handle"});
  }
  if (!Did(napi_create_array_with_length(env, 2, &opened)) ||
      !Did(napi_create_array_with_length(env, kOptionCount, &options))) {
    return nullptr;
  }
  for (uint32_t i = 0; i < kOptionCount; ++i) {
    SetElement(env, options, i, MakeNumber(env, static_cast<double>(effective.*kEngineOptionTable[i].field)));
  }
  SetElement(env, opened, 0, external);
  SetElement(env, opened, 1, options);
  return opened;
}

void CompleteOpen(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Work> work(static_cast<Work*>(data));
  if (status != napi_ok) {  // the thread is ending
    if (work->runtime != nullptr) (void)work->runtime->Release();
    (void)Did(napi_delete_reference(env, work->wake));
    (void)Did(napi_delete_async_work(env, work->work));
    return;
  }
  Resolve(env, work.get(), work->status.ok() ? MakeOpened(env, work.get()) : MakeFailure(env, work->status));
  (void)Did(napi_delete_reference(env, work->wake));
}

void ExecuteClose(napi_env, void* data) {
  auto* work = static_cast<Work*>(data);
  try {
    work->status = work->parting.Finish();
  } catch (const std::exception& error) {
    work->status = Status(StatusCode::kIo, std::string("cannot close the log: ") + error.what());
  }
}

void CompleteClose(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Work> work(static_cast<Work*>(data));
  if (status != napi_ok) {
    (void)work->parting.Finish();
    (void)Did(napi_delete_reference(env, work->external));
    (void)Did(napi_delete_async_work(env, work->work));
    return;
  }
  work->handle->ReleaseWake(napi_tsfn_release);
  Resolve(env, work.get(), MakeFailure(env, work->status));
  (void)Did(napi_delete_reference(env, work->external));
}

// [record, 1, index, actual, …] for a conflict, [record, 2, seqnum, records] for a key that was there.
napi_value MakeVerdict(napi_env env, const GroupVerdict& group) {
  const Verdict& verdict = group.verdict;
  std::vector<uint64_t> numbers{group.record, static_cast<uint64_t>(verdict.kind)};
  if (verdict.kind == VerdictKind::kRepeatedKey) {
    numbers.insert(numbers.end(), {verdict.first_seqnum, verdict.first_records});
  }
  for (const Conflict& conflict : verdict.conflicts)
    numbers.insert(numbers.end(), {conflict.index, conflict.actual});
  napi_value value = nullptr;
  if (!Did(napi_create_array_with_length(env, numbers.size(), &value))) return nullptr;
  for (uint32_t i = 0; i < numbers.size(); ++i)
    SetElement(env, value, i, MakeNumber(env, static_cast<double>(numbers[i])));
  return value;
}

template <typename Item, typename Make>
napi_value MakeList(napi_env env, const std::vector<Item>& items, Make make) {
  napi_value list = nullptr;
  if (!Did(napi_create_array_with_length(env, items.size(), &list))) return nullptr;
  for (uint32_t i = 0; i < items.size(); ++i) SetElement(env, list, i, make(env, items[i]));
  return list;
}

napi_value MakeSettlement(napi_env env, const Settlement& settlement) {
  napi_value value = nullptr;
  const bool has_verdicts = !settlement.verdicts.empty();
  if (!Did(napi_create_array_with_length(env, has_verdicts ? 5 : 4, &value))) return nullptr;
  if (has_verdicts) SetElement(env, value, 4, MakeList(env, settlement.verdicts, MakeVerdict));
  SetElement(env, value, 0, MakeFailure(env, settlement.status, settlement.outcome_unknown));
  SetElement(env, value, 1, MakeBoolean(env, settlement.is_command));
  SetElement(env, value, 2, MakeNumber(env, static_cast<double>(settlement.record_count)));
  SetElement(env, value, 3, MakeNumber(env, static_cast<double>(settlement.first_seqnum)));
  return value;
}

bool GetRequested(napi_env env, napi_value list, RequestedOptions* requested) {
  RequestedOptions::Values values;
  for (uint32_t i = 0; i < kOptionCount; ++i) {
    napi_value element = nullptr;
    napi_valuetype type = napi_undefined;
    if (!Did(napi_get_element(env, list, i, &element)) || !Did(napi_typeof(env, element, &type)))
      return false;
    uint64_t number = 0;
    if (type == napi_undefined) continue;
    if (!GetUint64(env, element, &number)) return false;
    values[i] = number;
  }
  *requested = RequestedOptions(values);
  return true;
}

}  // namespace

napi_value LogOpen(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value arguments[5];
  auto work = std::make_unique<Work>();
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 5 ||
      !GetString(env, arguments[0], &work->directory) || !GetRequested(env, arguments[1], &work->requested) ||
      !Did(napi_get_value_bool(env, arguments[2], &work->requested.allow_network_file_system)) ||
      !Did(napi_get_value_bool(env, arguments[3], &work->requested.read_only)) ||
      !Did(napi_create_reference(env, arguments[4], 1, &work->wake))) {
    return ThrowMisuse(env, kMisuse);
  }
  return Start(env, std::move(work), ExecuteOpen, CompleteOpen);
}

napi_value LogClose(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  LogHandle* handle = GetArguments(env, info, arguments);
  auto work = std::make_unique<Work>();
  if (handle == nullptr || !Did(napi_create_reference(env, arguments[0], 1, &work->external))) {
    return ThrowMisuse(env, kMisuse);
  }
  work->handle = handle;
  handle->DropReadMemory(env);
  work->parting = handle->Part();
  return Start(env, std::move(work), ExecuteClose, CompleteClose);
}

napi_value LogReference(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  bool on = false;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !Did(napi_get_value_bool(env, arguments[1], &on)))
    return ThrowMisuse(env, kMisuse);
  handle->SetReferenced(env, on);
  return nullptr;
}

napi_value LogWatch(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  bool on = false;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !Did(napi_get_value_bool(env, arguments[1], &on)))
    return ThrowMisuse(env, kMisuse);
  handle->client()->SetWatching(on);
  return nullptr;
}

napi_value LogFailure(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  return MakeFailure(env, handle->runtime().view()->Failure());
}

napi_value LogSubmit(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  void* bytes = nullptr;
  size_t length = 0;
  uint64_t size = 0;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !Did(napi_get_buffer_info(env, arguments[1], &bytes, &length)) ||
      !GetUint64(env, arguments[2], &size) || size > length) {
    return ThrowMisuse(env, kMisuse);
  }
  if (handle->runtime().engine() == nullptr)
    return MakeFailure(env, {StatusCode::kReadOnly, "the log is open for reading only"});
  Status status;
  try {
    status = handle->client()->Submit({static_cast<const std::byte*>(bytes), size});
  } catch (const std::bad_alloc&) {
    status = Status(StatusCode::kOverloaded, "not enough memory to queue the append");
  }
  if (status.ok()) handle->runtime().NotifyCommitter();
  return MakeFailure(env, status);
}

napi_value LogTrim(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  NameBuffer tag;
  Command command;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &command.book) ||
      !GetUint64(env, arguments[2], &command.before) || !GetName(env, arguments[3], &tag)) {
    return ThrowMisuse(env, kMisuse);
  }
  const Engine* engine = handle->runtime().engine();
  if (engine == nullptr) return MakeFailure(env, Status::Ok());  // TypeScript has refused it
  command.kind = tag.size == 0 ? CommandKind::kTrimBook : CommandKind::kTrimTag;
  command.tag = tag.view();
  if (tag.size > 0 && !engine->CanTrimTag(command.book, tag.view())) {
    return MakeFailure(
        env, {StatusCode::kTooLarge,
              "the log has trims of " + std::to_string(TagTrims::kMarksMax) + " tags, and takes no more"});
  }
  handle->client()->SubmitCommand(std::move(command));
  handle->runtime().NotifyCommitter();
  return MakeFailure(env, Status::Ok());
}

napi_value LogEvents(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  napi_value events = nullptr;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  const Client::Events taken = handle->client()->TakeEvents();
  if (!Did(napi_create_array_with_length(env, 3, &events))) return nullptr;
  SetElement(env, events, 0, MakeBoolean(env, taken.changed));
  SetElement(env, events, 1, MakeList(env, taken.settlements, MakeSettlement));
  SetElement(env, events, 2, MakeList(env, taken.answers, MakeAnswer));
  return events;
}

napi_value LogOptions(napi_env env, napi_callback_info) {
  const EngineOptions defaults;
  napi_value list = nullptr;
  if (!Did(napi_create_array_with_length(env, kOptionCount, &list))) return nullptr;
  for (uint32_t i = 0; i < kOptionCount; ++i) {
    const EngineOptionRow& row = kEngineOptionTable[i];
    napi_value entry = nullptr;
    if (!Did(napi_create_array_with_length(env, 4, &entry))) return nullptr;
    SetElement(env, entry, 0, MakeString(env, row.name));
    SetElement(env, entry, 1, MakeNumber(env, static_cast<double>(defaults.*row.field)));
    SetElement(env, entry, 2, MakeNumber(env, static_cast<double>(row.min)));
    SetElement(env, entry, 3, MakeNumber(env, static_cast<double>(row.max)));
    SetElement(env, list, i, entry);
  }
  return list;
}

}  // namespace daybook::binding
