#include "env/posix_file_system.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

TEST(PosixFileSystemTest, NetworkFileSystemsAreKnownByTheirNumbers) {
  const std::pair<uint32_t, const char*> network[] = {
      {0x6969, "nfs"},      {0x517B, "smb"},        {0xFF534D42, "cifs"},
      {0xFE534D42, "smb2"}, {0x5346414F, "afs"},    {0x00C36400, "ceph"},
      {0x01161970, "gfs2"}, {0x0BD00BD0, "lustre"}, {0x7461636F, "ocfs2"}};
  for (const auto& [type, name] : network) {
    EXPECT_TRUE(FileSystemOfType(type).is_network) << name;
    EXPECT_EQ(FileSystemOfType(type).name, name);
  }
}

TEST(PosixFileSystemTest, LocalFileSystemsPass) {
  // ext4, xfs, btrfs, tmpfs, overlay, f2fs, zfs, squashfs, 9p, and one that nobody knows.
  for (const uint32_t type : {0xEF53U, 0x58465342U, 0x9123683EU, 0x01021994U, 0x794C7630U, 0xF2F52010U,
                              0x2FC12FC1U, 0x73717368U, 0x01021997U, 0x12345678U, 0U}) {
    EXPECT_FALSE(FileSystemOfType(type).is_network) << FileSystemOfType(type).name;
  }
  EXPECT_EQ(FileSystemOfType(0xEF53).name, "0xef53");
  EXPECT_EQ(FileSystemOfType(0).name, "0x0");
}

TEST(PosixFileSystemTest, FuseIsJudgedByWhatItSaysOfItself) {
  EXPECT_FALSE(FileSystemOfType(kFuseType).is_network);
  for (const char* type : {"fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph-fuse",
                           "fuse.juicefs", "fuse.gcsfuse", "fuse.blobfuse2"}) {
    const FileSystemInfo info = FuseFileSystem(type, "me@host:/dir");
    EXPECT_TRUE(info.is_network) << type;
    EXPECT_EQ(info.name, type);
  }
  for (const char* type : {"fuse.fuse-overlayfs", "fuseblk", "fuse.gocryptfs", "fuse.mergerfs", "virtiofs",
                           "fuse.fakeowner", "fuse", ""}) {
    EXPECT_FALSE(FuseFileSystem(type, "/dev/sda1").is_network) << type;
  }
  // Without a name of its own, what is mounted may tell.
  EXPECT_TRUE(FuseFileSystem("fuse", "mountpoint-s3").is_network);
  EXPECT_EQ(FuseFileSystem("fuse", "mountpoint-s3").name, "fuse, mountpoint-s3");
  EXPECT_FALSE(FuseFileSystem("fuse.mergerfs", "sshfs").is_network) << "the name goes before the source";
}

TEST(PosixFileSystemTest, AMountIsFoundByItsDeviceHoweverManyOptionalFieldsItHas) {
  constexpr std::string_view kMounts =
      "22 28 0:21 / /proc rw,nosuid shared:12 - proc proc rw\n"
      "30 28 0:5 / /a\\040b rw - fuse.sshfs me@host:/x\\040y rw,user_id=0\n"
      "31 28 0:51 / /c rw shared:1 master:2 propagate_from:3 - fuse rclone: rw\n"
      "32 28 0:52 / /short rw - fuse\n"
      "33 28 0:53 / /without rw fuse source\n"
      "\n"
      "34 28 1:5 / /last rw - ext4 /dev/sda1 rw";
  std::string type;
  std::string source;
  ASSERT_TRUE(FindMount(kMounts, 0, 5, &type, &source));
  EXPECT_EQ(type + " " + source, "fuse.sshfs me@host:/x\\040y");
  ASSERT_TRUE(FindMount(kMounts, 0, 51, &type, &source));
  EXPECT_EQ(type + " " + source, "fuse rclone:");
  ASSERT_TRUE(FindMount(kMounts, 1, 5, &type, &source));
  EXPECT_EQ(type, "ext4");
  for (const uint32_t device : {0U, 1U, 52U, 53U, 2U}) {
    EXPECT_FALSE(FindMount(kMounts, 0, device, &type, &source)) << device;
  }
  EXPECT_FALSE(FindMount("", 0, 0, &type, &source));
}

#if defined(__linux__)
TEST(PosixFileSystemTest, WhatTheKernelSaysOfProcIsUnderstood) {
  FileSystemInfo info;
  const Status status = DescribeFileSystemOf("/proc", &info);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(info.name, "0x9fa0");
  EXPECT_FALSE(info.is_network);
}
#endif

}  // namespace
}  // namespace daybook
