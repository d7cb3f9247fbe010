// What only the memory world has: crash clones, a clock and randomness that repeat.
#include "env/env_memory.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

#include "env/test_support.h"

namespace daybook {
namespace {

using testing_support::BytesOf;
using testing_support::CreateFile;
using testing_support::ReadAll;
using testing_support::ReadText;
using testing_support::TextOf;
using testing_support::WriteText;

std::vector<std::string> List(Env* env, const std::string& path) {
  std::vector<std::string> names;
  EXPECT_OK(env->ListDirectory(path, &names));
  return names;
}

using Strings = std::vector<std::string>;

class EnvMemoryTest : public testing::Test {
 protected:
  EnvMemoryTest() { EXPECT_OK(env_.CreateDirectory("d")); }

  std::unique_ptr<File> Create(const std::string& path) {
    std::unique_ptr<File> file;
    EXPECT_OK(env_.OpenFile(path, OpenMode::kCreateNew, &file));
    return file;
  }

  MemoryEnv env_;
};

TEST_F(EnvMemoryTest, AKillLosesNothingThatWasWritten) {
  const std::unique_ptr<File> file = Create("d/f");
  ASSERT_OK(WriteText(file.get(), 0, "flushed"));
  ASSERT_OK(file->Sync());
  ASSERT_OK(WriteText(file.get(), 7, " and written"));
  const std::unique_ptr<MemoryEnv> killed = env_.Clone();
  EXPECT_EQ(ReadAll(killed.get(), "d/f"), "flushed and written");
}

TEST_F(EnvMemoryTest, APowerCutLosesWhatWasNotFlushed) {
  const std::unique_ptr<File> file = Create("d/f");
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "");
  ASSERT_OK(WriteText(file.get(), 0, "first"));
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "");
  ASSERT_OK(file->Sync());
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "first");
  ASSERT_OK(WriteText(file.get(), 0, "SECOND"));
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "first");
  ASSERT_OK(file->Truncate(2));
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "first");
  ASSERT_OK(file->Sync());
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "SE");
}

TEST_F(EnvMemoryTest, AFlushCoversWhatOtherHandlesWrote) {
  const std::unique_ptr<File> file = Create("d/f");
  ASSERT_OK(env_.SyncDirectory("d"));
  ASSERT_OK(WriteText(file.get(), 0, "text"));
  std::unique_ptr<File> other;
  ASSERT_OK(env_.OpenFile("d/f", OpenMode::kRead, &other));
  ASSERT_OK(other->Sync());
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "text");
}

TEST_F(EnvMemoryTest, AFlushedFileWithoutAFlushedNameIsLost) {
  const std::unique_ptr<File> file = Create("d/f");
  ASSERT_OK(WriteText(file.get(), 0, "text"));
  ASSERT_OK(file->Sync());
  EXPECT_EQ(List(env_.CloneDurable().get(), "d"), Strings{});
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "text");
}

TEST_F(EnvMemoryTest, ARemovalComesBackUntilItIsFlushed) {
  env_.WriteWholeFile("d/f", BytesOf("text"));
  ASSERT_OK(env_.Remove("d/f"));
  EXPECT_EQ(List(&env_, "d"), Strings{});
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "text");
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(List(env_.CloneDurable().get(), "d"), Strings{});
}

TEST_F(EnvMemoryTest, ARenameIsUndoneUntilItIsFlushed) {
  env_.WriteWholeFile("d/a", BytesOf("new"));
  env_.WriteWholeFile("d/b", BytesOf("old"));
  ASSERT_OK(env_.Rename("d/a", "d/b"));
  const std::unique_ptr<MemoryEnv> cut = env_.CloneDurable();
  EXPECT_EQ(ReadAll(cut.get(), "d/a"), "new");
  EXPECT_EQ(ReadAll(cut.get(), "d/b"), "old");
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(List(env_.CloneDurable().get(), "d"), Strings{"b"});
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/b"), "new");
}

// The classic mistake: the new file takes the old one's place before its bytes are on the disk.
TEST_F(EnvMemoryTest, AFileRenamedBeforeItsFlushComesBackEmpty) {
  env_.WriteWholeFile("d/current", BytesOf("old"));
  ASSERT_OK(CreateFile(&env_, "d/next", "new"));
  ASSERT_OK(env_.Rename("d/next", "d/current"));
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/current"), "");
}

