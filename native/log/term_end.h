// Where the terms of a log ended, and what that says of a position that somebody was told.
// docs/positions.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace daybook {

// An earlier term, and the index of its last metalog entry that is part of the log. What it had told
// behind that was lost.
struct TermEnd {
  uint64_t term = 0;
  uint64_t index = 0;
  bool clean = false;  // it was closed properly, so it had told nothing behind its end
  bool operator==(const TermEnd&) const = default;
};

// How far somebody saw a log.
struct LogPosition {
  uint64_t term = 0;
  uint64_t index = 0;  // of a metalog entry
};

enum class PositionIs : uint8_t {
  kReached,    // all that it says is visible
  kAhead,      // of the present term, and not visible yet
  kLaterTerm,  // of a term that has not begun, as far as is known here
  kLost,       // a crash took it
  kForgotten,  // of a term so old that nobody knows where it ended
};

// So many unclean ends are remembered.
inline constexpr size_t kTermEndsMax = 64;

// Adds the end of a term. Two clean ones in a row need but the later: neither has told what is not there.
// REQUIRES: `end.term` is above those of `ends`.
void EndTerm(const TermEnd& end, std::vector<TermEnd>* ends);

// `visible` is how far the log is seen now, `ends` those of the terms before.
PositionIs ComparePosition(const LogPosition& asked, const LogPosition& visible,
                           const std::vector<TermEnd>& ends);

}  // namespace daybook
