#include "base/page_arena.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <set>
#include <utility>
#include <vector>

#include "base/test_support.h"

namespace daybook {
namespace {

using testing_support::Chance;

constexpr size_t kKiB = 1024;

std::uintptr_t Address(const void* piece) { return reinterpret_cast<std::uintptr_t>(piece); }

TEST(PageArenaTest, AnArenaThatGivesNothingTakesNothing) {
  const PageArena arena;
  EXPECT_EQ(arena.bytes(), 0u);
}

TEST(PageArenaTest, APieceIsCountedAsThePowerOfTwoThatItTakes) {
  for (const auto& [bytes, taken] : std::map<size_t, size_t>{{0, 16},
                                                             {1, 16},
                                                             {16, 16},
                                                             {17, 32},
                                                             {33, 64},
                                                             {4 * kKiB, 4 * kKiB},
                                                             {4 * kKiB + 1, 8 * kKiB},
                                                             {32 * kKiB - 1, 32 * kKiB},
                                                             {32 * kKiB, 32 * kKiB}}) {
    PageArena arena;
    EXPECT_EQ(arena.BytesToTake(bytes), taken) << bytes;
    void* const piece = arena.Allocate(bytes);
    EXPECT_EQ(arena.bytes(), taken) << bytes;
    EXPECT_EQ(PageArena::Rounded(bytes), taken) << bytes;
    arena.Free(piece, bytes);
    EXPECT_EQ(arena.bytes(), taken) << "it waits for reuse";
    EXPECT_EQ(PageArena::BytesGivenBack(bytes), 0u);
  }
}

TEST(PageArenaTest, WhatIsLargeIsWholePagesOfItsOwnWhichGoBackAtOnce) {
  PageArena arena;
  void* const small = arena.Allocate(100);
  const size_t before = arena.bytes();
  for (const size_t bytes : {32 * kKiB + 1, 64 * kKiB, 1000 * kKiB + 5}) {
    void* const mapping = arena.Allocate(bytes);
    EXPECT_EQ(arena.bytes(), before + PageArena::Rounded(bytes));
    EXPECT_EQ(PageArena::BytesGivenBack(bytes), PageArena::Rounded(bytes));
    EXPECT_GE(PageArena::Rounded(bytes), bytes);
    EXPECT_LT(PageArena::Rounded(bytes), bytes + 64 * kKiB) << "pages are no larger than this";
    std::memset(mapping, 0xab, bytes);
    arena.Free(mapping, bytes);
    EXPECT_EQ(arena.bytes(), before);
  }
  std::memset(small, 0xcd, 100);
}

TEST(PageArenaTest, AFreedPieceIsGivenAgainForTheSameSize) {
  PageArena arena;
  for (size_t bytes = 16; bytes <= PageArena::kPieceMax; bytes *= 2) {
    void* const piece = arena.Allocate(bytes);
    const size_t held = arena.bytes();
    arena.Free(piece, bytes);
    EXPECT_EQ(arena.Allocate(bytes - 1), piece) << bytes;
    EXPECT_EQ(arena.bytes(), held);
  }
}

TEST(PageArenaTest, AFreedPieceServesSmallerOnesBeforeMoreMemoryIsTaken) {
  PageArena arena;
  void* const large = arena.Allocate(PageArena::kPieceMax);
  arena.Free(large, PageArena::kPieceMax);
  const size_t held = arena.bytes();
  std::set<void*> pieces;
  for (size_t i = 0; i < PageArena::kPieceMax / 16; ++i) pieces.insert(arena.Allocate(16));
  EXPECT_EQ(pieces.size(), PageArena::kPieceMax / 16);
  EXPECT_EQ(*pieces.begin(), large);
  EXPECT_EQ(arena.bytes(), held);
  pieces.insert(arena.Allocate(16));
  EXPECT_EQ(arena.bytes(), held + 16);
}

TEST(PageArenaTest, WhatIsLeftOfABlockIsNotLost) {
  PageArena arena;
  // 48 bytes of the first block of 4 KiB, so that the next piece must come from another.
  (void)arena.Allocate(32);
  (void)arena.Allocate(16);
  (void)arena.Allocate(4 * kKiB);
  const size_t held = arena.bytes();
  EXPECT_EQ(held, 8 * kKiB);
  for (const size_t bytes : {2048, 1024, 512, 256, 128, 64, 16}) (void)arena.Allocate(bytes);
  EXPECT_EQ(arena.bytes(), held);
}

// The system says so of a page: it may not even be asked to write it.
bool IsMapped(const void* piece) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return ::msync(reinterpret_cast<void*>(Address(piece) / page * page), page, MS_ASYNC) == 0;
}

TEST(PageArenaTest, AllOfItGoesBackToTheSystemAtItsEnd) {
  std::vector<void*> pieces;
  {
    PageArena arena;
    for (int i = 0; i < 100; ++i) {
      for (const size_t bytes : {16 * kKiB, 128 * kKiB}) {
        pieces.push_back(arena.Allocate(bytes));
        std::memset(pieces.back(), 1, bytes);
      }
    }
    for (const void* piece : pieces) ASSERT_TRUE(IsMapped(piece));
    arena.Free(pieces[1], 128 * kKiB);
    EXPECT_FALSE(IsMapped(pieces[1]));
  }
  for (const void* piece : pieces) EXPECT_FALSE(IsMapped(piece));
}

TEST(PageArenaTest, WhatIsMoreThanThereCanBeIsRefused) {
  PageArena arena;
  EXPECT_THROW((void)arena.Allocate(SIZE_MAX), std::bad_alloc);
  EXPECT_THROW((void)arena.Allocate(SIZE_MAX / 2), std::bad_alloc);
  EXPECT_EQ(arena.bytes(), 0u);
}

TEST(PageArenaDeathTest, FreeingAMappingThatIsNoneStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  PageArena arena;
  auto* const mapping = static_cast<std::byte*>(arena.Allocate(64 * kKiB));
  EXPECT_DEATH(arena.Free(mapping + 16, 64 * kKiB), "broken invariant");
  EXPECT_DEATH(arena.Free(mapping, 128 * kKiB), "broken invariant");
}

struct Piece {
  std::byte* begin;
  size_t bytes;
  std::byte pattern;
};

// Nothing else has written into it.
void ExpectUntouched(const Piece& piece) {
  for (size_t i = 0; i < piece.bytes; ++i) ASSERT_EQ(piece.begin[i], piece.pattern) << i;
}

size_t RandomSize(Chance* chance) {
  // All classes alike, and some mappings.
  const size_t most = size_t{16} << chance->Below(13);
  return chance->Between(most / 2 + 1, most);
}

TEST(PageArenaTest, RandomPiecesAreAlignedDisjointAndKeepWhatIsWrittenIntoThem) {
  Chance chance;
  PageArena arena;
  std::vector<Piece> pieces;
  size_t peak = 0;  // of what is handed out
  size_t live = 0;
  for (int i = 0; i < 6000; ++i) {
    const bool grows = i % 2000 < 1000;
    if (pieces.empty() || chance.Below(10) < (grows ? 7U : 3U)) {
      const size_t bytes = RandomSize(&chance);
      const size_t held = arena.bytes();
      const size_t told = arena.BytesToTake(bytes);
      auto* const begin = static_cast<std::byte*>(arena.Allocate(bytes));
      ASSERT_EQ(arena.bytes(), held + told);
      ASSERT_EQ(Address(begin) % PageArena::kAlignment, 0u);
      const auto pattern = static_cast<std::byte>(chance.Below(256));
      std::memset(begin, static_cast<int>(pattern), bytes);
      pieces.push_back({begin, bytes, pattern});
      live += PageArena::Rounded(bytes);
    } else {
      std::swap(pieces[chance.Below(pieces.size())], pieces.back());
      ASSERT_NO_FATAL_FAILURE(ExpectUntouched(pieces.back()));
      arena.Free(pieces.back().begin, pieces.back().bytes);
      live -= PageArena::Rounded(pieces.back().bytes);
      pieces.pop_back();
    }
    peak = std::max(peak, live);
    ASSERT_GE(arena.bytes(), live);
  }
  for (const Piece& piece : pieces) ASSERT_NO_FATAL_FAILURE(ExpectUntouched(piece));
  EXPECT_LE(arena.bytes(), peak * 2) << "pieces are reused";
}

TEST(PageArenaTest, TheSameCallsMakeTheSameNumber) {
  Chance chance;
  std::vector<size_t> sizes(2000);
  for (size_t& size : sizes) size = RandomSize(&chance);
  std::set<size_t> counts;
  for (int round = 0; round < 3; ++round) {
    PageArena arena;
    for (size_t i = 0; i < sizes.size(); ++i) {
      void* const piece = arena.Allocate(sizes[i]);
      if (i % 3 == 0) arena.Free(piece, sizes[i]);
    }
    counts.insert(arena.bytes());
  }
  EXPECT_EQ(counts.size(), 1u);
}

}  // namespace
}  // namespace daybook
