// What only the real world has: links, rights, limits, descriptors and other processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "env/posix_support.h"
#include "env/test_support.h"

namespace daybook {
namespace {

using testing_support::CreateFile;
using testing_support::ReadAll;
using testing_support::ReadText;
using testing_support::TemporaryDirectory;
using testing_support::TextOf;
using testing_support::WriteText;

// How many descriptors below 256 are open, and how many of them a child would inherit.
struct DescriptorCount {
  int open = 0;
  int inherited = 0;
};

DescriptorCount CountDescriptors() {
  DescriptorCount count;
  for (int number = 0; number < 256; number++) {
    const int flags = ::fcntl(number, F_GETFD);
    if (flags < 0) continue;
    count.open++;
    if ((flags & FD_CLOEXEC) == 0) count.inherited++;
  }
  return count;
}

// Lowers a soft limit of the process until the end of the block.
class ScopedLimit {
 public:
  ScopedLimit(decltype(RLIMIT_NOFILE) resource, rlim_t value) : resource_(resource) {
    EXPECT_EQ(::getrlimit(resource, &before_), 0);
    rlimit lowered = before_;
    lowered.rlim_cur = value;
    EXPECT_EQ(::setrlimit(resource, &lowered), 0);
  }
  ~ScopedLimit() { ::setrlimit(resource_, &before_); }

 private:
  decltype(RLIMIT_NOFILE) resource_;
  rlimit before_;
};

// A child process that runs `body` and is killed, if it still lives, at the end of the block.
class Child {
 public:
  explicit Child(const std::function<void()>& body) : process_(::fork()) {
    if (process_ != 0) return;
    body();
    ::_exit(0);
  }
  ~Child() {
    if (process_ > 0) Kill();
  }
  // The status with which the child ended by itself, or -1.
  int Wait() {
    int status = -1;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void Kill() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }

 private:
  pid_t process_;
};

class EnvPosixTest : public testing::Test {
 protected:
  [[nodiscard]] std::string At(std::string_view name) const { return directory_ / name; }

