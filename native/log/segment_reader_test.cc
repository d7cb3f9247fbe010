#include "log/segment_reader.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "log/file_name.h"
#include "log/segment_writer.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

constexpr uint64_t kSegment = 3;
constexpr size_t kFrameAt = kBatchHeaderSize;

class SegmentReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(env_.CreateDirectory("/log"));
    SegmentHeader header;
    header.identity = identity_;
    header.segment = kSegment;
    std::unique_ptr<SegmentWriter> writer;
    ASSERT_OK(SegmentWriter::Create(&env_, "/log", header, 0, &writer));
    bytes_ = env_.ReadWholeFile(path_);
  }

  // A batch of one record, as it stands at `offset`.
  ByteVector BatchAt(uint64_t offset, const std::string& data, BatchHeader* header = nullptr) {
    BatchHeader place;
    place.batch_number = cursor_.index() + 1;
    place.term = 1;
    place.segment = kSegment;
    place.offset = offset;
    PreparedBatch batch;
    EXPECT_OK(MakeBatch(identity_, {{0, {{1, {"tag"}, data}}}}, {}, 1, place, &cursor_, &batch));
    if (header != nullptr) *header = batch.header;
    return {batch.slab->bytes().begin(), batch.slab->bytes().end()};
  }

  void Put(uint64_t offset, const ByteVector& bytes) {
    bytes_.resize(std::max<size_t>(bytes_.size(), offset + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<ptrdiff_t>(offset));
  }

  // A reader over the bytes as they are now.
  std::unique_ptr<SegmentReader> Reader(Env* env = nullptr) {
    env_.WriteWholeFile(path_, bytes_);
    std::unique_ptr<File> file;
    EXPECT_OK((env == nullptr ? &env_ : env)->OpenFile(path_, OpenMode::kRead, &file));
    auto reader = std::make_unique<SegmentReader>(&identity_, std::move(file), kSegment);
    EXPECT_OK(reader->Open());
    return reader;
  }

  BatchFound Found(uint64_t offset, uint64_t limit = UINT64_MAX) {
    ScannedBatch batch;
    EXPECT_OK(Reader()->ReadBatch(offset, limit, &batch));
    return batch.found;
  }

  // Computes the checksums of the batch's header anew, behind a change to `header` or its frames.
  void Seal(ByteVector* batch, BatchHeader header) {
    header.body_size = batch->size() - kBatchHeaderSize;
    EncodeBatchHeader(identity_, &header, batch->data());
  }

  const std::string path_ = JoinPath("/log", SegmentFileName(kSegment));
  const LogIdentity identity_ = ExampleIdentity();
  MemoryEnv env_;
  MetalogCursor cursor_;
  ByteVector bytes_;
};

TEST_F(SegmentReaderTest, AGoodBatchIsReadWithItsFrames) {
  Put(12288, BatchAt(12288, "data"));
  ScannedBatch batch;
  ASSERT_OK(Reader()->ReadBatch(12288, UINT64_MAX, &batch));
  ASSERT_EQ(batch.found, BatchFound::kGood);
  EXPECT_EQ(batch.header.batch_number, 1u);
  ASSERT_EQ(batch.frames.size(), 2u);
  EXPECT_EQ(batch.frames[0].header.type, FrameType::kRecords);
  EXPECT_EQ(batch.frames[1].header.type, FrameType::kMetalogEntry);
  EXPECT_EQ(batch.slab->size(), batch.header.size());
}

TEST_F(SegmentReaderTest, NothingThereIsTheEndHoweverItLooks) {
  EXPECT_EQ(Found(12288), BatchFound::kEnd) << "the file ends";
  EXPECT_EQ(Found(1 << 20), BatchFound::kEnd) << "far behind the end";
  bytes_.resize(12289);
  EXPECT_EQ(Found(12288), BatchFound::kEnd) << "one zero";
  bytes_.resize(12288 + 3 * 4096);
  EXPECT_EQ(Found(12288), BatchFound::kEnd) << "zeros";
  EXPECT_EQ(Found(12288, 12288), BatchFound::kEnd) << "the limit";
}

