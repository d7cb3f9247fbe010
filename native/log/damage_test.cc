// Damage: bits flipped, blocks zeroed, files cut, lost, exchanged. Never a wrong byte, never a
// silently shorter log; what is not affected stays readable.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "log/crash_workload_test_support.h"
#include "log/engine_test_support.h"
#include "log/file_name.h"
#include "log/manifest_store.h"

namespace daybook::test {
namespace {

// A sanitizer makes everything slow: there two of the eight bits must do.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned kBitsBetween = 4;
#else
constexpr unsigned kBitsBetween = 1;
#endif

enum class Verdict { kHarmless, kReported, kRefused, kWrong };

// Opens a damaged world and compares everything that it says with the truth.
Verdict Judge(MemoryEnv* env, const std::map<uint64_t, TestRecord>& truth, std::string* why) {
  std::unique_ptr<TestLog> log;
  const Status opened = TestLog::Open(env, &log);
  if (!opened.ok()) {
    *why = opened.message();
    return opened.Is(StatusCode::kCorrupt) || opened.Is(StatusCode::kFormat) ? Verdict::kRefused
                                                                             : Verdict::kWrong;
  }
  bool complete = true;
  for (const bool reverse : {false, true}) {
    std::vector<TestRecord> found;
    const Status read = log->ReadAll("t", &found, "book", reverse);
    if (!read.ok() && !read.Is(StatusCode::kCorrupt)) {
      *why = "an unexpected status: " + read.message();
      return Verdict::kWrong;
    }
    for (const TestRecord& record : found) {
      const auto at = truth.find(record.seqnum);
      if (at == truth.end() || !(at->second == record)) {
        *why = "a wrong record at " + std::to_string(record.seqnum);
        return Verdict::kWrong;
      }
    }
    if (read.ok() && found.size() != truth.size()) {
      *why = "silently shorter: " + std::to_string(found.size()) + " of " + std::to_string(truth.size());
      return Verdict::kWrong;
    }
    complete = complete && read.ok();
  }
  const Status failure = log->engine().Failure();
  *why = failure.message();
  if (!failure.ok()) {
    const bool named = failure.message().find(kDirectory) != std::string::npos &&
                       failure.message().find("offset") != std::string::npos;
    if (!named) {
      *why = "a report without file and offset: " + failure.message();
      return Verdict::kWrong;
    }
    return Verdict::kReported;
  }
  if (!complete) {
    *why = "reads fail, but the log calls itself good";
    return Verdict::kWrong;
  }
  return Verdict::kHarmless;
}

class DamageTest : public ::testing::Test {
 protected:
  // Three segments, closed properly: everything in it is known to be flushed.
  void SetUp() override {
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&world_, &log).ok());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(log->Append({"r" + std::to_string(i), "s"}, {"t"}).ok());
    ASSERT_TRUE(log->Trim(3).ok());
    for (int i = 8; i < 16; ++i) ASSERT_TRUE(log->Append({"r" + std::to_string(i)}, {"t", "u"}).ok());
    truth_ = log->acknowledged;
    ASSERT_TRUE(log->engine().Close().ok());
    log.reset();
    std::vector<std::string> names;
    ASSERT_TRUE(world_.ListDirectory(kDirectory, &names).ok());
    for (const std::string& name : names) {
      if (ParseFileName(name).kind == FileKind::kSegment) segments_.push_back(JoinPath(kDirectory, name));
    }
    ASSERT_GE(segments_.size(), 3U);
  }

  // Changes one file of a copy of the world and judges.
  Verdict JudgeChange(const std::string& path, const std::function<void(std::vector<std::byte>*)>& change,
                      std::string* why) {
    const auto damaged = world_.Clone();
    std::vector<std::byte> bytes = damaged->ReadWholeFile(path);
    change(&bytes);
    damaged->WriteWholeFile(path, bytes);
    return Judge(damaged.get(), truth_, why);
  }

  MemoryEnv world_{11};
  std::map<uint64_t, TestRecord> truth_;
  std::vector<std::string> segments_;
};