  TemporaryDirectory directory_;
  Env* env_ = PosixEnv();
};

TEST_F(EnvPosixTest, SymbolicLinksToFilesAreNotFollowed) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  ASSERT_EQ(::symlink(At("f").c_str(), At("link").c_str()), 0);
  ASSERT_EQ(::symlink(At("none").c_str(), At("dangling").c_str()), 0);
  std::unique_ptr<File> file;
  std::unique_ptr<FileLock> lock;
  std::string holder;
  EXPECT_FAILS(env_->OpenFile(At("link"), OpenMode::kRead, &file), StatusCode::kIo, ELOOP);
  EXPECT_FAILS(env_->OpenFile(At("link"), OpenMode::kReadWrite, &file), StatusCode::kIo, ELOOP);
  EXPECT_FAILS(env_->OpenFile(At("dangling"), OpenMode::kCreateNew, &file), StatusCode::kIo, EEXIST);
  EXPECT_FAILS(env_->LockFile(At("link"), "a", &lock, &holder), StatusCode::kIo, ELOOP);
  EXPECT_FAILS(env_->CreateDirectory(At("dangling")), StatusCode::kIo, EEXIST);
  EXPECT_EQ(ReadAll(env_, At("f")), "text");
  EXPECT_FALSE(std::filesystem::exists(At("none")));
}

TEST_F(EnvPosixTest, ASecondNameOfAFileIsSeen) {
  ASSERT_OK(CreateFile(env_, At("one"), "x"));
  std::unique_ptr<File> file;
  ASSERT_OK(env_->OpenFile(At("one"), OpenMode::kRead, &file));
  bool one = false;
  ASSERT_OK(file->HasOneName(&one));
  EXPECT_TRUE(one);
  ASSERT_EQ(::link(At("one").c_str(), At("two").c_str()), 0);
  ASSERT_OK(file->HasOneName(&one));
  EXPECT_FALSE(one);
}

TEST_F(EnvPosixTest, ALinkToADirectoryIsThatDirectory) {
  ASSERT_OK(env_->CreateDirectory(At("d")));
  ASSERT_EQ(::symlink(At("d").c_str(), At("link").c_str()), 0);
  EXPECT_OK(env_->CreateDirectory(At("link")));
  EXPECT_OK(CreateFile(env_, At("link/f"), "text"));
  EXPECT_OK(env_->SyncDirectory(At("link")));
  DirectoryIdentity direct;
  DirectoryIdentity linked;
  ASSERT_OK(env_->IdentifyDirectory(At("d"), &direct));
  ASSERT_OK(env_->IdentifyDirectory(At("link"), &linked));
  EXPECT_EQ(direct, linked);
  std::unique_ptr<FileLock> lock;
  std::unique_ptr<FileLock> second;
  std::string holder;
  ASSERT_OK(env_->LockFile(At("d/lock"), "a", &lock, &holder));
  EXPECT_TRUE(env_->LockFile(At("link/lock"), "b", &second, &holder).Is(StatusCode::kLocked));
}

TEST_F(EnvPosixTest, OpeningAPipeNeitherWaitsNorSucceeds) {
  ASSERT_EQ(::mkfifo(At("pipe").c_str(), 0600), 0);
  std::unique_ptr<File> file;
  std::unique_ptr<FileLock> lock;
  std::string holder;
  EXPECT_FAILS(env_->OpenFile(At("pipe"), OpenMode::kRead, &file), StatusCode::kIo, EINVAL);
  EXPECT_FAILS(env_->OpenFile(At("pipe"), OpenMode::kReadWrite, &file), StatusCode::kIo, EINVAL);
  EXPECT_FAILS(env_->LockFile(At("pipe"), "a", &lock, &holder), StatusCode::kIo, EINVAL);
}

TEST_F(EnvPosixTest, WhatIsCreatedBelongsToTheOwnerAlone) {
  const mode_t before = ::umask(0);
  std::unique_ptr<FileLock> lock;
  std::string holder;
  EXPECT_OK(CreateFile(env_, At("f"), ""));
  EXPECT_OK(env_->CreateDirectory(At("a/b")));
  EXPECT_OK(env_->LockFile(At("lock"), "a", &lock, &holder));
  ::umask(before);
  const auto mode_of = [&](std::string_view name) {
    struct stat attributes = {};
    EXPECT_EQ(::stat(At(name).c_str(), &attributes), 0) << name;
    return attributes.st_mode & 07777;
  };
  EXPECT_EQ(mode_of("f"), 0600u);
  EXPECT_EQ(mode_of("lock"), 0600u);
  EXPECT_EQ(mode_of("a"), 0700u);
  EXPECT_EQ(mode_of("a/b"), 0700u);
}

TEST_F(EnvPosixTest, NoDescriptorIsInheritedByAChild) {
  const DescriptorCount before = CountDescriptors();
  std::unique_ptr<File> created;
  std::unique_ptr<File> opened;
  std::unique_ptr<FileLock> lock;
  std::string holder;
  ASSERT_OK(env_->OpenFile(At("f"), OpenMode::kCreateNew, &created));
  ASSERT_OK(env_->OpenFile(At("f"), OpenMode::kRead, &opened));
  ASSERT_OK(env_->LockFile(At("lock"), "a", &lock, &holder));
  const DescriptorCount after = CountDescriptors();
  EXPECT_EQ(after.open, before.open + 3);
  EXPECT_EQ(after.inherited, before.inherited);
}

TEST_F(EnvPosixTest, NoDescriptorIsLeftOpenOnAnyPath) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  ASSERT_OK(env_->CreateDirectory(At("d")));
  ASSERT_EQ(::mkfifo(At("pipe").c_str(), 0600), 0);
  std::unique_ptr<FileLock> held;
  std::string holder;
  ASSERT_OK(env_->LockFile(At("lock"), "a", &held, &holder));
  const int before = CountDescriptors().open;
  for (int i = 0; i < 3; i++) {
    std::unique_ptr<File> file;
    std::unique_ptr<FileLock> lock;
    std::vector<std::string> names;
    DirectoryIdentity identity;
    EXPECT_OK(env_->OpenFile(At("f"), OpenMode::kRead, &file));
    file.reset();
    EXPECT_FALSE(env_->OpenFile(At("d"), OpenMode::kRead, &file).ok());
    EXPECT_FALSE(env_->OpenFile(At("pipe"), OpenMode::kRead, &file).ok());
    EXPECT_FALSE(env_->OpenFile(At("f"), OpenMode::kCreateNew, &file).ok());
    EXPECT_FALSE(env_->LockFile(At("lock"), "b", &lock, &holder).ok());
    EXPECT_FALSE(env_->LockFile(At("pipe"), "b", &lock, &holder).ok());
    EXPECT_OK(env_->LockFile(At("other"), "b", &lock, &holder));
    lock.reset();
    EXPECT_OK(env_->ListDirectory(At("d"), &names));
    EXPECT_OK(env_->SyncDirectory(At("d")));
    EXPECT_FALSE(env_->SyncDirectory(At("f")).ok());
    EXPECT_OK(env_->IdentifyDirectory(At("d"), &identity));
    EXPECT_OK(env_->CreateDirectory(At("new" + std::to_string(i))));
  }
  EXPECT_EQ(CountDescriptors().open, before);
}

