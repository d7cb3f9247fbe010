// Aux data: setting and looking it up, and carrying it from one process to the next.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// (handle, book, seqnum, bytes): failure or null
napi_value AuxSet(napi_env env, napi_callback_info info);
// (handle, book, seqnum): a buffer of its own; undefined if there is nothing, also once the handle is closed
napi_value AuxGet(napi_env env, napi_callback_info info);
// (handle, bytes of the mark): [number, size, checksum] of the file that was kept, or null
napi_value AuxKeep(napi_env env, napi_callback_info info);
// (handle, entries): false: no more of them
napi_value AuxRestore(napi_env env, napi_callback_info info);
// (handle): true: this handle saves the aux data, as it is now, before it is closed
napi_value AuxPart(napi_env env, napi_callback_info info);
// (handle, about so many bytes): the next entries to save, as AuxRestore takes them; null: that was all
napi_value AuxNext(napi_env env, napi_callback_info info);
// (handle, number, size, checksum): they are in that file, flushed
napi_value AuxSaved(napi_env env, napi_callback_info info);
// (checksum, bytes): that of what came before and the bytes
napi_value ChecksumExtend(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
