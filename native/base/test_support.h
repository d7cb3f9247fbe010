// For tests of all layers: seeded chance.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace daybook::testing_support {

// Chance that can be replayed: DAYBOOK_SEED, or a seed that a failure prints.
class Chance {
 public:
  Chance() : seed_(SeedOfRun()), engine_(seed_), trace_(__FILE__, __LINE__, Replay()) {}

  [[nodiscard]] std::string Replay() const { return "replay with DAYBOOK_SEED=" + std::to_string(seed_); }

  // In [0, end), or [low, high].
  uint64_t Below(uint64_t end) { return engine_() % end; }
  uint64_t Between(uint64_t low, uint64_t high) { return low + Below(high - low + 1); }
  bool OneIn(uint64_t count) { return Below(count) == 0; }
  std::string Text(uint64_t size) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('a' + Below(26));
    return text;
  }

 private:
  static uint64_t SeedOfRun() {
    const char* given = std::getenv("DAYBOOK_SEED");
    if (given != nullptr && *given != '\0') return std::strtoull(given, nullptr, 10);
    return std::random_device()();
  }

  uint64_t seed_;
  std::mt19937_64 engine_;
  testing::ScopedTrace trace_;
};

}  // namespace daybook::testing_support
