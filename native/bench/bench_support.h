// Records for the micro-benchmarks: two tags each, data of a given size.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "base/coding.h"
#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook::bench {

inline LogIdentity BenchIdentity() {
  LogIdentity::Id id;
  LogIdentity::Seed seed;
  id.fill(std::byte{1});
  seed.fill(std::byte{2});
  return {id, seed};
}

// The tags of record `i`: one of 1,000 orders, one of 100 users.
inline std::string OrderTag(uint64_t i) { return "order:" + std::to_string(i % 1000); }
inline std::string UserTag(uint64_t i) { return "user:" + std::to_string(i % 100); }

// `count` records of book 1, each a group, complete but for their checksums.
inline std::vector<std::byte> EncodedRecords(uint64_t count, size_t data_size) {
  std::vector<std::byte> out;
  ByteWriter writer(&out);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string order = OrderTag(i);
    const std::string user = UserTag(i);
    const size_t size = 2 + 1 + order.size() + 1 + user.size() + data_size;
    const bool wide = size > UINT16_MAX;
    writer.PutU32(0);
    writer.PutU8(wide ? kRecordFirst | kRecordWide : kRecordFirst);
    if (wide) {
      writer.PutU32(static_cast<uint32_t>(size));
    } else {
      writer.PutU16(static_cast<uint16_t>(size));
    }
    writer.PutVarint(1);
    writer.PutVarint(2);
    for (const std::string& tag : {order, user}) {
      writer.PutU8(static_cast<uint8_t>(tag.size()));
      writer.PutString(tag);
    }
    writer.PutBytes(std::vector<std::byte>(data_size, std::byte{'d'}));
  }
  return out;
}

}  // namespace daybook::bench