TEST_F(EnvPosixTest, TooManyOpenFilesIsAnErrorThatPasses) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  std::unique_ptr<File> file;
  std::vector<std::string> names;
  {
    const ScopedLimit limit(RLIMIT_NOFILE, 3);
    EXPECT_FAILS(env_->OpenFile(At("f"), OpenMode::kRead, &file), StatusCode::kIo, EMFILE);
    EXPECT_FAILS(env_->ListDirectory(At("."), &names), StatusCode::kIo, EMFILE);
    EXPECT_FAILS(env_->SyncDirectory(At(".")), StatusCode::kIo, EMFILE);
  }
  EXPECT_OK(env_->OpenFile(At("f"), OpenMode::kRead, &file));
}

// The limit stands in for a full disk: the kernel writes what still fits, and refuses the rest.
TEST_F(EnvPosixTest, AWriteThatDoesNotFitIsAFullDisk) {
  std::unique_ptr<File> file;
  ASSERT_OK(env_->OpenFile(At("f"), OpenMode::kCreateNew, &file));
  const auto before = ::signal(SIGXFSZ, SIG_IGN);
  {
    const ScopedLimit limit(RLIMIT_FSIZE, 1000);
    EXPECT_FAILS(WriteText(file.get(), 0, std::string(1500, 'x')), StatusCode::kDiskFull, EFBIG);
    EXPECT_FAILS(file->Truncate(1001), StatusCode::kDiskFull, EFBIG);
  }
  ::signal(SIGXFSZ, before);
  EXPECT_EQ(ReadText(file.get(), 0, 2000), std::string(1000, 'x'));
  EXPECT_OK(WriteText(file.get(), 1000, "more"));
}

// Mode bits do not bind root, so that the child gives up its rights first.
TEST_F(EnvPosixTest, WithoutRightsTheErrorSaysSo) {
  ASSERT_OK(CreateFile(env_, At("f"), "text"));
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0700), 0);
  const bool is_root = ::geteuid() == 0;
  if (!is_root) {
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0), 0);
  }
  Child child([&] {
    if (is_root && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(9);
    std::unique_ptr<File> file;
    std::unique_ptr<FileLock> lock;
    std::string holder;
    std::vector<std::string> names;
    const auto is_refused = [](const Status& status) {
      return status.Is(StatusCode::kIo) && status.system_error() == EACCES &&
             status.message().find("has no right") != std::string::npos;
    };
    if (!is_refused(env_->OpenFile(At("f"), OpenMode::kRead, &file))) ::_exit(1);
    if (!is_refused(env_->OpenFile(At("g"), OpenMode::kCreateNew, &file))) ::_exit(2);
    if (!is_refused(env_->CreateDirectory(At("d")))) ::_exit(3);
    if (!is_refused(env_->ListDirectory(directory_.path(), &names))) ::_exit(4);
    if (!is_refused(env_->LockFile(At("lock"), "a", &lock, &holder))) ::_exit(5);
    if (!is_refused(env_->SyncDirectory(directory_.path()))) ::_exit(6);
  });
  EXPECT_EQ(child.Wait(), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0700), 0);
}

TEST_F(EnvPosixTest, ALockEndsWithItsProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  Child child([&] {
    std::unique_ptr<FileLock> lock;
    std::string holder;
    const bool locked = env_->LockFile(At("lock"), "the child", &lock, &holder).ok();
    const char answer = locked ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
  });
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  std::unique_ptr<FileLock> lock;
  std::string holder;
  EXPECT_TRUE(env_->LockFile(At("lock"), "the parent", &lock, &holder).Is(StatusCode::kLocked));
  EXPECT_EQ(holder, "the child");
  child.Kill();
  EXPECT_OK(env_->LockFile(At("lock"), "the parent", &lock, &holder));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(EnvPosixTest, AForkedChildDoesNotGoOnHoldingALock) {
  std::unique_ptr<FileLock> lock;
  std::string holder;
  ASSERT_OK(env_->LockFile(At("lock"), "a", &lock, &holder));
  Child child([] { ::pause(); });
  lock.reset();
  EXPECT_OK(env_->LockFile(At("lock"), "b", &lock, &holder));
}

// Each holder removes the file before it lets go, so that others keep opening files that lose
// their name before they are locked. It ends after so many locks taken, not after so many
// attempts: on a busy machine most attempts find the lock held.
TEST_F(EnvPosixTest, NobodyHoldsTheLockOfAFileThatWasReplaced) {
  constexpr int kTakenMax = 250;
  std::atomic<int> inside = 0;
  std::atomic<int> together = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      while (taken < kTakenMax) {
        std::unique_ptr<FileLock> lock;
        std::string holder;
        if (!env_->LockFile(At("lock"), "a", &lock, &holder).ok()) continue;
        if (inside.fetch_add(1) != 0) together++;
        taken++;
        std::this_thread::yield();
        inside.fetch_sub(1);
        // Only when exclusion is broken can somebody else have removed it.
        if (!env_->Remove(At("lock")).ok()) together++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, 0);
}

#if defined(__linux__)
// Whether none of the file's pages is in memory.
bool IsCold(int descriptor, size_t size) {
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) return false;
  std::vector<unsigned char> resident(size / static_cast<size_t>(::sysconf(_SC_PAGESIZE)));
  const bool known = ::mincore(mapped, size, resident.data()) == 0;
  ::munmap(mapped, size);
  return known &&
         std::all_of(resident.begin(), resident.end(), [](unsigned char page) { return (page & 1) == 0; });
}