TEST_F(DamageTest, NoFlippedBitOfASegmentGoesUnnoticedOrGivesAWrongRecord) {
  std::map<Verdict, int> count;
  for (const std::string& path : segments_) {
    const std::vector<std::byte> bytes = world_.ReadWholeFile(path);
    for (size_t at = 0; at < bytes.size(); ++at) {
      // Bytes that hold nothing: zero behind the header, the marks and the batches, or written ahead.
      const auto sector = std::span(bytes).subspan(at - at % kSectorSize);
      const bool is_written = sector[0] != std::byte{0};
      const bool in_use = bytes[at] != std::byte{0} || (is_written && at % kSectorSize < 512);
      if (!in_use) continue;
      for (unsigned bit = static_cast<unsigned>(at % kBitsBetween); bit < 8; bit += kBitsBetween) {
        std::string why;
        const Verdict verdict = JudgeChange(
            path, [&](std::vector<std::byte>* all) { (*all)[at] ^= static_cast<std::byte>(1U << bit); },
            &why);
        ++count[verdict];
        ASSERT_NE(verdict, Verdict::kWrong) << path << ", offset " << at << ", bit " << bit << ": " << why;
      }
    }
  }
  RecordProperty("harmless", count[Verdict::kHarmless]);
  RecordProperty("reported", count[Verdict::kReported]);
  EXPECT_GT(count[Verdict::kReported], 1000);
}

TEST_F(DamageTest, AFlippedBitInAManifestIsRepairedFromTheOtherCopy) {
  for (int copy = 0; copy < 2; ++copy) {
    const std::string path = JoinPath(kDirectory, ManifestFileName(copy));
    const size_t size = world_.ReadWholeFile(path).size();
    for (size_t bit = 0; bit < size * 8; ++bit) {
      std::string why;
      const Verdict verdict = JudgeChange(
          path,
          [&](std::vector<std::byte>* all) { (*all)[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8)); },
          &why);
      ASSERT_EQ(verdict, Verdict::kHarmless) << path << ", bit " << bit << ": " << why;
    }
  }
}

TEST_F(DamageTest, TwoBadManifestsRefuseToOpenAndNothingIsWritten) {
  const auto damaged = world_.Clone();
  for (int copy = 0; copy < 2; ++copy) {
    const std::string path = JoinPath(kDirectory, ManifestFileName(copy));
    std::vector<std::byte> bytes = damaged->ReadWholeFile(path);
    bytes[40] ^= std::byte{1};
    damaged->WriteWholeFile(path, bytes);
  }
  std::string why;
  EXPECT_EQ(Judge(damaged.get(), truth_, &why), Verdict::kRefused);
  EXPECT_EQ(damaged->ReadWholeFile(segments_[0]), world_.ReadWholeFile(segments_[0]));
}

// Behind the last batch stand zeros, written before they are needed.
size_t UsedSize(std::span<const std::byte> bytes) {
  while (!bytes.empty() && bytes.back() == std::byte{0}) bytes = bytes.first(bytes.size() - 1);
  return bytes.size();
}

TEST_F(DamageTest, AZeroedSectorInTheMiddleIsNotTheEnd) {
  for (const std::string& path : segments_) {
    const size_t size = UsedSize(world_.ReadWholeFile(path));
    for (size_t sector = 3; sector * kSectorSize < size; ++sector) {
      std::string why;
      const Verdict verdict = JudgeChange(
          path,
          [&](std::vector<std::byte>* all) {
            const size_t begin = sector * kSectorSize;
            std::fill(all->begin() + static_cast<std::ptrdiff_t>(begin),
                      all->begin() + static_cast<std::ptrdiff_t>(std::min(all->size(), begin + kSectorSize)),
                      std::byte{0});
          },
          &why);
      ASSERT_EQ(verdict, Verdict::kReported) << path << ", sector " << sector << ": " << why;
    }
  }
}

TEST_F(DamageTest, ATruncatedSegmentIsNoticedAtEveryLength) {
  for (const std::string& path : segments_) {
    const size_t size = world_.ReadWholeFile(path).size();
    const size_t used = UsedSize(world_.ReadWholeFile(path));
    for (size_t length = 0; length < size; length += (length % kSectorSize < 600 ? 13 : 997)) {
      if (length >= used && length < used + 64) continue;  // the last batch may end with zeros of its own
      std::string why;
      const Verdict verdict = JudgeChange(
          path, [&](std::vector<std::byte>* all) { all->resize(length); }, &why);
      ASSERT_EQ(verdict, length < used ? Verdict::kReported : Verdict::kHarmless)
          << path << ", length " << length << ": " << why;
    }
  }
}

