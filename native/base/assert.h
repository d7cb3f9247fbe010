// DAYBOOK_ASSERT: a check of something the core itself guarantees, on in every build.
//
// Only for broken invariants, after which going on could write wrong bytes: it prints the place
// and the expression and aborts the process. What a caller, a file or a disk can cause is a
// Status instead.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace daybook {

[[noreturn]] inline void AssertionFailed(const char* file, int line, const char* expression) noexcept {
  std::fprintf(stderr, "daybook: %s:%d: broken invariant: %s\n", file, line, expression);
  std::fflush(stderr);
  std::abort();
}

}  // namespace daybook

#define DAYBOOK_ASSERT(condition)                      \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::daybook::AssertionFailed(__FILE__, __LINE__, #condition))
