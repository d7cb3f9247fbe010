#include "log/key_table.h"

#include <gtest/gtest.h>

#include <map>

#include "log/state_codec.h"
#include "log/test_support.h"

namespace daybook {
namespace {

RememberedKey Key(uint64_t number, uint64_t timestamp = 1000, uint32_t book = 1) {
  // Many share the low bits, so that the table has to probe.
  return {{number, number % 7}, number, timestamp, book, 1};
}

TEST(KeyTableTest, FindsWhatItRemembersAndNothingElse) {
  KeyTable table;
  EXPECT_EQ(table.Find({1, 1}, 0), nullptr);
  for (uint64_t i = 0; i < 300; ++i) table.Remember(Key(i));
  for (uint64_t i = 0; i < 300; ++i) {
    ASSERT_NE(table.Find(Key(i).hash, 1000), nullptr) << i;
    EXPECT_EQ(*table.Find(Key(i).hash, 1000), Key(i));
  }
  EXPECT_EQ(table.Find(Key(300).hash, 1000), nullptr);
  EXPECT_EQ(table.size(), 300U);
}

TEST(KeyTableTest, ForgetsByNumber) {
  KeyTable table;
  for (uint64_t i = 0; i < KeyTable::kKeysMax; ++i) table.Remember({{i, i * 3}, i, 1, 1, 1});
  EXPECT_NE(table.Find({0, 0}, 1), nullptr);
  EXPECT_EQ(table.Find({0, 0}, 1, 1), nullptr) << "one is on its way";
  EXPECT_NE(table.Find({1, 3}, 1, 1), nullptr);
  table.Remember({{9, 9}, KeyTable::kKeysMax, 1, 1, 1});
  EXPECT_EQ(table.Find({0, 0}, 1), nullptr);
  EXPECT_NE(table.Find({1, 3}, 1), nullptr);
  EXPECT_EQ(table.size(), KeyTable::kKeysMax);
}

TEST(KeyTableTest, ForgetsByTime) {
  KeyTable table;
  table.Remember(Key(1, 1000));
  table.Remember(Key(2, 2000));
  EXPECT_NE(table.Find(Key(1).hash, 1000 + KeyTable::kAgeMaxMs), nullptr);
  EXPECT_EQ(table.Find(Key(1).hash, 1001 + KeyTable::kAgeMaxMs), nullptr) << "before it has expired";
  table.Expire(1001 + KeyTable::kAgeMaxMs);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_NE(table.Find(Key(2).hash, 2000), nullptr);
  EXPECT_NE(table.Find(Key(2).hash, 0), nullptr) << "time that goes back makes nothing old";
}

TEST(KeyTableTest, ForgetsTheKeysOfABookThatIsDropped) {
  KeyTable table;
  for (uint64_t i = 0; i < 100; ++i) table.Remember(Key(i, 1000, static_cast<uint32_t>(1 + i % 2)));
  table.ForgetBook(1);
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(table.Find(Key(i).hash, 1000) != nullptr, i % 2 == 1) << i;
  EXPECT_EQ(table.Keys().size(), 50U);
  table.Expire(2000 + KeyTable::kAgeMaxMs);
  EXPECT_EQ(table.size(), 0U);
}

// Against a map, with keys that come back after they were forgotten.
TEST(KeyTableTest, RandomUseAgreesWithAMap) {
  testing_support::Chance chance;
  SCOPED_TRACE(chance.Replay());
  KeyTable table;
  std::map<uint64_t, RememberedKey> model;
  uint64_t now = 1000;
  for (uint64_t i = 0; i < 20'000; ++i) {
    now += chance.Below(KeyTable::kAgeMaxMs / 200);
    const uint64_t number = chance.Below(500);
    const KeyHash hash{number, number % 11};
    const auto known = model.find(number);
    const bool is_known = known != model.end() && now - known->second.timestamp <= KeyTable::kAgeMaxMs;
    const RememberedKey* found = table.Find(hash, now);
    ASSERT_EQ(found != nullptr, is_known);
    if (is_known) {
      ASSERT_EQ(*found, known->second);
    } else {
      const RememberedKey key{hash, i, now, 1, 1};
      model[number] = key;
      table.Remember(key);
    }
    if (chance.Below(10) == 0) table.Expire(now);
  }
}

TEST(KeyTableTest, TheLiveStateTellsThem) {
  BookTable books;
  ASSERT_TRUE(books.Name(1, "book"));
  const std::vector<RememberedKey> keys = {{{1, 2}, 5, 1000, 1, 1}, {{3, 4}, 9, 1000, 1, 7}};
  std::vector<std::byte> bytes;
  EncodeState(books, keys, {}, &bytes);
  std::vector<TagMark> marks;
  BookTable read_books;
  KeyTable read_keys;
  read_keys.Remember(Key(77));
  ASSERT_EQ(DecodeState(bytes, &read_books, &read_keys, &marks), ParseResult::kOk);
  EXPECT_EQ(read_keys.Keys(), keys) << "what is told replaces what is known";
  for (size_t size = 0; size + 1 < bytes.size(); ++size) {
    BookTable some_books;
    KeyTable some_keys;
    (void)DecodeState(std::span(bytes).first(size), &some_books, &some_keys, &marks);
  }
  std::vector<std::byte> without;
  EncodeState(books, {}, {}, &without);
  ASSERT_EQ(DecodeState(without, &read_books, &read_keys, &marks), ParseResult::kOk);
  EXPECT_EQ(read_keys.size(), 0U);
}

}  // namespace
}  // namespace daybook
