#include "env/crash_choice.h"

#include <iterator>
#include <sstream>

#include "base/assert.h"
#include "env/memory_content.h"

namespace daybook {

using memory_env_internal::Mix;

CrashChoice CrashChoice::Seeded(uint64_t seed) {
  CrashChoice choice(Kind::kSeeded, seed);
  choice.DrawLeaning();
  return choice;
}

CrashChoice CrashChoice::Replay(const std::string& description) {
  CrashChoice choice(Kind::kReplay, 0);
  std::istringstream words(description);
  for (uint64_t pick = 0; words >> pick;) choice.answers_.push_back({pick, 0});
  return choice;
}

uint64_t CrashChoice::Draw() {
  random_state_ += 0x9e3779b97f4a7c15;
  return Mix(random_state_);
}

void CrashChoice::DrawLeaning() {
  constexpr uint64_t kLeanings[] = {1, 4, 8, 12, 15, 16};
  newest_of_16_ = kLeanings[Draw() % std::size(kLeanings)];
}

uint64_t CrashChoice::NewAnswer(uint64_t options) {
  switch (kind_) {
    case Kind::kNewest:
      return options - 1;
    case Kind::kSeeded: {
      if (newest_of_16_ == 16) return Draw() % options;
      if (Draw() % 16 < newest_of_16_) return options - 1;
      return Draw() % 4 == 0 ? Draw() % options : 0;
    }
    default:
      return 0;
  }
}

uint64_t CrashChoice::Pick(uint64_t options) {
  DAYBOOK_ASSERT(options > 0);
  if (options == 1) return 0;
  if (position_ == answers_.size()) answers_.push_back({NewAnswer(options), options});
  const uint64_t pick = answers_[position_++].pick;
  DAYBOOK_ASSERT(pick < options);
  return pick;
}

bool CrashChoice::Next() {
  position_ = 0;
  if (kind_ == Kind::kSeeded) {
    answers_.clear();
    DrawLeaning();
    return true;
  }
  if (kind_ != Kind::kEvery) return false;
  while (!answers_.empty() && answers_.back().pick + 1 == answers_.back().options) answers_.pop_back();
  if (answers_.empty()) return false;
  ++answers_.back().pick;
  return true;
}

std::string CrashChoice::Describe() const {
  std::string text;
  for (size_t i = 0; i < position_; ++i) text += (i == 0 ? "" : " ") + std::to_string(answers_[i].pick);
  return text;
}

uint64_t CrashChoice::Hash() const {
  uint64_t hash = position_;
  for (size_t i = 0; i < position_; ++i) hash = Mix(hash ^ (answers_[i].pick + 1)) + 1;
  return hash;
}

}  // namespace daybook
