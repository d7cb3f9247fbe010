// order_*: the building blocks of `daybook/order` — cursor, entries, frames and tag index. Nothing here
// touches a disk or a thread.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// An entry crosses in two parts. `numbers`, a Float64Array: index, timestamp, first seqnum, 1 if a frame of
// verdicts follows, then shard and progress of each shard of the cut. `commands`, an array of
// [kind, number, number, number, number, text]; see order_entry.cc for what they mean in each kind.
inline constexpr size_t kEntryHead = 4;

// What ends with a list of runs gives a Float64Array, kRunWidth numbers for each: shard, first local id,
// count, first seqnum.
inline constexpr size_t kRunWidth = 4;
// The same of a cursor's shards: shard, progress, first entry that may take it further, the one that may not
// any more (Infinity: none).
inline constexpr size_t kShardWidth = 4;
// Of the records in a frame: 1 if it begins a group, book, tags begin, tag count, data begin, data size.
inline constexpr size_t kFrameRecordWidth = 6;

// () => cursor
napi_value OrderCursorNew(napi_env env, napi_callback_info info);
// (cursor, numbers, commands) => runs: Float64Array, or a failure with nothing changed
napi_value OrderCursorApply(napi_env env, napi_callback_info info);
// (cursor) => [index, next seqnum, timestamp, shards: Float64Array]
napi_value OrderCursorState(napi_env env, napi_callback_info info);
// (cursor, index, next seqnum, timestamp, shards: Float64Array) => null; the cursor must be new
napi_value OrderCursorRestore(napi_env env, napi_callback_info info);

// (numbers, commands) => Buffer
napi_value OrderEntryEncode(napi_env env, napi_callback_info info);
// (bytes) => [numbers: Float64Array, commands], or a failure
napi_value OrderEntryDecode(napi_env env, napi_callback_info info);

// (log id, view, physical log, shard, first local id, [[begins a group, book, data, tags], …]) => Buffer, or
// a failure
napi_value OrderFrameEncode(napi_env env, napi_callback_info info);
// (log id, view, physical log, entry) => Buffer, or a failure
napi_value OrderFrameOfEntry(napi_env env, napi_callback_info info);
// (log id, bytes) => [[type, view, physical log, shard, first local id, body begin, size],
//   records: Float64Array], or a failure
napi_value OrderFrameDecode(napi_env env, napi_callback_info info);

// (seed: 16 bytes) => index
napi_value OrderIndexNew(napi_env env, napi_callback_info info);
// (index, book, tags, seqnum) => true; false: it is below one that was added before
napi_value OrderIndexAdd(napi_env env, napi_callback_info info);
// (index, book, tag or null, from) => seqnum, or -1; of Previous the last at or below
napi_value OrderIndexNext(napi_env env, napi_callback_info info);
napi_value OrderIndexPrevious(napi_env env, napi_callback_info info);
// (index) => [postings, streams, bytes]
napi_value OrderIndexStat(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
