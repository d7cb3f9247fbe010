// Verification against the engine's own opinion: what the engine finds damaged is found, what it can
// mend is no damage, and a crash is none.
#include "log/verify_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "env/env_fault.h"
#include "log/engine_test_support.h"
#include "log/file_name.h"
#include "log/lived_log_test_support.h"
#include "log/test_support.h"
#include "log/verify_task.h"

namespace daybook::test {
namespace {

using testing_support::Chance;

Status Verify(Env* env, LogVerdict* verdict) {
  Manifest manifest;
  DAYBOOK_RETURN_IF_ERROR(VerifyManifest(env, kDirectory, &manifest, verdict));
  std::vector<FileReport> reports;
  for (const VerifyTask& made : VerifyTasks(manifest)) {
    VerifyTask task;
    EXPECT_TRUE(DecodeVerifyTask(EncodeVerifyTask(made), &task));
    FileReport report;
    DAYBOOK_RETURN_IF_ERROR(RunVerifyTask(env, kDirectory, task, &report));
    EXPECT_TRUE(DecodeFileReport(EncodeFileReport(report), &reports.emplace_back()));
  }
  JudgeReports(manifest, reports, verdict);
  return Status::Ok();
}

std::string Told(const LogVerdict& verdict) {
  std::string told;
  for (const LogDamage& damage : verdict.damage) {
    told += "damage: " + damage.file + " at " + std::to_string(damage.offset) + " [" +
            std::to_string(damage.first_seqnum) + ", " + std::to_string(damage.end_seqnum) + ") " +
            damage.what + "\n";
  }
  for (const std::string& note : verdict.notes) told += "note: " + note + "\n";
  return told;
}

// What the engine makes of a world.
struct Opinion {
  bool sound = false;                // it opens for writing
  std::vector<uint64_t> unreadable;  // acknowledged records that it does not give
};

Opinion Ask(MemoryEnv* env, const std::map<uint64_t, TestRecord>& truth) {
  Opinion opinion;
  std::unique_ptr<TestLog> log;
  if (!TestLog::Open(env, &log).ok()) {
    for (const auto& [seqnum, record] : truth) opinion.unreadable.push_back(seqnum);
    return opinion;
  }
  opinion.sound = log->engine().Failure().ok();
  std::map<uint64_t, TestRecord> left = truth;
  for (const bool reverse : {false, true}) {
    std::vector<TestRecord> found;
    (void)log->ReadAll("t", &found, "book", reverse);
    for (const TestRecord& record : found) left.erase(record.seqnum);
  }
  for (const auto& [seqnum, record] : left) opinion.unreadable.push_back(seqnum);
  return opinion;
}

class VerifyLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&world_, &log).ok());
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(log->Append({"r" + std::to_string(i), "s"}, {"t"}).ok());
    ASSERT_TRUE(log->Trim(3).ok());
    truth_ = log->acknowledged;
    left_open_ = world_.Clone();
    ASSERT_TRUE(log->engine().Close().ok());
    log.reset();
    ASSERT_TRUE(world_.ListDirectory(kDirectory, &names_).ok());
  }

  // Damages a copy of the world, and compares the verdict with what the engine says of it.
  void Compare(const std::string& name, const std::function<void(std::vector<std::byte>*)>& change,
               const std::string& what) {
    const auto damaged = world_.Clone();
    std::vector<std::byte> bytes = damaged->ReadWholeFile(JoinPath(kDirectory, name));
    change(&bytes);
    damaged->WriteWholeFile(JoinPath(kDirectory, name), bytes);
    CompareWorld(damaged.get(), name + ", " + what);
  }

  void CompareWorld(MemoryEnv* damaged, const std::string& what) {
    LogVerdict verdict;
    const Status verified = Verify(damaged, &verdict);
    const Opinion opinion = Ask(damaged, truth_);
    if (!verified.ok()) {
      EXPECT_FALSE(opinion.sound) << what << ": " << verified.message();
      return;
    }
    EXPECT_TRUE(opinion.sound || !verdict.damage.empty()) << what << "\n" << Told(verdict);
    for (const LogDamage& damage : verdict.damage) {
      // What no record hangs on may be mended; the rest, the engine must know too.
      EXPECT_TRUE(!opinion.sound || damage.end_seqnum == damage.first_seqnum) << what << "\n"
                                                                              << Told(verdict);
      EXPECT_FALSE(damage.what.empty());
      EXPECT_FALSE(damage.file.empty());
    }
    for (const uint64_t seqnum : opinion.unreadable) {
      EXPECT_TRUE(Explains(verdict, seqnum)) << what << ": " << seqnum << " is lost\n" << Told(verdict);
    }
    damages_ += verdict.damage.size();
  }

  // Lost itself, or below something lost that may have been a trim, or its book has lost its name.
  static bool Explains(const LogVerdict& verdict, uint64_t seqnum) {
    return std::any_of(verdict.damage.begin(), verdict.damage.end(), [&](const LogDamage& damage) {
      const bool names_lost = damage.first_seqnum == 0 && damage.end_seqnum > 0;
      return names_lost || seqnum < damage.end_seqnum;
    });
  }

  MemoryEnv world_;
  std::unique_ptr<MemoryEnv> left_open_;
  std::map<uint64_t, TestRecord> truth_;
  std::vector<std::string> names_;
  size_t damages_ = 0;
};