TEST_F(DamageTest, AMissingSegmentIsNoticedAndTheOthersStayReadable) {
  for (const std::string& path : segments_) {
    const auto damaged = world_.Clone();
    ASSERT_TRUE(damaged->Remove(path).ok());
    std::string why;
    EXPECT_EQ(Judge(damaged.get(), truth_, &why), Verdict::kReported) << path << ": " << why;
  }
}

TEST_F(DamageTest, ExchangedSegmentsAndStaleOrForeignBlocksAreNotTakenForGoodOnes) {
  const std::vector<std::byte> first = world_.ReadWholeFile(segments_[0]);
  const std::vector<std::byte> second = world_.ReadWholeFile(segments_[1]);
  std::string why;
  EXPECT_EQ(JudgeChange(
                segments_[0], [&](auto* all) { *all = second; }, &why),
            Verdict::kReported)
      << why;
  // A good batch of the same segment in the place of another.
  EXPECT_EQ(JudgeChange(
                segments_[0],
                [&](auto* all) {
                  const auto from = all->begin() + static_cast<std::ptrdiff_t>(kSegmentDataOffset);
                  std::copy(from, from + static_cast<std::ptrdiff_t>(kSectorSize),
                            from + static_cast<std::ptrdiff_t>(kSectorSize));
                },
                &why),
            Verdict::kReported)
      << why;
  // The same history, written by another log.
  MemoryEnv other(99);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&other, &log).ok());
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(log->Append({"r" + std::to_string(i), "s"}, {"t"}).ok());
  const std::vector<std::byte> foreign = other.ReadWholeFile(segments_[0]);
  EXPECT_EQ(JudgeChange(
                segments_[0], [&](auto* all) { *all = foreign; }, &why),
            Verdict::kReported)
      << why;
}

TEST_F(DamageTest, WhatLiesBehindTheDamageIsReadableAndWhatItMayHideIsAnError) {
  const auto damaged = world_.Clone();
  std::vector<std::byte> bytes = damaged->ReadWholeFile(segments_[0]);
  bytes[kSegmentDataOffset + kSectorSize + 190] ^= std::byte{4};  // inside the second batch
  damaged->WriteWholeFile(segments_[0], bytes);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(damaged.get(), &log).ok());
  ReadRequest request;
  request.book = log->engine().OpenBook("book");
  request.tag = "t";
  request.from = 5;
  request.to = kSeqnumEnd;
  ReadOutput output;
  ASSERT_TRUE(log->engine().Read(request, ReadMode::kMayBlock, &output).ok()) << "nothing is lost from 5 on";
  EXPECT_EQ(output.found.front().seqnum, 5U);
  bool unknown = true;
  EXPECT_TRUE(log->Append({"x"}, {"t"}, true, "book", &unknown).Is(StatusCode::kReadOnly));
  EXPECT_FALSE(unknown);
}

// A trim stood in the part that is gone. What it trimmed must not come back as if it had not been.
TEST(LostTrimTest, WhatWasTrimmedDoesNotComeBackWhenTheEndIsCutOff) {
  MemoryEnv world(12);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(log->Append({std::to_string(i)}, {"t"}).ok());
  const std::string path = JoinPath(kDirectory, SegmentFileName(1));
  const uint64_t before_trim = UsedSize(world.ReadWholeFile(path));
  ASSERT_TRUE(log->Trim(2).ok());
  ASSERT_TRUE(log->engine().Close().ok());
  log.reset();
  std::vector<std::byte> bytes = world.ReadWholeFile(path);
  bytes.resize(before_trim - 10);  // inside of the batch in front of the trim
  world.WriteWholeFile(path, bytes);
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  std::vector<TestRecord> found;
  EXPECT_TRUE(log->ReadAll("t", &found).Is(StatusCode::kCorrupt));
  EXPECT_TRUE(found.empty());
}

