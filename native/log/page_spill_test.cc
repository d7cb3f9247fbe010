#include "log/page_spill.h"

#include <gtest/gtest.h>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/test_support.h"

namespace daybook::index_run {
namespace {

constexpr const char* kPath = "/log/index-0000000000000007.tmp";

Page PageOf(uint64_t number) {
  Page page{};
  StoreU64(page.data() + 8, number);
  StoreU64(page.data() + kPageSize - 8, ~number);
  return page;
}

class PageSpillTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(env_.CreateDirectory("/log")); }

  // Takes `spill` to be what was added: each `step`th number from `first` on, `count` of them.
  void ExpectDrains(PageSpill* spill, uint64_t first, uint64_t step, uint64_t count) {
    EXPECT_EQ(spill->count(), count);
    uint64_t next = first;
    ASSERT_OK(spill->Drain([&](Page* page) {
      EXPECT_EQ(*page, PageOf(next));
      next += step;
      return Status::Ok();
    }));
    EXPECT_EQ(next, first + step * count);
    EXPECT_EQ(spill->count(), 0U);
  }

  MemoryEnv env_;
};

TEST_F(PageSpillTest, AFewPagesMakeNoFile) {
  SpillFile file(&env_, kPath);
  PageSpill spill(&file);
  for (uint64_t i = 0; i < PageSpill::kPagesHeld; ++i) ASSERT_OK(spill.Add(PageOf(i)));
  EXPECT_FALSE(env_.Exists(kPath));
  ExpectDrains(&spill, 0, 1, PageSpill::kPagesHeld);
}

TEST_F(PageSpillTest, ManyPagesOfSeveralSpillsComeBackInTheirOrderAndTheFileGoes) {
  for (const uint64_t count : {uint64_t{17}, uint64_t{32}, uint64_t{33}, uint64_t{1000}}) {
    {
      SpillFile file(&env_, kPath);
      PageSpill even(&file);
      PageSpill odd(&file);
      for (uint64_t i = 0; i < count; ++i) {
        ASSERT_OK(even.Add(PageOf(2 * i)));
        ASSERT_OK(odd.Add(PageOf(2 * i + 1)));
      }
      EXPECT_TRUE(env_.Exists(kPath));
      ExpectDrains(&odd, 1, 2, count);
      ExpectDrains(&even, 0, 2, count);
    }
    EXPECT_FALSE(env_.Exists(kPath));
  }
}

TEST_F(PageSpillTest, ALeftoverOfTheNameGoes) {
  std::unique_ptr<File> leftover;
  ASSERT_OK(env_.OpenFile(kPath, OpenMode::kCreateNew, &leftover));
  SpillFile file(&env_, kPath);
  PageSpill spill(&file);
  for (uint64_t i = 0; i < 40; ++i) ASSERT_OK(spill.Add(PageOf(i)));
  ExpectDrains(&spill, 0, 1, 40);
}

TEST_F(PageSpillTest, AFileThatIsCutIsNoticed) {
  SpillFile file(&env_, kPath);
  PageSpill spill(&file);
  for (uint64_t i = 0; i < 40; ++i) ASSERT_OK(spill.Add(PageOf(i)));
  std::unique_ptr<File> other;
  ASSERT_OK(env_.OpenFile(kPath, OpenMode::kReadWrite, &other));
  ASSERT_OK(other->Truncate(kPageSize * 20));
  EXPECT_EQ(spill.Drain([](Page*) { return Status::Ok(); }).code(), StatusCode::kCorrupt);
}

TEST_F(PageSpillTest, AFailureIsTold) {
  FaultEnv faulty(&env_, [](const Operation& operation) -> Status {
    if (operation.kind != OperationKind::kWrite) return Status::Ok();
    return {StatusCode::kIo, "the test says no", 28};
  });
  SpillFile file(&faulty, kPath);
  PageSpill spill(&file);
  for (uint64_t i = 0; i < PageSpill::kPagesHeld; ++i) ASSERT_OK(spill.Add(PageOf(i)));
  EXPECT_EQ(spill.Add(PageOf(99)).code(), StatusCode::kIo);
}

}  // namespace
}  // namespace daybook::index_run
