// What env.h promises, asked of every world alike.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <thread>

#include "env/contract_test_support.h"

namespace daybook {
namespace {

using testing_support::AllWorlds;
using testing_support::CreateFile;
using testing_support::ReadAll;
using testing_support::ReadText;
using testing_support::TextOf;
using testing_support::WorldName;
using testing_support::WorldTest;
using testing_support::WriteText;

class EnvContractTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, EnvContractTest, AllWorlds(), WorldName);

TEST_P(EnvContractTest, WhatIsWrittenIsReadBackAtEveryOffset) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  ASSERT_OK(WriteText(file.get(), 0, "0123456789"));
  ASSERT_OK(WriteText(file.get(), 4, "abc"));
  const std::string expected = "0123abc789";
  for (size_t from = 0; from <= 12; from++) {
    for (size_t size = 0; size <= 12; size++) {
      EXPECT_EQ(ReadText(file.get(), from, size), from < 10 ? expected.substr(from, size) : "");
    }
  }
  EXPECT_EQ(ReadText(file.get(), std::numeric_limits<uint64_t>::max(), 5), "");
  EXPECT_EQ(ReadText(file.get(), std::numeric_limits<int64_t>::max(), 5), "");
  EXPECT_EQ(ReadText(file.get(), std::numeric_limits<int64_t>::max() - 2, 5), "");
}

TEST_P(EnvContractTest, AWriteOfManyPiecesIsOneRun) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  std::string text;
  for (size_t i = 0; i < 20000; i++) text.push_back(static_cast<char>('a' + i * 7 % 26));
  std::vector<std::span<const std::byte>> pieces;  // more than one call takes, empty ones among them
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  size_t from = 0;
  for (size_t i = 0; from < bytes.size(); i++) {
    const size_t size = std::min(i % 14, bytes.size() - from);
    pieces.push_back(bytes.subspan(from, size));
    from += size;
  }
  ASSERT_GT(pieces.size(), 3000u);
  ASSERT_OK(file->Write(3, pieces));
  EXPECT_EQ(ReadText(file.get(), 3, 30000), text);
}

TEST_P(EnvContractTest, AWriteOfNothingChangesNothing) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  const std::span<const std::byte> empty[3] = {};
  uint64_t size = 9;
  EXPECT_OK(file->Write(100, {}));
  EXPECT_OK(file->Write(100, empty));
  EXPECT_OK(file->Size(&size));
  EXPECT_EQ(size, 0u);
}

TEST_P(EnvContractTest, AHoleReadsAsZeroes) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  ASSERT_OK(WriteText(file.get(), 5, "x"));
  EXPECT_EQ(ReadText(file.get(), 0, 10), std::string(5, '\0') + "x");
}

TEST_P(EnvContractTest, TruncateShortensAndLengthensWithZeroes) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  ASSERT_OK(WriteText(file.get(), 0, "abcdef"));
  ASSERT_OK(file->Truncate(2));
  EXPECT_EQ(ReadText(file.get(), 0, 10), "ab");
  ASSERT_OK(file->Truncate(4));
  EXPECT_EQ(ReadText(file.get(), 0, 10), std::string("ab\0\0", 4));
  uint64_t size = 0;
  EXPECT_OK(file->Size(&size));
  EXPECT_EQ(size, 4u);
}

TEST_P(EnvContractTest, ASizeThatNoFileCanHaveIsAFullDisk) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  for (const uint64_t offset :
       {uint64_t{1} << 63, (uint64_t{1} << 63) - 2, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_FAILS(WriteText(file.get(), offset, "abc"), StatusCode::kDiskFull, EFBIG);
  }
  EXPECT_FAILS(file->Truncate(uint64_t{1} << 63), StatusCode::kDiskFull, EFBIG);
  uint64_t size = 9;
  EXPECT_OK(file->Size(&size));
  EXPECT_EQ(size, 0u);
}

