#include "log/manifest.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/file_name.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

constexpr size_t kBodyAt = 64;

// docs/formats/manifest.md: two segments, the first closed.
ByteVector ExampleManifest() {
  return Hex(
      "44 41 59 42 4b 4d 41 4e"                          //  0 magic "DAYBKMAN"
      "ae e8 7c 02"                                      //  8 crc32c(bytes 12 to the end)
      "01 00 00 00"                                      // 12 format_version
      "01 00 00 00"                                      // 16 minimum_reader
      "35 00 00 00"                                      // 20 body_size
      "09 00 00 00 00 00 00 00"                          // 24 generation
      "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66"  // 32 log id
      "66 65 64 63 62 61 39 38 37 36 35 34 33 32 31 30"  // 48 hash seed
      "07"                                               // term
      "80 d0 95 ff bc 31"                                // created: 1700000000000
      "88 77 66 55 44 33 22 11"                          // incarnation
      "03"                                               // next_segment
      "81 80 40"                                         // reserved_seqnum: 2^20 + 1
      "02"                                               // two segments
      "01 01 00 01 01 29 80 a0 01"  // 1, log, lane 0, closed, from batch 1 to before 41, 20480
      "00 64 0d 0c 0b 0a 63 00"     // seqnums 0 to 99, checksum of batch 40, 99 records, no overlay
      "02 01 00 00 29 00 00"        // 2, log, lane 0, open, from batch 41
      "00 00 00 00 00 00 00 00"
      "00");  // no fields
}

Manifest ExampleFields() {
  Manifest manifest;
  manifest.identity = ExampleIdentity();
  manifest.generation = 9;
  manifest.term = 7;
  manifest.created_ms = 1700000000000;
  manifest.incarnation = 0x1122334455667788;
  manifest.next_segment = 3;
  manifest.reserved_seqnum = (1 << 20) + 1;
  manifest.segments = {{1, SegmentKind::kLog, 0, true, 1, 41, 20480, 0, 100, 0x0a0b0c0d, 99, 0},
                       {2, SegmentKind::kLog, 0, false, 41, 0, 0, 0, 0, 0, 0, 0}};
  return manifest;
}

// The example with another end of its body; size and checksum hold.
ByteVector WithTail(size_t cut, std::string_view hex) {
  ByteVector bytes = ExampleManifest();
  bytes.resize(bytes.size() - cut);
  bytes = Joined({bytes, Hex(hex)});
  StoreU32(bytes.data() + 20, static_cast<uint32_t>(bytes.size() - kBodyAt));
  StoreU32(bytes.data() + 8, Crc32c(std::span(bytes).subspan(12)));
  return bytes;
}

StatusCode CodeOf(std::span<const std::byte> bytes) {
  Manifest manifest;
  return DecodeManifest(bytes, &manifest).code();
}

TEST(ManifestTest, AManifestHasTheBytesThatThePageSays) {
  EXPECT_EQ(ToHex(EncodeManifest(ExampleFields())), ToHex(ExampleManifest()));
}

