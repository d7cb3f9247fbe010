// A log that has lived: with runs, checkpoints, deleted and rewritten segments, closed properly.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "env/env_memory.h"
#include "log/engine_test_support.h"
#include "log/manifest_store.h"
#include "log/test_support.h"

namespace daybook::test {

struct LivedLog {
  // Logs of different seeds have different identities.
  explicit LivedLog(uint64_t seed = 11) : world(seed) {}
  // One with each kind of file.
  void Live(uint64_t lanes, testing_support::Chance* chance);
  // What its newest manifest lists.
  [[nodiscard]] static Manifest Listed(Env* env);

  MemoryEnv world;
  // Of the books "book", of which the front is trimmed, and "kept"; every record has the tag "t".
  std::map<std::string, std::map<uint64_t, TestRecord>> truth;
  std::vector<std::string> names;
};

}  // namespace daybook::test