TEST_F(SegmentReaderTest, AGoodBatchInAWrongPlaceIsBad) {
  Put(16384, BatchAt(12288, "moved"));
  EXPECT_EQ(Found(16384), BatchFound::kBadHeader);
  Put(12288, BatchAt(12288, "data"));
  std::unique_ptr<File> file;
  env_.WriteWholeFile(path_, bytes_);
  ASSERT_OK(env_.OpenFile(path_, OpenMode::kRead, &file));
  SegmentReader other(&identity_, std::move(file), kSegment + 1);
  ASSERT_OK(other.Open());
  ScannedBatch batch;
  ASSERT_OK(other.ReadBatch(12288, UINT64_MAX, &batch));
  EXPECT_EQ(batch.found, BatchFound::kBadHeader) << "another segment's";
}

TEST_F(SegmentReaderTest, ABatchCutShortAnywhereIsNeverTakenForAWhole) {
  const ByteVector good = BatchAt(12288, "some data");
  const ByteVector front = bytes_;
  for (size_t size = 1; size < good.size(); ++size) {
    bytes_ = front;
    Put(12288, {good.begin(), good.begin() + static_cast<ptrdiff_t>(size)});
    EXPECT_EQ(Found(12288), size < kBatchHeaderSize ? BatchFound::kBadHeader : BatchFound::kBadBody) << size;
    // The rest was never written, the file is longer all the same. (Zeros at the end are as if written.)
    if (std::all_of(good.begin() + static_cast<ptrdiff_t>(size), good.end(),
                    [](std::byte b) { return b == std::byte{}; }))
      break;
    bytes_.resize(12288 + 4096);
    EXPECT_EQ(Found(12288), size < kBatchHeaderSize ? BatchFound::kBadHeader : BatchFound::kBadBody) << size;
  }
}

TEST_F(SegmentReaderTest, EveryFlippedBitOfABatchIsFoundAndPutDownToHeaderOrBody) {
  const ByteVector good = BatchAt(12288, "some data");
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    ByteVector flipped = good;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    Put(12288, flipped);
    ASSERT_EQ(Found(12288), bit / 8 < kBatchHeaderSize ? BatchFound::kBadHeader : BatchFound::kBadBody)
        << bit;
  }
}

TEST_F(SegmentReaderTest, ABodySizeThatLeadsPastTheLimitIsNotBelieved) {
  BatchHeader header;
  ByteVector batch = BatchAt(12288, "data", &header);
  for (const uint64_t size :
       {uint64_t{batch.size()}, uint64_t{1} << 40U, UINT64_MAX, UINT64_MAX - 127, UINT64_MAX - 12288}) {
    header.body_size = size;
    EncodeBatchHeader(identity_, &header, batch.data());
    Put(12288, batch);
    EXPECT_EQ(Found(12288), BatchFound::kBadBody) << size;
  }
  header.body_size = batch.size() - kBatchHeaderSize;
  EncodeBatchHeader(identity_, &header, batch.data());
  Put(12288, batch);
  EXPECT_EQ(Found(12288, 12288 + batch.size()), BatchFound::kGood);
  EXPECT_EQ(Found(12288, 12288 + batch.size() - 1), BatchFound::kBadBody);
}

TEST_F(SegmentReaderTest, FramesThatDoNotFillTheBodyOrAreMiscountedAreBad) {
  BatchHeader header;
  ByteVector batch = BatchAt(12288, "data", &header);
  header.frame_count = 3;
  Seal(&batch, header);
  Put(12288, batch);
  EXPECT_EQ(Found(12288), BatchFound::kBadBody) << "frame_count";
  header.frame_count = 2;
  header.frames_crc ^= 1;
  Seal(&batch, header);
  Put(12288, batch);
  EXPECT_EQ(Found(12288), BatchFound::kBadBody) << "frames_crc";
  header.frames_crc ^= 1;
  batch.push_back(std::byte{0});
  Seal(&batch, header);
  Put(12288, batch);
  EXPECT_EQ(Found(12288), BatchFound::kBadBody) << "a byte behind the last frame";
}

TEST_F(SegmentReaderTest, AFrameThatLeadsOutOfItsBatchIsBad) {
  BatchHeader header;
  ByteVector batch = BatchAt(12288, "data", &header);
  FrameHeader frame;
  ASSERT_EQ(DecodeFrameHeader(identity_, std::span(batch).subspan(kFrameAt), &frame), ParseResult::kOk);
  for (const uint32_t size : {UINT32_MAX, static_cast<uint32_t>(batch.size())}) {
    frame.body_size = size;
    EncodeFrameHeader(identity_, &frame, batch.data() + kFrameAt);
    Put(12288, batch);
    EXPECT_EQ(Found(12288), BatchFound::kBadBody) << size;
  }
}

