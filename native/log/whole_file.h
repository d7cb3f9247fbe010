// Small files that are read and written as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daybook/env.h"

namespace daybook {

// kCorrupt if the file has more than `bytes_max`; kNotFound, kIo.
Status ReadWholeFile(Env* env, const std::string& path, uint64_t bytes_max, std::vector<std::byte>* bytes);

// Makes the file anew and flushes it; its name is not flushed.
Status WriteWholeFile(Env* env, const std::string& path, std::span<const std::byte> bytes);

}  // namespace daybook
