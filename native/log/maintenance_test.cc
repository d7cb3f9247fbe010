// The background of the engine, driven on this thread: random lives of a log against a model, with
// runs, checkpoints, rolls, merges, trims, rewritten segments, crashes and reopenings in between.
#include "log/maintenance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "env/env_fault.h"
#include "log/engine_test_support.h"
#include "log/file_name.h"
#include "log/test_support.h"

namespace daybook::test {
namespace {

using daybook::testing_support::Chance;

struct ModelRecord {
  std::string book;
  TestRecord record;
  bool flushed = false;
};

EngineOptions TinyOptions(uint64_t lanes) {
  EngineOptions options;
  options.segment_bytes = 48 * 1024;
  options.memory_bytes = 48 * 1024;
  options.checkpoint_bytes = 24 * 1024;
  options.seqnum_block = 100;
  options.lanes = lanes;
  return options;
}

// A log and what it should hold.
class Life {
 public:
  Life(uint64_t lanes, Chance* chance)
      : lanes_(lanes), chance_(*chance), world_(std::make_unique<MemoryEnv>(chance->Below(1 << 30))) {
    Open();
  }

  void Step() {
    const uint64_t dice = chance_.Below(100);
    if (dice < 55) return Append();
    if (dice < 64) {
      Maintain();
      return CompareCounts();
    }
    if (dice < 70) return MaintainBusily();
    if (dice < 77) return Trim();
    if (dice < 80) return TrimTag();
    if (dice < 83) return Drop();
    if (dice < 88) return Settle();
    if (dice < 92) return Reopen();
    if (dice < 96) return Kill();
    return CutPower();
  }

  void Compare() {
    for (const std::string book : {"a", "b", "c"}) {
      for (const std::string tag : {"", "hot", "t0", "t1", "t2", "t3", "never"}) {
        for (const bool reverse : {false, true}) CompareStream(book, tag, reverse);
      }
      CompareCount(book);
    }
  }

  [[nodiscard]] uint64_t files() const {
    std::vector<std::string> names;
    EXPECT_TRUE(world_->ListDirectory(kDirectory, &names).ok());
    return names.size();
  }
  [[nodiscard]] uint64_t bytes() const {
    std::vector<std::string> names;
    uint64_t bytes = 0;
    EXPECT_TRUE(world_->ListDirectory(kDirectory, &names).ok());
    for (const std::string& name : names) bytes += world_->FileSize(JoinPath(kDirectory, name));
    return bytes;
  }
  TestLog& log() { return *log_; }
  MemoryEnv& world() { return *world_; }

  void Append() {
    const std::string book(1, static_cast<char>('a' + chance_.Below(3)));
    const uint64_t count = chance_.OneIn(4) ? chance_.Between(2, 20) : 1;
    std::vector<std::string> data;
    for (uint64_t i = 0; i < count; ++i)
      data.push_back(std::to_string(counter_++) +
                     std::string(chance_.OneIn(10) ? chance_.Below(4000) : 20, 'x'));
    std::vector<std::string> tags;
    if (chance_.OneIn(2)) tags.emplace_back("hot");
    if (chance_.OneIn(2)) tags.push_back("t" + std::to_string(chance_.Below(4)));
    const bool flush = !chance_.OneIn(5);
    log_->acknowledged.clear();
    ASSERT_TRUE(log_->Append(data, tags, flush, book).ok());
    if (flush) NoteFlushed();
    for (const auto& [seqnum, record] : log_->acknowledged) {
      ASSERT_TRUE(model_.empty() || seqnum > highest_) << "a seqnum that was given before";
      model_[seqnum] = {book, record, flush};
      highest_ = seqnum;
    }
  }

  void Maintain() {
    const Status status = log_->engine().MaintainAll();
    ASSERT_TRUE(status.ok()) << status.message();
  }

  // Retention trims by what the books say that they hold: what they say too much of is lost.
  void CompareCounts() {
    std::map<std::string, uint64_t> expected;
    for (const auto& [seqnum, each] : model_) ++expected[each.book];
    BookQuery query;
    query.limit = 100;
    for (const BookListing& book : log_->engine().ListBooks(query))
      EXPECT_EQ(book.records, expected[book.name]) << book.name;
  }

  // The log grows meanwhile, whenever the background asks whether it may go on; it may be sent home.
  void MaintainBusily() {
    const bool is_stopped = chance_.OneIn(3);
    uint64_t questions = chance_.Below(12);
    const Status status = log_->engine().Maintain([&] {
      if (questions == 0) return !is_stopped;
      --questions;
      if (chance_.OneIn(4)) Trim();
      if (chance_.OneIn(4)) TrimTag();
      for (uint64_t i = chance_.Below(30); i > 0; --i) Append();
      return true;
    });
    ASSERT_TRUE(status.ok()) << status.message();
  }

