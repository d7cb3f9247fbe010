#include "log/term_end.h"

#include <algorithm>

namespace daybook {

void EndTerm(const TermEnd& end, std::vector<TermEnd>* ends) {
  if (!ends->empty() && ends->back().clean) ends->pop_back();
  ends->push_back(end);
  if (ends->size() > kTermEndsMax) ends->erase(ends->begin());
}

PositionIs ComparePosition(const LogPosition& asked, const LogPosition& visible,
                           const std::vector<TermEnd>& ends) {
  if (asked.term > visible.term) return PositionIs::kLaterTerm;
  if (asked.term < visible.term) {
    const auto end = std::find_if(ends.begin(), ends.end(),
                                  [&](const TermEnd& known) { return known.term >= asked.term; });
    // What stood in front of a full list was dropped, and nobody knows where its first entry begins.
    const bool is_forgotten =
        end == ends.begin() && ends.size() == kTermEndsMax && ends.front().term != asked.term;
    if (is_forgotten) return PositionIs::kForgotten;
    if (end != ends.end() && asked.index > end->index) return PositionIs::kLost;
  }
  return asked.index <= visible.index ? PositionIs::kReached : PositionIs::kAhead;
}

}  // namespace daybook
