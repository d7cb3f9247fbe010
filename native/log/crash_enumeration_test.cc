// Crashes by the hundred thousand: docs/testing.md says how, and how to replay one.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

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

bool IsEnough(const CrashHunt& hunt, uint64_t images, uint64_t hits_each) {
  if (hunt.distinct_images() < images) return false;
  for (const auto& [kind, hits] : hunt.hits()) {
    if (hits.images < hits_each) return false;
  }
  return true;
}

TEST(CrashEnumerationTest, NoCrashBreaksAPromise) {
  testing_support::Chance chance;
  const uint64_t images = NumberFromEnvironment("DAYBOOK_CRASH_IMAGES", kSlow ? 10'000 : 100'000);
  const uint64_t hits_each = kSlow ? 100 : 1'000;
  const char* only = std::getenv("DAYBOOK_CRASH_WORKLOAD");
  CrashHunt hunt(chance.Below(UINT64_MAX));
  for (const Workload& workload : NamedWorkloads()) {
    if (only == nullptr || workload.name == only) hunt.Run(workload);
  }
  for (uint64_t i = 0; i < kRandomWorkloadsMax && only == nullptr && hunt.failures().empty(); ++i) {
    if (IsEnough(hunt, images, hits_each)) break;
    hunt.Run(RandomWorkload(i));
  }
  std::printf("%s\n%s", chance.Replay().c_str(), hunt.Report().c_str());
  for (const std::string& failure : hunt.failures()) ADD_FAILURE() << failure;
  if (only == nullptr && hunt.failures().empty()) {
    EXPECT_TRUE(IsEnough(hunt, images, hits_each));
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