  void Trim() {
    if (model_.empty()) return;
    const std::string book(1, static_cast<char>('a' + chance_.Below(3)));
    const uint64_t first = model_.begin()->first;
    const uint64_t before = first + chance_.Below(highest_ - first + 2);
    ASSERT_TRUE(log_->Trim(before, book).ok());
    NoteFlushed();
    std::erase_if(model_, [&](const auto& each) { return each.second.book == book && each.first < before; });
  }

  void TrimTag() {
    if (model_.empty()) return;
    const std::string book(1, static_cast<char>('a' + chance_.Below(3)));
    const std::string tag = chance_.OneIn(3) ? "hot" : "t" + std::to_string(chance_.Below(4));
    const uint64_t first = model_.begin()->first;
    const uint64_t before = first + chance_.Below(highest_ - first + 2);
    ASSERT_TRUE(log_->TrimTag(tag, before, book).ok());
    NoteFlushed();
    std::vector<uint64_t> gone;
    for (auto& [seqnum, each] : model_) {
      std::vector<std::string>& tags = each.record.tags;
      const bool carries = each.book == book && seqnum < before && std::erase(tags, tag) > 0;
      if (carries && tags.empty()) gone.push_back(seqnum);
    }
    for (const uint64_t seqnum : gone) model_.erase(seqnum);
  }

  void Drop() {
    const std::string book(1, static_cast<char>('a' + chance_.Below(3)));
    CommitRequest request;
    Command command;
    command.kind = CommandKind::kDropBook;
    command.book = log_->engine().OpenBook(book);
    command.before = kSeqnumEnd;
    request.commands.push_back(command);
    CommitResult result;
    const Status status = log_->engine().Commit(request, &result);
    ASSERT_TRUE(status.ok()) << status.message();
    std::erase_if(model_, [&](const auto& each) { return each.second.book == book; });
  }

  void Settle() {
    ASSERT_TRUE(log_->engine().Settle().ok());
    NoteFlushed();
  }

  void Reopen() {
    ASSERT_TRUE(log_->engine().Close().ok());
    NoteFlushed();
    log_.reset();
    Open();
  }

  void Kill() {
    auto after = world_->Clone();
    log_.reset();
    world_ = std::move(after);
    Open();
  }

  void CutPower() {
    auto after = world_->CloneDurable();
    log_.reset();
    world_ = std::move(after);
    Open();
    // What was not flushed may be gone: the newest part of it, never one in the middle.
    std::set<uint64_t> found;
    for (const std::string book : {"a", "b", "c"}) {
      std::vector<TestRecord> records;
      const Status status = log_->ReadAll("", &records, book);
      ASSERT_TRUE(status.ok()) << status.message();
      for (const TestRecord& record : records) found.insert(record.seqnum);
    }
    bool gone = false;
    std::erase_if(model_, [&](const auto& each) {
      const bool is_there = found.contains(each.first);
      EXPECT_TRUE(is_there || !each.second.flushed) << "a flushed record is gone: " << each.first;
      EXPECT_FALSE(is_there && gone) << "a hole in front of " << each.first;
      gone = gone || !is_there;
      return !is_there;
    });
    NoteFlushed();
  }

 private:
  void Open() {
    const Status status = TestLog::Open(world_.get(), &log_, TinyOptions(lanes_));
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_TRUE(log_->engine().Failure().ok()) << log_->engine().Failure().message();
  }

  void NoteFlushed() {
    for (auto& [seqnum, record] : model_) record.flushed = true;
  }

  void CompareStream(const std::string& book, const std::string& tag, bool reverse) {
    std::vector<TestRecord> found;
    const Status status = log_->ReadAll(tag, &found, book, reverse);
    ASSERT_TRUE(status.ok()) << status.message();
    std::vector<TestRecord> expected;
    for (const auto& [seqnum, each] : model_) {
      const auto& tags = each.record.tags;
      if (each.book == book && (tag.empty() || std::find(tags.begin(), tags.end(), tag) != tags.end()))
        expected.push_back(each.record);
    }
    if (reverse) std::reverse(expected.begin(), expected.end());
    ASSERT_EQ(found.size(), expected.size()) << book << " " << tag;
    for (size_t i = 0; i < found.size(); ++i) ASSERT_TRUE(found[i] == expected[i]) << expected[i].seqnum;
  }

  // What retention goes by.
  void CompareCount(const std::string& book) {
    const BookTable::Book& entry = *log_->engine().state().books.Find(log_->engine().OpenBook(book));
    if (!entry.named || entry.counted_before < entry.trim_before) return;
    if (!log_->engine().state().tag_trims.Uncounted(1).empty()) return;
    const auto is_of_book = [&](const auto& each) { return each.second.book == book; };
    EXPECT_EQ(entry.records, static_cast<uint64_t>(std::count_if(model_.begin(), model_.end(), is_of_book)))
        << book;
  }

