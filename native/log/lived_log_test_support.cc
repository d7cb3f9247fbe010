#include "log/lived_log_test_support.h"

#include <gtest/gtest.h>

namespace daybook::test {

void LivedLog::Live(uint64_t lanes, testing_support::Chance* chance) {
  EngineOptions options = TestLog::SmallOptions();
  options.lanes = lanes;
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log, options).ok());
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string book = i % 4 == 0 ? "kept" : "book";
      log->acknowledged.clear();
      ASSERT_TRUE(
          log->Append({chance->Text(chance->Below(700)), "s"}, {"t", "u" + std::to_string(i)}, true, book)
              .ok());
      truth[book].insert(log->acknowledged.begin(), log->acknowledged.end());
    }
    const uint64_t end = log->acknowledged.rbegin()->first;
    const uint64_t before = end > 100 ? end - 100 : 0;
    ASSERT_TRUE(log->Trim(before).ok());
    std::erase_if(truth["book"], [&](const auto& each) { return each.first < before; });
    ASSERT_TRUE(log->engine().MaintainAll().ok());
  }
  const Manifest manifest = Listed(&world);
  ASSERT_FALSE(manifest.runs.empty());
  ASSERT_FALSE(manifest.checkpoints.empty());
  ASSERT_FALSE(manifest.overlays.empty());
  ASSERT_TRUE(log->engine().Close().ok());
  log.reset();
  ASSERT_TRUE(world.ListDirectory(kDirectory, &names).ok());
}

Manifest LivedLog::Listed(Env* env) {
  ManifestState state;
  EXPECT_TRUE(ReadManifest(env, kDirectory, &state).ok());
  return state.manifest;
}

}  // namespace daybook::test
