// CrashChoice: which of the legal states of a disk a crash leaves. It answers, one after another,
// what became of each thing that may have been lost; whoever asks builds the state (CrashStates).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace daybook {

// Of the answers to a question the first is the oldest state, the last the newest.
//
//   CrashChoice choice = CrashChoice::Every();
//   do { Look(states.Make(choice)); } while (choice.Next());
class CrashChoice {
 public:
  static CrashChoice Every() { return CrashChoice(Kind::kEvery, 0); }  // all combinations, in turn
  // Samples without end: some with most of it lost, some with little, some even.
  static CrashChoice Seeded(uint64_t seed);
  static CrashChoice Oldest() { return CrashChoice(Kind::kOldest, 0); }  // all is lost
  static CrashChoice Newest() { return CrashChoice(Kind::kNewest, 0); }  // nothing is
  // The one that Describe of another described.
  static CrashChoice Replay(const std::string& description);

  // In [0, options), where options > 0.
  uint64_t Pick(uint64_t options);

  // Goes on to the next combination; false when there is none.
  bool Next();

  // The answers given since the last Next: "1 0 2".
  [[nodiscard]] std::string Describe() const;
  [[nodiscard]] uint64_t Hash() const;

 private:
  enum class Kind : uint8_t { kEvery, kSeeded, kOldest, kNewest, kReplay };
  struct Answer {
    uint64_t pick;
    uint64_t options;
  };

  CrashChoice(Kind kind, uint64_t seed) : kind_(kind), random_state_(seed) {}
  uint64_t Draw();
  void DrawLeaning();
  uint64_t NewAnswer(uint64_t options);

  Kind kind_;
  uint64_t random_state_;
  uint64_t newest_of_16_ = 0;  // kSeeded: how often the newest state is taken; 16: all alike
  std::vector<Answer> answers_;
  size_t position_ = 0;  // of the next question in answers_
};

}  // namespace daybook
