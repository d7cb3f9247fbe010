// records_*: reads. Records cross into JavaScript many at a time, in memory that JavaScript made:
// tags and data in a slab, their places in an index of doubles.
#pragma once

#include "binding/js_value.h"
#include "runtime/client.h"

namespace daybook::binding {

// Doubles per record in the index: seqnum, timestamp, tags begin, tag count, data begin, data size.
inline constexpr size_t kIndexWidth = 6;
// In front of them: records, 1 if there may be more, bytes used of the slab, bytes needed where the
// next record did not fit into the whole slab.
inline constexpr size_t kIndexHead = 4;

// (handle, slab: Uint8Array, index: Float64Array). They stay registered until the next call.
napi_value RecordsMemory(napi_env env, napi_callback_info info);
// (handle, book, tag | null, from, to, flags, limit, slabOffset) => failure | null | undefined
// undefined: the disk would be needed and the call may not wait. flags: 1 reverse, 2 may wait.
napi_value RecordsRead(napi_env env, napi_callback_info info);
// (handle, id, book, tag | null, from, to, flags, limit): answered by an event under that id.
napi_value RecordsAsk(napi_env env, napi_callback_info info);
// (handle, book, time) => seqnum | failure
napi_value RecordsSeqnumAt(napi_env env, napi_callback_info info);

napi_value MakeAnswer(napi_env env, const ReadAnswer& answer);

}  // namespace daybook::binding
