#include "log/control_page.h"

#include <gtest/gtest.h>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/file_name.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

ControlState Example() {
  ControlState state;
  state.log_id = ExampleIdentity().id();
  state.incarnation = 0x1122334455667788;
  state.term = 7;
  state.generation = 9;
  state.batch = 41;
  state.metalog_index = 42;
  state.end_seqnum = 100;
  state.count = 5;
  state.closed = true;
  return state;
}

// docs/formats/control.md
TEST(ControlPageTest, APageHasTheBytesThatItsFormatSays) {
  const auto bytes = EncodeControl(Example());
  const ByteVector expected =
      Hex("44 42 43 54"                                      // magic "DBCT"
          "00 00 00 00"                                      // checksum, below
          "01 00 00 00"                                      // version
          "01 00 00 00"                                      // flags: closed
          "88 77 66 55 44 33 22 11"                          // incarnation
          "07 00 00 00 00 00 00 00"                          // term
          "09 00 00 00 00 00 00 00"                          // generation
          "29 00 00 00 00 00 00 00"                          // batch
          "2a 00 00 00 00 00 00 00"                          // metalog index
          "64 00 00 00 00 00 00 00"                          // end seqnum
          "05 00 00 00 00 00 00 00"                          // count
          "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66"  // log id
      );
  ByteVector shown(bytes.begin(), bytes.begin() + 88);
  std::fill(shown.begin() + 4, shown.begin() + 8, std::byte{0});
  EXPECT_EQ(ToHex(shown), ToHex(expected));
  EXPECT_EQ(LoadU32(bytes.data() + 4), Crc32c(std::span(bytes).subspan(8)));
  ControlState read;
  ASSERT_TRUE(DecodeControl(bytes, &read));
  EXPECT_EQ(read, Example());
}

TEST(ControlPageTest, NothingThatIsTornOrShortIsBelieved) {
  const auto bytes = EncodeControl(Example());
  ControlState read;
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto flipped = bytes;
    flipped[i] ^= std::byte{1};
    EXPECT_FALSE(DecodeControl(flipped, &read)) << i;
    EXPECT_FALSE(DecodeControl(std::span(bytes).first(i), &read)) << i;
  }
}

TEST(ControlPageTest, WhatIsPublishedIsRead) {
  MemoryEnv world(1);
  ASSERT_OK(world.CreateDirectory("/log"));
  ControlReader reader(&world, "/log");
  ControlState read;
  EXPECT_FALSE(reader.Read(&read));
  ControlWriter writer(&world, "/log");
  writer.Flushed(1, 1, 1);
  EXPECT_FALSE(world.Exists("/log/control")) << "not started";
  ControlState state;
  state.term = 3;
  writer.Start(state);
  ASSERT_TRUE(reader.Read(&read));
  EXPECT_EQ(read.term, 3U);
  writer.Flushed(5, 6, 7);
  writer.Flushed(4, 4, 4);
  writer.Replaced(11);
  ASSERT_TRUE(reader.Read(&read));
  EXPECT_EQ(read.batch, 5U);
  EXPECT_EQ(read.metalog_index, 6U);
  EXPECT_EQ(read.end_seqnum, 7U);
  EXPECT_EQ(read.generation, 11U);
  EXPECT_FALSE(read.closed);
  writer.Closed();
  ASSERT_TRUE(reader.Read(&read));
  EXPECT_TRUE(read.closed);
}

TEST(ControlPageTest, APageThatCannotBeWrittenNowIsWrittenLater) {
  MemoryEnv world(2);
  ASSERT_OK(world.CreateDirectory("/log"));
  FaultEnv full(&world);
  bool is_full = true;
  full.SetHook([&](const Operation& operation) -> Fault {
    const bool writes = operation.kind == OperationKind::kWrite || operation.kind == OperationKind::kOpenFile;
    return is_full && writes ? Fault(Status(StatusCode::kDiskFull, "ENOSPC", 28)) : Fault();
  });
  ControlWriter writer(&full, "/log");
  writer.Start({});
  ControlReader reader(&world, "/log");
  ControlState read;
  EXPECT_FALSE(reader.Read(&read));
  is_full = false;
  writer.Flushed(2, 2, 2);
  ASSERT_TRUE(reader.Read(&read));
  EXPECT_EQ(read.batch, 2U);
}

}  // namespace
}  // namespace daybook
