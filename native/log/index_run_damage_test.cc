// What damage may do to index runs.
#include <gtest/gtest.h>

#include <functional>

#include "log/index_run.h"
#include "log/index_run_format.h"
#include "log/index_run_test_support.h"

namespace daybook {
namespace {

using index_run::kPageSize;
using testing_support::AnswersAreRightOrCorrupt;
using testing_support::ByteVector;
using testing_support::Chance;
using testing_support::ExampleIdentity;
using testing_support::kRunDirectory;
using testing_support::OpenRun;
using testing_support::OtherIdentity;
using testing_support::RunModel;
using testing_support::SmallModel;
using testing_support::WalkAll;
using testing_support::WriteRun;

constexpr const char* kPath = "/log/index-0000000000000007";

// A run in memory that can be damaged in place.
class DamagedRun {
 public:
  explicit DamagedRun(const RunModel& model) : model_(model) {
    EXPECT_OK(env.CreateDirectory(kRunDirectory));
    EXPECT_OK(WriteRun(&env, model, 7, &info));
    bytes = env.ReadWholeFile(kPath);
    EXPECT_OK(env.OpenFile(kPath, OpenMode::kReadWrite, &file_));
  }

  // Damage that some block must show. `step` makes the questions fewer.
  testing::AssertionResult IsNoticed(size_t step) {
    std::shared_ptr<const IndexRun> run;
    const Status opened = OpenRun(&env, info, &run);
    if (opened.Is(StatusCode::kCorrupt)) return testing::AssertionSuccess();
    if (!opened.ok()) return testing::AssertionFailure() << "Open says " << opened.message();
    if (auto answers = AnswersAreRightOrCorrupt(*run, model_, step); !answers) return answers;
    const Status walked = WalkAll(*run);
    if (!walked.Is(StatusCode::kCorrupt)) return testing::AssertionFailure() << "Walk notices nothing";
    if (walked.message().find(kPath) == std::string::npos ||
        walked.message().find("offset") == std::string::npos)
      return testing::AssertionFailure() << "Walk does not say where: " << walked.message();
    return testing::AssertionSuccess();
  }

  void Overwrite(size_t offset, std::span<const std::byte> with) {
    const std::span<const std::byte> pieces[] = {with};
    ASSERT_OK(file_->Write(offset, pieces));
    // The world remembers what is not flushed.
    if (++writes_ % 512 == 0) ASSERT_OK(file_->Sync());
  }
  void Restore(size_t offset, size_t size) { Overwrite(offset, std::span(bytes).subspan(offset, size)); }
  [[nodiscard]] size_t pages() const { return bytes.size() / kPageSize; }
  [[nodiscard]] std::span<const std::byte> PageOf(size_t i) const {
    return std::span(bytes).subspan(i * kPageSize, kPageSize);
  }
  void Cut(size_t size) { ASSERT_OK(file_->Truncate(size)); }

  MemoryEnv env;
  IndexRunInfo info;
  ByteVector bytes;

