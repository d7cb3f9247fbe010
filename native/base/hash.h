// The keyed hash of tags and keys: SipHash-1-3 under a secret seed.
//
// Whoever chooses the strings but does not know the seed cannot choose collisions (Aumasson and
// Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012; with one compression and three
// finalization rounds, as the authors propose for hash tables). The values are part of the
// on-disk format: they are the same on every machine and never change.
#pragma once

#include <cstdint>
#include <string_view>

namespace daybook {

// 128 secret bits, drawn once for a log.
struct HashSeed {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
  bool operator==(const HashSeed&) const = default;
};

// SipHash-1-3 of the 8 little-endian bytes of `prefix` (the id of a book, say) followed by
// `bytes`.
uint64_t KeyedHash(const HashSeed& seed, uint64_t prefix, std::string_view bytes);

}  // namespace daybook