TEST_F(EnvMemoryTest, AMoveBetweenDirectoriesNeedsBothFlushed) {
  ASSERT_OK(env_.CreateDirectory("e"));
  env_.WriteWholeFile("d/f", BytesOf("text"));
  ASSERT_OK(env_.Rename("d/f", "e/f"));
  EXPECT_EQ(List(env_.CloneDurable().get(), "e"), Strings{});
  ASSERT_OK(env_.SyncDirectory("e"));
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), "text");
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "e/f"), "text");
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(List(env_.CloneDurable().get(), "d"), Strings{});
}

TEST_F(EnvMemoryTest, ANewDirectoryIsDurableAndItsNeighboursAreNot) {
  ASSERT_OK(CreateFile(&env_, "d/f", "text"));
  ASSERT_OK(env_.CreateDirectory("d/x/y"));
  EXPECT_EQ(List(env_.CloneDurable().get(), "d"), Strings{"x"});
  EXPECT_EQ(List(env_.CloneDurable().get(), "d/x"), Strings{"y"});

  // Under a name that waits to be flushed away.
  env_.WriteWholeFile("d/z", BytesOf("text"));
  ASSERT_OK(env_.Remove("d/z"));
  ASSERT_OK(env_.CreateDirectory("d/z"));
  EXPECT_EQ(List(env_.CloneDurable().get(), "d/z"), Strings{});
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(List(env_.CloneDurable().get(), "d/z"), Strings{});
}

TEST_F(EnvMemoryTest, DirectoriesStayInTheirParent) {
  ASSERT_OK(env_.CreateDirectory("e"));
  EXPECT_FAILS(env_.Rename("d", "e/d"), StatusCode::kIo, EXDEV);
  EXPECT_FAILS(env_.Rename("d", "/"), StatusCode::kIo, EBUSY);
}

TEST_F(EnvMemoryTest, WhatAKillLeftUnflushedGoesWithThePower) {
  const std::unique_ptr<File> file = Create("d/f");
  ASSERT_OK(env_.SyncDirectory("d"));
  ASSERT_OK(WriteText(file.get(), 0, "text"));
  ASSERT_OK(CreateFile(&env_, "d/g", ""));
  const std::unique_ptr<MemoryEnv> killed = env_.Clone();
  EXPECT_EQ(ReadAll(killed.get(), "d/f"), "text");
  const std::unique_ptr<MemoryEnv> cut = killed->CloneDurable();
  EXPECT_EQ(ReadAll(cut.get(), "d/f"), "");
  EXPECT_EQ(List(cut.get(), "d"), Strings{"f"});

  std::unique_ptr<File> reopened;
  ASSERT_OK(killed->OpenFile("d/f", OpenMode::kRead, &reopened));
  ASSERT_OK(reopened->Sync());
  EXPECT_EQ(ReadAll(killed->CloneDurable().get(), "d/f"), "text");
}

TEST_F(EnvMemoryTest, ClonesAndTheOriginalGoTheirOwnWays) {
  const std::unique_ptr<File> file = Create("d/f");
  ASSERT_OK(WriteText(file.get(), 0, "both"));
  const std::unique_ptr<MemoryEnv> clone = env_.Clone();
  ASSERT_OK(WriteText(file.get(), 0, "here"));
  std::unique_ptr<File> there;
  ASSERT_OK(clone->OpenFile("d/f", OpenMode::kReadWrite, &there));
  EXPECT_EQ(ReadText(there.get(), 0, 10), "both");
  ASSERT_OK(WriteText(there.get(), 0, "over"));
  ASSERT_OK(clone->Remove("d/f"));
  EXPECT_EQ(ReadAll(&env_, "d/f"), "here");
}

// What Linux does: the pages are clean after the failure, so that the next flush says yes for nothing.
TEST_F(EnvMemoryTest, WhatAFailedFlushLostNoLaterFlushBringsBack) {
  const std::unique_ptr<File> file = Create("d/f");
  ASSERT_OK(env_.SyncDirectory("d"));
  ASSERT_OK(WriteText(file.get(), 0, "lost"));
  env_.ForgetUnflushed("d/f");
  EXPECT_EQ(ReadAll(&env_, "d/f"), "lost") << "it reads well until the power goes";
  ASSERT_OK(WriteText(file.get(), 4, "kept"));
  ASSERT_OK(file->Sync());
  EXPECT_EQ(ReadAll(env_.CloneDurable().get(), "d/f"), std::string(4, '\0') + "kept");
  EXPECT_EQ(env_.PowerCut().Count(), 1U);
  EXPECT_EQ(ReadAll(env_.Clone().get(), "d/f"), "lostkept");
}

