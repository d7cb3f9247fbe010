// What was promised about a log, and the one judge of whether a log that was opened again keeps it.
//
// The promises are those of docs/guarantees.md: acknowledged appends are there with their bytes,
// tags and seqnum as far as their durability reaches, every append at most once and whole, in the
// order of the appends, nothing that was called not written, no seqnum for two records; what a
// power cut takes is always the newest part.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "log/engine_test_support.h"

namespace daybook::test {

// What took the log away: the process alone, or the power, and un-flushed writes with it.
enum class Loss : uint8_t { kKill, kPower };

enum class Fate : uint8_t {
  kOpen,          // under way, or reported as unknown: it may show up
  kAcknowledged,  // promised
  kNever,         // called not written, or seen to be lost: it must not show up
};

enum class DeedKind : uint8_t { kAppend, kTrim, kTrimTag, kDrop };

// An append of one group, a trim, or a drop, which trims all and forgets the name.
struct Deed {
  DeedKind kind = DeedKind::kAppend;
  std::string book;
  std::vector<std::string> data;  // of the group's records; each tells its deed and its place in it
  std::vector<std::string> tags;
  uint64_t before = 0;  // of a trim
  std::string tag;      // of a trim of one

  Fate fate = Fate::kOpen;
  bool durable = false;          // acknowledged, and promised to outlive the power
  uint64_t first_seqnum = 0;     // of an acknowledged append
  uint64_t told_end_before = 0;  // seqnums below were told to somebody before it began
};

// What a log shows: of each book its records, ascending, and its trim marks.
struct Observation {
  struct Book {
    std::vector<TestRecord> records;
    uint64_t trimmed_before = 0;
    std::map<std::string, uint64_t> tag_marks;  // those above trimmed_before
    bool operator==(const Book&) const = default;
  };
  std::map<std::string, Book> books;
  bool operator==(const Observation&) const = default;

  [[nodiscard]] uint64_t EndSeqnum() const;  // behind the last record
};

inline const std::vector<std::string>& Books() {
  static const std::vector<std::string> books = {"book", "other"};
  return books;
}
inline const std::vector<std::string>& Tags() {
  static const std::vector<std::string> tags = {"t", "a", "b"};
  return tags;
}

// Reads all books: forwards, backwards and by each tag, which must agree. Says what does not.
std::string Observe(TestLog* log, Observation* seen);

class Promise {
 public:
  // Each returns the number of the deed, to be told of its fate later.
  size_t BeginAppend(const std::string& book, uint64_t records, uint64_t bytes);
  size_t BeginTrim(const std::string& book, uint64_t before);
  size_t BeginTrimTag(const std::string& book, const std::string& tag, uint64_t before);
  // REQUIRES: a record of the book is there whatever is lost, so that its absence tells of the drop.
  size_t BeginDrop(const std::string& book, uint64_t end);
  // The book may trim itself from now on, as long as it keeps so many records.
  void Retain(const std::string& book, uint64_t records);

  void Acknowledge(size_t deed, uint64_t first_seqnum, bool durable);
  void NotWritten(size_t deed);
  void EverythingIsDurable();  // of what is acknowledged
  // A log that was opened again has shown this: what was open is settled by it, what it shows is
  // promised (if it is `durable`, even over a power cut), and what it does not show must never come
  // back.
  void SettleBy(const Observation& seen, bool durable);

  [[nodiscard]] const Deed& deed(size_t number) const { return deeds_[number]; }
  [[nodiscard]] const std::vector<Deed>& deeds() const { return deeds_; }
  [[nodiscard]] uint64_t told_end() const { return told_end_; }
  [[nodiscard]] const std::map<std::string, uint64_t>& retained() const { return retained_; }
  // Another one for each change of each promise.
  [[nodiscard]] uint64_t version() const { return version_; }

 private:
  void Changed();
  void ForgetDropped(size_t drop);

  std::map<std::string, uint64_t> retained_;
  std::vector<Deed> deeds_;  // in the order in which they were begun
  uint64_t told_end_ = 0;
  uint64_t version_ = 0;
};

// What is wrong with a log that shows this after such a loss; empty: nothing.
std::string Judge(const Promise& promise, const Observation& seen, Loss loss);

}  // namespace daybook::test
