// Damage to a log that has lived, by kind of file: bits flipped in every kind; index runs, checkpoints and
// rewritten segments cut, removed, exchanged and duplicated. damage_test.cc does it to a young log.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <functional>

#include "log/file_name.h"
#include "log/lived_log_test_support.h"

namespace daybook::test {
namespace {

using testing_support::Chance;
using Bytes = std::vector<std::byte>;

enum class End : uint8_t { kHarmless, kRepaired, kReported, kRefused };
constexpr std::array<const char*, 4> kEnds = {"harmless", "repaired", "reported", "refused"};

bool NamesAPlace(const std::string& message) {
  return message.find(kDirectory) != std::string::npos && message.find("offset") != std::string::npos;
}

// Reads every stream in both directions, and every record for itself; what is told must be true. Says what is
// wrong, or nothing.
class Reading {
 public:
  Reading(TestLog* log, const LivedLog& lived) : log_(log), lived_(lived) {}

  std::string Run() {
    for (const auto& [book, records] : lived_.truth) {
      for (const bool reverse : {false, true}) {
        for (const std::string tag : {"", "t"}) {
          if (std::string wrong = Stream(book, tag, reverse); !wrong.empty()) return wrong;
        }
      }
      if (failed_ == 0) continue;
      for (const auto& [seqnum, record] : records) {
        if (std::string wrong = Single(book, record); !wrong.empty()) return wrong;
      }
    }
    return {};
  }
  [[nodiscard]] int failed() const { return failed_; }
  [[nodiscard]] size_t unreadable() const { return unreadable_; }

 private:
  std::string Stream(const std::string& book, const std::string& tag, bool reverse) {
    const auto& truth = lived_.truth.at(book);
    std::vector<TestRecord> found;
    const Status read = log_->ReadAll(tag, &found, book, reverse);
    if (std::string wrong = NoteFailure(read); !wrong.empty()) return wrong;
    for (const TestRecord& record : found) {
      const auto at = truth.find(record.seqnum);
      if (at == truth.end() || !(at->second == record))
        return "a wrong record at " + std::to_string(record.seqnum);
    }
    if (read.ok() && found.size() != truth.size()) return "silently shorter";
    return {};
  }

  std::string Single(const std::string& book, const TestRecord& record) {
    ReadRequest request;
    request.book = log_->engine().OpenBook(book);
    request.from = record.seqnum;
    request.to = record.seqnum + 1;
    ReadOutput output;
    const Status read = log_->engine().Read(request, ReadMode::kMayBlock, &output);
    if (!read.ok()) ++unreadable_;
    if (read.ok() && output.found.size() != 1) return "absent: " + std::to_string(record.seqnum);
    return NoteFailure(read);
  }

  std::string NoteFailure(const Status& read) {
    if (read.ok()) return {};
    ++failed_;
    if (!read.Is(StatusCode::kCorrupt)) return "an unexpected status: " + read.message();
    return NamesAPlace(read.message()) ? std::string() : "a report without a place: " + read.message();
  }

  TestLog* log_;
  const LivedLog& lived_;
  int failed_ = 0;
  size_t unreadable_ = 0;
};

class LivedDamageTest : public ::testing::Test {
 protected:
  void SetUp() override { lived_.Live(1 + chance_.Below(2), &chance_); }

  // Changes the file in a copy of the world, opens that, and compares all that it says.
  End Judge(const std::string& name, const std::function<void(Bytes*)>& change, std::string* wrong) {
    const std::string path = JoinPath(kDirectory, name);
    const auto damaged = lived_.world.Clone();
    Bytes bytes = damaged->ReadWholeFile(path);
    change(&bytes);
    damaged->WriteWholeFile(path, bytes);
    return JudgeWorld(damaged.get(), path, bytes, wrong);
  }

  End JudgeWorld(MemoryEnv* damaged, const std::string& path, const Bytes& bytes, std::string* wrong) {
    std::unique_ptr<TestLog> log;
    const Status opened = TestLog::Open(damaged, &log);
    if (!opened.ok()) {
      if (!opened.Is(StatusCode::kCorrupt) && !opened.Is(StatusCode::kFormat)) *wrong = opened.message();
      return End::kRefused;
    }
    Reading reading(log.get(), lived_);
    *wrong = reading.Run();
    const Status failure = log->engine().Failure();
    if (!failure.ok() && !NamesAPlace(failure.message()))
      *wrong = "a report without a place: " + failure.message();
    unreadable_ = reading.unreadable();
    is_writable_ = failure.ok();
    if (reading.failed() > 0 || !failure.ok()) return End::kReported;
    if (!log->Append({"more"}, {"t"}).ok()) *wrong = "it does not append, and does not say why";
    std::unique_ptr<File> file;
    const bool is_there = damaged->OpenFile(path, OpenMode::kRead, &file).ok();
    return is_there && damaged->ReadWholeFile(path) == bytes ? End::kHarmless : End::kRepaired;
  }

