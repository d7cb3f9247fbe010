#include "env/env_fault.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "env/env_memory.h"
#include "env/test_support.h"

namespace daybook {
namespace {

using testing_support::ReadAll;
using testing_support::ReadText;
using testing_support::WriteText;

Status Broken() { return {StatusCode::kIo, "planned failure", EIO}; }

// One of each operation, as a program would make them; the first failure ends it.
Status ReplaceFile(Env* env) {
  std::unique_ptr<FileLock> lock;
  std::string holder;
  std::unique_ptr<File> file;
  std::vector<std::string> names;
  DirectoryIdentity identity;
  FileSystemInfo file_system;
  bool got = false;
  std::byte seed[8];
  std::byte into[4];
  size_t count = 0;
  uint64_t size = 0;
  DAYBOOK_RETURN_IF_ERROR(env->CreateDirectory("d"));
  DAYBOOK_RETURN_IF_ERROR(env->IdentifyDirectory("d", &identity));
  DAYBOOK_RETURN_IF_ERROR(env->FileSystemOf("d", &file_system));
  DAYBOOK_RETURN_IF_ERROR(env->LockFile("d/lock", "test", &lock, &holder));
  DAYBOOK_RETURN_IF_ERROR(env->ListDirectory("d", &names));
  DAYBOOK_RETURN_IF_ERROR(env->Random(seed));
  for (const std::string& name : names) {
    if (name != "next") continue;
    DAYBOOK_RETURN_IF_ERROR(env->Remove("d/next"));
  }
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile("d/next", OpenMode::kCreateNew, &file));
  DAYBOOK_RETURN_IF_ERROR(WriteText(file.get(), 0, "text and more"));
  DAYBOOK_RETURN_IF_ERROR(file->TryLock(LockKind::kExclusive, &got));
  DAYBOOK_RETURN_IF_ERROR(file->Truncate(4));
  DAYBOOK_RETURN_IF_ERROR(file->Sync());
  DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
  DAYBOOK_RETURN_IF_ERROR(file->Read(0, into, &count));
  DAYBOOK_RETURN_IF_ERROR(file->ReadCached(0, into, &count));
  DAYBOOK_RETURN_IF_ERROR(file->Close());
  DAYBOOK_RETURN_IF_ERROR(env->Rename("d/next", "d/current"));
  return env->SyncDirectory("d");
}

TEST(EnvFaultTest, EveryOperationIsSeenOnceInOrder) {
  MemoryEnv memory;
  std::vector<std::string> seen;
  FaultEnv env(&memory, [&](const Operation& operation) -> Fault {
    EXPECT_EQ(operation.index, seen.size());
    seen.push_back(std::string(OperationKindName(operation.kind)) + " " + operation.path + " " +
                   std::to_string(operation.offset) + " " + std::to_string(operation.size));
    return {};
  });
  ASSERT_OK(ReplaceFile(&env));
  EXPECT_EQ(seen, (std::vector<std::string>{
                      "CreateDirectory d 0 0", "IdentifyDirectory d 0 0", "FileSystemOf d 0 0",
                      "LockFile d/lock 0 0", "ListDirectory d 0 0", "Random  0 8", "OpenFile d/next 0 0",
                      "Write d/next 0 13", "TryLock d/next 0 0", "Truncate d/next 4 0", "Sync d/next 0 0",
                      "Size d/next 0 0", "Read d/next 0 4", "Read d/next 0 4", "Close d/next 0 0",
                      "Rename d/next 0 0", "SyncDirectory d 0 0"}));
  EXPECT_EQ(env.operation_count(), seen.size());
}

TEST(EnvFaultTest, EachOperationInTurnFailsOnceAndIsNotMade) {
  uint64_t failing = 0;
  for (;; failing++) {
    ASSERT_LT(failing, 100u);
    MemoryEnv memory;
    FaultEnv env(&memory, [&](const Operation& operation) -> Status {
      return operation.index == failing ? Broken() : Status::Ok();
    });
    const Status status = ReplaceFile(&env);
    if (status.ok()) break;
    EXPECT_EQ(status.message(), "planned failure");
    EXPECT_EQ(env.operation_count(), failing + 1);  // nothing goes on behind it
    EXPECT_FALSE(memory.Exists("d/current") && failing < 16) << failing;
    ASSERT_OK(ReplaceFile(&env));  // and the world is not stuck: no lock is left
    EXPECT_EQ(ReadAll(&memory, "d/current"), "text");
  }
  EXPECT_EQ(failing, 17u);
}

TEST(EnvFaultTest, AShortWriteLeavesItsFirstBytes) {
  for (uint64_t size = 0; size <= 7; size++) {
    MemoryEnv memory;
    FaultEnv env(&memory);
    std::unique_ptr<File> file;
    ASSERT_OK(env.OpenFile("f", OpenMode::kCreateNew, &file));
    env.SetHook([&](const Operation& operation) -> Fault {
      if (operation.kind != OperationKind::kWrite) return {};
      return Fault::ShortWrite(size, Status(StatusCode::kDiskFull, "planned", ENOSPC));
    });
    const std::string_view parts[] = {"ab", "", "cde"};
    std::vector<std::span<const std::byte>> pieces;
    for (const std::string_view part : parts) pieces.push_back(std::as_bytes(std::span(part)));
    EXPECT_FAILS(file->Write(1, pieces), StatusCode::kDiskFull, ENOSPC);
    const std::string expected = std::string("\0abcde", 6).substr(0, size == 0 ? 0 : size + 1);
    EXPECT_EQ(ReadAll(&memory, "f"), expected) << size;
  }
}

TEST(EnvFaultTest, AnOperationMayBeMadeAndFailAllTheSame) {
  MemoryEnv memory;
  FaultEnv env(&memory, [](const Operation&) { return Fault::AfterwardsFail(Broken()); });
  std::unique_ptr<File> file;
  std::unique_ptr<FileLock> lock;
  std::string holder;
  EXPECT_FAILS(env.OpenFile("f", OpenMode::kCreateNew, &file), StatusCode::kIo, EIO);
  EXPECT_EQ(file, nullptr);
  EXPECT_TRUE(memory.Exists("f"));
  EXPECT_FAILS(env.LockFile("lock", "a", &lock, &holder), StatusCode::kIo, EIO);
  EXPECT_EQ(lock, nullptr);
  EXPECT_FAILS(env.Rename("f", "g"), StatusCode::kIo, EIO);
  EXPECT_TRUE(memory.Exists("g"));

  env.SetHook(nullptr);
  ASSERT_OK(env.LockFile("lock", "b", &lock, &holder));
  ASSERT_OK(env.OpenFile("g", OpenMode::kReadWrite, &file));
  env.SetHook([](const Operation&) { return Fault::AfterwardsFail(Broken()); });
  EXPECT_FAILS(WriteText(file.get(), 0, "text"), StatusCode::kIo, EIO);
  EXPECT_EQ(ReadAll(&memory, "g"), "text");
  std::byte into[4];
  size_t count = 9;
  EXPECT_FAILS(file->Read(0, into, &count), StatusCode::kIo, EIO);
  EXPECT_EQ(count, 0u);
  bool got = true;
  EXPECT_FAILS(file->TryLock(LockKind::kExclusive, &got), StatusCode::kIo, EIO);
  EXPECT_FALSE(got);
}

TEST(EnvFaultTest, TheErrorsOfTheWorldBehindComeThrough) {
  MemoryEnv memory;
  FaultEnv env(&memory, [](const Operation&) { return Fault::AfterwardsFail(Broken()); });
  std::unique_ptr<File> file;
  EXPECT_FAILS(env.OpenFile("none", OpenMode::kRead, &file), StatusCode::kNotFound, ENOENT);
}

TEST(EnvFaultTest, AFailedFlushLeavesTheBytesUnflushed) {
  MemoryEnv memory;
  FaultEnv env(&memory, [](const Operation& operation) -> Fault {
    return operation.kind == OperationKind::kSync ? Fault(Broken()) : Fault();
  });
  std::unique_ptr<File> file;
  ASSERT_OK(env.OpenFile("f", OpenMode::kCreateNew, &file));
  ASSERT_OK(env.SyncDirectory("/"));
  ASSERT_OK(WriteText(file.get(), 0, "text"));
  EXPECT_FAILS(file->Sync(), StatusCode::kIo, EIO);
  EXPECT_EQ(ReadAll(memory.CloneDurable().get(), "f"), "");
}

TEST(EnvFaultTest, FilesOutliveTheFaultEnvAndAreStillCounted) {
  MemoryEnv memory;
  uint64_t last = 0;
  auto env = std::make_unique<FaultEnv>(&memory, [&](const Operation& operation) -> Fault {
    last = operation.index;
    return {};
  });
  std::unique_ptr<File> file;
  ASSERT_OK(env->OpenFile("f", OpenMode::kCreateNew, &file));
  env.reset();
  ASSERT_OK(WriteText(file.get(), 0, "text"));
  EXPECT_EQ(last, 1u);
  EXPECT_EQ(ReadText(file.get(), 0, 9), "text");
  EXPECT_EQ(last, 2u);
}

TEST(EnvFaultTest, ClockAndNamePassThrough) {
  MemoryEnv memory;
  FaultEnv env(&memory, [](const Operation&) { return Broken(); });
  memory.SetNowMillis(1234);
  EXPECT_EQ(env.NowMillis(), 1234);
  EXPECT_EQ(env.DescribeProcess(), memory.DescribeProcess());
  EXPECT_EQ(env.operation_count(), 0u);
}

}  // namespace
}  // namespace daybook
