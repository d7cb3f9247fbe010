#include "log/segment_writer.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/file_name.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

class SegmentWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(world_.CreateDirectory("/log"));
    ASSERT_OK(world_.SyncDirectory("/"));
    header_.identity = ExampleIdentity();
    header_.segment = 7;
    header_.term = 1;
  }

  Status Create() { return SegmentWriter::Create(&env_, "/log", header_, 0, &writer_); }

  Status Append(size_t size, bool* clean) { return writer_->Append(ByteVector(size, std::byte{'x'}), clean); }

  const std::string path_ = JoinPath("/log", SegmentFileName(7));
  MemoryEnv world_;
  FaultEnv env_{&world_};
  SegmentHeader header_;
  std::unique_ptr<SegmentWriter> writer_;
};

TEST_F(SegmentWriterTest, ANewSegmentIsOnTheDiskWithItsNameBeforeAnybodyHearsOfIt) {
  ASSERT_OK(Create());
  const std::unique_ptr<MemoryEnv> after = world_.CloneDurable();
  ASSERT_TRUE(after->Exists(path_));
  const ByteVector bytes = after->ReadWholeFile(path_);
  ASSERT_EQ(bytes.size(), kSegmentDataOffset);
  SegmentHeader read;
  ASSERT_EQ(DecodeSegmentHeader(bytes, &read), ParseResult::kOk);
  EXPECT_EQ(read.segment, 7u);
  DurableMark mark;
  EXPECT_FALSE(DecodeDurableMark(ExampleIdentity(), std::span(bytes).subspan(MarkOffset(0)), &mark));
  EXPECT_FALSE(DecodeDurableMark(ExampleIdentity(), std::span(bytes).subspan(MarkOffset(1)), &mark));
}

TEST_F(SegmentWriterTest, ALeftoverOfTheSameNameGoesWithAllItsBytes) {
  world_.WriteWholeFile(path_, ByteVector(100000, std::byte{'z'}));
  ASSERT_OK(Create());
  EXPECT_EQ(world_.FileSize(path_), kSegmentDataOffset);
}

TEST_F(SegmentWriterTest, EachBatchBeginsOnTheSectorBehindTheOneBefore) {
  ASSERT_OK(Create());
  bool clean = false;
  EXPECT_EQ(writer_->next_offset(), 12288u);
  ASSERT_OK(Append(100, &clean));
  EXPECT_EQ(writer_->end(), 12388u);
  EXPECT_EQ(writer_->next_offset(), 16384u);
  ASSERT_OK(Append(4096, &clean));
  EXPECT_EQ(writer_->end(), 20480u);
  EXPECT_EQ(writer_->next_offset(), 20480u);
  const ByteVector bytes = world_.ReadWholeFile(path_);
  EXPECT_EQ(bytes[12387], std::byte{'x'});
  EXPECT_EQ(bytes[12388], std::byte{0}) << "nothing between a batch and the next sector";
  EXPECT_EQ(bytes[16384], std::byte{'x'});
}

TEST_F(SegmentWriterTest, AFullDiskCutsTheHalfWrittenBatchOffAndTheNextOneTakesItsPlace) {
  ASSERT_OK(Create());
  bool clean = false;
  ASSERT_OK(Append(100, &clean));
  env_.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kWrite) return {};
    return Fault::ShortWrite(60, Status(StatusCode::kDiskFull, "no space", ENOSPC));
  });
  EXPECT_EQ(Append(5000, &clean).code(), StatusCode::kDiskFull);
  EXPECT_TRUE(clean);
  EXPECT_EQ(world_.FileSize(path_), 12388u);
  EXPECT_EQ(writer_->next_offset(), 16384u);
  env_.SetHook(nullptr);
  ASSERT_OK(Append(5000, &clean));
  EXPECT_EQ(world_.FileSize(path_), 16384u + 5000);
}

TEST_F(SegmentWriterTest, WhenNotEvenTheCutSucceedsTheEndOfTheFileIsSaidToBeUnknown) {
  ASSERT_OK(Create());
  env_.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind == OperationKind::kWrite) {
      return Fault::ShortWrite(60, Status(StatusCode::kDiskFull, "no space", ENOSPC));
    }
    return Status(StatusCode::kIo, "no truncation", EIO);
  });
  bool clean = true;
  EXPECT_EQ(Append(5000, &clean).code(), StatusCode::kDiskFull);
  EXPECT_FALSE(clean);
}

TEST_F(SegmentWriterTest, WritingGoesOnBehindTheGivenOffset) {
  ASSERT_OK(Create());
  bool clean = false;
  ASSERT_OK(Append(100, &clean));
  writer_.reset();
  ASSERT_OK(SegmentWriter::Continue(&env_, "/log", 7, 12388, &writer_));
  EXPECT_EQ(writer_->next_offset(), 16384u);
  EXPECT_EQ(writer_->segment(), 7u);
  ASSERT_OK(Append(10, &clean));
  EXPECT_EQ(world_.FileSize(path_), 16394u);
  EXPECT_EQ(SegmentWriter::Continue(&env_, "/log", 8, 12288, &writer_).code(), StatusCode::kNotFound);
}

TEST_F(SegmentWriterTest, AMarkIsNeverTornInBothCopiesWhateverMomentTheMachineDies) {
  ASSERT_OK(Create());
  DurableMark mark{7, 1, 5, 6, 0, 12388, 9, 10, 11, 12};
  ASSERT_OK(writer_->WriteMark(ExampleIdentity(), mark));
  mark.batch_number = 6;
  // Each copy is flushed before the other is written: at every write only one copy is in doubt.
  std::vector<uint64_t> unflushed;
  env_.SetHook([&](const Operation& operation) -> Fault {
    if (operation.kind == OperationKind::kWrite) unflushed.push_back(operation.offset);
    EXPECT_LE(unflushed.size(), 1u);
    if (operation.kind == OperationKind::kSync) unflushed.clear();
    return {};
  });
  ASSERT_OK(writer_->WriteMark(ExampleIdentity(), mark));
  EXPECT_TRUE(unflushed.empty());
  const ByteVector bytes = world_.CloneDurable()->ReadWholeFile(path_);
  for (const int copy : {0, 1}) {
    DurableMark read;
    ASSERT_TRUE(DecodeDurableMark(ExampleIdentity(), std::span(bytes).subspan(MarkOffset(copy)), &read));
    EXPECT_EQ(read.batch_number, 6u);
  }
}

TEST_F(SegmentWriterTest, EveryFailureWhileASegmentIsMadeIsReported) {
  bool failed = true;
  for (uint64_t fail_at = 0; failed; ++fail_at) {
    const uint64_t first = env_.operation_count();
    env_.SetHook([&](const Operation& operation) -> Fault {
      if (operation.index != first + fail_at) return {};
      return Status(StatusCode::kIo, "the disk is gone", EIO);
    });
    writer_.reset();
    const Status status = Create();
    failed = !status.ok();
    EXPECT_EQ(failed, writer_ == nullptr);
    EXPECT_EQ(status.code(), failed ? StatusCode::kIo : StatusCode::kOk);
    ASSERT_LT(fail_at, 50u);
  }
}

}  // namespace
}  // namespace daybook
