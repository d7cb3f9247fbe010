// Crashes by the hundred thousand: docs/testing.md says how, and how to replay one.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "log/crash_family_test_support.h"
#include "log/crash_hunt_test_support.h"
#include "log/test_support.h"

namespace daybook::test {
namespace {

// A sanitizer makes everything slow: a part of the operations must do there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSampled = 40;
#else
constexpr uint64_t kSampled = 1;
#endif

// Of all that the engine does to an Env. (What kind of file system there is, is asked before.)
std::vector<OperationKind> KindsCrashedLessThan(uint64_t images, const CrashHunt& hunt) {
  std::vector<OperationKind> kinds;
  for (auto kind = OperationKind::kOpenFile; kind < OperationKind::kFileSystemOf;
       kind = static_cast<OperationKind>(static_cast<int>(kind) + 1)) {
    const auto found = hunt.hits().find(kind);
    if (found == hunt.hits().end() || found->second.images < images) kinds.push_back(kind);
  }
  return kinds;
}

// So often is looked for those that are rare.
constexpr int kPassesMax = 50;

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr || *given == '\0' ? otherwise : std::strtoull(given, nullptr, 10);
}

void Tell(const testing_support::Chance& chance, const CrashHunt& hunt) {
  std::printf("%s\n%s", chance.Replay().c_str(), hunt.Report().c_str());
  for (const std::string& failure : hunt.failures()) ADD_FAILURE() << failure;
}

class CrashEnumerationTest : public testing::TestWithParam<WorkloadFamily> {};

TEST_P(CrashEnumerationTest, NoCrashBreaksAPromise) {
  testing_support::Chance chance;
  CrashHunt hunt(chance.Below(UINT64_MAX), kSampled);
  // DAYBOOK_CRASH_WORKLOAD: this one and no other.
  const char* only = std::getenv("DAYBOOK_CRASH_WORKLOAD");
  for (const Workload& workload : GetParam().workloads) {
    if (only == nullptr || workload.name == only) hunt.Run(workload);
  }
  Tell(chance, hunt);
  if (only == nullptr && hunt.failures().empty()) {
    EXPECT_GE(hunt.distinct_images(), kSampled == 1 ? 2'000 * GetParam().workloads.size() : 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, CrashEnumerationTest, testing::ValuesIn(WorkloadFamilies()),
                         [](const auto& family) { return family.param.name; });

// DAYBOOK_CRASH_IMAGES asks for more.
TEST(CrashEnumerationRandomTest, NoCrashOfARandomWorkloadBreaksAPromise) {
  testing_support::Chance chance;
  CrashHunt hunt(chance.Below(UINT64_MAX), kSampled);
  const uint64_t wanted = NumberFromEnvironment("DAYBOOK_CRASH_IMAGES", 100'000 / kSampled);
  const std::string random = "random ";
  const char* only = std::getenv("DAYBOOK_CRASH_WORKLOAD");
  const bool is_ours = only == nullptr || std::string(only).starts_with(random);
  if (only != nullptr && is_ours) hunt.Run(RandomWorkload(std::strtoull(only + random.size(), nullptr, 10)));
  while (only == nullptr && hunt.failures().empty() && hunt.distinct_images() < wanted)
    hunt.Run(RandomWorkload(chance.Below(UINT32_MAX)));
  // By chance files are seldom used again, or cut off where a write failed.
  for (int pass = 0; pass < kPassesMax && only == nullptr && hunt.failures().empty(); ++pass) {
    const std::vector<OperationKind> rare = KindsCrashedLessThan(wanted / 100, hunt);
    if (rare.empty()) break;
    hunt.Focus(rare);
    for (Workload workload : NamedWorkloads()) {
      workload.name += ", pass " + std::to_string(pass);
      hunt.Run(workload);
    }
  }
  Tell(chance, hunt);
  if (only != nullptr || !hunt.failures().empty()) return;
  for (const OperationKind kind : KindsCrashedLessThan(wanted / 100, hunt))
    ADD_FAILURE() << "too seldom: " << OperationKindName(kind);
}

// What the hunt is worth: a disk that lies breaks promises, and the hunt must see it.
TEST(CrashEnumerationLiesTest, ADiskThatLiesIsFoundOut) {
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
