// log_*: opening and closing, appends, trims, events. No policy.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// (directory, options: (number | undefined)[] in the order of the table, wake) =>
//   Promise<[handle, effective options: number[]] | failure>
napi_value LogOpen(napi_env env, napi_callback_info info);
// (handle) => Promise<failure | null>. Refuses the handle from now on.
napi_value LogClose(napi_env env, napi_callback_info info);
// (handle, on)
napi_value LogReference(napi_env env, napi_callback_info info);
napi_value LogWatch(napi_env env, napi_callback_info info);
// (handle) => failure | null: why the log is read-only
napi_value LogFailure(napi_env env, napi_callback_info info);
// (handle, slab: Uint8Array, size) => failure | null. Groups behind their headers; copied.
napi_value LogSubmit(napi_env env, napi_callback_info info);
// (handle, book, before, tag) => failure | null. An empty tag: the whole book. Settled as a command.
napi_value LogTrim(napi_env env, napi_callback_info info);
// (handle) => [changed, settlements, answers]
//   settlement: [failure | null, isCommand, records, firstSeqnum]
//   answer: [id, failure | null, bytes, index]; the index is as in read_binding
napi_value LogEvents(napi_env env, napi_callback_info info);
// () => [name, default, min, max][]
napi_value LogOptions(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
