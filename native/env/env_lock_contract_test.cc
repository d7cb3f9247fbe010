// What env.h promises about locks, asked of every world alike.
#include <gtest/gtest.h>

#include <cerrno>

#include "env/contract_test_support.h"

namespace daybook {
namespace {

using testing_support::AllWorlds;
using testing_support::CreateFile;
using testing_support::WorldName;
using testing_support::WorldTest;

class EnvLockContractTest : public WorldTest {
 protected:
  static bool Locks(const std::unique_ptr<File>& file, LockKind kind) {
    bool got = false;
    EXPECT_OK(file->TryLock(kind, &got));
    return got;
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, EnvLockContractTest, AllWorlds(), WorldName);

TEST_P(EnvLockContractTest, ALockKeepsEverybodyElseOutAndNamesItsHolder) {
  std::unique_ptr<FileLock> first;
  std::unique_ptr<FileLock> second;
  std::string holder = "old";
  ASSERT_OK(env_->LockFile(At("lock"), "host a, process 1", &first, &holder));
  EXPECT_EQ(holder, "");
  for (int i = 0; i < 2; i++) {  // being refused changes nothing
    EXPECT_TRUE(env_->LockFile(At("lock"), "host b, process 2", &second, &holder).Is(StatusCode::kLocked));
    EXPECT_EQ(holder, "host a, process 1");
    EXPECT_EQ(second, nullptr);
  }
  EXPECT_TRUE(env_->LockFile(directory_ + "/./lock", "x", &second, &holder).Is(StatusCode::kLocked));
  first.reset();
  ASSERT_OK(env_->LockFile(At("lock"), "b", &second, &holder));
  EXPECT_TRUE(env_->LockFile(At("lock"), "c", &first, &holder).Is(StatusCode::kLocked));
  EXPECT_EQ(holder, "b");  // nothing is left of the longer text
}

TEST_P(EnvLockContractTest, TheTextOfAHolderIsCutAtItsLimit) {
  std::unique_ptr<FileLock> first;
  std::unique_ptr<FileLock> second;
  std::string holder;
  ASSERT_OK(env_->LockFile(At("lock"), std::string(5000, 'x'), &first, &holder));
  EXPECT_TRUE(env_->LockFile(At("lock"), "b", &second, &holder).Is(StatusCode::kLocked));
  EXPECT_EQ(holder, std::string(1024, 'x'));
  first.reset();
  ASSERT_OK(env_->LockFile(At("lock"), "", &first, &holder));
  EXPECT_TRUE(env_->LockFile(At("lock"), "b", &second, &holder).Is(StatusCode::kLocked));
  EXPECT_EQ(holder, "");
}

TEST_P(EnvLockContractTest, TheLockOfARemovedFileKeepsNobodyOut) {
  std::unique_ptr<FileLock> first;
  std::unique_ptr<FileLock> second;
  std::unique_ptr<FileLock> third;
  std::string holder;
  ASSERT_OK(env_->LockFile(At("lock"), "a", &first, &holder));
  ASSERT_OK(env_->Remove(At("lock")));
  ASSERT_OK(env_->LockFile(At("lock"), "b", &second, &holder));
  first.reset();  // frees its own file only
  EXPECT_TRUE(env_->LockFile(At("lock"), "c", &third, &holder).Is(StatusCode::kLocked));
  EXPECT_EQ(holder, "b");
}

TEST_P(EnvLockContractTest, ALockNeedsAPlaceForItsFile) {
  std::unique_ptr<FileLock> lock;
  std::string holder;
  ASSERT_OK(env_->CreateDirectory(At("d")));
  EXPECT_FAILS(env_->LockFile(At("none/lock"), "a", &lock, &holder), StatusCode::kNotFound, ENOENT);
  EXPECT_FAILS(env_->LockFile(At("d"), "a", &lock, &holder), StatusCode::kIo, EISDIR);
  EXPECT_EQ(lock, nullptr);
}

TEST_P(EnvLockContractTest, AFileIsSharedByManyOrHeldByOne) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  const auto first = Open("f", OpenMode::kRead);
  const auto second = Open("f", OpenMode::kReadWrite);
  const auto third = Open("f", OpenMode::kRead);
  EXPECT_TRUE(Locks(first, LockKind::kShared));
  EXPECT_TRUE(Locks(second, LockKind::kShared));
  EXPECT_FALSE(Locks(third, LockKind::kExclusive));
  ASSERT_OK(first->Close());
  EXPECT_FALSE(Locks(third, LockKind::kExclusive));
  ASSERT_OK(second->Close());
  EXPECT_TRUE(Locks(third, LockKind::kExclusive));
  const auto fourth = Open("f", OpenMode::kRead);
  EXPECT_FALSE(Locks(fourth, LockKind::kShared));
  EXPECT_FALSE(Locks(fourth, LockKind::kExclusive));
  ASSERT_OK(CreateFile(env_, At("g"), "another file"));
  EXPECT_TRUE(Locks(Open("g", OpenMode::kRead), LockKind::kExclusive));
}

TEST_P(EnvLockContractTest, AFileThatIsLockedAnewGivesUpWhatItHeld) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  const auto first = Open("f", OpenMode::kRead);
  auto second = Open("f", OpenMode::kRead);
  EXPECT_TRUE(Locks(first, LockKind::kExclusive));
  EXPECT_TRUE(Locks(first, LockKind::kExclusive));
  EXPECT_TRUE(Locks(first, LockKind::kShared));
  EXPECT_TRUE(Locks(second, LockKind::kShared));
  EXPECT_FALSE(Locks(first, LockKind::kExclusive));  // and has lost its share
  EXPECT_TRUE(Locks(second, LockKind::kExclusive));
  second.reset();  // not closed: that gives the lock up too
  EXPECT_TRUE(Locks(first, LockKind::kExclusive));
}

TEST_P(EnvLockContractTest, TheLockOfAFileIsThatOfItsPath) {
  std::unique_ptr<FileLock> lock;
  std::string holder;
  ASSERT_OK(env_->LockFile(At("lock"), "a", &lock, &holder));
  const auto file = Open("lock", OpenMode::kRead);
  EXPECT_FALSE(Locks(file, LockKind::kShared));
  lock.reset();
  EXPECT_TRUE(Locks(file, LockKind::kShared));
  EXPECT_TRUE(env_->LockFile(At("lock"), "b", &lock, &holder).Is(StatusCode::kLocked));
  // It is the file that is locked, not its name.
  ASSERT_OK(env_->Rename(At("lock"), At("moved")));
  EXPECT_TRUE(env_->LockFile(At("moved"), "b", &lock, &holder).Is(StatusCode::kLocked));
  EXPECT_OK(env_->LockFile(At("lock"), "b", &lock, &holder));
}

}  // namespace
}  // namespace daybook