TEST_P(EnvContractTest, ACachedReadIsRightOrWouldBlock) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  ASSERT_OK(WriteText(file.get(), 0, "0123456789"));
  std::vector<std::byte> into(8);
  for (const uint64_t from : {0u, 1u, 5u, 10u, 11u}) {
    size_t count = 99;
    const Status status = file->ReadCached(from, into, &count);
    if (status.Is(StatusCode::kWouldBlock)) {
      EXPECT_EQ(count, 0u);
      continue;
    }
    ASSERT_OK(status);
    EXPECT_EQ(TextOf(std::span(into).first(count)), ReadText(file.get(), from, into.size()));
  }
}

TEST_P(EnvContractTest, OpeningSaysWhatIsMissing) {
  std::unique_ptr<File> file;
  EXPECT_FAILS(env_->OpenFile(At("none"), OpenMode::kRead, &file), StatusCode::kNotFound, ENOENT);
  EXPECT_FAILS(env_->OpenFile(At("none"), OpenMode::kReadWrite, &file), StatusCode::kNotFound, ENOENT);
  for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite, OpenMode::kCreateNew}) {
    EXPECT_FAILS(env_->OpenFile(At("none/f"), mode, &file), StatusCode::kNotFound, ENOENT);
    EXPECT_FAILS(env_->OpenFile("", mode, &file), StatusCode::kNotFound, ENOENT);
  }
  EXPECT_EQ(file, nullptr);
  const Status status = env_->OpenFile(At("none"), OpenMode::kRead, &file);
  EXPECT_NE(status.message().find(At("none")), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("No such file"), std::string::npos) << status.message();
}

TEST_P(EnvContractTest, CreateNewNeverTouchesWhatIsThere) {
  ASSERT_OK(CreateFile(env_, At("f"), "old"));
  ASSERT_OK(env_->CreateDirectory(At("d")));
  std::unique_ptr<File> file;
  EXPECT_FAILS(env_->OpenFile(At("f"), OpenMode::kCreateNew, &file), StatusCode::kIo, EEXIST);
  EXPECT_FAILS(env_->OpenFile(At("d"), OpenMode::kCreateNew, &file), StatusCode::kIo, EEXIST);
  EXPECT_EQ(ReadAll(env_, At("f")), "old");
}

TEST_P(EnvContractTest, ADirectoryIsNotOpenedAsAFile) {
  ASSERT_OK(env_->CreateDirectory(At("d")));
  ASSERT_OK(CreateFile(env_, At("f"), ""));
  std::unique_ptr<File> file;
  EXPECT_FAILS(env_->OpenFile(At("d"), OpenMode::kRead, &file), StatusCode::kIo, EISDIR);
  EXPECT_FAILS(env_->OpenFile(At("d"), OpenMode::kReadWrite, &file), StatusCode::kIo, EISDIR);
  EXPECT_FAILS(env_->OpenFile(At("f/x"), OpenMode::kRead, &file), StatusCode::kIo, ENOTDIR);
  EXPECT_FAILS(env_->OpenFile(At("f/x"), OpenMode::kCreateNew, &file), StatusCode::kIo, ENOTDIR);
}

TEST_P(EnvContractTest, AFileOpenedForReadingTakesNoWrites) {
  ASSERT_OK(CreateFile(env_, At("f"), "old"));
  const std::unique_ptr<File> file = Open("f", OpenMode::kRead);
  EXPECT_TRUE(WriteText(file.get(), 0, "new").Is(StatusCode::kIo));
  EXPECT_TRUE(file->Truncate(0).Is(StatusCode::kIo));
  EXPECT_EQ(ReadText(file.get(), 0, 10), "old");
  EXPECT_OK(file->Sync());
}

