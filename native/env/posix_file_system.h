// Which file systems are on other machines. Locks there may not meet, flushes may end in a server's
// memory, and what one machine wrote another may see late; a log relies on all three.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daybook/env.h"

namespace daybook {

// Env::FileSystemOf.
Status DescribeFileSystemOf(const std::string& path, FileSystemInfo* info);

// --- What it is made of, pure ---

// By the type that Linux gives for a file system (f_type of statfs). FUSE is not a network file
// system by that alone. What is not in the table is taken for a local one, and named by its number.
FileSystemInfo FileSystemOfType(uint32_t type);

inline constexpr uint32_t kFuseType = 0x65735546;

// By what a FUSE file system calls itself: its type in the table of mounts, "fuse.sshfs" or "fuse",
// and, where that says no more, its source.
FileSystemInfo FuseFileSystem(std::string_view type, std::string_view source);

// Type and source of the mount of a device, out of the text of /proc/self/mountinfo. False if it
// is not there.
bool FindMount(std::string_view mounts, uint32_t device_major, uint32_t device_minor, std::string* type,
               std::string* source);

}  // namespace daybook
