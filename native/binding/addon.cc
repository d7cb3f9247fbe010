// The table of what the addon exports; nothing else.
#include <napi.h>

#include "base/crc32c.h"
#include "binding/log_binding.h"
#include "binding/read_binding.h"

namespace daybook::binding {
namespace {

void Export(Napi::Env env, Napi::Object exports, const char* name, napi_callback function) {
  napi_value value = nullptr;
  if (Did(napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value))) {
    exports.Set(name, Napi::Value(env, value));
  }
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "logOpen", LogOpen);
  Export(env, exports, "logClose", LogClose);
  Export(env, exports, "logReference", LogReference);
  Export(env, exports, "logWatch", LogWatch);
  Export(env, exports, "logFailure", LogFailure);
  Export(env, exports, "logSubmit", LogSubmit);
  Export(env, exports, "logTrim", LogTrim);
  Export(env, exports, "logEvents", LogEvents);
  Export(env, exports, "logOptions", LogOptions);
  Export(env, exports, "bookOpen", BookOpen);
  Export(env, exports, "bookTrimmedBefore", BookTrimmedBefore);
  Export(env, exports, "recordsMemory", RecordsMemory);
  Export(env, exports, "recordsRead", RecordsRead);
  Export(env, exports, "recordsAsk", RecordsAsk);
  Export(env, exports, "recordsSeqnumAt", RecordsSeqnumAt);
  exports.Set("checksum", Napi::String::New(env, Crc32cImplementation()));
  return exports;
}

}  // namespace
}  // namespace daybook::binding

static Napi::Object InitDaybook(Napi::Env env, Napi::Object exports) { return daybook::binding::Init(env, exports); }

NODE_API_MODULE(daybook, InitDaybook)
