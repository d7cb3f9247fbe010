// Aux data beside the records of an engine: what the log says about them, trims, reopening.
#include "log/aux_data.h"

#include <gtest/gtest.h>

#include <string>

#include "env/env_memory.h"
#include "log/engine_test_support.h"
#include "log/test_support.h"

namespace daybook {
namespace {

using test::kDirectory;
using test::TestLog;
using testing_support::ByteVector;
using testing_support::TextOf;

ByteVector Bytes(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

class AuxDataTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() { ASSERT_TRUE(TestLog::Open(&env_, &log_).ok()); }
  void Close() {
    ASSERT_TRUE(log_->engine().Close().ok());
    log_.reset();
  }
  uint64_t Book() { return log_->engine().OpenBook("book"); }
  AuxData& aux() { return log_->engine().aux(); }
  std::string TextAt(uint64_t seqnum) {
    const AuxValue value = aux().Find(Book(), seqnum);
    return value == nullptr ? "(none)" : TextOf(*value);
  }
  [[nodiscard]] std::vector<AuxEntry> Entries() {
    uint64_t version = 0;
    return aux().cache().Snapshot(&version);
  }

  MemoryEnv env_;
  std::unique_ptr<TestLog> log_;
};

TEST_F(AuxDataTest, OnlyRecordsThatThereAreHaveSome) {
  EXPECT_TRUE(aux().Set(Book(), 0, Bytes("x")).Is(StatusCode::kInvalidArgument));
  ASSERT_TRUE(log_->Append({"0", "1", "2"}, {}).ok());
  EXPECT_TRUE(aux().Set(Book(), 2, Bytes("two")).ok());
  EXPECT_TRUE(aux().Set(Book(), 3, Bytes("x")).Is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(aux().Set(Book() + 100, 0, Bytes("x")).Is(StatusCode::kInvalidArgument));
  EXPECT_EQ(TextAt(2), "two");
  EXPECT_EQ(aux().cache().entries(), 1U);
}

TEST_F(AuxDataTest, WhatIsTrimmedLosesItAndTakesNone) {
  ASSERT_TRUE(log_->Append({"0", "1", "2"}, {}).ok());
  for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(aux().Set(Book(), i, Bytes("x")).ok());
  ASSERT_TRUE(log_->Trim(2).ok());
  EXPECT_TRUE(aux().Set(Book(), 1, Bytes("late")).ok());
  EXPECT_EQ(aux().cache().entries(), 1U);
  EXPECT_EQ(TextAt(2), "x");
  EXPECT_EQ(TextAt(1), "(none)");
}

TEST_F(AuxDataTest, WhatIsEncodedComesBackAndWhatDoesNotHoldIsLeftOut) {
  ASSERT_TRUE(log_->Append({"0", "1", "2", "3"}, {}).ok());
  for (uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(aux().Set(Book(), i, Bytes("aux " + std::to_string(i))).ok());
  const std::vector<AuxEntry> entries = Entries();
  size_t next = 0;
  const ByteVector one = aux().Encode(entries, 1, &next);
  EXPECT_EQ(next, 1U) << "at least one entry";
  const ByteVector rest = aux().Encode(entries, 10000, &next);
  EXPECT_EQ(next, 4U);
  ByteVector all = one;
  all.insert(all.end(), rest.begin(), rest.end());
  Close();
  Open();
  ASSERT_TRUE(log_->Trim(1).ok());
  for (size_t flipped = 0; flipped < all.size(); ++flipped) {
    ByteVector damaged = all;
    damaged[flipped] ^= std::byte{0x10};
    EXPECT_TRUE(aux().Restore(damaged));
    for (const AuxEntry& entry : Entries())
      EXPECT_EQ(TextOf(*entry.value), "aux " + std::to_string(entry.seqnum)) << flipped;
  }
  for (size_t size = 0; size < all.size(); ++size) EXPECT_TRUE(aux().Restore(std::span(all).first(size)));
  EXPECT_TRUE(aux().Restore(all));
  EXPECT_EQ(aux().cache().entries(), 3U) << "the trimmed one is not taken up";
}

TEST_F(AuxDataTest, AMarkIsBelievedByTheVeryNextOpeningOfAClosedLogAlone) {
  ASSERT_TRUE(env_.CreateDirectory(std::string(kDirectory) + "/aux").ok());
  const auto mark = [&] {
    ByteVector bytes(200);
    std::unique_ptr<File> file;
    size_t count = 0;
    EXPECT_TRUE(env_.OpenFile(std::string(kDirectory) + "/aux/mark", OpenMode::kRead, &file).ok());
    EXPECT_TRUE(file->Read(0, bytes, &count).ok());
    bytes.resize(count);
    return bytes;
  };
  AuxFile found;
  EXPECT_FALSE(log_->engine().IsKeptAux({}, &found)) << "a new log";
  ASSERT_TRUE(log_->Append({"0"}, {}).ok());
  ASSERT_TRUE(log_->engine().Close().ok());
  ASSERT_TRUE(log_->engine().MarkKeptAux({7, 8, 9}).ok());
  const ByteVector good = mark();
  EXPECT_FALSE(log_->engine().IsKeptAux(good, &found)) << "not by the opening that made it";
  log_.reset();
  Open();
  ASSERT_TRUE(log_->engine().IsKeptAux(good, &found));
  EXPECT_EQ(found.number, 7U);
  EXPECT_EQ(found.size, 8U);
  EXPECT_EQ(found.checksum, 9U);
  for (size_t i = 0; i < good.size(); ++i) {
    ByteVector damaged = good;
    damaged[i] ^= std::byte{1};
    EXPECT_FALSE(log_->engine().IsKeptAux(damaged, &found)) << i;
    EXPECT_FALSE(log_->engine().IsKeptAux(std::span(good).first(i), &found)) << i;
  }
  Close();
  Open();
  EXPECT_FALSE(log_->engine().IsKeptAux(good, &found)) << "an opening came in between";
  ASSERT_TRUE(log_->engine().Close().ok());
  ASSERT_TRUE(log_->engine().MarkKeptAux({1, 2, 3}).ok());
  const ByteVector second = mark();
  log_.reset();
  Open();
  EXPECT_FALSE(log_->engine().IsKeptAux(good, &found));
  EXPECT_TRUE(log_->engine().IsKeptAux(second, &found));
  log_.reset();  // as if killed
  Open();
  EXPECT_FALSE(log_->engine().IsKeptAux(second, &found));
}

}  // namespace
}  // namespace daybook