// Drops the file's pages from memory. The kernel passes over pages that it is busy with, so that
// one request is not always enough.
bool Evict(int descriptor, size_t size) {
  for (int attempt = 0; attempt < 500; attempt++) {
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    if (IsCold(descriptor, size)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// The kernel answers with the pages that it finds before the first that is missing; a reader that
// took this for the end of the file would lose records.
TEST_F(EnvPosixTest, ACachedReadIsNeverShortForWantOfThePages) {
  constexpr size_t kSize = size_t{4} << 20;
  std::unique_ptr<File> file;
  ASSERT_OK(env_->OpenFile(At("f"), OpenMode::kCreateNew, &file));
  const std::string text(kSize, 'x');
  ASSERT_OK(WriteText(file.get(), 0, text));
  ASSERT_OK(file->Sync());
  const Descriptor same(::open(At("f").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::posix_fadvise(same.number(), 0, 0, POSIX_FADV_RANDOM), 0);  // no reading ahead

  std::vector<std::byte> into(kSize + 10);
  int refused = 0;
  for (int round = 0; round < 20; round++) {
    // Skipped where pages stay in memory whatever one asks, as on tmpfs: there no read is ever refused, which
    // is what this looks at.
    if (!Evict(same.number(), kSize)) GTEST_SKIP() << "this file system does not give up its pages";
    ASSERT_EQ(::pread(same.number(), into.data(), 4096, 0), 4096);
    size_t count = 99;
    const Status status = file->ReadCached(0, into, &count);
    if (status.Is(StatusCode::kWouldBlock)) {
      EXPECT_EQ(count, 0u);
      refused++;
      continue;
    }
    ASSERT_OK(status);  // the disk was quicker than we
    ASSERT_EQ(count, kSize);
  }
  EXPECT_GT(refused, 0);

  EXPECT_EQ(ReadText(file.get(), 0, kSize), text);
  iovec part = {into.data(), 1};
  if (::preadv2(same.number(), &part, 1, 0, RWF_NOWAIT) < 0)
    // Skipped where the file system cannot read without waiting: ReadCached refuses everything there, as it
    // must, and what follows is about its answers.
    GTEST_SKIP() << "no RWF_NOWAIT on this file system";
  size_t count = 0;
  ASSERT_OK(file->ReadCached(0, into, &count));  // short at the end of the file
  EXPECT_EQ(TextOf(std::span(into).first(count)), text);
  ASSERT_OK(file->ReadCached(kSize, into, &count));
  EXPECT_EQ(count, 0u);
}
#endif

TEST_F(EnvPosixTest, TheClockIsTheWallClock) {
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  const auto millis = [] {
    return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  };
  const int64_t before = millis();
  const int64_t now = env_->NowMillis();
  EXPECT_LE(before, now);
  EXPECT_LE(now, millis());
}

TEST_F(EnvPosixTest, AProcessNamesItself) {
  const std::string text = env_->DescribeProcess();
  EXPECT_NE(text.find("process " + std::to_string(::getpid()) + ","), std::string::npos) << text;
  EXPECT_EQ(text.rfind("host ", 0), 0u) << text;
  EXPECT_NE(text.find(", started 20"), std::string::npos) << text;
  EXPECT_EQ(text.back(), 'Z') << text;
  EXPECT_EQ(text, env_->DescribeProcess());
}

TEST(PosixErrorTest, EveryErrorHasItsCode) {
  EXPECT_EQ(PosixError("open", "f", ENOENT).code(), StatusCode::kNotFound);
  for (const int error : {ENOSPC, EDQUOT, EFBIG}) {
    EXPECT_EQ(PosixError("write", "f", error).code(), StatusCode::kDiskFull);
  }
  for (const int error : {EIO, EACCES, EPERM, EROFS, EMFILE, ENFILE, EEXIST, ENOTDIR, EINVAL}) {
    const Status status = PosixError("open", "some/file", error);
    EXPECT_EQ(status.code(), StatusCode::kIo);
    EXPECT_EQ(status.system_error(), error);
    EXPECT_EQ(status.message().rfind("cannot open some/file: ", 0), 0u) << status.message();
  }
  EXPECT_NE(PosixError("open", "f", EROFS).message().find("does not take writes"), std::string::npos);
  EXPECT_EQ(PosixError("open", "f", EIO).message(), "cannot open f: Input/output error");
}

}  // namespace
}  // namespace daybook