// --- What a newer version wrote ---

// A batch whose only frame has the given type and body, with every checksum in order.
ByteVector BatchOfFrame(const LogIdentity& identity, FrameHeader frame, const ByteVector& body) {
  frame.body_size = static_cast<uint32_t>(body.size());
  ByteVector batch(kBatchHeaderSize + kFrameHeaderSize);
  EncodeFrameHeader(identity, &frame, batch.data() + kFrameAt);
  batch = Joined({batch, body});
  BatchHeader header;
  header.batch_number = 77;
  header.term = 1;
  header.segment = kSegment;
  header.offset = 12288;
  header.frame_count = 1;
  header.body_size = batch.size() - kBatchHeaderSize;
  header.frames_crc = Crc32cExtendU32(identity.crc_base(), frame.header_crc);
  EncodeBatchHeader(identity, &header, batch.data());
  return batch;
}

TEST_F(SegmentReaderTest, AFrameOfATypeThatMustBeUnderstoodIsANewerFormat) {
  FrameHeader frame;
  frame.type = static_cast<FrameType>(6);
  frame.body_crc = identity_.crc_base();
  Put(12288, BatchOfFrame(identity_, frame, {}));
  ScannedBatch batch;
  EXPECT_EQ(Reader()->ReadBatch(12288, UINT64_MAX, &batch).code(), StatusCode::kFormat);
}

TEST_F(SegmentReaderTest, AFrameOfATypeThatMayBeSkippedIsSkipped) {
  const ByteVector body = BytesOf("from the future");
  FrameHeader frame;
  frame.type = static_cast<FrameType>(200);
  frame.body_crc = Crc32cExtend(identity_.crc_base(), body);
  Put(12288, BatchOfFrame(identity_, frame, body));
  EXPECT_EQ(Found(12288), BatchFound::kGood);
}

TEST_F(SegmentReaderTest, RotInAFrameThatMayBeSkippedIsRotAllTheSame) {
  // batch.md: a batch is good if every frame's header and body check; frame.md: the body_crc of every type
  // but 1 and 5 runs over the body.
  const ByteVector body = BytesOf("from the future");
  FrameHeader frame;
  frame.type = static_cast<FrameType>(200);
  frame.body_crc = Crc32cExtend(identity_.crc_base(), body) ^ 1;
  Put(12288, BatchOfFrame(identity_, frame, body));
  EXPECT_EQ(Found(12288), BatchFound::kBadBody);
}

TEST_F(SegmentReaderTest, ARecordWithAFlagOfTheFutureIsANewerFormatAndNotATornTail) {
  // frame.md: "Other bits are 0, or the format is newer". Taken for damage at the end of a log, it would be
  // cut off as torn.
  ByteVector record = EncodedRecord({1, {"tag"}, "data"});
  record[4] |= std::byte{1 << 3};
  FrameHeader frame;
  frame.shard = {1, 0, 0};
  frame.record_count = 1;
  const uint32_t crc =
      RecordCrc(RecordCrcBase(identity_, frame.shard), 0, std::span(record).subspan(kRecordCrcSize));
  StoreU32(record.data(), crc);
  frame.body_crc = FrameBodyCrcExtend(identity_.crc_base(), crc);
  Put(12288, BatchOfFrame(identity_, frame, record));
  ScannedBatch batch;
  EXPECT_EQ(Reader()->ReadBatch(12288, UINT64_MAX, &batch).code(), StatusCode::kFormat);
}

TEST_F(SegmentReaderTest, AFlippedFlagOfARecordIsDamageAndNotANewerFormat) {
  ByteVector batch = BatchAt(12288, "data");
  batch[kFrameAt + kFrameHeaderSize + 4] ^= std::byte{1 << 3};
  Put(12288, batch);
  EXPECT_EQ(Found(12288), BatchFound::kBadBody);
}

TEST_F(SegmentReaderTest, ANewerBatchIsRefusedAndTheMessageNamesIt) {
  BatchHeader header;
  (void)BatchAt(12288, "first");
  ByteVector batch = BatchAt(12288, "second", &header);
  header.flags = 1U << 16U;
  EncodeBatchHeader(identity_, &header, batch.data());
  Put(12288, batch);
  ScannedBatch scanned;
  const Status status = Reader()->ReadBatch(12288, UINT64_MAX, &scanned);
  EXPECT_EQ(status.code(), StatusCode::kFormat);
  EXPECT_NE(status.message().find("batch 2 "), std::string::npos) << status.message();
}

