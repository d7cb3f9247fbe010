#include "log/damage_map.h"

#include "log/identity.h"

namespace daybook {

std::string DamagedRange::Describe() const {
  std::string text = path + ", offset " + std::to_string(offset) + ": " + what;
  if (end_seqnum > first_seqnum) {
    text += "; affected: seqnums " + std::to_string(first_seqnum) + " to ";
    text += end_seqnum >= kSeqnumEnd ? "the end of the log" : std::to_string(end_seqnum - 1);
  } else {
    text += "; no record is lost";
  }
  if (commands_lost)
    text += "; whether records below " + std::to_string(end_seqnum) + " were trimmed is not known";
  return text;
}

Status DamageMap::Check(uint64_t first, uint64_t last) const {
  for (const DamagedRange& range : ranges_) {
    if (range.end_seqnum <= range.first_seqnum && !range.commands_lost) continue;
    const uint64_t begin = range.commands_lost ? 0 : range.first_seqnum;
    if (first < range.end_seqnum && last >= begin) {
      return {StatusCode::kCorrupt, range.Describe()};
    }
  }
  return Status::Ok();
}

Status DamageMap::CheckUnnamedBook() const {
  for (const DamagedRange& range : ranges_) {
    if (range.commands_lost) return {StatusCode::kCorrupt, range.Describe()};
  }
  return Status::Ok();
}

}  // namespace daybook