TEST(ManifestTest, TheBytesOfThePageAreReadAsThePageSays) {
  Manifest manifest;
  ASSERT_OK(DecodeManifest(ExampleManifest(), &manifest));
  const Manifest expected = ExampleFields();
  EXPECT_EQ(manifest.identity.id(), expected.identity.id());
  EXPECT_EQ(manifest.identity.seed_bytes(), expected.identity.seed_bytes());
  EXPECT_EQ(manifest.generation, expected.generation);
  EXPECT_EQ(manifest.term, expected.term);
  EXPECT_EQ(manifest.created_ms, expected.created_ms);
  EXPECT_EQ(manifest.incarnation, expected.incarnation);
  EXPECT_EQ(manifest.next_segment, expected.next_segment);
  EXPECT_EQ(manifest.reserved_seqnum, expected.reserved_seqnum);
  ASSERT_EQ(manifest.segments.size(), 2u);
  const ManifestSegment& first = manifest.segments[0];
  EXPECT_EQ(first.segment, 1u);
  EXPECT_EQ(first.kind, SegmentKind::kLog);
  EXPECT_EQ(first.lane, 0u);
  EXPECT_TRUE(first.closed);
  EXPECT_EQ(first.first_batch, 1u);
  EXPECT_EQ(first.end_batch, 41u);
  EXPECT_EQ(first.end_offset, 20480u);
  EXPECT_EQ(first.first_seqnum, 0u);
  EXPECT_EQ(first.end_seqnum, 100u);
  EXPECT_EQ(first.end_checksum, 0x0a0b0c0du);
  EXPECT_EQ(first.records, 99u);
  EXPECT_EQ(first.overlay, 0u);
  EXPECT_FALSE(manifest.segments[1].closed);
  EXPECT_EQ(manifest.segments[1].first_batch, 41u);
}

TEST(ManifestTest, EveryTruncationAndEveryFlippedBitIsCorrupt) {
  ExpectEveryDamageRefused(ExampleManifest(), [](std::span<const std::byte> bytes) {
    return CodeOf(bytes) != StatusCode::kCorrupt;
  });
}

TEST(ManifestTest, BytesBehindTheEndAreCorrupt) {
  ByteVector longer = ExampleManifest();
  longer.push_back(std::byte{0});
  EXPECT_EQ(CodeOf(longer), StatusCode::kCorrupt);
  EXPECT_EQ(CodeOf(WithTail(0, "00")), StatusCode::kCorrupt) << "though announced";
}

