// What makes this log this log: its id, and the secret that keys the hashes of its tags.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/coding.h"
#include "base/crc32c.h"
#include "base/hash.h"

namespace daybook {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr uint32_t kMinimumReader = 1;
inline constexpr size_t kLogIdSize = 16;
inline constexpr size_t kHashSeedSize = 16;

// Seqnums are safe integers of JavaScript.
inline constexpr uint64_t kSeqnumEnd = uint64_t{1} << 53;

class LogIdentity {
 public:
  using Id = std::array<std::byte, kLogIdSize>;
  using Seed = std::array<std::byte, kHashSeedSize>;

  LogIdentity() = default;
  LogIdentity(const Id& id, const Seed& seed)
      : id_(id),
        seed_bytes_(seed),
        seed_{LoadU64(seed.data()), LoadU64(seed.data() + 8)},
        crc_base_(Crc32c(id)) {}

  [[nodiscard]] const Id& id() const { return id_; }
  [[nodiscard]] const Seed& seed_bytes() const { return seed_bytes_; }
  [[nodiscard]] const HashSeed& hash_seed() const { return seed_; }
  // Every checksum of the log continues this one, so another log's blocks are bad here.
  [[nodiscard]] uint32_t crc_base() const { return crc_base_; }
  [[nodiscard]] uint32_t tag() const { return LoadU32(id_.data()); }

 private:
  Id id_{};
  Seed seed_bytes_{};
  HashSeed seed_{};
  uint32_t crc_base_ = 0;
};

}  // namespace daybook
