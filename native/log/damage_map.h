// What cannot be read: ranges of seqnums, each with the place of the damage. A read that would
// have to look into such a range is an error; "unreadable" is never answered as "absent".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daybook/status.h"

namespace daybook {

struct DamagedRange {
  uint64_t first_seqnum = 0;
  uint64_t end_seqnum = 0;  // exclusive; kSeqnumEnd when the end is not known
  std::string path;
  uint64_t offset = 0;
  std::string what;
  // The bytes may have held commands (a trim, a book's name): what is known of books below
  // end_seqnum may be out of date.
  bool commands_lost = false;

  [[nodiscard]] std::string Describe() const;
};

class DamageMap {
 public:
  void Add(DamagedRange range) { ranges_.push_back(std::move(range)); }
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] const std::vector<DamagedRange>& ranges() const { return ranges_; }

  // A name or a trim may be lost: a book without a known name cannot be told from an empty one.
  [[nodiscard]] Status CheckUnnamedBook() const;

  // kCorrupt if a record with a seqnum in [first, last] may be lost, or its fate unknown.
  [[nodiscard]] Status Check(uint64_t first, uint64_t last) const;

 private:
  std::vector<DamagedRange> ranges_;
};

}  // namespace daybook
