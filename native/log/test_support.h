// For the tests of the log: bytes spelled in hexadecimal, records made by hand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/coding.h"
#include "base/test_support.h"
#include "env/test_support.h"
#include "log/batch_reader.h"
#include "log/group_commit.h"
#include "log/identity.h"
#include "log/record_codec.h"

namespace daybook::testing_support {

using ByteVector = std::vector<std::byte>;

// "44 42 0a" and the like; white space does not matter.
inline ByteVector Hex(std::string_view text) {
  ByteVector bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
      continue;
    }
    bytes.push_back(static_cast<std::byte>(high * 16 + digit));
    high = -1;
  }
  return bytes;
}

inline std::string ToHex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    if (!text.empty()) text += ' ';
    text += kDigits[std::to_integer<size_t>(b) >> 4U];
    text += kDigits[std::to_integer<size_t>(b) & 15U];
  }
  return text;
}

inline ByteVector Joined(std::initializer_list<ByteVector> parts) {
  ByteVector joined;
  for (const ByteVector& part : parts) joined.insert(joined.end(), part.begin(), part.end());
  return joined;
}

// The log of every byte example: id "0123456789abcdef", seed "fedcba9876543210".
inline LogIdentity ExampleIdentity() {
  LogIdentity::Id id;
  LogIdentity::Seed seed;
  std::memcpy(id.data(), "0123456789abcdef", id.size());
  std::memcpy(seed.data(), "fedcba9876543210", seed.size());
  return {id, seed};
}

inline LogIdentity OtherIdentity() {
  LogIdentity::Id id = ExampleIdentity().id();
  id[15] ^= std::byte{1};
  return {id, ExampleIdentity().seed_bytes()};
}

struct TestRecord {
  uint64_t book = 1;
  std::vector<std::string> tags = {};
  std::string data = {};
  bool first = true;
  bool wide = false;
  std::string extras = {};  // encoded fields; not empty: the record has extras
};

// As a writer submits it: complete but for its checksum.
inline void AppendRecord(const TestRecord& record, ByteVector* out) {
  ByteVector body;
  ByteWriter body_writer(&body);
  body_writer.PutVarint(record.book);
  if (!record.extras.empty()) {
    body_writer.PutVarint(record.extras.size());
    body_writer.PutString(record.extras);
  }
  body_writer.PutVarint(record.tags.size());
  for (const std::string& tag : record.tags) {
    body_writer.PutU8(static_cast<uint8_t>(tag.size()));
    body_writer.PutString(tag);
  }
  body_writer.PutString(record.data);
  const bool wide = record.wide || body.size() > UINT16_MAX;
  ByteWriter writer(out);
  writer.PutU32(0);
  writer.PutU8(static_cast<uint8_t>((record.first ? kRecordFirst : 0U) | (wide ? kRecordWide : 0U) |
                                    (record.extras.empty() ? 0U : kRecordExtras)));
  if (wide) {
    writer.PutU32(static_cast<uint32_t>(body.size()));
  } else {
    writer.PutU16(static_cast<uint16_t>(body.size()));
  }
  writer.PutBytes(body);
}

inline ByteVector EncodedRecord(const TestRecord& record) {
  ByteVector bytes;
  AppendRecord(record, &bytes);
  return bytes;
}

// What one shard hands to a batch.
struct ShardRecords {
  uint32_t shard = 0;
  std::vector<TestRecord> records;
};

// Orders the records as the next batch behind `*cursor`, which moves on.
inline Status MakeBatch(const LogIdentity& identity, const std::vector<ShardRecords>& shards,
                        const std::vector<Command>& commands, uint64_t now_ms, const BatchHeader& place,
                        MetalogCursor* cursor, PreparedBatch* batch) {
  std::vector<ByteVector> bytes(shards.size());
  std::vector<ShardSubmission> submissions;
  for (size_t i = 0; i < shards.size(); ++i) {
    for (const TestRecord& record : shards[i].records) AppendRecord(record, &bytes[i]);
    submissions.push_back({shards[i].shard, shards[i].records.size(), {bytes[i]}});
  }
  GroupCommitInput input;
  input.identity = &identity;
  input.cursor = cursor;
  input.shards = submissions;
  input.commands = commands;
  input.now_ms = now_ms;
  input.place = place;
  Status status = PrepareBatch(input, batch);
  if (status.ok()) *cursor = batch->next;
  return status;
}

// Each truncation, and each flip of one bit, of good bytes must be refused by `accepts`, which gets
// them in a block of just that size, so that a sanitizer sees every read outside of it.
inline void ExpectEveryDamageRefused(std::span<const std::byte> good,
                                     const std::function<bool(std::span<const std::byte>)>& accepts) {
  const auto accepts_copy = [&](const ByteVector& bytes) {
    const auto block = std::make_unique<std::byte[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), block.get());
    return accepts({block.get(), bytes.size()});
  };
  const ByteVector whole(good.begin(), good.end());
  EXPECT_TRUE(accepts_copy(whole)) << "the undamaged bytes are refused";
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(accepts_copy({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}))
        << "cut to " << size;
  }
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    ByteVector flipped = whole;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_FALSE(accepts_copy(flipped)) << "bit " << bit % 8 << " of byte " << bit / 8;
  }
}

}  // namespace daybook::testing_support
