// For tests alone: logs that are opened in a world with faults (env/fault_rules). Nothing of it is
// in the package's interface, and until faultsSet is called nothing of it is there.
#pragma once

#include "binding/js_value.h"
#include "daybook/env.h"

namespace daybook::binding {

// Where logs are opened: the real world, with faults in between once faultsSet has been called.
Env* WorldOfLogs();

// (rules) => failure | null. Every log that is opened from now on goes by these rules, and so does
// each that was opened since the first call, until the rules are set anew; an empty text is none.
napi_value FaultsSet(napi_env env, napi_callback_info info);
// () => string: how often each rule hit.
napi_value FaultsReport(napi_env env, napi_callback_info info);

}  // namespace daybook::binding