TEST_F(VerifyLogTest, ASoundLogIsCountedAndNothingIsFound) {
  LogVerdict verdict;
  ASSERT_OK(Verify(&world_, &verdict));
  EXPECT_TRUE(verdict.damage.empty() && verdict.notes.empty()) << Told(verdict);
  EXPECT_EQ(verdict.records, 24u);
  EXPECT_GE(verdict.batches, 13u);
  EXPECT_EQ(verdict.last_batch, verdict.batches);
  EXPECT_GE(verdict.frames, verdict.batches);
  EXPECT_GE(verdict.commands, 2u);  // a name and a trim
  EXPECT_EQ(verdict.next_seqnum, 24u);
  EXPECT_TRUE(verdict.closed_properly);
}

TEST_F(VerifyLogTest, WhatIsNoLogIsNotVerified) {
  MemoryEnv empty;
  ASSERT_OK(empty.CreateDirectory(kDirectory));
  LogVerdict verdict;
  EXPECT_TRUE(Verify(&empty, &verdict).Is(StatusCode::kFormat));
  ASSERT_OK(testing_support::CreateFile(&empty, JoinPath(kDirectory, "notes"), "x"));
  EXPECT_TRUE(Verify(&empty, &verdict).Is(StatusCode::kFormat));
}

TEST_F(VerifyLogTest, EveryFlippedByteThatTheEngineMindsIsFound) {
  Chance chance;
  size_t flips = 0;
  for (const std::string& name : names_) {
    if (name == kLockFileName) continue;
    const std::vector<std::byte> content = world_.ReadWholeFile(JoinPath(kDirectory, name));
    for (uint64_t at = chance.Below(7); at < content.size(); at += chance.Between(1, 41)) {
      // Zeros that were written ahead say nothing.
      if (content[at - at % kSectorSize] == std::byte{}) continue;
      const uint64_t bit = chance.Below(8);
      Compare(
          name, [&](auto* bytes) { (*bytes)[at] ^= std::byte{1} << bit; },
          "bit " + std::to_string(bit) + " of byte " + std::to_string(at));
      ++flips;
    }
  }
  EXPECT_GT(flips, 1000u);
  EXPECT_GT(damages_, flips / 20);
}

