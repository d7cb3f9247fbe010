// What readers see of an open log, whether it is written here (Engine) or followed (Follower). Safe from
// any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daybook/status.h"
#include "log/book_list.h"
#include "log/engine_stat.h"
#include "log/log_reader.h"
#include "log/term_end.h"

namespace daybook {

class LogView {
 public:
  virtual ~LogView() = default;
  LogView(const LogView&) = delete;
  LogView& operator=(const LogView&) = delete;

  // Number by which the other calls know the book, given to the name in memory if it has none. 0: there
  // are too many.
  virtual uint64_t OpenBook(std::string_view name) = 0;
  [[nodiscard]] virtual uint64_t TrimmedBefore(uint64_t book) const = 0;
  // Up to where metalog entries behind `index` have trimmed this tag of the book; of an empty one, at least
  // up to where they have trimmed any. 0: nothing.
  [[nodiscard]] virtual uint64_t TagTrimmedBefore(uint64_t book, std::string_view tag,
                                                  uint64_t index) const = 0;
  // Statuses of ReadRecords and SeqnumAtTime.
  virtual Status Read(const ReadRequest& request, ReadMode mode, ReadOutput* output) = 0;
  virtual Status SeqnumAt(uint64_t book, uint64_t time, ReadMode mode, uint64_t* seqnum) = 0;

  // How far the log is visible.
  [[nodiscard]] virtual LogPosition Position() const = 0;
  [[nodiscard]] virtual PositionIs Compare(const LogPosition& position) const = 0;
  [[nodiscard]] virtual uint64_t incarnation() const = 0;

  // Why the log is read-only, or is not followed any further; ok while neither is so.
  [[nodiscard]] virtual Status Failure() const = 0;
  [[nodiscard]] virtual std::vector<BookListing> ListBooks(const BookQuery& query) const = 0;
  // The parts are of slightly different moments.
  [[nodiscard]] virtual EngineStat Stat() const = 0;

 protected:
  LogView() = default;
};

}  // namespace daybook
