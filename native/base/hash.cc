#include "base/hash.h"

#include <bit>
#include <cstddef>

#include "base/coding.h"

namespace daybook {
namespace {

struct SipState {
  uint64_t v0, v1, v2, v3;

  explicit SipState(const HashSeed& seed)
      : v0(seed.k0 ^ 0x736f6d6570736575),  // "somepseudorandomlygeneratedbytes"
        v1(seed.k1 ^ 0x646f72616e646f6d),
        v2(seed.k0 ^ 0x6c7967656e657261),
        v3(seed.k1 ^ 0x7465646279746573) {}

  void Round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  void Compress(uint64_t word) {
    v3 ^= word;
    Round();
    v0 ^= word;
  }

  uint64_t Finish() {
    v2 ^= 0xff;
    Round();
    Round();
    Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

// The `size` bytes (0 to 7) at `from` as a little-endian number, without a loop over them.
uint64_t LoadTail(const std::byte* from, size_t size) {
  if (size >= 4) return LoadU32(from) | uint64_t{LoadU32(from + size - 4)} << (8 * (size - 4));
  if (size == 0) return 0;
  const uint64_t first = std::to_integer<uint64_t>(from[0]);
  const uint64_t middle = std::to_integer<uint64_t>(from[size / 2]);
  const uint64_t last = std::to_integer<uint64_t>(from[size - 1]);
  return first | middle << (8 * (size / 2)) | last << (8 * (size - 1));
}

}  // namespace

uint64_t KeyedHash(const HashSeed& seed, uint64_t prefix, std::string_view bytes) {
  SipState state(seed);
  state.Compress(prefix);
  const std::byte* from = reinterpret_cast<const std::byte*>(bytes.data());
  size_t left = bytes.size();
  for (; left >= 8; from += 8, left -= 8) state.Compress(LoadU64(from));
  // The last word ends in the length of the whole message, prefix included, modulo 256.
  const uint64_t length = (sizeof prefix + bytes.size()) & 0xff;
  state.Compress(LoadTail(from, left) | length << 56);
  return state.Finish();
}

}  // namespace daybook
