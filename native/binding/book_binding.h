// book_*, books_*: numbers and names of books, what they keep, and their end. No policy.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// (handle, name) => number | failure
napi_value BookOpen(napi_env env, napi_callback_info info);
// (handle, book) => number
napi_value BookTrimmedBefore(napi_env env, napi_callback_info info);
// (handle, book, tag, index) => number. An empty tag: any; 0 for the index: whenever it was.
napi_value BookTagTrimmedBefore(napi_env env, napi_callback_info info);
// (handle, book, max age in ms, max bytes, max records); 0 for no limit => null. Settled as a command.
napi_value BookRetain(napi_env env, napi_callback_info info);
// (handle, name) => boolean. True: settled as a command; false: there is nothing to drop.
napi_value BookDrop(napi_env env, napi_callback_info info);
// (handle, prefix, after, limit) => [names: string[], numbers: Float64Array], kBookWidth numbers for
// each: records, bytes, max age, max bytes, max records
inline constexpr size_t kBookWidth = 5;
napi_value BooksList(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
