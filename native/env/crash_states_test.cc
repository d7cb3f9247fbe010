// The disk after a power cut: each legal state comes up, and no other.
#include "env/crash_states.h"

#include <gtest/gtest.h>

#include <set>

#include "env/env_memory.h"
#include "env/test_support.h"

namespace daybook {
namespace {

using testing_support::BytesOf;
using testing_support::TextOf;
using testing_support::WriteText;
using Strings = std::set<std::string>;

// "name=content" of all files of /d, in one text.
std::string Show(MemoryEnv* world) {
  std::vector<std::string> names;
  EXPECT_OK(world->ListDirectory("d", &names));
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : " ") + name + "=" + TextOf(world->ReadWholeFile("d/" + name));
  }
  return text;
}

class CrashStatesTest : public testing::Test {
 protected:
  static constexpr uint64_t kSector = 4;  // so that texts can show what happens

  CrashStatesTest() { EXPECT_OK(env_.CreateDirectory("d")); }

  std::unique_ptr<File> Create(const std::string& name, std::string_view flushed = "") {
    env_.WriteWholeFile("d/" + name, BytesOf(flushed));
    std::unique_ptr<File> file;
    EXPECT_OK(env_.OpenFile("d/" + name, OpenMode::kReadWrite, &file));
    return file;
  }

  // All states; checks on the way that they are counted, described and hashed rightly.
  Strings All(uint64_t sector = kSector) {
    const CrashStates states = env_.PowerCut(sector);
    Strings seen;
    std::set<uint64_t> hashes;
    uint64_t made = 0;
    CrashChoice choice = CrashChoice::Every();
    do {
      const std::unique_ptr<MemoryEnv> world = states.Make(choice);
      seen.insert(Show(world.get()));
      hashes.insert(world->ContentHash());
      ++made;
      CrashChoice again = CrashChoice::Replay(choice.Describe());
      EXPECT_EQ(Show(states.Make(again).get()), Show(world.get()));
      EXPECT_EQ(Show(world->CloneDurable().get()), Show(world.get())) << "a state is flushed";
    } while (choice.Next());
    EXPECT_LE(made, states.Count());
    EXPECT_EQ(hashes.size(), seen.size());
    CrashChoice oldest = CrashChoice::Oldest();
    EXPECT_EQ(Show(states.Make(oldest).get()), Show(env_.CloneDurable().get()));
    CrashChoice newest = CrashChoice::Newest();
    EXPECT_EQ(Show(states.Make(newest).get()), Show(&env_));
    CrashChoice seeded = CrashChoice::Seeded(seen.size());
    for (int i = 0; i < 30; ++i, seeded.Next()) EXPECT_TRUE(seen.contains(Show(states.Make(seeded).get())));
    return seen;
  }

  MemoryEnv env_;
};

TEST_F(CrashStatesTest, WhatWasFlushedNeverChanges) {
  const auto file = Create("f");
  ASSERT_OK(WriteText(file.get(), 0, "aaaabbbb"));
  ASSERT_OK(file->Sync());
  EXPECT_EQ(All(), Strings{"f=aaaabbbb"});
  EXPECT_EQ(env_.PowerCut().Count(), 1U);
}

TEST_F(CrashStatesTest, UnflushedSectorsAreLostInEveryCombination) {
  const auto file = Create("f", "aaaabbbbcccc");
  ASSERT_OK(WriteText(file.get(), 2, "XXXXXXXX"));
  EXPECT_EQ(All(), (Strings{"f=aaaabbbbcccc", "f=aaXXbbbbcccc", "f=aaaaXXXXcccc", "f=aaaabbbbXXcc",
                            "f=aaXXXXXXcccc", "f=aaXXbbbbXXcc", "f=aaaaXXXXXXcc", "f=aaXXXXXXXXcc"}));
  EXPECT_EQ(env_.PowerCut(kSector).Count(), 8U);
  EXPECT_EQ(All(4096), (Strings{"f=aaaabbbbcccc", "f=aaXXXXXXXXcc"})) << "one large sector";
}

