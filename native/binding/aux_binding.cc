#include "binding/aux_binding.h"

#include <new>
#include <span>
#include <vector>

#include "base/crc32c.h"
#include "binding/arguments.h"

namespace daybook::binding {
namespace {}  // namespace

napi_value AuxSet(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  uint64_t book = 0;
  uint64_t seqnum = 0;
  std::span<const std::byte> bytes;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &book) || !GetUint64(env, arguments[2], &seqnum) ||
      !GetBytes(env, arguments[3], &bytes)) {
    return ThrowMisuse(env, kMisuse);
  }
  Engine* engine = handle->runtime().engine();
  if (engine == nullptr) return MakeNull(env);  // a follower keeps none
  try {
    return MakeFailure(env, engine->aux().Set(book, seqnum, bytes));
  } catch (const std::bad_alloc&) {
    return MakeFailure(env, {StatusCode::kOverloaded, "not enough memory for the aux data"});
  }
}

napi_value AuxGet(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  uint64_t book = 0;
  uint64_t seqnum = 0;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 3) {
    return ThrowMisuse(env, kMisuse);
  }
  LogHandle* handle = LogHandle::From(env, arguments[0]);
  if (handle == nullptr || !GetUint64(env, arguments[1], &book) || !GetUint64(env, arguments[2], &seqnum)) {
    return ThrowMisuse(env, kMisuse);
  }
  Engine* engine = handle->open() ? handle->runtime().engine() : nullptr;
  const AuxValue value = engine == nullptr ? nullptr : engine->aux().Find(book, seqnum);
  return value == nullptr ? MakeUndefined(env) : MakeBytes(env, *value);
}

napi_value AuxKeep(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  std::span<const std::byte> mark;
  AuxFile kept;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetBytes(env, arguments[1], &mark)) return ThrowMisuse(env, kMisuse);
  if (!handle->runtime().KeepAux(mark, &kept)) return MakeNull(env);
  napi_value list = nullptr;
  if (!Did(napi_create_array_with_length(env, 3, &list))) return nullptr;
  SetElement(env, list, 0, MakeNumber(env, static_cast<double>(kept.number)));
  SetElement(env, list, 1, MakeNumber(env, static_cast<double>(kept.size)));
  SetElement(env, list, 2, MakeNumber(env, kept.checksum));
  return list;
}

napi_value AuxRestore(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  std::span<const std::byte> entries;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetBytes(env, arguments[1], &entries)) return ThrowMisuse(env, kMisuse);
  Engine* engine = handle->runtime().engine();
  try {
    return MakeBoolean(env, engine != nullptr && engine->aux().Restore(entries));
  } catch (const std::bad_alloc&) {
    return MakeBoolean(env, false);
  }
}

napi_value AuxPart(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr) return ThrowMisuse(env, kMisuse);
  Engine* engine = handle->runtime().engine();
  if (engine == nullptr || !handle->Announce()) return MakeBoolean(env, false);
  LogHandle::AuxSave& save = handle->aux_save();
  save.next = 0;
  save.entries = engine->aux().cache().Snapshot(&save.version);
  return MakeBoolean(env, true);
}

napi_value AuxNext(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  uint64_t bytes_max = 0;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &bytes_max)) return ThrowMisuse(env, kMisuse);
  LogHandle::AuxSave& save = handle->aux_save();
  Engine* engine = handle->runtime().engine();
  if (engine == nullptr || save.next == save.entries.size()) return MakeNull(env);
  return MakeBytes(env, engine->aux().Encode(save.entries, bytes_max, &save.next));
}

napi_value AuxSaved(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  AuxFile file;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &file.number) ||
      !GetUint64(env, arguments[2], &file.size) || !GetUint32(env, arguments[3], &file.checksum)) {
    return ThrowMisuse(env, kMisuse);
  }
  handle->runtime().NoteAuxSaved(file, handle->aux_save().version);
  return nullptr;
}

napi_value ChecksumExtend(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  uint32_t checksum = 0;
  std::span<const std::byte> bytes;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 2 ||
      !GetUint32(env, arguments[0], &checksum) || !GetBytes(env, arguments[1], &bytes)) {
    return ThrowMisuse(env, kMisuse);
  }
  return MakeNumber(env, Crc32cExtend(checksum, bytes));
}

}  // namespace daybook::binding
