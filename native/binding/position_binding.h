// How far a log is visible, and whether that is far enough.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// (handle) => string: which life of the log this is, in 16 hexadecimal digits.
napi_value LogIncarnation(napi_env env, napi_callback_info info);

// (handle) => [term, metalog index]
napi_value LogPositionOf(napi_env env, napi_callback_info info);

// (handle, term, metalog index) => a PositionIs
napi_value LogReaches(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
