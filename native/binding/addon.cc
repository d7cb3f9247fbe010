// The table of what the addon exports; nothing else.
#include <napi.h>

#include <exception>

#include "base/crc32c.h"
#include "binding/aux_binding.h"
#include "binding/book_binding.h"
#include "binding/fault_binding.h"
#include "binding/log_binding.h"
#include "binding/metrics_binding.h"
#include "binding/order_binding.h"
#include "binding/position_binding.h"
#include "binding/read_binding.h"
#include "binding/stat_binding.h"
#include "binding/verify_binding.h"

namespace daybook::binding {
namespace {

// No C++ exception (no memory, no thread to be had) may leave through Node.
template <napi_callback Function>
napi_value Guarded(napi_env env, napi_callback_info info) {
  try {
    return Function(env, info);
  } catch (const std::exception& error) {
    return ThrowMisuse(env, error.what());
  }
}

template <napi_callback Function>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  napi_value value = nullptr;
  if (Did(napi_create_function(env, name, NAPI_AUTO_LENGTH, Guarded<Function>, nullptr, &value))) {
    exports.Set(name, Napi::Value(env, value));
  }
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Export<LogOpen>(env, exports, "logOpen");
  Export<LogClose>(env, exports, "logClose");
  Export<LogReference>(env, exports, "logReference");
  Export<LogWatch>(env, exports, "logWatch");
  Export<LogFailure>(env, exports, "logFailure");
  Export<LogIncarnation>(env, exports, "logIncarnation");
  Export<LogPositionOf>(env, exports, "logPosition");
  Export<LogReaches>(env, exports, "logReaches");
  Export<LogSubmit>(env, exports, "logSubmit");
  Export<LogTrim>(env, exports, "logTrim");
  Export<LogEvents>(env, exports, "logEvents");
  Export<LogOptions>(env, exports, "logOptions");
  Export<AuxSet>(env, exports, "auxSet");
  Export<AuxGet>(env, exports, "auxGet");
  Export<AuxKeep>(env, exports, "auxKeep");
  Export<AuxRestore>(env, exports, "auxRestore");
  Export<AuxPart>(env, exports, "auxPart");
  Export<AuxNext>(env, exports, "auxNext");
  Export<AuxSaved>(env, exports, "auxSaved");
  Export<ChecksumExtend>(env, exports, "checksumExtend");
  Export<BookOpen>(env, exports, "bookOpen");
  Export<BookTagTrimmedBefore>(env, exports, "bookTagTrimmedBefore");
  Export<BookTrimmedBefore>(env, exports, "bookTrimmedBefore");
  Export<BookRetain>(env, exports, "bookRetain");
  Export<BookDrop>(env, exports, "bookDrop");
  Export<BooksList>(env, exports, "booksList");
  Export<FaultsSet>(env, exports, "faultsSet");
  Export<FaultsReport>(env, exports, "faultsReport");
  Export<RecordsMemory>(env, exports, "recordsMemory");
  Export<RecordsRead>(env, exports, "recordsRead");
  Export<RecordsAsk>(env, exports, "recordsAsk");
  Export<RecordsSeqnumAt>(env, exports, "recordsSeqnumAt");
  Export<LogMetrics>(env, exports, "logMetrics");
  Export<LogOpening>(env, exports, "logOpening");
  Export<LogStat>(env, exports, "logStat");
  Export<VerifyBegin>(env, exports, "verifyBegin");
  Export<VerifyPart>(env, exports, "verifyPart");
  Export<VerifyEnd>(env, exports, "verifyEnd");
  Export<OrderCursorNew>(env, exports, "orderCursorNew");
  Export<OrderCursorApply>(env, exports, "orderCursorApply");
  Export<OrderCursorState>(env, exports, "orderCursorState");
  Export<OrderCursorRestore>(env, exports, "orderCursorRestore");
  Export<OrderEntryEncode>(env, exports, "orderEntryEncode");
  Export<OrderEntryDecode>(env, exports, "orderEntryDecode");
  Export<OrderFrameEncode>(env, exports, "orderFrameEncode");
  Export<OrderFrameOfEntry>(env, exports, "orderFrameOfEntry");
  Export<OrderFrameDecode>(env, exports, "orderFrameDecode");
  Export<OrderIndexNew>(env, exports, "orderIndexNew");
  Export<OrderIndexAdd>(env, exports, "orderIndexAdd");
  Export<OrderIndexNext>(env, exports, "orderIndexNext");
  Export<OrderIndexPrevious>(env, exports, "orderIndexPrevious");
  Export<OrderIndexStat>(env, exports, "orderIndexStat");
  exports.Set("checksum", Napi::String::New(env, Crc32cImplementation()));
  return exports;
}

}  // namespace
}  // namespace daybook::binding

static Napi::Object InitDaybook(Napi::Env env, Napi::Object exports) {
  return daybook::binding::Init(env, exports);
}

NODE_API_MODULE(daybook, InitDaybook)
