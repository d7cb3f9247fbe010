#include "log/lone_frame.h"

#include <gtest/gtest.h>

#include <string>

#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

const ShardIdentity kShard = {1, 0, 7};

LogIdentity Identity(char fill) {
  LogIdentity::Id id;
  id.fill(static_cast<std::byte>(fill));
  return {id, {}};
}

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

ByteVector Example(const LogIdentity& identity) {
  RecordFrameBuilder builder(identity, kShard, 40);
  const std::string_view tags[] = {"a", "b"};
  EXPECT_TRUE(builder.Add(true, 1, tags, Bytes("hi")));
  EXPECT_TRUE(builder.Add(false, 1, {}, {}));
  EXPECT_TRUE(builder.Add(true, 300, {tags, 1}, Bytes(std::string(70'000, 'x'))));
  return builder.Finish();
}

TEST(LoneFrameTest, WhatWasAddedIsReadBack) {
  const LogIdentity identity = Identity(3);
  ByteVector bytes = Example(identity);
  const size_t size = bytes.size();
  bytes.resize(size + 5);  // what is behind is not looked at
  FrameView frame;
  ASSERT_TRUE(ReadLoneFrame(identity, bytes, &frame).ok());
  EXPECT_EQ(frame.header.record_count, 3u);
  EXPECT_EQ(frame.header.first_local_id, 40u);
  EXPECT_EQ(frame.header.shard, kShard);
  EXPECT_EQ(frame.body.size() + kFrameHeaderSize, size);
  RecordView record;
  ASSERT_EQ(ParseRecord(frame.body, &record), ParseResult::kOk);
  EXPECT_TRUE(record.first());
  EXPECT_TRUE(HasTag(record, "b"));
  ASSERT_EQ(ParseRecord(frame.body.subspan(record.size), &record), ParseResult::kOk);
  EXPECT_FALSE(record.first());
  EXPECT_TRUE(record.data.empty());
}

TEST(LoneFrameTest, EveryFlippedBitAndEveryTruncationIsFound) {
  const LogIdentity identity = Identity(3);
  RecordFrameBuilder builder(identity, kShard, 0);
  const std::string_view tag = "a";
  ASSERT_TRUE(builder.Add(true, 1, {&tag, 1}, Bytes("hi")));
  const ByteVector good = builder.Finish();
  FrameView frame;
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    ByteVector bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    // The log's tag in the header is for diagnosis, but lies under its checksum.
    EXPECT_FALSE(ReadLoneFrame(identity, bad, &frame).ok()) << bit;
  }
  for (size_t size = 0; size < good.size(); ++size) {
    const ByteVector cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(ReadLoneFrame(identity, cut, &frame).ok()) << size;
  }
  EXPECT_FALSE(ReadLoneFrame(Identity(4), good, &frame).ok()) << "of another log";
}

TEST(LoneFrameTest, AnEntryIsFramedAndOtherTypesAreRefused) {
  const LogIdentity identity = Identity(3);
  FrameView frame;
  const ByteVector entry =
      EncodeBodyFrame(identity, FrameType::kMetalogEntry, {1, 0, 0}, Bytes("not looked into"));
  ASSERT_TRUE(ReadLoneFrame(identity, entry, &frame).ok());
  EXPECT_EQ(frame.header.type, FrameType::kMetalogEntry);
  EXPECT_EQ(frame.body.size(), 15u);
  const ByteVector state = EncodeBodyFrame(identity, FrameType::kState, {1, 0, 0}, {});
  EXPECT_EQ(ReadLoneFrame(identity, state, &frame).code(), StatusCode::kFormat);
}

TEST(LoneFrameTest, WhatDoesNotFitIsRefusedAndAddsNothing) {
  const LogIdentity identity = Identity(3);
  RecordFrameBuilder builder(identity, kShard, 0);
  const std::string_view empty;
  EXPECT_FALSE(builder.Add(true, 1, {&empty, 1}, {}));
  const std::string long_tag(256, 't');
  const std::string_view long_view = long_tag;
  EXPECT_FALSE(builder.Add(true, 1, {&long_view, 1}, {}));
  const std::vector<std::string_view> many(257, "t");
  EXPECT_FALSE(builder.Add(true, 1, many, {}));
  const ByteVector bytes = builder.Finish();
  EXPECT_EQ(bytes.size(), kFrameHeaderSize);
  FrameView frame;
  ASSERT_TRUE(ReadLoneFrame(identity, bytes, &frame).ok());
  EXPECT_EQ(frame.header.record_count, 0u);
}

}  // namespace
}  // namespace daybook
