#include "binding/book_binding.h"

#include <string>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "log/book_list.h"

namespace daybook::binding {
namespace {

void Submit(LogHandle* handle, Command command) {
  if (handle->runtime().engine() == nullptr) return;  // TypeScript has refused it
  handle->client()->SubmitCommand(std::move(command));
  handle->runtime().NotifyCommitter();
}

napi_value MakeNumbers(napi_env env, const std::vector<BookListing>& books) {
  napi_value buffer = nullptr;
  napi_value numbers = nullptr;
  void* memory = nullptr;
  const size_t length = books.size() * kBookWidth;
  if (!Did(napi_create_arraybuffer(env, length * sizeof(double), &memory, &buffer))) return nullptr;
  auto* at = static_cast<double*>(memory);
  for (const BookListing& book : books) {
    *at++ = static_cast<double>(book.records);
    *at++ = static_cast<double>(book.bytes);
    *at++ = static_cast<double>(book.retention.max_age_ms);
    *at++ = static_cast<double>(book.retention.max_bytes);
    *at++ = static_cast<double>(book.retention.max_records);
  }
  return Did(napi_create_typedarray(env, napi_float64_array, length, buffer, 0, &numbers)) ? numbers
                                                                                           : nullptr;
}

}  // namespace

napi_value BookOpen(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  NameBuffer name;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetName(env, arguments[1], &name) || name.size == 0)
    return ThrowMisuse(env, kMisuse);
  const uint64_t book = handle->runtime().view()->OpenBook(name.view());
  if (book != 0) return MakeNumber(env, static_cast<double>(book));
  return MakeFailure(env, {StatusCode::kTooLarge, "the log has " + std::to_string(BookTable::kBooksMax) +
                                                      " books, and takes no more"});
}

napi_value BookTrimmedBefore(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  uint64_t book = 0;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &book)) return ThrowMisuse(env, kMisuse);
  return MakeNumber(env, static_cast<double>(handle->runtime().view()->TrimmedBefore(book)));
}

napi_value BookTagTrimmedBefore(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  uint64_t book = 0;
  uint64_t index = 0;
  NameBuffer tag;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &book) || !GetName(env, arguments[2], &tag) ||
      !GetUint64(env, arguments[3], &index)) {
    return ThrowMisuse(env, kMisuse);
  }
  const uint64_t before = handle->runtime().view()->TagTrimmedBefore(book, tag.view(), index);
  return MakeNumber(env, static_cast<double>(before));
}

napi_value BookRetain(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  Command command;
  command.kind = CommandKind::kRetention;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetUint64(env, arguments[1], &command.book) ||
      !GetUint64(env, arguments[2], &command.retention.max_age_ms) ||
      !GetUint64(env, arguments[3], &command.retention.max_bytes) ||
      !GetUint64(env, arguments[4], &command.retention.max_records)) {
    return ThrowMisuse(env, kMisuse);
  }
  Submit(handle, std::move(command));
  return MakeFailure(env, Status::Ok());
}

napi_value BookDrop(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  NameBuffer name;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetName(env, arguments[1], &name) || name.size == 0)
    return ThrowMisuse(env, kMisuse);
  Command command;
  command.kind = CommandKind::kDropBook;
  command.before = kSeqnumEnd;
  const Engine* engine = handle->runtime().engine();
  command.book = engine == nullptr ? 0 : engine->NumberOfBook(name.view());
  if (command.book == 0) return MakeBoolean(env, false);
  Submit(handle, std::move(command));
  return MakeBoolean(env, true);
}

napi_value BooksList(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  NameBuffer prefix;
  NameBuffer after;
  BookQuery query;
  LogHandle* handle = GetArguments(env, info, arguments);
  if (handle == nullptr || !GetName(env, arguments[1], &prefix) || !GetName(env, arguments[2], &after) ||
      !GetUint64(env, arguments[3], &query.limit)) {
    return ThrowMisuse(env, kMisuse);
  }
  query.prefix = prefix.view();
  query.after = after.view();
  const std::vector<BookListing> books = handle->runtime().view()->ListBooks(query);
  napi_value list = nullptr;
  napi_value names = nullptr;
  if (!Did(napi_create_array_with_length(env, 2, &list)) ||
      !Did(napi_create_array_with_length(env, books.size(), &names))) {
    return nullptr;
  }
  for (uint32_t i = 0; i < books.size(); ++i) SetElement(env, names, i, MakeString(env, books[i].name));
  SetElement(env, list, 0, names);
  SetElement(env, list, 1, MakeNumbers(env, books));
  return list;
}

}  // namespace daybook::binding
