// Little-endian integers and LEB128 varints in byte buffers: the alphabet of every format.
//
// Addresses need no alignment. The free functions trust their caller with the bounds; ByteReader
// is for bytes that nobody has vouched for yet.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace daybook {

static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);

// The longest varint of a 64-bit value.
inline constexpr size_t kVarintSizeMax = 10;

namespace coding_internal {

// The value with its bytes in little-endian order, from or to native order.
template <typename T>
constexpr T LittleEndian(T value) {
  if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__builtin_bswap16(value));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<T>(__builtin_bswap32(value));
  } else {
    return static_cast<T>(__builtin_bswap64(value));
  }
}

template <typename T>
inline T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return LittleEndian(value);
}

template <typename T>
inline void Store(std::byte* to, T value) {
  value = LittleEndian(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace coding_internal

inline uint16_t LoadU16(const std::byte* from) { return coding_internal::Load<uint16_t>(from); }
inline uint32_t LoadU32(const std::byte* from) { return coding_internal::Load<uint32_t>(from); }
inline uint64_t LoadU64(const std::byte* from) { return coding_internal::Load<uint64_t>(from); }

inline void StoreU16(std::byte* to, uint16_t value) { coding_internal::Store(to, value); }
inline void StoreU32(std::byte* to, uint32_t value) { coding_internal::Store(to, value); }
inline void StoreU64(std::byte* to, uint64_t value) { coding_internal::Store(to, value); }

// Bytes that StoreVarint writes for `value`: 1 to kVarintSizeMax.
constexpr size_t VarintSize(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Returns the address behind the last byte written; the caller has VarintSize(value) bytes there.
std::byte* StoreVarint(std::byte* to, uint64_t value);

void PutVarint(std::vector<std::byte>* out, uint64_t value);

// Takes values off the front of bytes that may be damaged. Every method returns false, and moves
// neither its position nor `*value`, when the bytes are not there or do not mean a value. The
// bytes must outlive the reader and the spans that it hands out.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ReadU8(uint8_t* value) { return ReadFixed(value); }
  [[nodiscard]] bool ReadU16(uint16_t* value) { return ReadFixed(value); }
  [[nodiscard]] bool ReadU32(uint32_t* value) { return ReadFixed(value); }
  [[nodiscard]] bool ReadU64(uint64_t* value) { return ReadFixed(value); }

  // At most kVarintSizeMax bytes and 64 bits. Only the shortest form of a value is taken, so that
  // a value has one encoding and re-encoding what was read gives the same bytes.
  [[nodiscard]] bool ReadVarint(uint64_t* value);

  [[nodiscard]] bool ReadBytes(size_t size, std::span<const std::byte>* bytes) {
    if (size > remaining()) return false;
    *bytes = bytes_.subspan(position_, size);
    position_ += size;
    return true;
  }

  [[nodiscard]] bool Skip(size_t size) {
    if (size > remaining()) return false;
    position_ += size;
    return true;
  }

  [[nodiscard]] size_t remaining() const { return bytes_.size() - position_; }
  [[nodiscard]] size_t position() const { return position_; }

 private:
  template <typename T>
  bool ReadFixed(T* value) {
    if (remaining() < sizeof(T)) return false;
    *value = coding_internal::Load<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return true;
  }

  std::span<const std::byte> bytes_;
  size_t position_ = 0;  // <= bytes_.size()
};

// Appends values to a vector that it does not own.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>* out) : out_(out) {}

  void PutU8(uint8_t value) { out_->push_back(static_cast<std::byte>(value)); }
  void PutU16(uint16_t value) { PutFixed(value); }
  void PutU32(uint32_t value) { PutFixed(value); }
  void PutU64(uint64_t value) { PutFixed(value); }
  void PutVarint(uint64_t value) { daybook::PutVarint(out_, value); }
  // The bytes alone, without their length; they must not lie in the vector itself.
  void PutBytes(std::span<const std::byte> bytes) {
    if (!bytes.empty()) std::memcpy(Grow(bytes.size()), bytes.data(), bytes.size());
  }
  void PutString(std::string_view text) { PutBytes(std::as_bytes(std::span(text))); }

  [[nodiscard]] size_t size() const { return out_->size(); }

 private:
  template <typename T>
  void PutFixed(T value) {
    coding_internal::Store(Grow(sizeof(T)), value);
  }

  // Returns the address of `size` new bytes at the end. Not vector::insert, of whose short copies
  // g++ 12 warns in error when it optimizes.
  std::byte* Grow(size_t size) {
    const size_t before = out_->size();
    out_->resize(before + size);
    return out_->data() + before;
  }

  std::vector<std::byte>* out_;
};

}  // namespace daybook
