// A page of locations in an index run: built record by record, searched and walked.
// docs/formats/index-run.md, "Locations". Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "log/index_run_format.h"
#include "log/record_location.h"

namespace daybook::index_run {

class LocationPageBuilder {
 public:
  LocationPageBuilder();

  // False: the page is full, and unchanged. REQUIRES: ascending seqnums, time stamps that do not fall.
  [[nodiscard]] bool Add(const RecordLocation& location);

  [[nodiscard]] size_t count() const { return count_; }
  [[nodiscard]] TreeEntry first() const { return first_; }
  // All of the page but its header. The builder is empty then.
  void Finish(Page* page);

 private:
  void Encode(const RecordLocation& location, bool restart);

  std::vector<std::byte> bytes_;    // behind the header
  std::vector<std::byte> scratch_;  // one entry
  std::vector<uint16_t> restarts_;
  size_t count_ = 0;
  TreeEntry first_;
  RecordLocation previous_;
};

// Walks along the records of a page, or of a part of it. Believes nothing: Next fails on bytes that mean no
// record, and on seqnums or time stamps that do not ascend.
class LocationPageReader {
 public:
  // `page` has been checked, and must outlive the reader.
  explicit LocationPageReader(PageView page);

  [[nodiscard]] size_t remaining() const { return count_ - index_; }
  // REQUIRES: remaining() > 0. False: damaged.
  [[nodiscard]] bool Next(RecordLocation* location);

  // The record with that seqnum. False: damaged. REQUIRES: the reader is new.
  [[nodiscard]] bool Find(uint64_t seqnum, RecordLocation* location, bool* found);

  // Moves to the last restart whose time stamp is below `time`, or to the first. False: damaged.
  [[nodiscard]] bool SeekTime(uint64_t time);

 private:
  [[nodiscard]] bool ReadRestart(size_t restart, uint64_t* seqnum, uint64_t* timestamp, size_t* at) const;
  template <typename IsBefore>
  [[nodiscard]] bool SeekRestart(size_t low, size_t high, IsBefore is_before);
  void SkipSimple(uint64_t seqnum);
  [[nodiscard]] bool NextRestart();
  [[nodiscard]] bool NextDelta();

  PageView page_;
  size_t count_ = 0;
  size_t index_ = 0;  // of the next record
  size_t at_ = 0;     // of its bytes
  size_t end_ = 0;    // of the entries; 0: the page is damaged
  RecordLocation current_;
};

}  // namespace daybook::index_run