TEST(ManifestTest, ANewerManifestIsRefusedAndBothVersionsAreNamed) {
  ByteVector bytes = ExampleManifest();
  StoreU32(bytes.data() + 12, 5);
  StoreU32(bytes.data() + 8, Crc32c(std::span(bytes).subspan(12)));
  EXPECT_EQ(CodeOf(bytes), StatusCode::kOk) << "newer, but readable by version 1";
  StoreU32(bytes.data() + 16, 4);
  StoreU32(bytes.data() + 8, Crc32c(std::span(bytes).subspan(12)));
  Manifest manifest;
  const Status status = DecodeManifest(bytes, &manifest);
  EXPECT_EQ(status.code(), StatusCode::kFormat);
  EXPECT_NE(status.message().find("version 5"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("version 4"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("version 1"), std::string::npos) << status.message();
}

TEST(ManifestTest, AFieldThatMustBeUnderstoodIsRefusedAndOneThatMayBeSkippedIsSkipped) {
  EXPECT_EQ(CodeOf(WithTail(1, "01 3f 02 aa bb")), StatusCode::kFormat);
  EXPECT_EQ(CodeOf(WithTail(1, "01 60 02 aa bb")), StatusCode::kOk);
  EXPECT_EQ(CodeOf(WithTail(1, "01 60 03 aa bb")), StatusCode::kCorrupt) << "longer than the manifest";
  EXPECT_EQ(CodeOf(WithTail(1, "02 60 02 aa bb")), StatusCode::kCorrupt) << "the second is missing";
}

TEST(ManifestTest, FieldsHaveTheBytesThatThePageSaysAndComeBack) {
  Manifest manifest = ExampleFields();
  manifest.next_file = 9;
  manifest.state_batch = 40;
  manifest.gone_seqnum = 300;
  manifest.runs = {{7, 0, 100, 5000, 99}};
  manifest.overlays = {{8, 0, 100, 600, 12}};
  manifest.checkpoints = {{6, 40, 70}, {5, 33, 69}};
  const ByteVector bytes = EncodeManifest(manifest);
  EXPECT_EQ(ToHex(std::span(bytes).subspan(ExampleManifest().size() - 1)),
            ToHex(Hex("05"
                      "01 01 09"                     // the next file is 9
                      "02 03 28 ac 02"               // state in batch 40, gone up to 300
                      "40 06 07 00 64 88 27 63"      // run 7 for 0 to 99, 5000 bytes, 99 records
                      "41 06 08 00 64 d8 04 0c"      // overlay 8, 600 bytes, 12 records
                      "42 06 06 28 46 05 21 45")));  // checkpoints 6 (batch 40, 70 bytes) and 5
  Manifest read;
  ASSERT_OK(DecodeManifest(bytes, &read));
  EXPECT_EQ(read.next_file, 9u);
  EXPECT_EQ(read.state_batch, 40u);
  EXPECT_EQ(read.gone_seqnum, 300u);
  EXPECT_EQ(read.runs, manifest.runs);
  EXPECT_EQ(read.overlays, manifest.overlays);
  EXPECT_EQ(read.checkpoints, manifest.checkpoints);
  EXPECT_EQ(CodeOf(WithTail(1, "01 40 05 07 00 64 88 27")), StatusCode::kCorrupt) << "half a run";
  EXPECT_EQ(CodeOf(WithTail(1, "01 42 02 07 00")), StatusCode::kCorrupt) << "half a checkpoint";
}

TEST(ManifestTest, SegmentCountsAndKindsAreNotBelieved) {
  const std::string tail = " 29 00 00 00 00 00 00 00 00 00 00 00";  // of an open segment, and no fields
  EXPECT_EQ(CodeOf(WithTail(16, "02 01 00 00" + tail)), StatusCode::kOk);
  EXPECT_EQ(CodeOf(WithTail(34, "ff ff ff ff ff ff ff ff ff 01 00")), StatusCode::kCorrupt);
  EXPECT_EQ(CodeOf(WithTail(34, "03 01 01 00 00" + tail)), StatusCode::kCorrupt) << "two are missing";
  EXPECT_EQ(CodeOf(WithTail(16, "02 00 00 00" + tail)), StatusCode::kCorrupt) << "kind 0";
  EXPECT_EQ(CodeOf(WithTail(16, "02 03 00 00" + tail)), StatusCode::kCorrupt) << "kind 3";
  EXPECT_EQ(CodeOf(WithTail(16, "02 01 00 02" + tail)), StatusCode::kCorrupt) << "state 2";
  EXPECT_EQ(CodeOf(WithTail(16, "02 01 80 80 04 00" + tail)), StatusCode::kCorrupt) << "lane 65536";
}

// --- The two copies ---

class ManifestCopiesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(env_.CreateDirectory("/log")); }

  static std::string Path(int copy) { return JoinPath("/log", ManifestFileName(copy)); }

  Manifest Written(uint64_t generation) {
    Manifest manifest = ExampleFields();
    manifest.generation = generation;
    bool reached_disk = false;
    EXPECT_OK(WriteManifest(&env_, "/log", manifest, &reached_disk));
    EXPECT_TRUE(reached_disk);
    return manifest;
  }

  void Put(int copy, uint64_t generation) {
    Manifest manifest = ExampleFields();
    manifest.generation = generation;
    env_.WriteWholeFile(Path(copy), EncodeManifest(manifest));
  }

  void Damage(int copy) {
    ByteVector bytes = env_.ReadWholeFile(Path(copy));
    bytes.back() ^= std::byte{1};
    env_.WriteWholeFile(Path(copy), bytes);
  }

  MemoryEnv env_;
};

TEST_F(ManifestCopiesTest, NoCopyAtAllIsNoErrorAndNoManifest) {
  ManifestState state;
  ASSERT_OK(ReadManifest(&env_, "/log", &state));
  EXPECT_FALSE(state.found);
}

