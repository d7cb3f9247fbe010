// Conversions that the order_* functions share: handles of their own, bytes, arrays of doubles, and a
// metalog entry as it crosses.
#pragma once

#include <cmath>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "binding/js_value.h"
#include "daybook/status.h"
#include "log/metalog_entry.h"

namespace daybook::binding {

inline constexpr const char* kOrderMisuse = "not a building block of daybook/order, or wrong arguments";

// All arguments, if there are as many.
template <size_t Count>
[[nodiscard]] bool TakeArguments(napi_env env, napi_callback_info info, napi_value (&arguments)[Count]) {
  size_t count = Count;
  return Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) && count >= Count;
}

// An object that JavaScript holds by an external value, and the collector deletes.
template <typename T>
struct Held {
  static const napi_type_tag kTag;

  static napi_value Make(napi_env env, std::unique_ptr<T> object) {
    napi_value external = nullptr;
    const auto collect = [](napi_env, void* data, void*) { delete static_cast<T*>(data); };
    if (!Did(napi_create_external(env, object.get(), collect, nullptr, &external))) return nullptr;
    (void)object.release();  // the external deletes it
    return Did(napi_type_tag_object(env, external, &kTag)) ? external : nullptr;
  }
  // Null if the value is none.
  static T* From(napi_env env, napi_value external) {
    bool is_tagged = false;
    void* data = nullptr;
    if (!Did(napi_check_object_type_tag(env, external, &kTag, &is_tagged)) || !is_tagged) return nullptr;
    return Did(napi_get_value_external(env, external, &data)) ? static_cast<T*>(data) : nullptr;
  }
};

// A whole number from 0 to 2^53 - 1, or to 2^32 - 1. Nothing is rounded, nothing wraps around.
[[nodiscard]] bool ToCount(double number, uint64_t* count);
[[nodiscard]] bool GetCount(napi_env env, napi_value value, uint64_t* count);
[[nodiscard]] bool GetCount32(napi_env env, napi_value value, uint32_t* count);

// A failure for what the caller gave.
napi_value MakeInvalid(napi_env env, const char* what);

// False unless they are an entry as order_binding.h says.
[[nodiscard]] bool GetEntry(napi_env env, napi_value numbers, napi_value commands, MetalogEntry* entry);
// Null with `failure` set if it holds what cannot be told, such as a number that is not a safe integer.
napi_value MakeEntry(napi_env env, const MetalogEntry& entry, Status* failure);

}  // namespace daybook::binding
