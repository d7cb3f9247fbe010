// verify_*: verifying a log that nobody has open. The parts may run on different threads; what goes
// from one to the other is opaque to JavaScript.
#pragma once

#include "binding/js_value.h"

namespace daybook::binding {

// (directory) => [verification, tasks: Buffer[]] | failure. Takes the lock and reads the manifest; a
// task for each file of the log.
napi_value VerifyBegin(napi_env env, napi_callback_info info);
// (directory, task) => report: Buffer | failure. On any thread; waits for the disk.
napi_value VerifyPart(napi_env env, napi_callback_info info);
// (verification, reports: Buffer[]) => [totals: number[], damage, notes: string[]]. Gives the lock up.
//   totals: segments, runs, checkpoints, bytes, batches, frames, records, commands, records compared with
//     the index, last batch, next seqnum, 1 if closed properly
//   damage: [file, offset, first seqnum, end seqnum (Infinity: unknown), mendable, what][]
napi_value VerifyEnd(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
