#include "base/coding.h"

#include <algorithm>

namespace daybook {

std::byte* StoreVarint(std::byte* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<std::byte>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<std::byte>(value);
  return to;
}

void PutVarint(std::vector<std::byte>* out, uint64_t value) {
  const size_t before = out->size();
  out->resize(before + VarintSize(value));
  StoreVarint(out->data() + before, value);
}

bool ByteReader::ReadVarint(uint64_t* value) {
  const std::byte* bytes = bytes_.data() + position_;
  const size_t size_max = std::min(remaining(), kVarintSizeMax);
  uint64_t result = 0;
  for (size_t i = 0; i < size_max; i++) {
    const uint64_t byte = std::to_integer<uint64_t>(bytes[i]);
    result |= (byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    const bool overflows = i == kVarintSizeMax - 1 && byte > 1;  // nine bytes hold 63 bits
    const bool padded = i > 0 && byte == 0;
    if (overflows || padded) return false;
    *value = result;
    position_ += i + 1;
    return true;
  }
  return false;
}

}  // namespace daybook