// A mark says how far the log was flushed, not how far it went on.
TEST(LostEndTest, NothingBehindAMarkIsCalledAbsentWhenTheEndIsGone) {
  EngineOptions large = TestLog::SmallOptions();
  large.segment_bytes = 1 << 20U;
  MemoryEnv world(18);
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log, large).ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(log->Append({"r"}, {"t"}).ok());
  ASSERT_TRUE(log->engine().Settle().ok());
  const std::string path = JoinPath(kDirectory, SegmentFileName(1));
  const uint64_t size = UsedSize(world.ReadWholeFile(path));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(log->Append({"s"}, {"t"}).ok());
  const uint64_t last = log->acknowledged.rbegin()->first;
  const auto cut = world.Clone();
  std::vector<std::byte> bytes = cut->ReadWholeFile(path);
  bytes.resize(size - 10);
  cut->WriteWholeFile(path, bytes);
  ASSERT_TRUE(TestLog::Open(cut.get(), &log, large).ok());
  ReadRequest request;
  request.book = log->engine().OpenBook("book");
  request.from = last;
  request.to = last;
  ReadOutput output;
  EXPECT_TRUE(log->engine().Read(request, ReadMode::kMayBlock, &output).Is(StatusCode::kCorrupt));
}

TEST_F(DamageTest, ALostLastSegmentHidesEverythingBehindTheOneBefore) {
  const auto damaged = world_.Clone();
  ASSERT_TRUE(damaged->Remove(segments_.back()).ok());
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(damaged.get(), &log).ok());
  ReadRequest request;
  request.book = log->engine().OpenBook("book");
  request.from = truth_.rbegin()->first;
  request.to = request.from;
  ReadOutput output;
  EXPECT_TRUE(log->engine().Read(request, ReadMode::kMayBlock, &output).Is(StatusCode::kCorrupt));
}

// Segments are made ready before they are needed. What is lost of those held nothing: a proper close says so.
TEST(DamageToTheReserveTest, AnUnusedSegmentThatIsLostAfterACloseIsReplaced) {
  for (const uint64_t lanes : {1, 2}) {
    EngineOptions options = TestLog::SmallOptions();
    options.lanes = lanes;
    MemoryEnv world;
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&world, &log, options).ok());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->Append({"r" + std::to_string(i)}, {"t"}).ok());
    ASSERT_TRUE(log->Trim(1).ok());
    ASSERT_TRUE(log->engine().MaintainAll().ok());
    ASSERT_GT(log->engine().Stat().reserve_bytes, 0U);
    const std::map<uint64_t, TestRecord> truth = log->acknowledged;
    ASSERT_TRUE(log->engine().Close().ok());
    log.reset();
    std::vector<std::string> names;
    ASSERT_TRUE(world.ListDirectory(kDirectory, &names).ok());
    std::erase_if(names,
                  [](const std::string& name) { return ParseFileName(name).kind != FileKind::kSegment; });
    const std::string last = JoinPath(kDirectory, *std::max_element(names.begin(), names.end()));
    for (const size_t left : {size_t{0}, size_t{1}, size_t{5000}, SIZE_MAX}) {
      const auto damaged = world.Clone();
      if (left == SIZE_MAX) {
        ASSERT_TRUE(damaged->Remove(last).ok());
      } else {
        std::vector<std::byte> bytes = damaged->ReadWholeFile(last);
        bytes.resize(left);
        damaged->WriteWholeFile(last, bytes);
      }
      for (int opening = 0; opening < 2; ++opening) {
        ASSERT_TRUE(TestLog::Open(damaged.get(), &log, options).ok());
        EXPECT_TRUE(log->engine().Failure().ok()) << log->engine().Failure().message();
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(log->Append({"new"}, {"u"}).ok());
        ASSERT_TRUE(log->engine().MaintainAll().ok());
        std::vector<TestRecord> found;
        ASSERT_TRUE(log->ReadAll("t", &found).ok());
        EXPECT_EQ(found.size(), truth.size());
        ASSERT_TRUE(log->engine().Close().ok());
        log.reset();
      }
    }
  }
}