  [[nodiscard]] std::string KindOf(const std::string& name) const {
    const ParsedFileName parsed = ParseFileName(name);
    const auto& segments = manifest_.segments;
    const bool is_rewritten =
        std::any_of(segments.begin(), segments.end(), [&](const ManifestSegment& segment) {
          return segment.segment == parsed.id && segment.kind == SegmentKind::kRewritten;
        });
    switch (parsed.kind) {
      case FileKind::kManifest:
        return "manifest";
      case FileKind::kSegment:
        return is_rewritten ? "rewritten segment" : "segment";
      case FileKind::kIndexRun:
        return "index run";
      case FileKind::kCheckpoint:
        return "checkpoint";
      default:
        return "";
    }
  }
  std::vector<std::string> NamesOf(const std::string& kind) {
    manifest_ = LivedLog::Listed(&lived_.world);
    std::vector<std::string> names;
    for (const std::string& name : lived_.names) {
      if (KindOf(name) == kind) names.push_back(name);
    }
    return names;
  }

  Chance chance_;
  LivedLog lived_;
  Manifest manifest_;
  size_t unreadable_ = 0;
  bool is_writable_ = false;
};

TEST_F(LivedDamageTest, EveryFlipOfAByteInUseIsReportedRepairedOrHarmless) {
  constexpr size_t kFlips = 2'000;  // of each kind of file
  std::printf("%-20s %8s %8s %8s %8s %8s\n", "flips in use, of", "flips", kEnds[0], kEnds[1], kEnds[2],
              kEnds[3]);
  for (const std::string kind : {"segment", "rewritten segment", "index run", "checkpoint", "manifest"}) {
    const std::vector<std::string> names = NamesOf(kind);
    ASSERT_FALSE(names.empty()) << kind;
    std::vector<std::pair<std::string, size_t>> in_use;
    for (const std::string& name : names) {
      const Bytes bytes = lived_.world.ReadWholeFile(JoinPath(kDirectory, name));
      for (size_t at = 0; at < bytes.size(); ++at) {
        if (bytes[at] != std::byte{0}) in_use.emplace_back(name, at);
      }
    }
    std::array<size_t, 4> ends{};
    for (size_t i = 0; i < kFlips; ++i) {
      const auto& [name, at] = in_use[chance_.Below(in_use.size())];
      const auto bit = static_cast<std::byte>(1U << chance_.Below(8));
      std::string wrong;
      const End end = Judge(
          name, [at = at, bit](Bytes* bytes) { (*bytes)[at] ^= bit; }, &wrong);
      ASSERT_EQ(wrong, "") << name << ", byte " << at;
      ++ends[static_cast<size_t>(end)];
      if (kind != "segment" && kind != "rewritten segment") {
        ASSERT_TRUE(end == End::kHarmless || end == End::kRepaired) << name << ", byte " << at;
      } else if (is_writable_) {
        // What is not in the damaged batch or frame stays readable. A lane is not damaged by another.
        ASSERT_LE(unreadable_, 200U) << name << ", byte " << at;
      }
    }
    std::printf("%-20s %8zu %8zu %8zu %8zu %8zu\n", kind.c_str(), kFlips, ends[0], ends[1], ends[2], ends[3]);
  }
}

TEST_F(LivedDamageTest, BlocksZeroedExchangedOrCutOffInSegmentsGiveNoWrongRecord) {
  std::array<size_t, 4> ends{};
  std::vector<std::string> names = NamesOf("segment");
  const std::vector<std::string> rewritten = NamesOf("rewritten segment");
  names.insert(names.end(), rewritten.begin(), rewritten.end());
  for (int i = 0; i < 1'000; ++i) {
    const std::string& name = names[chance_.Below(names.size())];
    const Bytes other = lived_.world.ReadWholeFile(JoinPath(kDirectory, names[chance_.Below(names.size())]));
    const uint64_t way = chance_.Below(4);
    const auto change = [&](Bytes* bytes) {
      const size_t sectors = std::min(bytes->size(), other.size()) / kSectorSize;
      const auto at = [](size_t sector) { return static_cast<std::ptrdiff_t>(sector * kSectorSize); };
      const size_t here = chance_.Below(sectors);
      const size_t there = chance_.Below(sectors);
      const auto place = bytes->begin() + at(here);
      if (way == 0) std::fill(place, place + kSectorSize, std::byte{0});
      if (way == 1) std::swap_ranges(place, place + kSectorSize, bytes->begin() + at(there));
      if (way == 2) std::copy(other.begin() + at(here), other.begin() + at(here + 1), place);
      if (way == 3) bytes->resize(chance_.Below(bytes->size()));
    };
    std::string wrong;
    ++ends[static_cast<size_t>(Judge(name, change, &wrong))];
    ASSERT_EQ(wrong, "") << name << ", way " << way;
  }
  EXPECT_GT(ends[static_cast<size_t>(End::kReported)], 100U);
}

TEST_F(LivedDamageTest, IndexRunsAndCheckpointsAreMadeAgainWhateverHappensToThem) {
  for (const std::string kind : {"index run", "checkpoint"}) {
    const std::vector<std::string> names = NamesOf(kind);
    for (const std::string& name : names) {
      const std::string path = JoinPath(kDirectory, name);
      const Bytes good = lived_.world.ReadWholeFile(path);
      const Bytes other =
          lived_.world.ReadWholeFile(JoinPath(kDirectory, names[chance_.Below(names.size())]));
      const size_t cut = chance_.Below(good.size());
      const size_t block = chance_.Below(good.size() / kSectorSize + 1) * kSectorSize;
      const auto zeroed = [&](Bytes* bytes) {
        std::fill(bytes->begin() + static_cast<std::ptrdiff_t>(std::min(block, bytes->size())),
                  bytes->begin() + static_cast<std::ptrdiff_t>(std::min(block + kSectorSize, bytes->size())),
                  std::byte{0});
      };
      const std::vector<std::pair<const char*, std::function<void(Bytes*)>>> changes = {
          {"cut", [&](Bytes* bytes) { bytes->resize(cut); }},
          {"emptied", [](Bytes* bytes) { bytes->clear(); }},
          {"grown", [](Bytes* bytes) { bytes->resize(bytes->size() + 4096); }},
          {"a block zeroed", zeroed},
          {"another one in its place", [&](Bytes* bytes) { *bytes = other; }}};
      for (const auto& [what, change] : changes) {
        std::string wrong;
        const End end = Judge(name, change, &wrong);
        EXPECT_EQ(wrong, "") << name << " " << what;
        EXPECT_TRUE(end == End::kHarmless || end == End::kRepaired) << name << " " << what;
      }
      const auto removed = lived_.world.Clone();
      ASSERT_TRUE(removed->Remove(path).ok());
      std::string wrong;
      EXPECT_EQ(JudgeWorld(removed.get(), path, {}, &wrong), End::kRepaired) << name << " removed";
      EXPECT_EQ(wrong, "") << name << " removed";
    }
  }
}

TEST_F(LivedDamageTest, AllIndexRunsAndBothCheckpointsMayGoAtOnce) {
  const auto bare = lived_.world.Clone();
  for (const std::string kind : {"index run", "checkpoint"}) {
    for (const std::string& name : NamesOf(kind)) ASSERT_TRUE(bare->Remove(JoinPath(kDirectory, name)).ok());
  }
  std::string wrong;
  EXPECT_EQ(JudgeWorld(bare.get(), JoinPath(kDirectory, "manifest-0"), {}, &wrong), End::kRepaired);
  EXPECT_EQ(wrong, "");
}

TEST_F(LivedDamageTest, FilesOfAnotherLogAndDuplicatesAreNotTakenForItsOwn) {
  LivedLog other(77);
  other.Live(1, &chance_);
  size_t reported = 0;
  for (const std::string& name : lived_.names) {
    const std::string path = JoinPath(kDirectory, name);
    if (KindOf(name).empty() || std::find(other.names.begin(), other.names.end(), name) == other.names.end())
      continue;
    const Bytes foreign = other.world.ReadWholeFile(path);
    std::string wrong;
    const End end = Judge(
        name, [&](Bytes* bytes) { *bytes = foreign; }, &wrong);
    EXPECT_EQ(wrong, "") << name;
    if (end == End::kReported) ++reported;
  }
  EXPECT_GE(reported, 2U) << "segments";
  // A copy under a number that was never given.
  for (const std::string& name : lived_.names) {
    const FileKind kind = ParseFileName(name).kind;
    if (kind != FileKind::kIndexRun && kind != FileKind::kCheckpoint) continue;
    const auto doubled = lived_.world.Clone();
    const std::string copy =
        kind == FileKind::kIndexRun ? IndexRunFileName(0xffff) : CheckpointFileName(0xffff);
    doubled->WriteWholeFile(JoinPath(kDirectory, copy), doubled->ReadWholeFile(JoinPath(kDirectory, name)));
    std::string wrong;
    const End end = JudgeWorld(doubled.get(), JoinPath(kDirectory, copy), {}, &wrong);
    EXPECT_EQ(wrong, "") << name;
    EXPECT_EQ(end, End::kRepaired) << name << ": the copy leaves";
  }
}

}  // namespace
}  // namespace daybook::test