TEST_P(EnvContractTest, AfterCloseEveryOperationFails) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  ASSERT_OK(WriteText(file.get(), 0, "kept"));
  EXPECT_OK(file->Close());
  EXPECT_OK(file->Close());
  std::byte into[4];
  size_t count = 0;
  uint64_t size = 0;
  EXPECT_FAILS(file->Read(0, into, &count), StatusCode::kIo, EBADF);
  EXPECT_FAILS(file->ReadCached(0, into, &count), StatusCode::kIo, EBADF);
  EXPECT_FAILS(WriteText(file.get(), 0, "lost"), StatusCode::kIo, EBADF);
  EXPECT_FAILS(file->Sync(), StatusCode::kIo, EBADF);
  EXPECT_FAILS(file->Truncate(0), StatusCode::kIo, EBADF);
  EXPECT_FAILS(file->Size(&size), StatusCode::kIo, EBADF);
  bool got = true;
  EXPECT_FAILS(file->TryLock(LockKind::kShared, &got), StatusCode::kIo, EBADF);
  bool one = false;
  EXPECT_FAILS(file->HasOneName(&one), StatusCode::kIo, EBADF);
  EXPECT_FALSE(got);
  EXPECT_EQ(ReadAll(env_, At("f")), "kept");
}

TEST_P(EnvContractTest, RenameReplacesItsTarget) {
  ASSERT_OK(CreateFile(env_, At("a"), "new"));
  ASSERT_OK(CreateFile(env_, At("b"), "old"));
  const std::unique_ptr<File> replaced = Open("b", OpenMode::kRead);
  const std::unique_ptr<File> moved = Open("a", OpenMode::kReadWrite);
  ASSERT_OK(env_->Rename(At("a"), At("b")));
  EXPECT_EQ(ReadAll(env_, At("b")), "new");
  EXPECT_EQ(ReadText(replaced.get(), 0, 10), "old");  // open files go on
  ASSERT_OK(WriteText(moved.get(), 0, "NEW"));
  EXPECT_EQ(ReadAll(env_, At("b")), "NEW");
  std::vector<std::string> names;
  ASSERT_OK(env_->ListDirectory(directory_, &names));
  EXPECT_EQ(names, std::vector<std::string>{"b"});

  EXPECT_OK(env_->Rename(At("b"), At("b")));
  EXPECT_EQ(ReadAll(env_, At("b")), "NEW");
}

TEST_P(EnvContractTest, RenameMovesBetweenDirectories) {
  ASSERT_OK(env_->CreateDirectory(At("d")));
  ASSERT_OK(CreateFile(env_, At("a"), "text"));
  ASSERT_OK(env_->Rename(At("a"), At("d/b")));
  EXPECT_EQ(ReadAll(env_, At("d/b")), "text");
  std::unique_ptr<File> file;
  EXPECT_FAILS(env_->OpenFile(At("a"), OpenMode::kRead, &file), StatusCode::kNotFound, ENOENT);
}

TEST_P(EnvContractTest, ARenameThatCannotBeChangesNothing) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  ASSERT_OK(env_->CreateDirectory(At("d")));
  EXPECT_FAILS(env_->Rename(At("none"), At("f")), StatusCode::kNotFound, ENOENT);
  EXPECT_FAILS(env_->Rename(At("f"), At("none/f")), StatusCode::kNotFound, ENOENT);
  EXPECT_FAILS(env_->Rename(At("f"), At("d")), StatusCode::kIo, EISDIR);
  EXPECT_FAILS(env_->Rename(At("d"), At("f")), StatusCode::kIo, ENOTDIR);
  EXPECT_EQ(ReadAll(env_, At("f")), "text");
}

TEST_P(EnvContractTest, ADirectoryIsRenamedWithWhatIsInIt) {
  ASSERT_OK(env_->CreateDirectory(At("d")));
  ASSERT_OK(env_->CreateDirectory(At("full/sub")));
  ASSERT_OK(CreateFile(env_, At("d/f"), "text"));
  ASSERT_OK(env_->Rename(At("d"), At("e")));
  EXPECT_EQ(ReadAll(env_, At("e/f")), "text");
  EXPECT_FAILS(env_->Rename(At("e"), At("full")), StatusCode::kIo, ENOTEMPTY);
}