// After a crash nobody can tell; then the file that is missing is named, and no other.
TEST(DamageToTheReserveTest, AnOpenSegmentThatIsLostInACrashIsNamed) {
  MemoryEnv world;
  std::unique_ptr<TestLog> log;
  ASSERT_TRUE(TestLog::Open(&world, &log).ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->Append({"r" + std::to_string(i)}, {"t"}).ok());
  ASSERT_TRUE(log->engine().MaintainAll().ok());
  const auto crashed = world.Clone();
  std::vector<std::string> names;
  ASSERT_TRUE(crashed->ListDirectory(kDirectory, &names).ok());
  std::erase_if(names,
                [](const std::string& name) { return ParseFileName(name).kind != FileKind::kSegment; });
  const std::string last = JoinPath(kDirectory, *std::max_element(names.begin(), names.end()));
  ASSERT_TRUE(crashed->Remove(last).ok());
  std::unique_ptr<TestLog> opened;
  ASSERT_TRUE(TestLog::Open(crashed.get(), &opened).ok());
  EXPECT_TRUE(opened->engine().Failure().Is(StatusCode::kCorrupt));
  EXPECT_NE(opened->engine().Failure().message().find(last), std::string::npos)
      << opened->engine().Failure().message();
}

// A lane that was written before the checkpoint alone, and not again until the log was closed.
TEST(DamageInFrontOfTheCheckpointTest, ALostSegmentOfItsOwnGroupIsNoticed) {
  EngineOptions options = TestLog::SmallOptions();
  options.lanes = 2;
  options.checkpoint_bytes = 500;
  MemoryEnv world;
  Player player(&world, options);
  player.Open();
  player.AppendInFlight({Player::AppendStep(), Player::AppendStep()});
  player.Maintain();
  for (int i = 0; i < 3; ++i) player.Append(Player::AppendStep());
  player.Maintain();
  for (int i = 0; i < 3; ++i) player.Append(Player::AppendStep());
  player.Close();
  ASSERT_EQ(player.wrong(), "");
  ManifestState read;
  ASSERT_TRUE(ReadManifest(&world, kDirectory, &read).ok());
  ASSERT_FALSE(read.manifest.checkpoints.empty());
  size_t noticed = 0;
  for (const ManifestSegment& segment : read.manifest.segments) {
    const auto damaged = world.Clone();
    const std::string path = JoinPath(kDirectory, SegmentFileName(segment.segment));
    const bool holds_records =
        segment.closed || damaged->ReadWholeFile(path)[kSegmentDataOffset] != std::byte{0};
    ASSERT_TRUE(damaged->Remove(path).ok());
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(damaged.get(), &log, options).ok());
    const Status failure = log->engine().Failure();
    EXPECT_EQ(failure.ok(), !holds_records) << path << ": " << failure.message();
    if (!holds_records) continue;
    ++noticed;
    EXPECT_NE(failure.message().find(path), std::string::npos) << failure.message();
  }
  EXPECT_GE(noticed, 2U);
}

TEST_F(DamageTest, ANewerFormatIsRefusedByItsNumbers) {
  for (int copy = 0; copy < 2; ++copy) {
    const std::string path = JoinPath(kDirectory, ManifestFileName(copy));
    std::vector<std::byte> bytes = world_.ReadWholeFile(path);
    StoreU32(bytes.data() + 12, 7);
    StoreU32(bytes.data() + 16, 6);
    StoreU32(bytes.data() + 8, Crc32c(std::span<const std::byte>(bytes).subspan(12)));
    world_.WriteWholeFile(path, bytes);
  }
  std::unique_ptr<TestLog> log;
  const Status status = TestLog::Open(&world_, &log);
  EXPECT_TRUE(status.Is(StatusCode::kFormat));
  EXPECT_NE(status.message().find("version 7"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("up to version 1"), std::string::npos) << status.message();
}

TEST_F(DamageTest, AnUnknownFileIsLeftAlone) {
  world_.WriteWholeFile(JoinPath(kDirectory, "notes.txt"), std::as_bytes(std::span("mine", 4)));
  std::string why;
  EXPECT_EQ(Judge(&world_, truth_, &why), Verdict::kHarmless) << why;
  EXPECT_TRUE(world_.Exists(JoinPath(kDirectory, "notes.txt")));
}

}  // namespace
}  // namespace daybook::test