  const uint64_t lanes_;
  Chance& chance_;
  std::unique_ptr<MemoryEnv> world_;
  std::unique_ptr<TestLog> log_;
  std::map<uint64_t, ModelRecord> model_;
  uint64_t highest_ = 0;
  int counter_ = 0;
};

void LiveRandomly(uint64_t lanes) {
  Chance chance;
  for (int life_number = 0; life_number < 12; ++life_number) {
    Life life(lanes, &chance);
    for (int step = 0; step < 300; ++step) {
      life.Step();
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) {
        FAIL() << "life " << life_number << ", step " << step;
      }
      if (step % 20 == 19) life.Compare();
      if (testing::Test::HasFatalFailure()) FAIL() << "comparing, life " << life_number << ", step " << step;
    }
  }
}

TEST(MaintenanceTest, ARandomLifeShowsJustWhatTheModelHolds) { LiveRandomly(1); }

TEST(MaintenanceTest, ARandomLifeInSeveralLanesShowsJustWhatTheModelHolds) { LiveRandomly(3); }

TEST(MaintenanceTest, WhatIsTrimmedGivesItsSpaceBack) {
  Chance chance;
  Life life(1, &chance);
  for (int i = 0; i < 1500; ++i) life.Append();
  life.Maintain();
  const uint64_t full = life.bytes();
  for (const std::string book : {"a", "b", "c"}) ASSERT_TRUE(life.log().Trim(kSeqnumEnd, book).ok());
  for (int i = 0; i < 4; ++i) {
    life.Maintain();
    // Segments may go as soon as both checkpoints stand behind them.
    for (int k = 0; k < 40; ++k) ASSERT_TRUE(life.log().Append({std::string(2000, 'y')}, {}, true, "z").ok());
  }
  life.Maintain();
  EXPECT_LT(life.bytes(), full / 2 + 400'000);
  EXPECT_LT(life.files(), 40U) << "what is alive needs some";
}

// A read under way meets segments that go. Below the mark of a tag that is no sign of death.
TEST(MaintenanceTest, WhatIsRewrittenWhileItIsReadIsFound) {
  MemoryEnv world(1);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log, TinyOptions(1)).ok());
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 150; ++i) {
      const std::vector<std::string> tags =
          i % 3 == 0 ? std::vector<std::string>{} : std::vector{std::string("die")};
      ASSERT_TRUE(log->Append({std::string(1000, 'y')}, tags).ok());
    }
    ASSERT_TRUE(log->engine().MaintainAll().ok());
    ASSERT_TRUE(log->TrimTag("die", kSeqnumEnd).ok());
    const size_t alive = static_cast<size_t>(round + 1) * 50;
    std::atomic<bool> done = false;
    std::atomic<size_t> fewest = SIZE_MAX;
    std::thread reader([&] {
      while (!done) {
        std::vector<TestRecord> records;
        if (log->ReadAll("", &records).ok()) fewest = std::min(fewest.load(), records.size());
      }
    });
    for (int i = 0; i < 60; ++i) {
      EXPECT_TRUE(log->Append({std::string(3000, 'z')}, {}, true, "other").ok());
      if (i % 10 == 9) {
        EXPECT_TRUE(log->engine().MaintainAll().ok());
      }
    }
    done = true;
    reader.join();
    EXPECT_GE(fewest.load(), alive) << "round " << round;
  }
}

TEST(MaintenanceTest, WhatHasLostAllItsTagsGivesItsSpaceBack) {
  Chance chance;
  MemoryEnv world(chance.Below(1 << 30));
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log, TinyOptions(1)).ok());
  const auto on_disk = [&] {
    uint64_t records = 0;
    for (const SegmentStat& segment : log->engine().Stat().segments) records += segment.records;
    return records;
  };
  const auto fill = [&](const std::string& book, const std::vector<std::string>& tags) {
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(log->Append({std::string(2000, 'y')}, tags, true, book).ok());
    ASSERT_TRUE(log->engine().MaintainAll().ok());
  };
  fill("book", {"a", "b"});
  fill("book", {"a"});
  fill("book", {"b", "a"});
  ASSERT_TRUE(log->TrimTag("a", kSeqnumEnd).ok());
  for (int i = 0; i < 3; ++i) fill("other", {});
  EXPECT_LT(on_disk(), 520U) << "those with nothing but a are gone";
  std::vector<TestRecord> records;
  ASSERT_TRUE(log->ReadAll("", &records).ok());
  EXPECT_EQ(records.size(), 200U);
  ASSERT_TRUE(log->TrimTag("b", kSeqnumEnd).ok());
  for (int i = 0; i < 3; ++i) fill("third", {});
  EXPECT_LT(on_disk(), 620U) << "nothing of the book is left";
  records.clear();
  ASSERT_TRUE(log->ReadAll("", &records).ok());
  EXPECT_TRUE(records.empty());
}

}  // namespace
}  // namespace daybook::test