TEST_P(EnvContractTest, RemoveTakesFilesOnly) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  ASSERT_OK(env_->CreateDirectory(At("d")));
  const std::unique_ptr<File> file = Open("f", OpenMode::kRead);
  EXPECT_OK(env_->Remove(At("f")));
  EXPECT_EQ(ReadText(file.get(), 0, 10), "text");
  EXPECT_FAILS(env_->Remove(At("f")), StatusCode::kNotFound, ENOENT);
  EXPECT_TRUE(env_->Remove(At("d")).Is(StatusCode::kIo));
  std::vector<std::string> names;
  ASSERT_OK(env_->ListDirectory(directory_, &names));
  EXPECT_EQ(names, std::vector<std::string>{"d"});
}

TEST_P(EnvContractTest, CreateDirectoryMakesAllThatIsMissing) {
  EXPECT_OK(env_->CreateDirectory(At("a/b/c")));
  EXPECT_OK(env_->CreateDirectory(At("a/b/c")));
  EXPECT_OK(env_->CreateDirectory(At("a//b/./d/")));
  std::vector<std::string> names = {"old"};
  ASSERT_OK(env_->ListDirectory(At("a/b"), &names));
  EXPECT_EQ(names, (std::vector<std::string>{"c", "d"}));

  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  EXPECT_FAILS(env_->CreateDirectory(At("f")), StatusCode::kIo, ENOTDIR);
  EXPECT_FAILS(env_->CreateDirectory(At("f/x")), StatusCode::kIo, ENOTDIR);
  EXPECT_FAILS(env_->CreateDirectory(At("f/x/y")), StatusCode::kIo, ENOTDIR);
  EXPECT_FAILS(env_->CreateDirectory(""), StatusCode::kNotFound, ENOENT);
  EXPECT_EQ(ReadAll(env_, At("f")), "text");
}

TEST_P(EnvContractTest, ListDirectoryIsSorted) {
  for (const char* name : {"b", "a10", "a", "B", "é"}) ASSERT_OK(CreateFile(env_, At(name), ""));
  std::vector<std::string> names;
  ASSERT_OK(env_->ListDirectory(directory_, &names));
  EXPECT_EQ(names, (std::vector<std::string>{"B", "a", "a10", "b", "é"}));
  EXPECT_FAILS(env_->ListDirectory(At("none"), &names), StatusCode::kNotFound, ENOENT);
  EXPECT_TRUE(names.empty());
  EXPECT_FAILS(env_->ListDirectory(At("a"), &names), StatusCode::kIo, ENOTDIR);
}

TEST_P(EnvContractTest, FlushingADirectoryNeedsADirectory) {
  ASSERT_OK(CreateFile(env_, At("f"), ""));
  EXPECT_OK(env_->SyncDirectory(directory_));
  EXPECT_FAILS(env_->SyncDirectory(At("none")), StatusCode::kNotFound, ENOENT);
  EXPECT_FAILS(env_->SyncDirectory(At("f")), StatusCode::kIo, ENOTDIR);
}

TEST_P(EnvContractTest, ADirectoryHasOneIdentityHoweverItIsSpelled) {
  ASSERT_OK(env_->CreateDirectory(At("a")));
  ASSERT_OK(env_->CreateDirectory(At("b")));
  ASSERT_OK(CreateFile(env_, At("f"), ""));
  DirectoryIdentity a;
  DirectoryIdentity again;
  DirectoryIdentity b;
  ASSERT_OK(env_->IdentifyDirectory(At("a"), &a));
  ASSERT_OK(env_->IdentifyDirectory(At("b/..//./a/"), &again));
  ASSERT_OK(env_->IdentifyDirectory(At("b"), &b));
  EXPECT_EQ(a, again);
  EXPECT_FALSE(a == b);
  ASSERT_OK(env_->Rename(At("a"), At("c")));
  ASSERT_OK(env_->IdentifyDirectory(At("c"), &again));
  EXPECT_EQ(a, again);
  EXPECT_FAILS(env_->IdentifyDirectory(At("a"), &a), StatusCode::kNotFound, ENOENT);
  EXPECT_FAILS(env_->IdentifyDirectory(At("f"), &a), StatusCode::kIo, ENOTDIR);
}

