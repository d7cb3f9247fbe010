// Fault rules: what goes wrong in a FaultEnv, written as text, one rule a line (or between ';').
//
//   fail write segment-* after 3 with EIO once     the fourth write fails, and only that
//   fail sync * nth 2 with EIO                     the second flush fails
//   tear write segment-* at 100 with ENOSPC        100 bytes of it are written, then it fails
//   delay sync * 50ms
//   lie sync segment-*                             reports success and does nothing
//   drop write manifest-*                          likewise
//   misdirect write segment-* by 4096              goes to another place in the file
//   flip read segment-* bit 17                     what is read has another bit 17
//   full after 1048576 bytes                       a short write, then ENOSPC for ever
//   kill at 57                                     from operation 57 on nothing goes through
//
// docs/testing.md has the whole grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daybook/status.h"
#include "env/env_fault.h"

namespace daybook {

enum class FaultAction : uint8_t { kFail, kTear, kDelay, kPretend, kMisdirect, kFlip, kFull, kKill };

struct FaultRule {
  std::string text;  // as it was written
  FaultAction action = FaultAction::kFail;

  // Which operations it is about.
  std::optional<OperationKind> kind;  // none: any
  std::string file = "*";             // pattern of the last part of the path; * and ? as in a shell
  std::optional<uint64_t> offset;     // only reads and writes of this byte of the file

  // Which of them it hits: not the first `skip`, and so many at most.
  uint64_t skip = 0;
  uint64_t times = UINT64_MAX;

  // What happens to them.
  int error = 0;            // errno, for kFail and kTear
  bool afterwards = false;  // kFail: the operation was made all the same
  uint64_t amount = 0;      // bytes to tear at, ms to wait, bit to flip, bytes that fit, operation to die at
  int64_t shift = 0;        // kMisdirect

  uint64_t seen = 0;  // operations that it is about
  uint64_t hits = 0;  // those that it hit
};

// Not safe for use from several threads; a FaultEnv calls its hook from one at a time.
class FaultRules {
 public:
  // kInvalidArgument names the line and what was expected there. `rules` then stays as it was.
  static Status Parse(std::string_view text, FaultRules* rules);

  // What becomes of the operation. Delays add up; of the other rules the first that hits it counts.
  Fault Decide(const Operation& operation);

  [[nodiscard]] const std::vector<FaultRule>& rules() const { return rules_; }
  // A line for each rule: how often it hit, of how many operations that it is about.
  [[nodiscard]] std::string Report() const;

 private:
  std::vector<FaultRule> rules_;
  uint64_t bytes_written_ = 0;
};

// Does the whole of `name` match? '*' is any run of characters, '?' any one.
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace daybook
