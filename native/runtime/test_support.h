// For the tests of the runtime: submissions as a handle makes them, and waiting for what is woken.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "log/test_support.h"
#include "runtime/log_runtime.h"

namespace daybook::testing_support {

// One group behind its header (runtime/client.h).
inline ByteVector Group(uint64_t book, const std::vector<TestRecord>& records, bool flush = true) {
  ByteVector encoded;
  for (size_t i = 0; i < records.size(); ++i) {
    TestRecord record = records[i];
    record.book = book;
    record.first = i == 0;
    AppendRecord(record, &encoded);
  }
  ByteVector group;
  ByteWriter writer(&group);
  writer.PutU32(static_cast<uint32_t>(encoded.size()));
  writer.PutU32(static_cast<uint32_t>(records.size()));
  writer.PutU32(static_cast<uint32_t>(book));
  writer.PutU8(flush ? 1 : 0);
  writer.PutBytes(ByteVector(3));
  writer.PutBytes(encoded);
  return group;
}

inline ByteVector OneRecord(uint64_t book, const std::string& data, std::vector<std::string> tags = {}) {
  return Group(book, {{book, std::move(tags), data}});
}

inline Command TrimBook(uint64_t book, uint64_t before) {
  Command command;
  command.kind = CommandKind::kTrimBook;
  command.book = book;
  command.before = before;
  return command;
}

// A place to wait at. What is waited for must come; the deadline only ends a test that would hang.
class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    changed_.notify_all();
  }
  [[nodiscard]] uint64_t rings() const {
    const std::lock_guard lock(mutex_);
    return rings_;
  }
  [[nodiscard]] bool WaitForMoreThan(uint64_t rings) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return rings_ > rings; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  uint64_t rings_ = 0;
};

// A handle: a client of a log, and what it has been told so far. Used by one thread.
class Handle {
 public:
  explicit Handle(LogRuntime* runtime)
      : runtime_(runtime), client_(runtime->Connect([bell = bell_] { bell->Ring(); })) {}

  void Append(const ByteVector& groups) {
    ASSERT_TRUE(client_->Submit(groups).ok());
    runtime_->NotifyCommitter();
  }
  void Trim(uint64_t book, uint64_t before) {
    client_->SubmitCommand(TrimBook(book, before));
    runtime_->NotifyCommitter();
  }
  void Disconnect() { runtime_->Disconnect(client_); }

  // Takes what is there, counts the records of it.
  void TakeEvents() {
    Client::Events events = client_->TakeEvents();
    changed = changed || events.changed;
    for (Settlement& settlement : events.settlements) {
      settled_records += settlement.record_count;
      settled_commands += settlement.is_command ? 1 : 0;
      settlements.push_back(std::move(settlement));
    }
    for (ReadAnswer& answer : events.answers) answers.push_back(std::move(answer));
  }
  // Waits until `done()`, looking only when it is woken. False: it never came.
  template <typename Done>
  bool WaitUntil(Done done) {
    while (true) {
      const uint64_t rings = bell_->rings();
      TakeEvents();
      if (done()) return true;
      if (!bell_->WaitForMoreThan(rings)) return false;
    }
  }
  bool WaitForRecords(uint64_t count) {
    return WaitUntil([&] { return settled_records >= count; });
  }

  [[nodiscard]] const std::shared_ptr<Client>& client() const { return client_; }
  [[nodiscard]] const Bell& bell() const { return *bell_; }

  std::vector<Settlement> settlements;
  std::vector<ReadAnswer> answers;
  uint64_t settled_records = 0;
  uint64_t settled_commands = 0;
  bool changed = false;

 private:
  LogRuntime* runtime_;
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::shared_ptr<Client> client_;
};

// The texts of a book's records in order.
inline std::vector<std::string> TextsOf(Engine& engine, uint64_t book,
                                        std::vector<uint64_t>* seqnums = nullptr) {
  std::vector<std::string> texts;
  ReadRequest request{book, "", 0, kSeqnumEnd, false, 100000};
  while (true) {
    ReadOutput output;
    const Status status = engine.Read(request, ReadMode::kMayBlock, &output);
    EXPECT_TRUE(status.ok()) << status.message();
    for (const FoundRecord& found : output.found) {
      texts.push_back(TextOf({output.bytes() + found.data_begin, found.data_size}));
      if (seqnums != nullptr) seqnums->push_back(found.seqnum);
    }
    if (!output.more || output.found.empty()) return texts;
    request.from = output.found.back().seqnum + 1;
  }
}

}  // namespace daybook::testing_support
