#include "env/posix_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

namespace daybook {
namespace {

std::string Stat(const std::string& name, const std::string& start) {
  return "4711 (" + name + ") S 1 4711 4711 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 11 0 " + start + " 999 888";
}

TEST(PosixProcessTest, TheStartIsFoundWhateverTheProgramIsCalled) {
  for (const char* name : {"node", "a b", "x) S 1 2 3", "((", "", "1 2 3 4 5 6 7 8 9 0 1"}) {
    EXPECT_EQ(StartTicksIn(Stat(name, "123456")), 123456U) << name;
  }
  EXPECT_EQ(StartTicksIn(Stat("node", "0")), 0U);
}

TEST(PosixProcessTest, ATextThatIsCutOffOrNoNumberTellsNothing) {
  const std::string text = Stat("node", "123456");
  const size_t start = text.find("123456");
  for (size_t size = 0; size <= start; size++) {
    EXPECT_EQ(StartTicksIn(text.substr(0, size)), std::nullopt) << text.substr(0, size);
  }
  EXPECT_EQ(StartTicksIn(Stat("node", "many")), std::nullopt);
  EXPECT_EQ(StartTicksIn(Stat("node", "99999999999999999999999")), std::nullopt);
}

#if defined(__linux__)
TEST(PosixProcessTest, ThisProcessWasStartedBeforeNowAndAfterTheMachine) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const std::optional<int64_t> started = ProcessStartMillis();
  ASSERT_TRUE(started.has_value());
  const int64_t now =
      duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  double up_seconds = 0;
  std::ifstream("/proc/uptime") >> up_seconds;
  EXPECT_LE(*started, now);
  EXPECT_GE(*started, now - static_cast<int64_t>(up_seconds * 1000) - 1000);
  // Later processes start later: a child that looks at itself says so.
  ::usleep(30'000);
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t process = ::fork();
  if (process == 0) {
    const int64_t child = ProcessStartMillis().value_or(0);
    ::_exit(::write(pipe_ends[1], &child, sizeof child) == sizeof child ? 0 : 1);
  }
  int64_t child = 0;
  ASSERT_EQ(::read(pipe_ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  EXPECT_GT(child, *started);
  EXPECT_EQ(::waitpid(process, nullptr, 0), process);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}
#endif

}  // namespace
}  // namespace daybook