TEST_F(SegmentReaderTest, ANewerBatchThatDoesNotBelongHereRefusesNothing) {
  // Left over from the segment that the file was recycled from: it names another segment.
  BatchHeader header;
  ByteVector batch = BatchAt(12288, "old", &header);
  header.flags = 1U << 16U;
  header.segment = kSegment - 1;
  EncodeBatchHeader(identity_, &header, batch.data());
  Put(12288, batch);
  ScannedBatch scanned;
  ASSERT_OK(Reader()->ReadBatch(12288, UINT64_MAX, &scanned));
  EXPECT_EQ(scanned.found, BatchFound::kBadHeader);
}

// --- Headers, marks, looking for the next batch ---

TEST_F(SegmentReaderTest, AHeaderOfAnotherLogOrSegmentOrADamagedOneIsCorruptAndANewerOneIsNot) {
  SegmentHeader header;
  ASSERT_OK(Reader()->ReadHeader(&header));
  const ByteVector good = bytes_;
  const auto read_with = [&](const SegmentHeader& written) {
    EncodeSegmentHeader(written, bytes_.data());
    SegmentHeader read;
    return Reader()->ReadHeader(&read).code();
  };
  SegmentHeader other = header;
  other.segment = kSegment + 1;
  EXPECT_EQ(read_with(other), StatusCode::kCorrupt);
  other = header;
  other.identity = OtherIdentity();
  EXPECT_EQ(read_with(other), StatusCode::kCorrupt);
  other = header;
  other.minimum_reader = kFormatVersion + 1;
  EXPECT_EQ(read_with(other), StatusCode::kFormat);
  bytes_ = good;
  bytes_[300] ^= std::byte{1};
  EXPECT_EQ(Reader()->ReadHeader(&header).code(), StatusCode::kCorrupt);
  bytes_.resize(511);
  EXPECT_EQ(Reader()->ReadHeader(&header).code(), StatusCode::kCorrupt);
}

TEST_F(SegmentReaderTest, OfTwoMarksTheHigherNumberCountsInWhicheverCopyItIs) {
  // segment.md: "If both copies are good the higher number counts."
  struct Case {
    uint64_t number[2];
    uint64_t term[2];
    uint64_t expected;
  };
  for (const Case& c :
       {Case{{5, 6}, {1, 1}, 6}, Case{{6, 5}, {1, 1}, 6}, Case{{6, 5}, {1, 2}, 6}, Case{{5, 6}, {2, 1}, 6}}) {
    for (const int copy : {0, 1}) {
      DurableMark mark;
      mark.segment = kSegment;
      mark.batch_number = c.number[copy];
      mark.term = c.term[copy];
      ByteVector bytes(kMarkSize);
      EncodeDurableMark(identity_, mark, bytes.data());
      Put(MarkOffset(copy), bytes);
    }
    bool found = false;
    DurableMark mark;
    ASSERT_OK(Reader()->ReadMark(&found, &mark));
    EXPECT_TRUE(found);
    EXPECT_EQ(mark.batch_number, c.expected)
        << c.number[0] << " of term " << c.term[0] << ", " << c.number[1] << " of term " << c.term[1];
  }
}

TEST_F(SegmentReaderTest, ATornMarkLeavesTheOtherCopyAndAForeignOneNothing) {
  bool found = true;
  DurableMark mark;
  ASSERT_OK(Reader()->ReadMark(&found, &mark));
  EXPECT_FALSE(found);
  for (const int torn : {0, 1}) {
    DurableMark written;
    written.segment = kSegment;
    written.batch_number = 5;
    ByteVector bytes(kMarkSize);
    EncodeDurableMark(identity_, written, bytes.data());
    Put(MarkOffset(1 - torn), bytes);
    bytes[50] ^= std::byte{1};
    Put(MarkOffset(torn), bytes);
    ASSERT_OK(Reader()->ReadMark(&found, &mark));
    EXPECT_TRUE(found);
    EXPECT_EQ(mark.batch_number, 5u);
  }
  DurableMark foreign;
  foreign.segment = kSegment + 1;
  ByteVector bytes(kMarkSize);
  EncodeDurableMark(identity_, foreign, bytes.data());
  Put(MarkOffset(0), bytes);
  Put(MarkOffset(1), bytes);
  ASSERT_OK(Reader()->ReadMark(&found, &mark));
  EXPECT_FALSE(found);
}