TEST_F(VerifyLogTest, LostCutAndExchangedFilesAreFound) {
  std::vector<std::string> segments;
  for (const std::string& name : names_) {
    if (ParseFileName(name).kind == FileKind::kSegment) segments.push_back(name);
  }
  ASSERT_GE(segments.size(), 3u);
  for (const std::string& name : segments) {
    const auto without = world_.Clone();
    ASSERT_OK(without->Remove(JoinPath(kDirectory, name)));
    CompareWorld(without.get(), name + " removed");
    for (const uint64_t keep :
         {uint64_t{0}, uint64_t{100}, kSegmentDataOffset, kSegmentDataOffset + kSectorSize}) {
      Compare(
          name, [&](auto* bytes) { bytes->resize(std::min<size_t>(bytes->size(), keep)); },
          "cut to " + std::to_string(keep));
    }
    for (uint64_t sector = 0; sector * kSectorSize < world_.FileSize(JoinPath(kDirectory, name)); ++sector) {
      Compare(
          name,
          [&](auto* bytes) {
            const size_t end = std::min<size_t>(bytes->size(), (sector + 1) * kSectorSize);
            std::fill(bytes->begin() + static_cast<std::ptrdiff_t>(sector * kSectorSize),
                      bytes->begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
          },
          "sector " + std::to_string(sector) + " zeroed");
    }
  }
  const auto exchanged = world_.ReadWholeFile(JoinPath(kDirectory, segments[0]));
  Compare(
      segments[1], [&](auto* bytes) { *bytes = exchanged; }, "exchanged for another segment");
  EXPECT_GT(damages_, segments.size());
}

TEST_F(VerifyLogTest, ACrashIsNoDamage) {
  Chance chance;
  LogVerdict verdict;
  ASSERT_OK(Verify(left_open_.get(), &verdict));
  EXPECT_TRUE(verdict.damage.empty()) << Told(verdict);
  EXPECT_FALSE(verdict.closed_properly);
  for (int round = 0; round < 60; ++round) {
    MemoryEnv env(chance.Below(1'000'000));
    EngineOptions options = TestLog::SmallOptions();
    options.lanes = chance.Between(1, 3);
    std::unique_ptr<TestLog> log;
    ASSERT_TRUE(TestLog::Open(&env, &log, options).ok());
    const uint64_t appends = chance.Below(20);
    for (uint64_t i = 0; i < appends; ++i) {
      ASSERT_TRUE(log->Append({chance.Text(chance.Below(6000))}, {"t"}, chance.OneIn(2)).ok());
      const uint64_t last = log->acknowledged.empty() ? 0 : log->acknowledged.rbegin()->first;
      if (chance.OneIn(4)) {
        ASSERT_TRUE(log->Trim(chance.Below(last + 1)).ok());
      }
      if (chance.OneIn(5)) {
        ASSERT_OK(log->engine().MaintainAll());
      }
    }
    for (const auto& crashed : {env.Clone(), env.CloneDurable()}) {
      for (int opening = 0; opening < 2; ++opening) {
        LogVerdict left;
        ASSERT_OK(Verify(crashed.get(), &left));
        EXPECT_TRUE(left.damage.empty()) << Told(left);
        std::unique_ptr<TestLog> again;
        ASSERT_TRUE(TestLog::Open(crashed.get(), &again).ok());
        EXPECT_TRUE(again->engine().Failure().ok());
        ASSERT_TRUE(again->Append({"more"}, {"t"}).ok());
      }
    }
  }
}

class VerifyLivedLogTest : public VerifyLogTest {
 protected:
  void SetUp() override {
    lived_.Live(1 + chance_.Below(2), &chance_);
    truth_ = lived_.truth["book"];
    names_ = lived_.names;
  }
  MemoryEnv& world() { return lived_.world; }

  Chance chance_;
  LivedLog lived_;
};

TEST_F(VerifyLivedLogTest, ItsIndexAgreesWithItsSegments) {
  LogVerdict verdict;
  ASSERT_OK(Verify(&world(), &verdict));
  EXPECT_TRUE(verdict.damage.empty() && verdict.notes.empty()) << Told(verdict);
  EXPECT_GT(verdict.runs, 1u);
  EXPECT_GE(verdict.checkpoints, 1u);
  EXPECT_GT(verdict.indexed, 50u);
  EXPECT_LE(verdict.indexed, verdict.records);
  EXPECT_TRUE(verdict.closed_properly);
}

TEST_F(VerifyLivedLogTest, WhatTheEngineCannotReadIsExplained) {
  ASSERT_GT(truth_.size(), 20u);
  for (const std::string& name : names_) {
    if (ParseFileName(name).kind != FileKind::kSegment) continue;
    const std::string path = JoinPath(kDirectory, name);
    for (int i = 0; i < 30; ++i) {
      const auto damaged = world().Clone();
      std::vector<std::byte> bytes = damaged->ReadWholeFile(path);
      const uint64_t at = chance_.Below(bytes.size());
      bytes[at] ^= std::byte{1} << chance_.Below(8);
      damaged->WriteWholeFile(path, bytes);
      LogVerdict verdict;
      ASSERT_OK(Verify(damaged.get(), &verdict));
      const Opinion opinion = Ask(damaged.get(), truth_);
      const std::string what = name + ", byte " + std::to_string(at) + "\n" + Told(verdict);
      EXPECT_TRUE(opinion.sound || !verdict.damage.empty()) << what;
      for (const uint64_t seqnum : opinion.unreadable)
        EXPECT_TRUE(Explains(verdict, seqnum)) << seqnum << " is lost: " << what;
    }
  }
}

TEST_F(VerifyLivedLogTest, DamageToWhatOnlyRepeatsIsFoundAndMended) {
  size_t flips = 0;
  for (const std::string& name : names_) {
    const FileKind kind = ParseFileName(name).kind;
    if (kind != FileKind::kIndexRun && kind != FileKind::kCheckpoint) continue;
    const std::string path = JoinPath(kDirectory, name);
    for (int i = 0; i < 8; ++i) {
      const auto damaged = world().Clone();
      std::vector<std::byte> bytes = damaged->ReadWholeFile(path);
      const uint64_t at = chance_.Below(bytes.size());
      bytes[at] ^= std::byte{1} << chance_.Below(8);
      if (i == 0) bytes.resize(at);
      damaged->WriteWholeFile(path, bytes);
      if (i == 1) {
        ASSERT_OK(damaged->Remove(path));
      }
      LogVerdict verdict;
      ASSERT_OK(Verify(damaged.get(), &verdict));
      ASSERT_EQ(verdict.damage.size(), 1u) << name << ", byte " << at << "\n" << Told(verdict);
      EXPECT_EQ(verdict.damage[0].file, name);
      EXPECT_TRUE(verdict.damage[0].mendable);
      EXPECT_EQ(verdict.damage[0].first_seqnum, verdict.damage[0].end_seqnum);
      EXPECT_TRUE(Ask(damaged.get(), {}).sound) << name << ", byte " << at;
      ++flips;
    }
  }
  EXPECT_GE(flips, 24u);
}

TEST_F(VerifyLivedLogTest, ALostCheckpointIsNoneAfterTheNextOpening) {
  for (const std::string& name : names_) {
    if (ParseFileName(name).kind != FileKind::kCheckpoint) continue;
    const auto damaged = world().Clone();
    ASSERT_OK(damaged->Remove(JoinPath(kDirectory, name)));
    EXPECT_TRUE(Ask(damaged.get(), {}).sound);
    LogVerdict verdict;
    ASSERT_OK(Verify(damaged.get(), &verdict));
    EXPECT_TRUE(verdict.damage.empty()) << Told(verdict);
  }
}

TEST_F(VerifyLogTest, ALogWithoutRecordsThatWasClosedIsCalledClosed) {
  MemoryEnv world;
  std::unique_ptr<TestLog> log;
  ASSERT_OK(TestLog::Open(&world, &log));
  ASSERT_OK(log->engine().MaintainAll());
  ASSERT_OK(log->engine().Close());
  log.reset();
  LogVerdict verdict;
  ASSERT_OK(Verify(&world, &verdict));
  EXPECT_TRUE(verdict.closed_properly);
}

TEST_F(VerifyLogTest, ALogThatWasClosedAndOpenedAgainAndKilledIsNotCalledClosed) {
  MemoryEnv world;
  std::unique_ptr<TestLog> log;
  ASSERT_OK(TestLog::Open(&world, &log));
  ASSERT_OK(log->Append({"1"}, {"t"}));
  ASSERT_OK(log->engine().Close());
  log.reset();
  ASSERT_OK(TestLog::Open(&world, &log));
  ASSERT_OK(log->Append({"2"}, {"t"}));
  const auto killed = world.Clone();
  LogVerdict verdict;
  ASSERT_OK(Verify(killed.get(), &verdict));
  EXPECT_FALSE(verdict.closed_properly);
}

TEST_F(VerifyLivedLogTest, AnOlderCheckpointThatCannotBeReadKeepsNoLogFromOpening) {
  const Manifest manifest = LivedLog::Listed(&world());
  ASSERT_EQ(manifest.checkpoints.size(), 2U);
  const std::string older = CheckpointFileName(manifest.checkpoints.back().checkpoint);
  FaultEnv faulty(&world(), [&](const Operation& operation) -> Status {
    if (operation.kind != OperationKind::kRead || !operation.path.ends_with(older)) return Status::Ok();
    return {StatusCode::kIo, "a bad sector", 5};
  });
  std::unique_ptr<TestLog> log;
  ASSERT_OK(TestLog::Open(&faulty, &log));
  EXPECT_TRUE(log->engine().Failure().ok());
}

TEST_F(VerifyLivedLogTest, ARunThatHoldsButLiesIsFound) {
  Manifest manifest = LivedLog::Listed(&world());
  IndexRunInfo& listed = manifest.runs.back();
  auto cache = std::make_shared<BlockCache>(size_t{1} << 20U);
  std::shared_ptr<const IndexRun> run;
  ASSERT_OK(IndexRun::Open(&world(), kDirectory, manifest.identity, listed, cache, &run));
  // The same run but for one posting, under the same name.
  IndexRunInfo lying = listed;
  std::unique_ptr<IndexRunWriter> writer;
  const std::unique_ptr<IndexRunCursor> cursor = run->Walk();
  std::vector<RecordLocation> locations;
  RecordLocation location;
  for (bool found = true; found;) {
    ASSERT_OK(cursor->NextLocation(&location, &found));
    if (found) locations.push_back(location);
  }
  std::vector<std::pair<uint64_t, std::vector<uint64_t>>> streams[2];
  StreamKind kind = StreamKind::kTag;
  uint64_t key = 0;
  for (bool found = true; found;) {
    ASSERT_OK(cursor->NextStream(&kind, &key, &found));
    if (!found) break;
    auto& stream = streams[static_cast<size_t>(kind)].emplace_back(key, std::vector<uint64_t>());
    for (size_t before = 1; before != stream.second.size();) {
      before = stream.second.size();
      ASSERT_OK(cursor->NextPostings(1000, &stream.second));
    }
  }
  ASSERT_OK(world().Remove(run->path()));
  ASSERT_OK(IndexRunWriter::Create(&world(), kDirectory, manifest.identity, lying, &writer));
  for (const RecordLocation& each : locations) ASSERT_OK(writer->AddLocation(each));
  streams[0].back().second.pop_back();
  for (const StreamKind each : {StreamKind::kTag, StreamKind::kBook}) {
    for (const auto& [name, seqnums] : streams[static_cast<size_t>(each)]) {
      if (seqnums.empty()) continue;
      ASSERT_OK(writer->BeginStream(each, name));
      for (const uint64_t seqnum : seqnums) ASSERT_OK(writer->AddPosting(seqnum));
    }
  }
  ASSERT_OK(writer->Finish(&lying));
  listed = lying;
  manifest.generation += 1;
  bool reached_disk = false;
  ASSERT_OK(WriteManifest(&world(), kDirectory, manifest, &reached_disk));
  LogVerdict verdict;
  ASSERT_OK(Verify(&world(), &verdict));
  ASSERT_EQ(verdict.damage.size(), 1u) << Told(verdict);
  EXPECT_NE(verdict.damage[0].what.find("do not agree"), std::string::npos);
  EXPECT_FALSE(verdict.damage[0].mendable);
}

TEST_F(VerifyLogTest, AReportThatIsCutIsNoReport) {
  FileReport report;
  report.chains.push_back({1, 2, 3, 4, 5, 6, 7, 8});
  report.digests[9] = {10, 11, 12, 13};
  report.problems.push_back({14, 15, true, 16, 17, "what"});
  const std::vector<std::byte> bytes = EncodeFileReport(report);
  for (size_t size = 0; size < bytes.size(); ++size) {
    FileReport read;
    EXPECT_FALSE(DecodeFileReport(std::span(bytes).first(size), &read)) << size;
  }
  FileReport read;
  ASSERT_TRUE(DecodeFileReport(bytes, &read));
  EXPECT_EQ(read.chains[0].previous_checksum, 3u);
  EXPECT_EQ(read.digests, report.digests);
  EXPECT_EQ(read.problems[0].what, "what");
  EXPECT_TRUE(read.problems[0].whole_file);
}

}  // namespace
}  // namespace daybook::test
