// The exclusive lock of a file in the POSIX world.
#pragma once

#include <memory>
#include <string>

#include "daybook/env.h"

namespace daybook {

// Env::LockFile.
Status TakePosixLock(const std::string& path, const std::string& owner, std::unique_ptr<FileLock>* lock,
                     std::string* holder);

}  // namespace daybook
