// The families of workloads do what they are there for: else crashing them would show nothing of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/crash_family_test_support.h"
#include "log/file_name.h"
#include "log/manifest_store.h"

namespace daybook::test {
namespace {

// What took place in the background of some workload.
struct Deeds {
  size_t runs = 0;
  size_t merges = 0;
  size_t checkpoints_replaced = 0;
  size_t rolls = 0;
  size_t deleted = 0;
  size_t rewritten = 0;
  size_t recycled = 0;
  size_t state_frames = 0;
  size_t lanes_max = 0;
};

void Note(const Manifest& before, const Manifest& after, Deeds* deeds) {
  if (after.runs.size() > before.runs.size()) ++deeds->runs;
  if (after.runs.size() < before.runs.size()) ++deeds->merges;
  if (before.checkpoints.size() == 2 && after.checkpoints != before.checkpoints)
    ++deeds->checkpoints_replaced;
  if (after.next_segment > before.next_segment) ++deeds->rolls;
  if (after.gone_seqnum > before.gone_seqnum) ++deeds->deleted;
  if (after.overlays.size() > before.overlays.size()) ++deeds->rewritten;
  if (after.state_batch > before.state_batch) ++deeds->state_frames;
  for (const ManifestSegment& segment : after.segments)
    deeds->lanes_max = std::max<size_t>(deeds->lanes_max, segment.lane + 1);
}

Deeds Play(const std::string& family) {
  Deeds deeds;
  for (const WorkloadFamily& each : WorkloadFamilies()) {
    if (each.name != family) continue;
    for (const Workload& workload : each.workloads) {
      MemoryEnv world(1);
      FaultEnv env(&world);
      env.SetHook([&](const Operation& operation) {
        if (operation.kind == OperationKind::kRename &&
            ParseFileName(operation.path.substr(operation.path.rfind('/') + 1)).kind == FileKind::kSegment)
          ++deeds.recycled;
        return Fault();
      });
      Player player(&env, workload.options);
      ManifestState before;
      for (const Step& step : workload.steps) {
        step.play(&player);
        EXPECT_EQ(player.wrong(), "") << workload.name << ", " << step.name;
        ManifestState after;
        if (!ReadManifest(&world, kDirectory, &after).ok() || !after.found) continue;
        if (before.found) Note(before.manifest, after.manifest, &deeds);
        before = after;
      }
    }
  }
  return deeds;
}

TEST(CrashFamilyTest, RunsAreWrittenAndMergedAndCheckpointsReplaced) {
  const Deeds deeds = Play("Runs");
  EXPECT_GE(deeds.runs, 5U);
  EXPECT_GE(deeds.merges, 1U);
  EXPECT_GE(deeds.checkpoints_replaced, 2U);
}

TEST(CrashFamilyTest, SegmentsAreDeletedRewrittenAndRecycled) {
  const Deeds deeds = Play("Reclaims");
  EXPECT_GE(deeds.deleted, 4U);
  EXPECT_GE(deeds.rewritten, 2U);
  EXPECT_GE(deeds.recycled, 2U);
  EXPECT_GE(deeds.state_frames, 2U);
}

TEST(CrashFamilyTest, SeveralLanesRoll) {
  const Deeds deeds = Play("Lanes");
  EXPECT_EQ(deeds.lanes_max, 3U);
  EXPECT_GE(deeds.rolls, 2U);
}

}  // namespace
}  // namespace daybook::test
