#include "binding/fault_binding.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "env/env_fault.h"
#include "env/fault_rules.h"

namespace daybook::binding {
namespace {

// Never destroyed: logs may use it until the process ends.
struct FaultyWorld {
  FaultEnv env{PosixEnv(), [this](const Operation& operation) {
                 const std::lock_guard guard(mutex);
                 return rules.Decide(operation);
               }};
  std::mutex mutex;
  FaultRules rules;  // guarded by mutex
};

std::atomic<FaultyWorld*> faulty_world = nullptr;

}  // namespace

Env* WorldOfLogs() {
  FaultyWorld* const world = faulty_world.load();
  return world == nullptr ? PosixEnv() : &world->env;
}

napi_value FaultsSet(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value arguments[1];
  std::string text;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 1 ||
      !GetString(env, arguments[0], &text)) {
    return ThrowMisuse(env, "faultsSet takes a text");
  }
  FaultRules rules;
  if (const Status parsed = FaultRules::Parse(text, &rules); !parsed.ok()) return MakeFailure(env, parsed);
  if (faulty_world.load() == nullptr) {
    auto made = std::make_unique<FaultyWorld>();
    FaultyWorld* none = nullptr;
    if (faulty_world.compare_exchange_strong(none, made.get())) (void)made.release();
  }
  FaultyWorld* const world = faulty_world.load();
  const std::lock_guard guard(world->mutex);
  world->rules = std::move(rules);
  return MakeFailure(env, Status::Ok());
}

napi_value FaultsReport(napi_env env, napi_callback_info) {
  FaultyWorld* const world = faulty_world.load();
  if (world == nullptr) return MakeString(env, "");
  const std::lock_guard guard(world->mutex);
  return MakeString(env, world->rules.Report());
}

}  // namespace daybook::binding