 private:
  const RunModel model_;
  std::unique_ptr<File> file_;
  uint64_t writes_ = 0;
};

TEST(IndexRunDamageTest, EveryFlippedBitGivesTheRightAnswerOrAnErrorAndIsSeenByWalking) {
  Chance chance;
  const RunModel model = SmallModel();
  DamagedRun damaged(model);
  size_t flips = 0;
  for (size_t offset = 0; offset < damaged.bytes.size(); ++offset) {
    // Of the zeros that fill up pages, some.
    const bool in_use = offset % kPageSize < 128 || damaged.bytes[offset] != std::byte{0};
    for (unsigned bit = 0; bit < 8; ++bit) {
      if (!in_use && !chance.OneIn(300)) continue;
      const std::byte flipped = damaged.bytes[offset] ^ static_cast<std::byte>(1U << bit);
      damaged.Overwrite(offset, {&flipped, 1});
      ASSERT_TRUE(damaged.IsNoticed(8)) << "bit " << bit << " of byte " << offset;
      damaged.Restore(offset, 1);
      ++flips;
    }
  }
  EXPECT_GT(flips, 20000U);
  RecordProperty("flips", static_cast<int>(flips));
}

TEST(IndexRunDamageTest, ARunCutAtAnyLengthDoesNotOpen) {
  const RunModel model = SmallModel();
  DamagedRun damaged(model);
  for (size_t size = damaged.bytes.size(); size-- > 0;) {
    damaged.Cut(size);
    std::shared_ptr<const IndexRun> run;
    ASSERT_TRUE(OpenRun(&damaged.env, damaged.info, &run).Is(StatusCode::kCorrupt)) << size;
    // Nor if it was listed with just that length.
    IndexRunInfo listed = damaged.info;
    listed.bytes = size;
    ASSERT_TRUE(OpenRun(&damaged.env, listed, &run).Is(StatusCode::kCorrupt)) << size;
  }
}

TEST(IndexRunDamageTest, ARunCutWhileItIsOpenAnswersRightOrWithAnError) {
  const RunModel model = SmallModel();
  for (size_t page = 0; page < DamagedRun(model).pages(); ++page) {
    DamagedRun damaged(model);
    std::shared_ptr<const IndexRun> run;
    ASSERT_OK(OpenRun(&damaged.env, damaged.info, &run, 0));
    damaged.Cut(page * kPageSize + 100);
    ASSERT_TRUE(AnswersAreRightOrCorrupt(*run, model)) << page;
    ASSERT_TRUE(WalkAll(*run).Is(StatusCode::kCorrupt)) << page;
  }
}

TEST(IndexRunDamageTest, ExchangedAndDoubledBlocksAreBadInTheirNewPlaces) {
  const RunModel model = SmallModel();
  DamagedRun damaged(model);
  for (size_t i = 0; i < damaged.pages(); ++i) {
    for (size_t j = 0; j < damaged.pages(); ++j) {
      if (i == j) continue;
      damaged.Overwrite(i * kPageSize, damaged.PageOf(j));
      ASSERT_TRUE(damaged.IsNoticed(1)) << "page " << j << " over " << i;
      damaged.Overwrite(j * kPageSize, damaged.PageOf(i));
      ASSERT_TRUE(damaged.IsNoticed(1)) << "pages " << i << " and " << j << " exchanged";
      damaged.Restore(i * kPageSize, kPageSize);
      damaged.Restore(j * kPageSize, kPageSize);
    }
  }
}

TEST(IndexRunDamageTest, BlocksOfAnotherRunAreBadInThisOne) {
  const RunModel model = SmallModel();
  DamagedRun damaged(model);
  IndexRunInfo other;
  ASSERT_OK(WriteRun(&damaged.env, SmallModel(1), 8, &other));
  const ByteVector bytes = damaged.env.ReadWholeFile("/log/index-0000000000000008");
  ASSERT_EQ(bytes.size(), damaged.bytes.size());
  for (size_t page = 0; page < damaged.pages(); ++page) {
    damaged.Overwrite(page * kPageSize, std::span(bytes).subspan(page * kPageSize, kPageSize));
    ASSERT_TRUE(damaged.IsNoticed(1)) << page;
    damaged.Restore(page * kPageSize, kPageSize);
  }
}

TEST(IndexRunDamageTest, ARunOfAnotherLogOrAnotherThanListedDoesNotOpen) {
  MemoryEnv env;
  ASSERT_OK(env.CreateDirectory(kRunDirectory));
  IndexRunInfo info;
  std::shared_ptr<const IndexRun> run;
  ASSERT_OK(WriteRun(&env, SmallModel(), 7, &info, OtherIdentity()));
  EXPECT_TRUE(OpenRun(&env, info, &run).Is(StatusCode::kCorrupt));
  ASSERT_OK(WriteRun(&env, SmallModel(), 7, &info));
  EXPECT_OK(OpenRun(&env, info, &run));
  const auto expect_refused = [&](const std::function<void(IndexRunInfo*)>& change) {
    IndexRunInfo listed = info;
    change(&listed);
    EXPECT_TRUE(OpenRun(&env, listed, &run).Is(StatusCode::kCorrupt));
  };
  expect_refused([](IndexRunInfo* listed) { --listed->first_seqnum; });
  expect_refused([](IndexRunInfo* listed) { ++listed->end_seqnum; });
  expect_refused([](IndexRunInfo* listed) { ++listed->records; });
  expect_refused([](IndexRunInfo* listed) { listed->bytes += kPageSize; });
  IndexRunInfo listed = info;
  listed.run = 8;
  EXPECT_TRUE(OpenRun(&env, listed, &run).Is(StatusCode::kNotFound));
  env.WriteWholeFile("/log/index-0000000000000008", env.ReadWholeFile(kPath));
  EXPECT_TRUE(OpenRun(&env, listed, &run).Is(StatusCode::kCorrupt));
}

// Bytes that mean something else than they did, under checksums that hold: nothing can tell that an answer is
// wrong, but it must be one, within the bounds of the run.
TEST(IndexRunDamageTest, NonsenseUnderGoodChecksumsNeitherCrashesNorLeavesTheBounds) {
  Chance chance;
  const RunModel model = SmallModel();
  DamagedRun damaged(model);
  const uint32_t crc_base = index_run::RunCrcBase(ExampleIdentity(), 7);
  for (int round = 0; round < 3000; ++round) {
    const size_t number = chance.Between(1, damaged.pages() - 2);
    index_run::Page page;
    std::copy_n(damaged.PageOf(number).begin(), kPageSize, page.begin());
    const bool late = chance.OneIn(3);
    for (uint64_t edits = chance.Between(1, 8); edits > 0; --edits) {
      const size_t at =
          chance.OneIn(4) ? kPageSize - 1 - chance.Below(12) : 5 + chance.Below(late ? 4000 : 60);
      page[at] = static_cast<std::byte>(chance.OneIn(3) ? 0xff : chance.Below(256));
    }
    const auto kind = static_cast<index_run::PageKind>(page[4]);
    index_run::SealPage(crc_base, number, kind, index_run::PageFlags(page), index_run::PageCount(page),
                        &page);
    damaged.Overwrite(number * kPageSize, page);
    std::shared_ptr<const IndexRun> run;
    if (OpenRun(&damaged.env, damaged.info, &run).ok()) {
      for (const auto& [stream, seqnums] : model.streams) {
        std::vector<uint64_t> read;
        bool more = false;
        (void)run->ReadPostings(stream.first, stream.second, 0, UINT64_MAX, chance.OneIn(2), 5000,
                                ReadMode::kMayBlock, &read, &more);
        for (const uint64_t seqnum : read) ASSERT_TRUE(seqnum >= 1000 && seqnum < 3000);
      }
      (void)AnswersAreRightOrCorrupt(*run, model);
      (void)WalkAll(*run);
    }
    damaged.Restore(number * kPageSize, kPageSize);
  }
}

}  // namespace
}  // namespace daybook