TEST_F(EnvMemoryTest, NoLockSurvivesInAClone) {
  std::unique_ptr<FileLock> lock;
  std::string holder;
  ASSERT_OK(env_.LockFile("d/lock", "a", &lock, &holder));
  const std::unique_ptr<MemoryEnv> killed = env_.Clone();
  std::unique_ptr<FileLock> there;
  ASSERT_OK(killed->LockFile("d/lock", "b", &there, &holder));
  EXPECT_TRUE(env_.LockFile("d/lock", "c", &there, &holder).Is(StatusCode::kLocked));
  EXPECT_EQ(holder, "a");
}

TEST_F(EnvMemoryTest, FilesAndLocksOutliveTheirWorld) {
  std::unique_ptr<File> file;
  std::unique_ptr<FileLock> lock;
  std::string holder;
  {
    MemoryEnv world;
    ASSERT_OK(world.OpenFile("f", OpenMode::kCreateNew, &file));
    ASSERT_OK(world.LockFile("lock", "a", &lock, &holder));
  }
  ASSERT_OK(WriteText(file.get(), 0, "text"));
  EXPECT_EQ(ReadText(file.get(), 0, 10), "text");
}

TEST_F(EnvMemoryTest, AllPathsAreOnTheFileSystemThatTheTestChooses) {
  FileSystemInfo info;
  env_.SetFileSystem({"nfs", true});
  const auto clone = env_.Clone();
  for (Env* world : {static_cast<Env*>(&env_), static_cast<Env*>(clone.get())}) {
    ASSERT_OK(world->FileSystemOf("/", &info));
    EXPECT_EQ(info.name, "nfs");
    EXPECT_TRUE(info.is_network);
  }
}

TEST_F(EnvMemoryTest, TheClockStandsStillUntilItIsMoved) {
  env_.SetNowMillis(1000);
  EXPECT_EQ(env_.NowMillis(), 1000);
  env_.AdvanceMillis(5);
  EXPECT_EQ(env_.NowMillis(), 1005);
  env_.AdvanceMillis(-10);
  EXPECT_EQ(env_.NowMillis(), 995);
  EXPECT_EQ(env_.Clone()->NowMillis(), 995);
}

std::vector<std::byte> Draw(Env* env) {
  std::vector<std::byte> bytes(16);
  EXPECT_OK(env->Random(bytes));
  return bytes;
}

TEST_F(EnvMemoryTest, RandomBytesFollowFromTheSeedAndTheCalls) {
  MemoryEnv first(7);
  MemoryEnv second(7);
  MemoryEnv other(8);
  EXPECT_EQ(Draw(&first), Draw(&second));
  EXPECT_NE(Draw(&first), Draw(&other));

  EXPECT_EQ(Draw(&second).size(), 16u);
  const std::unique_ptr<MemoryEnv> clone = first.Clone();
  const std::unique_ptr<MemoryEnv> next = first.Clone();
  const std::unique_ptr<MemoryEnv> same = second.Clone();
  const std::vector<std::byte> drawn = Draw(clone.get());
  EXPECT_EQ(drawn, Draw(same.get()));
  EXPECT_NE(drawn, Draw(next.get()));
  EXPECT_NE(drawn, Draw(&first));
}

TEST_F(EnvMemoryTest, NoTwoWorldsHaveADirectoryInCommon) {
  DirectoryIdentity here;
  DirectoryIdentity there;
  ASSERT_OK(env_.IdentifyDirectory("d", &here));
  ASSERT_OK(env_.Clone()->IdentifyDirectory("d", &there));
  EXPECT_FALSE(here == there);
}

