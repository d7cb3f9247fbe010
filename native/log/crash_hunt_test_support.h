// CrashHunt: crashes workloads at every operation of Env, in every way, and judges what is left.
//
// Before each operation the world is left as a kill of the process leaves it; as a power cut may
// leave it (CrashStates: all of them when they are few, samples when they are many); and, if the
// operation is a write, with the write cut at every byte. Each image is opened, compared with what
// was promised, appended to and opened again. From some of the images a second hunt begins: at
// every operation of their recovery, and of a few steps behind it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/crash_model_test_support.h"
#include "log/crash_workload_test_support.h"

namespace daybook::test {

class CrashHunt {
 public:
  // Crashes before one in `sampled` operations, chosen by chance.
  explicit CrashHunt(uint64_t seed, uint64_t sampled = 1) : seed_(seed), sampled_(sampled) {}

  // From now on crashes before operations of these kinds only.
  void Focus(std::vector<OperationKind> kinds) { focus_ = std::move(kinds); }

  // May be called for one workload after the other.
  void Run(const Workload& workload);

  // Images with different names or bytes that were opened and judged.
  [[nodiscard]] uint64_t distinct_images() const { return distinct_.size(); }
  // Operations of this kind before which the world was crashed, and the images made there.
  struct Hits {
    uint64_t operations = 0;
    uint64_t images = 0;
  };
  [[nodiscard]] const std::map<OperationKind, Hits>& hits() const { return hits_; }
  // At most so many; the hunt is over then.
  static constexpr size_t kFailuresMax = 3;
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  // Tables of what was done.
  [[nodiscard]] std::string Report() const;

 private:
  // One run that is being crashed.
  struct Scene {
    const Player* player = nullptr;  // its promise is what counts
    MemoryEnv* world = nullptr;
    EngineOptions options;
    Loss loss = Loss::kKill;  // the worst that has happened to this world already
    int depth = 0;            // crashes that it comes from
    std::string story;        // how one gets here
    std::string step;
    const Operation* operation = nullptr;

    // Of the last operation, and what was made of it.
    uint64_t changes = UINT64_MAX;
    uint64_t version = 0;
    uint64_t images = 0;
  };
  enum class Way : uint8_t { kKill, kPower, kCut };

  void Play(Scene* scene, Player* player, FaultEnv* env, const std::vector<Step>& steps,
            const Workload& workload);
  bool IsSought(const Operation* operation);
  void Crash(Scene* scene, const Operation* operation);
  void PowerCuts(Scene* scene, MemoryEnv* world, uint64_t samples, const std::string& how);
  void CutWrite(Scene* scene, const Operation& write);
  void CutWriteAt(Scene* scene, const Operation& write, uint64_t kept, bool grown);
  void Image(Scene* scene, std::unique_ptr<MemoryEnv> image, Loss loss, Way way, const std::string& how);
  void HuntFrom(const Scene& scene, MemoryEnv* image, Loss loss, const std::string& how);
  std::string Examine(MemoryEnv* image, const Promise& promise, Loss loss, const EngineOptions& options);
  void Fail(const Scene& scene, const std::string& how, const std::string& wrong);
  [[nodiscard]] bool Over() const { return failures_.size() >= kFailuresMax; }
  bool OneIn(uint64_t count) { return random_() % count == 0; }

  const uint64_t seed_;
  const uint64_t sampled_;
  std::vector<OperationKind> focus_;  // none: all of them
  std::mt19937_64 random_;
  std::unordered_set<uint64_t> distinct_;
  std::unordered_set<uint64_t> judged_;  // image, promise and loss
  std::map<OperationKind, Hits> hits_;
  std::array<uint64_t, 3> ways_{};
  std::array<uint64_t, 3> depths_{};
  uint64_t workloads_ = 0;
  uint64_t hunts_ = 0;  // those begun from images
  std::vector<std::string> failures_;
};

}  // namespace daybook::test
