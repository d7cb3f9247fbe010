// The mark beside aux data that is kept for the next process: which file it is in, and the end of the log
// that it belongs to. It is written when that log has been closed properly, and believed by the very next
// opening alone. docs/aux-data.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daybook/env.h"
#include "log/identity.h"

namespace daybook {

inline constexpr std::string_view kAuxDirectoryName = "aux";
inline constexpr std::string_view kAuxMarkName = "mark";

// The file that holds the data, as it was when nobody wrote to it any more.
struct AuxFile {
  uint64_t number = 0;  // is part of its name
  uint64_t size = 0;    // bytes
  uint32_t checksum = 0;
};

// Which state of which log.
struct AuxOwner {
  LogIdentity identity;
  uint64_t incarnation = 0;
  uint64_t term = 0;
  uint64_t next_seqnum = 0;
};

// The mark of `owner`, and its name, are on stable storage on return.
Status WriteAuxMark(Env* env, const std::string& directory, const AuxOwner& owner, const AuxFile& file);

// False: this is no mark, or not one of `owner`.
[[nodiscard]] bool DecodeAuxMark(std::span<const std::byte> bytes, const AuxOwner& owner, AuxFile* file);

}  // namespace daybook
