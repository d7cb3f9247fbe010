// What the operating system tells about this process, for the message that its lock gives to others.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace daybook {

// When this process was started, in milliseconds since 1970 by the wall clock as it is now; nothing
// if the system does not tell.
std::optional<int64_t> ProcessStartMillis();

// Linux: the start in clock ticks since the machine was, out of the text of /proc/<pid>/stat. The
// name of the program in it may hold spaces, brackets and numbers.
std::optional<uint64_t> StartTicksIn(std::string_view stat);

}  // namespace daybook