TEST_F(ManifestCopiesTest, BothCopiesAreWrittenEqualAndSurviveAPowerCut) {
  Written(9);
  const std::unique_ptr<MemoryEnv> after = env_.CloneDurable();
  EXPECT_EQ(ToHex(after->ReadWholeFile(Path(0))), ToHex(ExampleManifest()));
  EXPECT_EQ(ToHex(after->ReadWholeFile(Path(1))), ToHex(ExampleManifest()));
  EXPECT_FALSE(after->Exists(Path(0) + ".tmp"));
  ManifestState state;
  ASSERT_OK(ReadManifest(after.get(), "/log", &state));
  EXPECT_TRUE(state.found);
  EXPECT_FALSE(state.needs_repair);
}

TEST_F(ManifestCopiesTest, OneRottenOrMissingCopyIsMadeUpForByTheOther) {
  for (const int bad : {0, 1}) {
    Written(9);
    Damage(bad);
    ManifestState state;
    ASSERT_OK(ReadManifest(&env_, "/log", &state));
    EXPECT_TRUE(state.found && state.needs_repair);
    EXPECT_EQ(state.manifest.generation, 9u);
    ASSERT_OK(env_.Remove(Path(bad)));
    ManifestState without;
    ASSERT_OK(ReadManifest(&env_, "/log", &without));
    EXPECT_TRUE(without.found && without.needs_repair);
    EXPECT_EQ(without.manifest.generation, 9u);
  }
}

TEST_F(ManifestCopiesTest, TheHigherGenerationCountsInWhicheverCopyItIs) {
  for (const int newer : {0, 1}) {
    Put(newer, 10);
    Put(1 - newer, 9);
    ManifestState state;
    ASSERT_OK(ReadManifest(&env_, "/log", &state));
    EXPECT_TRUE(state.needs_repair);
    EXPECT_EQ(state.manifest.generation, 10u) << newer;
  }
}

TEST_F(ManifestCopiesTest, TwoRottenCopiesAreCorruptAndTheMessageNamesTheFile) {
  Written(9);
  Damage(0);
  Damage(1);
  ManifestState state;
  const Status status = ReadManifest(&env_, "/log", &state);
  EXPECT_EQ(status.code(), StatusCode::kCorrupt);
  EXPECT_FALSE(state.found);
  EXPECT_NE(status.message().find("manifest-"), std::string::npos) << status.message();
}

TEST_F(ManifestCopiesTest, AnEmptyFileIsARottenCopyAndNotAnAbsentOne) {
  env_.WriteWholeFile(Path(0), {});
  ManifestState state;
  EXPECT_EQ(ReadManifest(&env_, "/log", &state).code(), StatusCode::kCorrupt);
}

TEST_F(ManifestCopiesTest, ACrashAtAnyOperationLeavesTheOldManifestOrTheNew) {
  bool failed = true;
  for (uint64_t fail_at = 0; failed; ++fail_at) {
    MemoryEnv world;
    ASSERT_OK(world.CreateDirectory("/log"));
    bool reached_disk = false;
    Manifest old = ExampleFields();
    ASSERT_OK(WriteManifest(&world, "/log", old, &reached_disk));
    FaultEnv faulty(&world, [&](const Operation& operation) -> Fault {
      if (operation.index < fail_at) return {};
      return Status(StatusCode::kIo, "the disk is gone", EIO);
    });
    Manifest next = ExampleFields();
    next.generation = 10;
    failed = !WriteManifest(&faulty, "/log", next, &reached_disk).ok();
    for (const bool power_cut : {false, true}) {
      const std::unique_ptr<MemoryEnv> after = power_cut ? world.CloneDurable() : world.Clone();
      ManifestState state;
      ASSERT_OK(ReadManifest(after.get(), "/log", &state));
      ASSERT_TRUE(state.found) << fail_at;
      const uint64_t generation = state.manifest.generation;
      EXPECT_TRUE(generation == 10 || (generation == 9 && failed)) << generation << ", failed at " << fail_at;
      EXPECT_TRUE(generation == 9 || reached_disk) << "at " << fail_at;
    }
    ASSERT_LT(fail_at, 100u);
  }
}

}  // namespace
}  // namespace daybook
