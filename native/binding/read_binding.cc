#include "binding/read_binding.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "binding/log_handle.h"

namespace daybook::binding {
namespace {

constexpr uint32_t kFlagReverse = 1;
constexpr uint32_t kFlagMayWait = 2;
constexpr uint32_t kFlagAtTime = 4;
constexpr const char* kMisuse = "not an open log, or wrong arguments";

LogHandle* OpenHandle(napi_env env, napi_value external) {
  LogHandle* handle = LogHandle::From(env, external);
  return handle != nullptr && handle->open() ? handle : nullptr;
}

// What a read asks for: a tag or a query, which the request points to.
struct Selector {
  NameBuffer tag;
  Query query;
};

// A string is a tag, bytes are an encoded query, null is the whole book.
bool GetSelector(napi_env env, napi_value value, Selector* selector, ReadRequest* request) {
  if (GetName(env, value, &selector->tag)) {
    request->tag = selector->tag.view();
    return true;
  }
  bool is_buffer = false;
  void* bytes = nullptr;
  size_t length = 0;
  if (!Did(napi_is_buffer(env, value, &is_buffer)) || !is_buffer ||
      !Did(napi_get_buffer_info(env, value, &bytes, &length)) ||
      !DecodeQuery(std::span(static_cast<const std::byte*>(bytes), length), &selector->query)) {
    return false;
  }
  request->query = &selector->query;
  return true;
}

// Reads book, selector, from, to, flags, limit.
bool GetRequest(napi_env env, const napi_value* arguments, Selector* selector, ReadRequest* request,
                uint32_t* flags) {
  if (!GetUint64(env, arguments[0], &request->book) || !GetSelector(env, arguments[1], selector, request) ||
      !GetUint64(env, arguments[2], &request->from) || !GetUint64(env, arguments[3], &request->to) ||
      !GetUint32(env, arguments[4], flags) || !GetUint32(env, arguments[5], &request->limit)) {
    return false;
  }
  request->reverse = (*flags & kFlagReverse) != 0;
  return request->limit > 0;
}

void PutIndex(const ReadOutput& output, double* index) {
  index[0] = static_cast<double>(output.found.size());
  index[1] = output.more ? 1 : 0;
  index[2] = static_cast<double>(output.used);
  index[3] = static_cast<double>(output.needed);
  double* at = index + kIndexHead;
  for (const FoundRecord& record : output.found) {
    at[0] = static_cast<double>(record.seqnum);
    at[1] = static_cast<double>(record.timestamp);
    at[2] = static_cast<double>(record.tags_begin);
    at[3] = record.tag_count;
    at[4] = static_cast<double>(record.data_begin);
    at[5] = static_cast<double>(record.data_size);
    at += kIndexWidth;
  }
}

}  // namespace

napi_value RecordsMemory(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  LogHandle::ReadMemory memory;
  void* slab = nullptr;
  void* index = nullptr;
  napi_typedarray_type type = napi_uint8_array;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 3) {
    return ThrowMisuse(env, kMisuse);
  }
  LogHandle* handle = OpenHandle(env, arguments[0]);
  if (handle == nullptr || !Did(napi_get_buffer_info(env, arguments[1], &slab, &memory.slab_size)) ||
      !Did(
          napi_get_typedarray_info(env, arguments[2], &type, &memory.index_size, &index, nullptr, nullptr)) ||
      type != napi_float64_array || memory.index_size < kIndexHead + kIndexWidth) {
    return ThrowMisuse(env, kMisuse);
  }
  memory.slab = static_cast<std::byte*>(slab);
  memory.index = static_cast<double*>(index);
  if (!Did(napi_create_reference(env, arguments[1], 1, &memory.slab_reference)) ||
      !Did(napi_create_reference(env, arguments[2], 1, &memory.index_reference))) {
    if (memory.slab_reference != nullptr) (void)Did(napi_delete_reference(env, memory.slab_reference));
    return ThrowMisuse(env, kMisuse);
  }
  handle->DropReadMemory(env);
  handle->read_memory() = memory;
  return nullptr;
}

