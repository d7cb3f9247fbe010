#include "env/posix_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>

#include "env/posix_support.h"

#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace daybook {

std::optional<uint64_t> StartTicksIn(std::string_view stat) {
  constexpr int kFieldsFromNameToStart = 20;
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::string_view rest = stat.substr(name_end + 1);
  for (int i = 0; i < kFieldsFromNameToStart; i++) {
    const size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(space + 1);
  }
  uint64_t ticks = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), ticks);
  if (parsed.ec != std::errc()) return std::nullopt;
  return ticks;
}

#if defined(__linux__)

std::optional<int64_t> ProcessStartMillis() {
  const Descriptor file(
      RetryInterrupted([] { return ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC | O_NOCTTY); }));
  if (!file.valid()) return std::nullopt;
  std::array<char, 2048> text;  // 52 numbers and a name of at most 15 bytes
  const ssize_t size = RetryInterrupted([&] { return ::read(file.number(), text.data(), text.size()); });
  if (size <= 0) return std::nullopt;
  const std::optional<uint64_t> ticks = StartTicksIn({text.data(), static_cast<size_t>(size)});
  const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  timespec since_boot = {};
  if (!ticks.has_value() || ticks_per_second <= 0 || ::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) {
    return std::nullopt;
  }
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_millis = std::chrono::duration_cast<milliseconds>(now).count();
  const int64_t up_millis = static_cast<int64_t>(since_boot.tv_sec) * 1000 + since_boot.tv_nsec / 1'000'000;
  const auto start = static_cast<double>(*ticks) * 1000 / static_cast<double>(ticks_per_second);
  return now_millis - up_millis + static_cast<int64_t>(start);
}

#elif defined(__APPLE__)

std::optional<int64_t> ProcessStartMillis() {
  int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, ::getpid()};
  kinfo_proc process = {};
  size_t size = sizeof process;
  if (::sysctl(name, std::size(name), &process, &size, nullptr, 0) != 0 || size < sizeof process) {
    return std::nullopt;
  }
  const timeval start = process.kp_proc.p_starttime;
  return static_cast<int64_t>(start.tv_sec) * 1000 + start.tv_usec / 1000;
}

#else

std::optional<int64_t> ProcessStartMillis() { return std::nullopt; }

#endif

}  // namespace daybook
