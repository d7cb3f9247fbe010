#include "binding/log_handle.h"

#include <utility>

namespace daybook::binding {
namespace {

constexpr napi_type_tag kHandleTag = {0x6461796b626f6f6bULL, 0x6c6f672068616e64ULL};

void CallWake(napi_env env, napi_value callback, void*, void*) {
  if (env == nullptr || callback == nullptr) return;  // the thread is ending
  napi_value self = nullptr;
  napi_value result = nullptr;
  if (!Did(napi_get_undefined(env, &self))) return;
  (void)Did(napi_call_function(env, self, callback, 0, nullptr, &result));
}

}  // namespace

LogHandle* LogHandle::Create(napi_env env, std::shared_ptr<LogRuntime> runtime, napi_value wake,
                             napi_value* external) {
  std::unique_ptr<LogHandle> handle(new LogHandle);
  handle->env_ = env;
  napi_value name = MakeString(env, "daybook");
  if (name == nullptr) return nullptr;
  // One place in the queue is enough: the client wakes again only after its events were taken.
  if (!Did(napi_create_threadsafe_function(env, wake, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                           CallWake, &handle->wake_))) {
    return nullptr;
  }
  (void)Did(napi_unref_threadsafe_function(env, handle->wake_));
  if (!Did(napi_create_external(env, handle.get(), OnCollected, nullptr, external)) ||
      !Did(napi_type_tag_object(env, *external, &kHandleTag)) ||
      !Did(napi_add_env_cleanup_hook(env, OnThreadEnd, handle.get()))) {
    handle->ReleaseWake(napi_tsfn_abort);
    // If the external was made it deletes the handle; it must not be deleted twice.
    if (*external != nullptr) (void)handle.release();
    return nullptr;
  }
  handle->runtime_ = std::move(runtime);
  napi_threadsafe_function const function = handle->wake_;
  handle->client_ = handle->runtime_->Connect(
      [function] { (void)Did(napi_call_threadsafe_function(function, nullptr, napi_tsfn_nonblocking)); });
  return handle.release();
}

LogHandle* LogHandle::From(napi_env env, napi_value external) {
  bool tagged = false;
  void* data = nullptr;
  if (!Did(napi_check_object_type_tag(env, external, &kHandleTag, &tagged)) || !tagged) return nullptr;
  return Did(napi_get_value_external(env, external, &data)) ? static_cast<LogHandle*>(data) : nullptr;
}

void LogHandle::SetReferenced(napi_env env, bool referenced) {
  if (wake_ == nullptr) return;
  (void)Did(referenced ? napi_ref_threadsafe_function(env, wake_)
                       : napi_unref_threadsafe_function(env, wake_));
}

LogHandle::Parting LogHandle::Part() {
  aux_save_ = {};
  return {std::exchange(runtime_, nullptr), std::exchange(client_, nullptr), announced_};
}

bool LogHandle::Announce() {
  if (!announced_.announced) announced_ = runtime_->BeginParting();
  return announced_.saves_aux;
}

Status LogHandle::Parting::Finish() {
  if (runtime == nullptr) return Status::Ok();
  runtime->Disconnect(client);
  client.reset();
  // Release takes itself out of the registry; this keeps the object until it has returned.
  const std::shared_ptr<LogRuntime> held = std::exchange(runtime, nullptr);
  return held->Release(announced);
}

void LogHandle::ReleaseWake(napi_threadsafe_function_release_mode mode) {
  if (wake_ != nullptr) (void)Did(napi_release_threadsafe_function(std::exchange(wake_, nullptr), mode));
}

void LogHandle::DropReadMemory(napi_env env) {
  for (napi_ref reference : {read_memory_.slab_reference, read_memory_.index_reference}) {
    if (reference != nullptr) (void)Did(napi_delete_reference(env, reference));
  }
  read_memory_ = {};
}

// The thread (or the process) ends with the handle open: what is queued is committed, the log is
// closed properly if this was its last handle, and no thread of ours calls into Node afterwards.
void LogHandle::OnThreadEnd(void* data) {
  auto* handle = static_cast<LogHandle*>(data);
  (void)handle->Part().Finish();
  handle->ReleaseWake(napi_tsfn_abort);
  handle->DropReadMemory(handle->env_);  // Node does not delete references that were asked for
  handle->env_ = nullptr;
}

void LogHandle::OnCollected(napi_env env, void* data, void*) {
  auto* handle = static_cast<LogHandle*>(data);
  if (handle->env_ != nullptr) {
    (void)Did(napi_remove_env_cleanup_hook(env, OnThreadEnd, handle));
    handle->DropReadMemory(env);
  }
  if (handle->open()) {
    (void)handle->Part().Finish();
    handle->ReleaseWake(napi_tsfn_abort);
  }
  delete handle;
}

}  // namespace daybook::binding
