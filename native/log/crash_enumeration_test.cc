// Crashes by the hundred thousand: docs/testing.md says how, and how to replay one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "log/crash_family_test_support.h"
#include "log/crash_hunt_test_support.h"
#include "log/test_support.h"

namespace daybook::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSlow = true;
#else
constexpr bool kSlow = false;
#endif
constexpr uint64_t kRandomWorkloadsMax = 100'000;

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr || *given == '\0' ? otherwise : std::strtoull(given, nullptr, 10);
}

class Enough {
 public:
  // DAYBOOK_CRASH_IMAGES asks for more. A sanitizer makes everything slow: less must do there.
  Enough() : images_(NumberFromEnvironment("DAYBOOK_CRASH_IMAGES", kSlow ? 10'000 : 100'000)) {}

  [[nodiscard]] bool Is(const CrashHunt& hunt) const {
    const auto rare = [&](const auto& entry) { return entry.second.images < images_ / 100; };
    return hunt.distinct_images() >= images_ && std::none_of(hunt.hits().begin(), hunt.hits().end(), rare);
  }

 private:
  uint64_t images_;
};

// DAYBOOK_CRASH_WORKLOAD: this one and no other.
void RunOnly(const std::string& name, CrashHunt* hunt) {
  const std::string random = "random ";
  if (name.starts_with(random)) {
    hunt->Run(RandomWorkload(std::strtoull(name.c_str() + random.size(), nullptr, 10)));
    return;
  }
  for (const Workload& workload : NamedWorkloads()) {
    if (workload.name == name) hunt->Run(workload);
  }
}

TEST(CrashEnumerationTest, NoCrashBreaksAPromise) {
  testing_support::Chance chance;
  const Enough enough;
  CrashHunt hunt(chance.Below(UINT64_MAX));
  const char* only = std::getenv("DAYBOOK_CRASH_WORKLOAD");
  if (only != nullptr) {
    RunOnly(only, &hunt);
  } else {
    std::vector<Workload> named = NamedWorkloads();
    if (kSlow) std::shuffle(named.begin(), named.end(), std::mt19937_64(chance.Below(UINT64_MAX)));
    for (const Workload& workload : named) {
      if (!kSlow || !enough.Is(hunt)) hunt.Run(workload);
    }
    for (uint64_t i = 0; i < kRandomWorkloadsMax && hunt.failures().empty() && !enough.Is(hunt); ++i)
      hunt.Run(RandomWorkload(chance.Below(UINT32_MAX)));
  }
  std::printf("%s\n%s", chance.Replay().c_str(), hunt.Report().c_str());
  for (const std::string& failure : hunt.failures()) ADD_FAILURE() << failure;
  if (only == nullptr && hunt.failures().empty()) {
    EXPECT_TRUE(enough.Is(hunt)) << "too few images, or too few of an operation";
  }
}

// What the hunt is worth: a disk that lies breaks promises, and the hunt must see it.
TEST(CrashEnumerationTest, ADiskThatLiesIsFoundOut) {
  testing_support::Chance chance;
  for (const char* lie : {"lie sync segment-*", "lie sync manifest-*", "lie sync-directory *",
                          "drop write segment-* nth 3", "misdirect write segment-* by 4096 nth 4",
                          "flip write segment-* bit 900 nth 3", "lie sync segment-* nth 5"}) {
    CrashHunt hunt(chance.Below(UINT64_MAX));
    for (Workload workload : NamedWorkloads()) {
      if (!workload.faults.empty()) continue;
      workload.faults = lie;
      hunt.Run(workload);
      if (!hunt.failures().empty()) break;
    }
    EXPECT_FALSE(hunt.failures().empty()) << lie;
  }
}

}  // namespace
}  // namespace daybook::test
