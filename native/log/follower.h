// The follower: a log that another process writes, open for reading. It takes no lock, writes nothing, and
// shows what is flushed. Like the engine it has no thread and no clock; a driver calls Poll.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daybook/env.h"
#include "daybook/options.h"
#include "log/control_page.h"
#include "log/followed_log.h"
#include "log/log_view.h"

namespace daybook {

class Follower : public LogView {
 public:
  // kFormat: no log is there. kCorrupt, kIo: it cannot be read.
  static Status Open(Env* env, const std::string& directory, const EngineOptions& options,
                     std::unique_ptr<Follower>* follower);

  // Looks whether the log has gone on, and goes with it. `*changed`: there is something new to see. A failure
  // leaves what is shown as it was; the next call tries again.
  Status Poll(bool* changed);

  uint64_t OpenBook(std::string_view name) override;
  [[nodiscard]] uint64_t TrimmedBefore(uint64_t book) const override;
  [[nodiscard]] uint64_t TagTrimmedBefore(uint64_t book, std::string_view tag, uint64_t index) const override;
  Status Read(const ReadRequest& request, ReadMode mode, ReadOutput* output) override;
  Status SeqnumAt(uint64_t book, uint64_t time, ReadMode mode, uint64_t* seqnum) override;
  [[nodiscard]] LogPosition Position() const override { return Shown()->Position(); }
  // A term that has not begun here may have begun there.
  [[nodiscard]] PositionIs Compare(const LogPosition& position) const override;
  [[nodiscard]] uint64_t incarnation() const override { return incarnation_; }
  [[nodiscard]] Status Failure() const override;
  [[nodiscard]] std::vector<BookListing> ListBooks(const BookQuery& query) const override {
    return daybook::ListBooks(Shown()->state(), query);
  }
  [[nodiscard]] EngineStat Stat() const override;

 private:
  explicit Follower(const FollowWorld& world) : world_(world), control_(world.env, world.directory) {}

  [[nodiscard]] std::shared_ptr<FollowedLog> Shown() const;
  // The number that the log has given to the book; 0: none yet. Numbers of handles are our own.
  [[nodiscard]] uint64_t NumberIn(const LogState& state, uint64_t book) const;
  Status CatchUp();       // REQUIRES: work_mutex_
  Status TakeManifest();  // REQUIRES: work_mutex_
  Status Reload();        // REQUIRES: work_mutex_
  // Something was not where it should be. True: the log has changed, so it is worth asking again.
  bool Refresh(const std::shared_ptr<FollowedLog>& seen, uint64_t generation);
  template <typename Ask>
  Status Asking(ReadMode mode, Ask ask);

  const FollowWorld world_;
  uint64_t incarnation_ = 0;

  std::mutex work_mutex_;  // whoever changes what is shown holds it
  ControlReader control_;
  ControlState page_;    // as it was read last
  bool behind_ = false;  // the last attempt to go with the log failed

  mutable std::mutex shown_mutex_;
  std::shared_ptr<FollowedLog> shown_;
  uint64_t generation_ = 0;         // of the manifest whose files are shown
  Manifest manifest_;               // the same, for Stat
  Status trouble_;                  // of the last attempt
  std::vector<std::string> names_;  // of books, by our numbers - 1
  std::unordered_map<std::string, uint64_t> numbers_;
};

}  // namespace daybook
