// A handle of a log on one JavaScript thread: the client, and the way to wake that thread.
//
// Made and used on its thread. It ends by Close, which waits for the disk and so runs on a thread
// of the pool, or by the end of the thread itself, however that comes.
#pragma once

#include <memory>
#include <vector>

#include "binding/js_value.h"
#include "daybook/status.h"
#include "runtime/log_runtime.h"

namespace daybook::binding {

class LogHandle {
 public:
  // Takes over one opening of `runtime`. `wake` is the JavaScript function to call on this
  // thread when there are events to take. Null if Node refuses.
  static LogHandle* Create(napi_env env, std::shared_ptr<LogRuntime> runtime, napi_value wake,
                           napi_value* external);

  // The handle in an external value; null if it is none.
  static LogHandle* From(napi_env env, napi_value external);

  [[nodiscard]] bool open() const { return runtime_ != nullptr; }
  [[nodiscard]] LogRuntime& runtime() const { return *runtime_; }
  [[nodiscard]] const std::shared_ptr<Client>& client() const { return client_; }

  // Keeps the process alive, or lets it end.
  void SetReferenced(napi_env env, bool referenced);

  // In two steps: on the handle's thread it loses its runtime, then whoever may wait gives it up.
  struct Parting {
    std::shared_ptr<LogRuntime> runtime;
    std::shared_ptr<Client> client;
    HandleParting announced;
    Status Finish();
  };
  Parting Part();
  // In front of Part: the handle will go. True: it saves the aux data first.
  bool Announce();
  // After Finish: nobody wakes the thread any more.
  void ReleaseWake(napi_threadsafe_function_release_mode mode);

  // Memory that TypeScript has registered for reads; see read_binding.
  struct ReadMemory {
    std::byte* slab = nullptr;
    size_t slab_size = 0;
    double* index = nullptr;
    size_t index_size = 0;
    napi_ref slab_reference = nullptr;
    napi_ref index_reference = nullptr;
  };
  ReadMemory& read_memory() { return read_memory_; }

  // Aux data that is being saved, and as of when.
  struct AuxSave {
    std::vector<AuxEntry> entries;
    uint64_t version = 0;
    size_t next = 0;
  };
  AuxSave& aux_save() { return aux_save_; }

  void DropReadMemory(napi_env env);

 private:
  LogHandle() = default;
  static void OnThreadEnd(void* data);
  static void OnCollected(napi_env env, void* data, void* hint);

  napi_env env_ = nullptr;
  std::shared_ptr<LogRuntime> runtime_;
  std::shared_ptr<Client> client_;
  napi_threadsafe_function wake_ = nullptr;
  ReadMemory read_memory_;
  HandleParting announced_;
  AuxSave aux_save_;
};

}  // namespace daybook::binding
