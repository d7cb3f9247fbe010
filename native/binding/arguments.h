// The arguments of functions on a handle.
#pragma once

#include "binding/js_value.h"
#include "binding/log_handle.h"

namespace daybook::binding {

inline constexpr const char* kMisuse = "not an open log, or wrong arguments";

// The handle that is the first argument, if it is one and open, and all arguments; else null.
template <size_t Count>
LogHandle* GetArguments(napi_env env, napi_callback_info info, napi_value (&arguments)[Count]) {
  size_t count = Count;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < Count) return nullptr;
  LogHandle* handle = LogHandle::From(env, arguments[0]);
  return handle != nullptr && handle->open() ? handle : nullptr;
}

}  // namespace daybook::binding