TEST_F(EnvMemoryTest, ColdFilesMakeCachedReadsWait) {
  env_.WriteWholeFile("d/f", BytesOf("text"));
  std::unique_ptr<File> file;
  ASSERT_OK(env_.OpenFile("d/f", OpenMode::kRead, &file));
  std::vector<std::byte> into(4);
  size_t count = 0;
  ASSERT_OK(file->ReadCached(0, into, &count));
  EXPECT_EQ(TextOf(into), "text");
  env_.SetCached(false);
  EXPECT_TRUE(file->ReadCached(0, into, &count).Is(StatusCode::kWouldBlock));
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(ReadText(file.get(), 0, 4), "text");
}

TEST_F(EnvMemoryTest, TheHelpersSeeAndChangeWholeFiles) {
  EXPECT_FALSE(env_.Exists("d/f"));
  env_.WriteWholeFile("d/f", BytesOf("long text"));
  env_.WriteWholeFile("d/f", BytesOf("text"));
  EXPECT_TRUE(env_.Exists("d/f"));
  EXPECT_TRUE(env_.Exists("d"));
  EXPECT_EQ(env_.FileSize("d/f"), 4u);
  EXPECT_EQ(TextOf(env_.ReadWholeFile("d/f")), "text");
  EXPECT_EQ(TextOf(env_.CloneDurable()->ReadWholeFile("d/f")), "text");
}

TEST(EnvMemoryDeathTest, TheHelpersStopTheProcessWhenTheFileIsNotThere) {
  MemoryEnv env;
  EXPECT_DEATH(env.ReadWholeFile("none"), "broken invariant");
  EXPECT_DEATH(env.FileSize("/"), "broken invariant");
}

// Random changes; then the visible and the flushed state, which are kept by different code, must
// meet as soon as everything is flushed.
TEST(EnvMemoryRandomTest, AFlushedWorldIsTheSameAfterAKillAndAfterAPowerCut) {
  for (uint32_t seed = 1; seed <= 50; seed++) {
    std::mt19937 random(seed);
    MemoryEnv env(seed);
    const auto path = [&] { return (random() % 2 ? "a/" : "b/") + std::to_string(random() % 4); };
    ASSERT_OK(env.CreateDirectory("a"));
    ASSERT_OK(env.CreateDirectory("b"));
    for (int step = 0; step < 200; step++) {
      std::unique_ptr<File> file;
      const std::string at = path();
      switch (random() % 7) {
        case 0:
          static_cast<void>(env.OpenFile(at, OpenMode::kCreateNew, &file));
          break;
        case 1:
          static_cast<void>(env.Remove(at));
          break;
        case 2:
          static_cast<void>(env.Rename(at, path()));
          break;
        case 3:
          if (env.OpenFile(at, OpenMode::kReadWrite, &file).ok()) ASSERT_OK(file->Truncate(random() % 30));
          break;
        case 4:
          if (random() % 4 == 0) ASSERT_OK(env.SyncDirectory(random() % 2 ? "a" : "b"));
          break;
        default:
          if (!env.OpenFile(at, OpenMode::kReadWrite, &file).ok()) break;
          ASSERT_OK(WriteText(file.get(), random() % 30,
                              std::string(random() % 9, static_cast<char>('a' + step % 26))));
          if (random() % 4 == 0) ASSERT_OK(file->Sync());
      }
    }
    for (const char* directory : {"a", "b"}) {
      for (const std::string& name : List(&env, directory)) {
        std::unique_ptr<File> file;
        ASSERT_OK(env.OpenFile(directory + ("/" + name), OpenMode::kRead, &file));
        ASSERT_OK(file->Sync());
      }
      ASSERT_OK(env.SyncDirectory(directory));
    }
    const std::unique_ptr<MemoryEnv> killed = env.Clone();
    const std::unique_ptr<MemoryEnv> cut = env.CloneDurable();
    for (const char* directory : {"a", "b"}) {
      const Strings names = List(&env, directory);
      ASSERT_EQ(List(killed.get(), directory), names) << "seed " << seed;
      ASSERT_EQ(List(cut.get(), directory), names) << "seed " << seed;
      for (const std::string& name : names) {
        const std::string at = directory + ("/" + name);
        ASSERT_EQ(killed->ReadWholeFile(at), env.ReadWholeFile(at)) << "seed " << seed;
        ASSERT_EQ(cut->ReadWholeFile(at), env.ReadWholeFile(at)) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace daybook
