#include "binding/position_binding.h"

#include <array>
#include <string_view>

#include "binding/arguments.h"

namespace daybook::binding {

napi_value LogIncarnation(napi_env env, napi_callback_info info) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  napi_value arguments[1];
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  uint64_t rest = handle->runtime().view()->incarnation();
  std::array<char, 16> digits;
  for (size_t i = digits.size(); i > 0; --i, rest >>= 4U) digits[i - 1] = kDigits[rest & 0xFU];
  return MakeString(env, {digits.data(), digits.size()});
}

napi_value LogPositionOf(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  napi_value pair = nullptr;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  const LogPosition position = handle->runtime().view()->Position();
  if (!Did(napi_create_array_with_length(env, 2, &pair))) return nullptr;
  SetElement(env, pair, 0, MakeNumber(env, static_cast<double>(position.term)));
  SetElement(env, pair, 1, MakeNumber(env, static_cast<double>(position.index)));
  return pair;
}

napi_value LogReaches(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  LogPosition asked;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &asked.term) ||
      !GetUint64(env, arguments[2], &asked.index)) {
    return ThrowMisuse(env, kMisuse);
  }
  return MakeNumber(env, static_cast<double>(handle->runtime().view()->Compare(asked)));
}

}  // namespace daybook::binding
