#include "log/file_name.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

TEST(FileNameTest, ASegmentIsNamedByItsIdInSixteenDigits) {
  EXPECT_EQ(SegmentFileName(1), "segment-0000000000000001");
  EXPECT_EQ(SegmentFileName(0xabc), "segment-0000000000000abc");
  EXPECT_EQ(SegmentFileName(UINT64_MAX), "segment-ffffffffffffffff");
}

TEST(FileNameTest, EveryNameThatIsMadeIsKnownAgain) {
  for (const uint64_t segment : {uint64_t{0}, uint64_t{1}, uint64_t{0xdeadbeef}, UINT64_MAX}) {
    EXPECT_EQ(ParseFileName(IndexRunFileName(segment)).kind, FileKind::kIndexRun);
    EXPECT_EQ(ParseFileName(CheckpointFileName(segment)).id, segment);
    EXPECT_EQ(ParseFileName(CheckpointFileName(segment)).kind, FileKind::kCheckpoint);
    const ParsedFileName parsed = ParseFileName(SegmentFileName(segment));
    EXPECT_EQ(parsed.kind, FileKind::kSegment);
    EXPECT_EQ(parsed.id, segment);
    EXPECT_EQ(ParseFileName(SegmentFileName(segment) + ".tmp").kind, FileKind::kTemporary);
  }
  for (const int copy : {0, 1}) {
    EXPECT_EQ(ParseFileName(ManifestFileName(copy)).kind, FileKind::kManifest);
    EXPECT_EQ(ParseFileName(ManifestFileName(copy) + ".tmp").kind, FileKind::kTemporary);
  }
  EXPECT_EQ(ParseFileName("lock").kind, FileKind::kLock);
}

TEST(FileNameTest, WhatOnlyLooksLikeOursIsForeign) {
  for (const char* name : {"",
                           ".",
                           "tmp",
                           ".tmp",
                           "lock.tmp",
                           "lock2",
                           "Lock",
                           "manifest",
                           "manifest-",
                           "manifest-2",
                           "manifest-00",
                           "manifest-0.tmp.tmp",
                           "segment-",
                           "segment-1",
                           "segment-000000000000001",
                           "segment-00000000000000001",
                           "segment-000000000000000A",
                           "segment-00000000000000ABCD",
                           "segment-000000000000000g",
                           "segment-+00000000000001",
                           "segment--00000000000001",
                           "segment-0x00000000000001",
                           "segment- 000000000000001",
                           "segment-0000000000000001 ",
                           "segment-0000000000000001.bak",
                           "notes.tmp",
                           "data.mdb"}) {
    EXPECT_EQ(ParseFileName(name).kind, FileKind::kForeign) << name;
  }
}

TEST(FileNameTest, AnUpperCaseSpellingIsNotASecondFileOfTheSameSegment) {
  EXPECT_EQ(ParseFileName("segment-000000000000000a").kind, FileKind::kSegment);
  EXPECT_EQ(ParseFileName("segment-000000000000000A").kind, FileKind::kForeign);
}

}  // namespace
}  // namespace daybook