napi_value RecordsRead(napi_env env, napi_callback_info info) {
  size_t count = 8;
  napi_value arguments[8];
  Selector selector;
  ReadRequest request;
  uint32_t flags = 0;
  uint64_t offset = 0;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 8) {
    return ThrowMisuse(env, kMisuse);
  }
  LogHandle* handle = OpenHandle(env, arguments[0]);
  if (handle == nullptr || !GetRequest(env, arguments + 1, &selector, &request, &flags) ||
      !GetUint64(env, arguments[7], &offset)) {
    return ThrowMisuse(env, kMisuse);
  }
  LogHandle::ReadMemory& memory = handle->read_memory();
  if (memory.slab == nullptr || offset > memory.slab_size) return ThrowMisuse(env, kMisuse);
  const size_t room = (memory.index_size - kIndexHead) / kIndexWidth;
  request.limit = static_cast<uint32_t>(std::min<size_t>(request.limit, room));
  try {
    ReadOutput output;
    output.fixed = {memory.slab + offset, memory.slab_size - offset};
    const ReadMode mode = (flags & kFlagMayWait) != 0 ? ReadMode::kMayBlock : ReadMode::kNoWait;
    const Status status = handle->runtime().view()->Read(request, mode, &output);
    if (status.Is(StatusCode::kWouldBlock)) return MakeUndefined(env);
    if (status.ok()) PutIndex(output, memory.index);
    return MakeFailure(env, status);
  } catch (const std::bad_alloc&) {
    return MakeFailure(env, {StatusCode::kIo, "not enough memory for the records"});
  }
}

napi_value RecordsAsk(napi_env env, napi_callback_info info) {
  size_t count = 8;
  napi_value arguments[8];
  Selector selector;
  ReadRequest request;
  uint32_t flags = 0;
  uint64_t id = 0;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 8) {
    return ThrowMisuse(env, kMisuse);
  }
  LogHandle* handle = OpenHandle(env, arguments[0]);
  if (handle == nullptr || !GetUint64(env, arguments[1], &id) ||
      !GetRequest(env, arguments + 2, &selector, &request, &flags)) {
    return ThrowMisuse(env, kMisuse);
  }
  request.at_time = (flags & kFlagAtTime) != 0;
  handle->runtime().AskReader(handle->client(), id, request);
  return nullptr;
}

napi_value RecordsSeqnumAt(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  uint64_t book = 0;
  uint64_t time = 0;
  if (!Did(napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr)) || count < 3) {
    return ThrowMisuse(env, kMisuse);
  }
  LogHandle* handle = OpenHandle(env, arguments[0]);
  if (handle == nullptr || !GetUint64(env, arguments[1], &book) || !GetUint64(env, arguments[2], &time)) {
    return ThrowMisuse(env, kMisuse);
  }
  uint64_t seqnum = 0;
  const Status status = handle->runtime().view()->SeqnumAt(book, time, ReadMode::kNoWait, &seqnum);
  if (status.Is(StatusCode::kWouldBlock)) return MakeUndefined(env);
  return status.ok() ? MakeNumber(env, static_cast<double>(seqnum)) : MakeFailure(env, status);
}

napi_value MakeAnswer(napi_env env, const ReadAnswer& answer) {
  napi_value value = nullptr;
  napi_value bytes = nullptr;
  napi_value buffer = nullptr;
  napi_value index = nullptr;
  void* memory = nullptr;
  const ReadOutput& output = answer.output;
  const size_t length = kIndexHead + kIndexWidth * output.found.size();
  if (!Did(napi_create_array_with_length(env, 4, &value)) ||
      !Did(napi_create_buffer_copy(env, output.used, output.bytes(), nullptr, &bytes)) ||
      !Did(napi_create_arraybuffer(env, length * sizeof(double), &memory, &buffer))) {
    return nullptr;
  }
  PutIndex(output, static_cast<double*>(memory));
  if (!Did(napi_create_typedarray(env, napi_float64_array, length, buffer, 0, &index))) return nullptr;
  SetElement(env, value, 0, MakeNumber(env, static_cast<double>(answer.id)));
  SetElement(env, value, 1, MakeFailure(env, answer.status));
  SetElement(env, value, 2, bytes);
  SetElement(env, value, 3, index);
  return value;
}

}  // namespace daybook::binding