TEST_F(SegmentReaderTest, TheNextHeaderIsFoundBehindRubbishAlsoAcrossTheChunksOfTheSearch) {
  for (const uint64_t at :
       {uint64_t{16384}, uint64_t{12288} + (1 << 20), uint64_t{12288} + (1 << 20) + 4096}) {
    bytes_.resize(12288);
    bytes_.resize(at, std::byte{0x5a});
    Put(at, BatchAt(at, "found"));
    uint64_t offset = 12288;
    BatchHeader header;
    ASSERT_OK(Reader()->FindHeader(&offset, UINT64_MAX, &header));
    EXPECT_EQ(offset, at);
    EXPECT_EQ(header.offset, at);
  }
}

TEST_F(SegmentReaderTest, ABatchInsideTheDataOfARecordIsNotFoundAsOne) {
  // A payload may hold a whole batch of this very log, even on a sector boundary.
  Put(16384, BatchAt(12288, "from elsewhere"));
  uint64_t offset = 12288;
  BatchHeader header;
  ASSERT_OK(Reader()->FindHeader(&offset, UINT64_MAX, &header));
  EXPECT_EQ(offset, UINT64_MAX);
}

TEST_F(SegmentReaderTest, ASearchInAFileThatWasCutComesToItsEnd) {
  BatchHeader header;
  uint64_t offset = uint64_t{1} << 30U;
  ASSERT_OK(Reader()->FindHeader(&offset, uint64_t{1} << 31U, &header));
  EXPECT_EQ(offset, uint64_t{1} << 31U) << "or the next search would begin where this one did";
}

TEST_F(SegmentReaderTest, AFailingDiskIsAnErrorAndNeverAnEndOrDamage) {
  Put(12288, BatchAt(12288, "data"));
  FaultEnv faulty(&env_);
  const auto reader = Reader(&faulty);
  faulty.SetHook([](const Operation& operation) -> Fault {
    if (operation.kind != OperationKind::kRead) return {};
    return Status(StatusCode::kIo, "a bad sector", EIO);
  });
  ScannedBatch batch;
  EXPECT_EQ(reader->ReadBatch(12288, UINT64_MAX, &batch).code(), StatusCode::kIo);
  bool found = false;
  DurableMark mark;
  EXPECT_EQ(reader->ReadMark(&found, &mark).code(), StatusCode::kIo);
  SegmentHeader header;
  EXPECT_EQ(reader->ReadHeader(&header).code(), StatusCode::kIo);
  uint64_t offset = 12288;
  BatchHeader next;
  EXPECT_EQ(reader->FindHeader(&offset, UINT64_MAX, &next).code(), StatusCode::kIo);
}

TEST_F(SegmentReaderTest, RandomDamageAnywhereGivesAnAnswerAndNeverAWrongBatch) {
  Chance chance;
  std::vector<std::pair<uint64_t, ByteVector>> batches;
  uint64_t at = 12288;
  for (int i = 0; i < 8; ++i) {
    batches.emplace_back(at, BatchAt(at, chance.Text(chance.Below(6000))));
    Put(at, batches.back().second);
    at = AlignToSector(at + batches.back().second.size());
  }
  const ByteVector good = bytes_;
  for (int round = 0; round < 300; ++round) {
    bytes_ = good;
    for (uint64_t i = chance.Between(1, 20); i > 0; --i) {
      bytes_[chance.Between(12288, bytes_.size() - 1)] = static_cast<std::byte>(chance.Below(256));
    }
    if (chance.OneIn(3)) bytes_.resize(chance.Between(12288, bytes_.size()));
    const auto reader = Reader();
    for (const auto& [offset, expected] : batches) {
      ScannedBatch batch;
      ASSERT_OK(reader->ReadBatch(offset, UINT64_MAX, &batch));
      if (batch.found != BatchFound::kGood) continue;
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), batch.slab->bytes().begin(),
                             batch.slab->bytes().end()));
    }
  }
}

}  // namespace
}  // namespace daybook
