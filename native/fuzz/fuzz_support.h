// For the fuzz targets: what a broken promise does to the process, and the identity of every input's log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "base/assert.h"
#include "log/identity.h"

namespace daybook::fuzz {

// The log of the examples: id "0123456789abcdef", seed "fedcba9876543210".
inline LogIdentity ExampleIdentity() {
  LogIdentity::Id id;
  LogIdentity::Seed seed;
  std::memcpy(id.data(), "0123456789abcdef", id.size());
  std::memcpy(seed.data(), "fedcba9876543210", seed.size());
  return {id, seed};
}

inline std::span<const std::byte> Bytes(const uint8_t* data, size_t size) {
  return std::as_bytes(std::span(data, size));
}

}  // namespace daybook::fuzz
