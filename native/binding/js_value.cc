#include "binding/js_value.h"

#include <algorithm>
#include <cmath>

namespace daybook::binding {

bool GetString(napi_env env, napi_value value, std::string* text) {
  size_t size = 0;
  if (!Did(napi_get_value_string_utf8(env, value, nullptr, 0, &size))) return false;
  text->resize(size + 1);
  if (!Did(napi_get_value_string_utf8(env, value, text->data(), size + 1, &size))) return false;
  text->resize(size);
  return true;
}

bool GetName(napi_env env, napi_value value, NameBuffer* name) {
  if (Did(napi_get_value_string_utf8(env, value, name->bytes, kNameCapacity, &name->size))) {
    return name->size < kNameCapacity - 1;
  }
  name->size = 0;
  napi_valuetype type = napi_undefined;
  return Did(napi_typeof(env, value, &type)) && (type == napi_null || type == napi_undefined);
}

bool GetUint64(napi_env env, napi_value value, uint64_t* number) {
  double real = 0;
  if (!Did(napi_get_value_double(env, value, &real)) || !(real >= 0) || real > 9007199254740992.0)
    return false;
  *number = static_cast<uint64_t>(real);
  return true;
}

bool GetUint32(napi_env env, napi_value value, uint32_t* number) {
  return Did(napi_get_value_uint32(env, value, number));
}

napi_value MakeNumber(napi_env env, double number) {
  napi_value value = nullptr;
  return Did(napi_create_double(env, number, &value)) ? value : nullptr;
}

napi_value MakeBoolean(napi_env env, bool boolean) {
  napi_value value = nullptr;
  return Did(napi_get_boolean(env, boolean, &value)) ? value : nullptr;
}

napi_value MakeUndefined(napi_env env) {
  napi_value value = nullptr;
  return Did(napi_get_undefined(env, &value)) ? value : nullptr;
}

napi_value MakeString(napi_env env, std::string_view text) {
  napi_value value = nullptr;
  return Did(napi_create_string_utf8(env, text.data(), text.size(), &value)) ? value : nullptr;
}

void SetElement(napi_env env, napi_value array, uint32_t index, napi_value value) {
  if (array != nullptr && value != nullptr) (void)Did(napi_set_element(env, array, index, value));
}

namespace {

// The elements of a typed array, if it is of this type.
template <typename Element>
bool GetElements(napi_env env, napi_value value, napi_typedarray_type wanted,
                 std::span<const Element>* elements) {
  napi_typedarray_type type = napi_int8_array;
  size_t size = 0;
  void* memory = nullptr;
  bool is_array = false;
  if (!Did(napi_is_typedarray(env, value, &is_array)) || !is_array ||
      !Did(napi_get_typedarray_info(env, value, &type, &size, &memory, nullptr, nullptr)) || type != wanted) {
    return false;
  }
  // One that is detached has no memory.
  *elements = {static_cast<const Element*>(memory), memory == nullptr ? 0 : size};
  return true;
}

}  // namespace

bool GetBytes(napi_env env, napi_value value, std::span<const std::byte>* bytes) {
  return GetElements(env, value, napi_uint8_array, bytes);
}

bool GetDoubles(napi_env env, napi_value value, std::span<const double>* numbers) {
  return GetElements(env, value, napi_float64_array, numbers);
}

napi_value MakeNull(napi_env env) {
  napi_value value = nullptr;
  return Did(napi_get_null(env, &value)) ? value : nullptr;
}

napi_value MakeBytes(napi_env env, std::span<const std::byte> bytes) {
  napi_value value = nullptr;
  return Did(napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &value)) ? value : nullptr;
}

napi_value MakeDoubles(napi_env env, std::span<const double> numbers) {
  napi_value buffer = nullptr;
  napi_value value = nullptr;
  void* memory = nullptr;
  if (!Did(napi_create_arraybuffer(env, numbers.size_bytes(), &memory, &buffer))) return nullptr;
  std::copy(numbers.begin(), numbers.end(), static_cast<double*>(memory));
  const napi_status made = napi_create_typedarray(env, napi_float64_array, numbers.size(), buffer, 0, &value);
  return Did(made) ? value : nullptr;
}

napi_value MakeFailure(napi_env env, const Status& status, bool outcome_unknown) {
  napi_value failure = nullptr;
  if (status.ok()) return MakeNull(env);
  if (!Did(napi_create_array_with_length(env, 4, &failure))) return nullptr;
  SetElement(env, failure, 0, MakeNumber(env, static_cast<double>(status.code())));
  SetElement(env, failure, 1, MakeString(env, status.message()));
  SetElement(env, failure, 2, MakeNumber(env, status.system_error()));
  SetElement(env, failure, 3, MakeBoolean(env, outcome_unknown));
  return failure;
}

napi_value ThrowMisuse(napi_env env, const char* what) {
  (void)Did(napi_throw_error(env, "ERR_DAYBOOK_INVALID_ARG", what));
  return nullptr;
}

}  // namespace daybook::binding