TEST_F(CrashStatesTest, ASectorTakesAnyOfTheValuesItHad) {
  const auto file = Create("f", "....");
  ASSERT_OK(WriteText(file.get(), 0, "1"));
  ASSERT_OK(WriteText(file.get(), 1, "2"));
  ASSERT_OK(WriteText(file.get(), 0, "."));
  EXPECT_EQ(All(), (Strings{"f=....", "f=1...", "f=12..", "f=.2.."}));
  ASSERT_OK(file->Sync());
  ASSERT_OK(WriteText(file.get(), 3, "3"));
  EXPECT_EQ(All(), (Strings{"f=.2..", "f=.2.3"}));
}

TEST_F(CrashStatesTest, AFileMayHaveGrownWithZeroesInItOrNotAtAll) {
  const auto file = Create("f", "aa");
  ASSERT_OK(WriteText(file.get(), 2, "bbcc"));
  using namespace std::string_literals;
  EXPECT_EQ(All(), (Strings{"f=aa", "f=aa\0\0\0\0"s, "f=aabb\0\0"s, "f=aa\0\0cc"s, "f=aabbcc"}));
}

TEST_F(CrashStatesTest, SizesTakeEffectInTheirOrderAndSectorsInAny) {
  const auto file = Create("f");
  ASSERT_OK(WriteText(file.get(), 0, "aaaa"));
  ASSERT_OK(WriteText(file.get(), 4, "bbbb"));
  using namespace std::string_literals;
  EXPECT_EQ(All(), (Strings{"f=", "f=\0\0\0\0"s, "f=aaaa", "f=\0\0\0\0\0\0\0\0"s, "f=aaaa\0\0\0\0"s,
                            "f=\0\0\0\0bbbb"s, "f=aaaabbbb"}));
}

TEST_F(CrashStatesTest, ATruncationTookEffectOrNot) {
  const auto file = Create("f", "aaaabbbb");
  ASSERT_OK(file->Truncate(2));
  EXPECT_EQ(All(), (Strings{"f=aaaabbbb", "f=aa"}));
}

TEST_F(CrashStatesTest, WhatATruncationTookNeverComesBackOnceTheFileIsLongerAgain) {
  const auto file = Create("f", "aaaabbbb");
  ASSERT_OK(file->Truncate(4));
  ASSERT_OK(WriteText(file.get(), 8, "cccc"));
  using namespace std::string_literals;
  EXPECT_EQ(All(), (Strings{"f=aaaabbbb", "f=aaaa", "f=aaaa\0\0\0\0\0\0\0\0"s, "f=aaaa\0\0\0\0cccc"s}));
}

TEST_F(CrashStatesTest, AWriteThatWasCutOffAgainMayStillBeThere) {
  const auto file = Create("f", "aaaa");
  ASSERT_OK(WriteText(file.get(), 4, "bbbb"));
  ASSERT_OK(file->Truncate(4));
  using namespace std::string_literals;
  EXPECT_EQ(All(), (Strings{"f=aaaa", "f=aaaa\0\0\0\0"s, "f=aaaabbbb"}));
}

TEST_F(CrashStatesTest, NewNamesAreLostInEveryCombinationUntilTheirDirectoryIsFlushed) {
  std::unique_ptr<File> a;
  std::unique_ptr<File> b;
  ASSERT_OK(env_.OpenFile("d/a", OpenMode::kCreateNew, &a));
  ASSERT_OK(env_.OpenFile("d/b", OpenMode::kCreateNew, &b));
  EXPECT_EQ(All(), (Strings{"", "a=", "b=", "a= b="}));
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(All(), Strings{"a= b="});
}

TEST_F(CrashStatesTest, AFlushedFileIsLostWithItsName) {
  std::unique_ptr<File> file;
  ASSERT_OK(env_.OpenFile("d/a", OpenMode::kCreateNew, &file));
  ASSERT_OK(WriteText(file.get(), 0, "text"));
  ASSERT_OK(file->Sync());
  EXPECT_EQ(All(), (Strings{"", "a=text"}));
}

