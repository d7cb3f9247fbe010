// Small conversions between JavaScript values and C++ ones, over raw Node-API calls: these cost
// 10 to 30 ns where the C++ wrapper classes cost 80. Every status is looked at, because a thread
// that is being terminated may refuse any call.
#pragma once

#define NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daybook/status.h"

namespace daybook::binding {

// True if the call succeeded.
[[nodiscard]] inline bool Did(napi_status status) { return status == napi_ok; }

// Longest tag or book name in bytes, with room to notice a longer one.
inline constexpr size_t kNameCapacity = 260;
struct NameBuffer {
  char bytes[kNameCapacity];
  size_t size = 0;
  [[nodiscard]] std::string_view view() const { return {bytes, size}; }
};

[[nodiscard]] bool GetString(napi_env env, napi_value value, std::string* text);
// False unless it is a string of at most kNameCapacity - 1 bytes; null and undefined give "".
[[nodiscard]] bool GetName(napi_env env, napi_value value, NameBuffer* name);
[[nodiscard]] bool GetUint64(napi_env env, napi_value value, uint64_t* number);  // a double >= 0, exact
[[nodiscard]] bool GetUint32(napi_env env, napi_value value, uint32_t* number);

// Of a Uint8Array (a Buffer is one), or a Float64Array; not to be touched behind the next call into
// JavaScript.
[[nodiscard]] bool GetBytes(napi_env env, napi_value value, std::span<const std::byte>* bytes);
[[nodiscard]] bool GetDoubles(napi_env env, napi_value value, std::span<const double>* numbers);

napi_value MakeNull(napi_env env);
napi_value MakeBytes(napi_env env, std::span<const std::byte> bytes);   // a Buffer of its own
napi_value MakeDoubles(napi_env env, std::span<const double> numbers);  // a Float64Array of its own
napi_value MakeNumber(napi_env env, double number);
napi_value MakeBoolean(napi_env env, bool value);
napi_value MakeUndefined(napi_env env);
napi_value MakeString(napi_env env, std::string_view text);
void SetElement(napi_env env, napi_value array, uint32_t index, napi_value value);

// [code, message, errno, outcomeUnknown], or null where the status is ok. TypeScript makes the
// error of it.
napi_value MakeFailure(napi_env env, const Status& status, bool outcome_unknown = false);

// Throws a plain Error for arguments that no caller inside this package passes.
napi_value ThrowMisuse(napi_env env, const char* what);

}  // namespace daybook::binding
