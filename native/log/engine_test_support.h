// A small log to test with: appends by name and text, reads everything, remembers what was
// acknowledged. Used by the tests of the engine, of recovery and of damage.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "env/env_memory.h"
#include "log/engine.h"

namespace daybook::test {

inline constexpr const char* kDirectory = "/log";

struct TestRecord {
  uint64_t seqnum = 0;
  std::string data;
  std::vector<std::string> tags;
  bool operator==(const TestRecord&) const = default;
};

// What a group asks for beside being written. Of its conditions each has one tag.
struct TestGuard {
  std::string key;
  struct Expected {
    std::string tag;  // empty: the whole book
    uint64_t after_plus_one = 0;
  };
  std::vector<Expected> conditions;
};

// An encoded record but for its checksum.
std::vector<std::byte> EncodeTestRecord(uint64_t book, const std::string& data,
                                        const std::vector<std::string>& tags, bool first,
                                        const TestGuard& guard = {});

// An engine and what was promised about it.
class TestLog {
 public:
  // Small segments, so that every test rolls.
  static EngineOptions SmallOptions();

  static Status Open(Env* env, std::unique_ptr<TestLog>* log, const EngineOptions& options = SmallOptions());

  // One group; what is acknowledged is remembered in `acknowledged`.
  Status Append(const std::vector<std::string>& data, const std::vector<std::string>& tags, bool flush = true,
                const std::string& book = "book", bool* unknown = nullptr);
  Status Trim(uint64_t before, const std::string& book = "book");
  Status TrimTag(const std::string& tag, uint64_t before, const std::string& book = "book");

  // All records of a stream. The status of the first read that failed, with what came before it.
  Status ReadAll(const std::string& tag, std::vector<TestRecord>* records, const std::string& book = "book",
                 bool reverse = false);

  Engine& engine() { return *engine_; }
  std::map<uint64_t, TestRecord> acknowledged;  // by seqnum; trimmed ones leave

 private:
  Status Command(const daybook::Command& command);

  std::unique_ptr<Engine> engine_;
};

// Opens the world and compares: every acknowledged record is there, with its bytes and tags; what
// is there besides is in `allowed` (data of appends whose outcome was unknown), once at most.
// Returns what is wrong, or nothing.
std::string CheckWorld(Env* env, const std::map<uint64_t, TestRecord>& acknowledged,
                       const std::vector<std::string>& allowed);

}  // namespace daybook::test
