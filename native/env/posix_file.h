// An open file of the POSIX world. What is opened, and how, is decided in env_posix.cc.
#pragma once

#include <memory>
#include <string>

#include "daybook/env.h"
#include "env/posix_support.h"

namespace daybook {

// `path` is for messages only. After Close every operation is kIo with EBADF, and Close is ok.
std::unique_ptr<File> NewPosixFile(Descriptor descriptor, std::string path);

// Makes what was written through the descriptor, and the file's size, durable. Returns 0 or an
// errno value.
int FlushToDisk(int descriptor);

}  // namespace daybook