TEST_F(CrashStatesTest, ARenameIsWholeOrNotAtAll) {
  Create("a", "new");
  Create("b", "old");
  ASSERT_OK(env_.Rename("d/a", "d/b"));
  EXPECT_EQ(All(), (Strings{"a=new b=old", "b=new"}));
}

TEST_F(CrashStatesTest, AChangeOfANameBuildsOnTheEarlierChangesOfThatName) {
  Create("current", "old");
  std::unique_ptr<File> file;
  ASSERT_OK(env_.OpenFile("d/next", OpenMode::kCreateNew, &file));
  ASSERT_OK(WriteText(file.get(), 0, "new"));
  ASSERT_OK(env_.Rename("d/next", "d/current"));
  Create("other");  // flushes /d, as WriteWholeFile does
  EXPECT_EQ(All().size(), 3U) << "only the bytes are left to lose";
  ASSERT_OK(file->Sync());

  ASSERT_OK(env_.Remove("d/current"));
  ASSERT_OK(env_.Remove("d/other"));
  ASSERT_OK(env_.OpenFile("d/current", OpenMode::kCreateNew, &file));
  EXPECT_EQ(All(),
            (Strings{"current=new other=", "other=", "current= other=", "current=new", "", "current="}));
  EXPECT_EQ(env_.PowerCut().Count(), 6U);
}

TEST_F(CrashStatesTest, ManyStatesAreCountedAsManyAndSampledAllTheSame) {
  const auto file = Create("f", std::string(400, 'a'));
  ASSERT_OK(WriteText(file.get(), 0, std::string(400, 'b')));
  const CrashStates states = env_.PowerCut(kSector);
  EXPECT_EQ(states.Count(), UINT64_MAX);
  std::set<uint64_t> hashes;
  CrashChoice choice = CrashChoice::Seeded(1);
  for (int i = 0; i < 1000; ++i, choice.Next()) hashes.insert(states.Make(choice)->ContentHash());
  EXPECT_GT(hashes.size(), 900U);
}

TEST_F(CrashStatesTest, StatesBelongToTheMomentTheyWereAskedFor) {
  const auto file = Create("f", "aaaa");
  ASSERT_OK(WriteText(file.get(), 0, "bbbb"));
  const CrashStates states = env_.PowerCut(kSector);
  ASSERT_OK(file->Sync());
  ASSERT_OK(env_.Remove("d/f"));
  CrashChoice oldest = CrashChoice::Oldest();
  EXPECT_EQ(Show(states.Make(oldest).get()), "f=aaaa");
  EXPECT_EQ(Show(&env_), "");
}

TEST_F(CrashStatesTest, TheTextInALockIsNoStateOfTheDisk) {
  std::unique_ptr<FileLock> lock;
  std::string holder;
  ASSERT_OK(env_.LockFile("d/lock", "me", &lock, &holder));
  ASSERT_OK(env_.SyncDirectory("d"));
  EXPECT_EQ(env_.PowerCut().Count(), 1U);
}

TEST_F(CrashStatesTest, TheHashOfAWorldIsThatOfItsNamesAndBytes) {
  const auto hash_of = [](std::string_view name, std::string_view text, bool flushed) {
    MemoryEnv world;
    EXPECT_OK(world.CreateDirectory("d"));
    if (flushed) {
      world.WriteWholeFile("d/" + std::string(name), BytesOf(text));
    } else {
      EXPECT_OK(testing_support::CreateFile(&world, "d/" + std::string(name), text));
    }
    return world.ContentHash();
  };
  EXPECT_EQ(hash_of("a", "text", false), hash_of("a", "text", true));
  EXPECT_NE(hash_of("a", "text", true), hash_of("b", "text", true));
  EXPECT_NE(hash_of("a", "text", true), hash_of("a", "tex", true));
}

}  // namespace
}  // namespace daybook
