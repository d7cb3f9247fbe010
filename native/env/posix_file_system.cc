#include "env/posix_file_system.h"

#include <algorithm>
#include <array>
#include <vector>

#include "env/posix_support.h"

#if defined(__linux__)
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif

namespace daybook {
namespace {

struct NetworkType {
  uint32_t type;
  const char* name;
};

// Those of linux/magic.h, and of drivers outside of the kernel as coreutils knows them. File systems
// on disks that several machines share are among them.
constexpr std::array<NetworkType, 22> kNetworkTypes = {{
    {0x00006969, "nfs"},    {0x0000517B, "smb"},    {0xFF534D42, "cifs"},     {0xFE534D42, "smb2"},
    {0x5346414F, "afs"},    {0x6B414653, "kafs"},   {0x73757245, "coda"},     {0x00C36400, "ceph"},
    {0x0000564C, "ncp"},    {0x0BD00BD0, "lustre"}, {0x47504653, "gpfs"},     {0x01161970, "gfs2"},
    {0x7461636F, "ocfs2"},  {0xAAD7AAEA, "panfs"},  {0x19830326, "beegfs"},   {0xBEEFDEAD, "snfs"},
    {0x013111A8, "ibrix"},  {0x61636673, "acfs"},   {0x20030528, "orangefs"}, {0xBACBACBC, "vmhgfs"},
    {0x786F4256, "vboxsf"}, {0x7C7C6673, "prl_fs"},
}};

// Beginnings of names, since versions and flavours follow: ceph-fuse, rclone:remote, blobfuse2.
constexpr std::array<std::string_view, 23> kNetworkFuse = {{
    "sshfs",  "rclone",    "s3fs",      "goofys",   "gcsfuse", "mountpoint-s3", "blobfuse",  "geesefs",
    "cephfs", "ceph-fuse", "gluster",   "juicefs",  "mfs",     "saunafs",       "seaweedfs", "weed",
    "davfs",  "wdfs",      "curlftpfs", "smbnetfs", "hdfs",    "fuse_dfs",      "onedrive",
}};

std::string Hexadecimal(uint32_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (; number != 0 || text.empty(); number >>= 4U) text.insert(text.begin(), kDigits[number & 0xFU]);
  return "0x" + text;
}

// The parts between single spaces.
std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

#if defined(__linux__)

std::string ReadMounts() {
  const Descriptor file(
      RetryInterrupted([] { return ::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC | O_NOCTTY); }));
  std::string text;
  std::array<char, 8192> piece;
  while (file.valid()) {
    const ssize_t size = RetryInterrupted([&] { return ::read(file.number(), piece.data(), piece.size()); });
    if (size <= 0) break;
    text.append(piece.data(), static_cast<size_t>(size));
  }
  return text;
}

// A FUSE file system that does not say what it is passes: most are local (ntfs-3g, overlays of
// containers, encrypted folders), and to refuse them all would teach people to switch this off.
FileSystemInfo FuseFileSystemOf(const std::string& path) {
  struct stat attributes;
  std::string type;
  std::string source;
  if (::stat(path.c_str(), &attributes) != 0 ||
      !FindMount(ReadMounts(), major(attributes.st_dev), minor(attributes.st_dev), &type, &source)) {
    return {"fuse", false};
  }
  return FuseFileSystem(type, source);
}

#endif

}  // namespace

FileSystemInfo FileSystemOfType(uint32_t type) {
  for (const NetworkType& known : kNetworkTypes) {
    if (known.type == type) return {known.name, true};
  }
  return {type == kFuseType ? "fuse" : Hexadecimal(type), false};
}

FileSystemInfo FuseFileSystem(std::string_view type, std::string_view source) {
  constexpr std::string_view kPrefix = "fuse.";
  const bool says = type.starts_with(kPrefix);
  const std::string_view name = says ? type.substr(kPrefix.size()) : source;
  const bool is_network = std::any_of(kNetworkFuse.begin(), kNetworkFuse.end(),
                                      [&](std::string_view known) { return name.starts_with(known); });
  if (is_network && !says) return {std::string(type) + ", " + std::string(name), true};
  return {std::string(type), is_network};
}

bool FindMount(std::string_view mounts, uint32_t device_major, uint32_t device_minor, std::string* type,
               std::string* source) {
  constexpr size_t kDeviceField = 2;
  const std::string device = std::to_string(device_major) + ":" + std::to_string(device_minor);
  for (size_t begin = 0; begin < mounts.size();) {
    const size_t end = std::min(mounts.find('\n', begin), mounts.size());
    const std::vector<std::string_view> words = Words(mounts.substr(begin, end - begin));
    begin = end + 1;
    if (words.size() <= kDeviceField || words[kDeviceField] != device) continue;
    // A field of its own ends the optional ones; spaces within names are written \040.
    const auto separator = std::find(words.begin() + kDeviceField, words.end(), "-");
    if (words.end() - separator < 3) continue;
    *type = separator[1];
    *source = separator[2];
    return true;
  }
  return false;
}

Status DescribeFileSystemOf(const std::string& path, FileSystemInfo* info) {
  struct statfs attributes;
  if (RetryInterrupted([&] { return ::statfs(path.c_str(), &attributes); }) != 0) {
    return PosixError("look at the file system of", path, errno);
  }
#if defined(__linux__)
  // A sign that the number may have got on its way is cut off.
  const auto type = static_cast<uint32_t>(attributes.f_type);
  *info = type == kFuseType ? FuseFileSystemOf(path) : FileSystemOfType(type);
#else
  *info = {attributes.f_fstypename, (attributes.f_flags & MNT_LOCAL) == 0};
#endif
  return Status::Ok();
}

}  // namespace daybook
