// What appends may come to wait for goes on while the background merges: a merge takes the longer the
// longer the log is, and an append must not.
#include <gtest/gtest.h>

#include <algorithm>

#include "log/engine_test_support.h"
#include "log/file_name.h"

namespace daybook::test {
namespace {

EngineOptions TinyOptions(uint64_t lanes) {
  EngineOptions options;
  options.segment_bytes = 256 * 1024;
  options.memory_bytes = 256 * 1024;
  options.lanes = lanes;
  return options;
}

class BusyLog {
 public:
  explicit BusyLog(uint64_t lanes) : world_(7) {
    EXPECT_TRUE(TestLog::Open(&world_, &log_, TinyOptions(lanes)).ok());
  }

  Engine& engine() { return log_->engine(); }

  [[nodiscard]] bool IsFrozen() const { return log_->engine().state().frozen != nullptr; }
  [[nodiscard]] size_t runs() const { return log_->engine().state().version->runs.size(); }

  void Append() {
    const std::string number = std::to_string(log_->acknowledged.size());
    ASSERT_TRUE(log_->Append({number}, {"hot", "t" + number}, false).ok());
  }

  // Appends until the index in memory is full.
  void Fill() {
    while (!IsFrozen() && !testing::Test::HasFatalFailure()) Append();
  }

  // A run is being written that no reader sees yet.
  [[nodiscard]] bool IsMerging() const {
    std::vector<std::string> names;
    EXPECT_TRUE(world_.ListDirectory(kDirectory, &names).ok());
    const auto files = std::count_if(names.begin(), names.end(), [](const std::string& name) {
      return ParseFileName(name).kind == FileKind::kIndexRun;
    });
    return static_cast<size_t>(files) > runs();
  }

  [[nodiscard]] std::string Check() { return CheckWorld(world_.Clone().get(), log_->acknowledged, {}); }

 private:
  mutable MemoryEnv world_;
  std::unique_ptr<TestLog> log_;
};

// Until the next step of the background is a merge of at least four runs.
void PrepareMerge(BusyLog* log) {
  while (log->runs() < 3) {
    log->Fill();
    ASSERT_TRUE(log->engine().MaintainAll().ok());
  }
  log->Fill();
}

TEST(MaintenanceMergeTest, AMergeStopsForWhatAppendsWaitFor) {
  BusyLog log(1);
  PrepareMerge(&log);
  bool filled = false;
  bool taken = false;
  const auto go_on = [&] {
    if (!log.IsMerging()) return true;
    if (!filled) {
      log.Fill();
      filled = true;
      return true;
    }
    // Asked again in the same merge, or in that which it gave way to.
    taken = !log.IsFrozen();
    return false;
  };
  ASSERT_TRUE(log.engine().Maintain(go_on).ok());
  ASSERT_TRUE(filled) << "nothing was merged";
  EXPECT_TRUE(taken) << "the next part of the index waits for the end of the merge";
  EXPECT_EQ(log.runs(), 5U) << "a merge that is given up changes nothing";
  EXPECT_EQ(log.Check(), "");
}

TEST(MaintenanceMergeTest, RunsThatComeDuringAMergeAreMergedBeforeItEnds) {
  BusyLog log(1);
  PrepareMerge(&log);
  size_t most = 0;
  int tables = 0;
  const auto go_on = [&] {
    most = std::max(most, log.runs());
    // More of them than may lie about, and that at once.
    if (log.IsMerging() && tables < 40) {
      log.Fill();
      ++tables;
    }
    return true;
  };
  ASSERT_TRUE(log.engine().Maintain(go_on).ok());
  EXPECT_EQ(tables, 40) << "nothing was merged";
  EXPECT_LE(most, 4 + 2 * kRunsMany) << "they are left to lie until the first merge ends";
  ASSERT_TRUE(log.engine().MaintainAll().ok());
  EXPECT_LE(log.runs(), kRunsMany);
  EXPECT_EQ(log.Check(), "");
}

// Several flights: one of them is always under way.
class Flights {
 public:
  explicit Flights(BusyLog* log) : log_(*log), book_(log->engine().OpenBook("book")) {}

  void Begin() {
    const std::string number = std::to_string(next_++);
    const std::vector<std::byte> record = EncodeTestRecord(book_, number, {"t" + number}, true);
    CommitRequest request;
    request.flush = false;
    request.books = {book_};
    request.shards.push_back({0, 1, {record}});
    std::unique_ptr<Engine::Flight> flight;
    bool unknown = false;
    Status begun = log_.engine().Begin(request, &flight, &unknown);
    while (begun.Is(StatusCode::kWouldBlock)) {
      ASSERT_FALSE(flights_.empty());
      Complete();
      begun = log_.engine().Begin(request, &flight, &unknown);
    }
    ASSERT_TRUE(begun.ok()) << begun.message();
    flights_.push_back(std::move(flight));
  }

  void Complete() {
    CommitResult result;
    ASSERT_TRUE(log_.engine().Complete(std::move(flights_.front()), Status::Ok(), &result).ok());
    flights_.erase(flights_.begin());
  }

  [[nodiscard]] size_t size() const { return flights_.size(); }

 private:
  BusyLog& log_;
  const uint64_t book_;
  uint64_t next_ = 0;
  std::vector<std::unique_ptr<Engine::Flight>> flights_;
};

TEST(MaintenanceMergeTest, TheIndexInMemoryIsFrozenThoughFlightsAreAlwaysUnderWay) {
  BusyLog log(2);
  Flights flights(&log);
  uint64_t most = 0;
  for (int i = 0; i < 5000; ++i) {
    flights.Begin();
    if (testing::Test::HasFatalFailure()) return;
    if (flights.size() == 2) flights.Complete();
    const LogState& state = log.engine().state();
    most = std::max<uint64_t>(most, state.active->bytes());
    // Not with a flight that the test would have to land for it.
    if (log.IsFrozen()) {
      ASSERT_TRUE(log.engine().Maintain([] { return true; }).ok());
    }
  }
  while (flights.size() > 0) flights.Complete();
  EXPECT_GE(log.runs(), 1U);
  EXPECT_LE(most, TinyOptions(2).memory_share() + 4096);
}

}  // namespace
}  // namespace daybook::test