TEST_P(EnvContractTest, APathIsNeverCutOffAtANul) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  const std::string path = At("f") + std::string("\0x", 2);
  std::unique_ptr<File> file;
  std::unique_ptr<FileLock> lock;
  std::string holder;
  std::vector<std::string> names;
  DirectoryIdentity identity;
  EXPECT_TRUE(env_->OpenFile(path, OpenMode::kRead, &file).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->Rename(path, At("g")).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->Rename(At("f"), path).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->Remove(path).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->CreateDirectory(path).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->ListDirectory(path, &names).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->SyncDirectory(path).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->IdentifyDirectory(path, &identity).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->LockFile(path, "a", &lock, &holder).Is(StatusCode::kInvalidArgument));
  FileSystemInfo info;
  EXPECT_TRUE(env_->FileSystemOf(path, &info).Is(StatusCode::kInvalidArgument));
}

TEST_P(EnvContractTest, FilesAndDirectoriesAreOnAFileSystemWithAName) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  for (const std::string& path : {directory_, At("f")}) {
    FileSystemInfo info;
    ASSERT_OK(env_->FileSystemOf(path, &info));
    EXPECT_NE(info.name, "");
    EXPECT_FALSE(info.is_network) << info.name;
  }
  FileSystemInfo info;
  EXPECT_FAILS(env_->FileSystemOf(At("none"), &info), StatusCode::kNotFound, ENOENT);
  EXPECT_FAILS(env_->FileSystemOf(At("f/x"), &info), StatusCode::kIo, ENOTDIR);
}

TEST_P(EnvContractTest, ANameTooLongIsRefused) {
  std::unique_ptr<File> file;
  const std::string path = At(std::string(256, 'n'));
  EXPECT_FAILS(env_->OpenFile(path, OpenMode::kCreateNew, &file), StatusCode::kIo, ENAMETOOLONG);
  EXPECT_FAILS(env_->CreateDirectory(path), StatusCode::kIo, ENAMETOOLONG);
  EXPECT_OK(env_->OpenFile(At(std::string(255, 'n')), OpenMode::kCreateNew, &file));
}

TEST_P(EnvContractTest, RandomBytesDiffer) {
  std::vector<std::byte> first(1000);
  std::vector<std::byte> second(1000);
  EXPECT_OK(env_->Random({}));
  ASSERT_OK(env_->Random(first));
  ASSERT_OK(env_->Random(second));
  EXPECT_NE(first, second);
  std::vector<int> counts(256);
  for (const std::byte byte : first) counts[std::to_integer<size_t>(byte)]++;
  for (const int count : counts) EXPECT_LT(count, 30);  // 3.9 on average
  EXPECT_NE(std::vector<std::byte>(first.end() - 16, first.end()), std::vector<std::byte>(16));
}

TEST_P(EnvContractTest, ReadersAndAWriterDoNotDisturbEachOther) {
  const std::unique_ptr<File> file = Open("f", OpenMode::kCreateNew);
  const std::string block(512, 'a');
  ASSERT_OK(WriteText(file.get(), 0, block));
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; i++) {
    readers.emplace_back([&] {
      while (!done) {
        if (ReadText(file.get(), 0, block.size()) != block) wrong++;
      }
    });
  }
  for (uint64_t i = 1; i <= 300; i++) EXPECT_OK(WriteText(file.get(), i * block.size(), block));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace daybook
