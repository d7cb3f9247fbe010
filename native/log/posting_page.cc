#include "log/posting_page.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/assert.h"

namespace daybook::index_run {
namespace {

constexpr size_t kRestartInterval = 8;

// The head of a chunk.
constexpr uint8_t kWidthMask = 0x3f;
constexpr uint8_t kNoGaps = 63;
constexpr uint8_t kMore = 1U << 6U;
constexpr uint8_t kContinued = 1U << 7U;

// Chunks are cut at multiples of this many gaps.
constexpr size_t kPlanStep = 8;
constexpr size_t kPlanSteps = kChunkGapsMax / kPlanStep;
// What one more chunk costs, in bits: its head, its count and its span.
constexpr size_t kChunkCost = 40;

size_t RestartsOf(size_t count) { return (count + kRestartInterval - 1) / kRestartInterval; }

// The keys of the restarts, u64 each, and behind them their offsets, u16 each, end the page.
size_t RestartArrayAt(size_t restarts) { return kPageSize - 10 * restarts; }

unsigned WidthOf(uint64_t gap) { return static_cast<unsigned>(std::bit_width(gap)); }

}  // namespace

// ---- Planning ----

void PlanChunks(std::span<const uint64_t> gaps, std::vector<ChunkPlan>* plan) {
  DAYBOOK_ASSERT(gaps.size() <= kChunkGapsMax);
  if (gaps.empty()) return;
  const size_t steps = (gaps.size() + kPlanStep - 1) / kPlanStep;
  std::array<unsigned, kPlanSteps> widths{};
  for (size_t i = 0; i < gaps.size(); ++i)
    widths[i / kPlanStep] = std::max(widths[i / kPlanStep], WidthOf(gaps[i]));
  const auto gaps_to = [&](size_t step) { return std::min(gaps.size(), step * kPlanStep); };
  // The least that the gaps up to each step can cost, and where their last chunk begins then.
  std::array<size_t, kPlanSteps + 1> cost{};
  std::array<size_t, kPlanSteps + 1> begin{};
  for (size_t to = 1; to <= steps; ++to) {
    cost[to] = std::numeric_limits<size_t>::max();
    unsigned width = 0;
    for (size_t from = to; from-- > 0;) {
      width = std::max(width, widths[from]);
      const size_t total = cost[from] + kChunkCost + width * (gaps_to(to) - gaps_to(from));
      if (total >= cost[to]) continue;
      cost[to] = total;
      begin[to] = from;
    }
  }
  const size_t planned = plan->size();
  for (size_t to = steps; to > 0; to = begin[to]) {
    unsigned width = 0;
    for (size_t i = begin[to]; i < to; ++i) width = std::max(width, widths[i]);
    plan->push_back({gaps_to(to) - gaps_to(begin[to]), width});
  }
  std::reverse(plan->begin() + static_cast<ptrdiff_t>(planned), plan->end());
}

// ---- Building ----

PostingPageBuilder::PostingPageBuilder(uint64_t base) : base_(base) { bytes_.reserve(kPageSize); }

size_t PostingPageBuilder::room() const {
  return RestartArrayAt(restarts_.size()) - kPageHeaderSize - bytes_.size();
}

size_t PostingPageBuilder::RoomInFragment(uint64_t key, uint64_t first) const {
  const size_t key_size = count_ % kRestartInterval == 0 ? 10 : VarintSize(key - previous_key_);
  const size_t size = key_size + VarintSize(first - base_);
  return room() > size ? room() - size : 0;
}

void PostingPageBuilder::BeginFragment(uint64_t key, uint64_t first, bool continues) {
  DAYBOOK_ASSERT(RoomInFragment(key, first) > 0 && first >= base_);
  DAYBOOK_ASSERT(count_ == 0 || (key > previous_key_ && !continues));
  ByteWriter writer(&bytes_);
  if (count_ % kRestartInterval == 0) {
    restarts_.push_back(static_cast<uint16_t>(kPageHeaderSize + bytes_.size()));
    restart_keys_.push_back(key);
  } else {
    writer.PutVarint(key - previous_key_);
  }
  writer.PutVarint(first - base_);
  if (count_ == 0) {
    first_ = {key, first};
    flags_ = continues ? kPageContinues : 0;
  }
  previous_key_ = key;
  ++count_;
}

size_t PostingPageBuilder::ChunkSizeMax(size_t count, unsigned width) {
  const size_t span = VarintSize(static_cast<uint64_t>(count + 1) << std::min(width, 56U));
  return 1 + VarintSize(count) + span + (count * width + 7) / 8;
}

void PostingPageBuilder::AddChunk(std::span<const uint64_t> gaps, unsigned width, uint64_t before,
                                  bool more) {
  DAYBOOK_ASSERT(!gaps.empty() && gaps.size() <= kChunkGapsMax && width > 0 && width <= kGapBitsMax);
  DAYBOOK_ASSERT(ChunkSizeMax(gaps.size(), width) <= room());
  last_head_ = bytes_.size();
  ByteWriter writer(&bytes_);
  writer.PutU8(static_cast<uint8_t>(width | (more ? kMore : 0U)));
  writer.PutVarint(gaps.size());
  if (more) {
    uint64_t last = before;
    for (const uint64_t gap : gaps) last += gap + 1;
    writer.PutVarint(last - before);
  }
  // Gaps follow each other from the lowest bit of the first byte on.
  uint64_t bits = 0;
  unsigned held = 0;
  for (const uint64_t gap : gaps) {
    bits |= gap << held;  // held is below 8, a gap has at most 53 bits
    held += width;
    for (; held >= 8; held -= 8, bits >>= 8U) writer.PutU8(static_cast<uint8_t>(bits & 0xffU));
  }
  if (held > 0) writer.PutU8(static_cast<uint8_t>(bits));
}

void PostingPageBuilder::AddConsecutive(uint64_t count, bool more) {
  DAYBOOK_ASSERT(count > 0 && 1 + VarintSize(count) <= room());
  last_head_ = bytes_.size();
  ByteWriter writer(&bytes_);
  writer.PutU8(more ? kMore : 0U);
  writer.PutVarint(count);
}

void PostingPageBuilder::AddNone(bool more) {
  DAYBOOK_ASSERT(room() > 0);
  last_head_ = bytes_.size();
  ByteWriter(&bytes_).PutU8(static_cast<uint8_t>(kNoGaps | (more ? kMore : 0U)));
}

void PostingPageBuilder::MarkContinued() {
  DAYBOOK_ASSERT((std::to_integer<uint8_t>(bytes_[last_head_]) & kMore) != 0);
  bytes_[last_head_] |= std::byte{kContinued};
}

void PostingPageBuilder::Finish(Page* page) {
  page->fill(std::byte{0});
  std::copy(bytes_.begin(), bytes_.end(), page->begin() + kPageHeaderSize);
  std::byte* to = page->data() + RestartArrayAt(restarts_.size());
  for (const uint64_t key : restart_keys_) {
    StoreU64(to, key);
    to += 8;
  }
  for (const uint16_t restart : restarts_) {
    StoreU16(to, restart);
    to += 2;
  }
  bytes_.clear();
  restarts_.clear();
  restart_keys_.clear();
  count_ = 0;
}

// ---- Reading ----

PostingPageReader::PostingPageReader(PageView page, uint64_t base, uint64_t end)
    : page_(page), base_(base), end_seqnum_(end), count_(PageCount(page)), restarts_(RestartsOf(count_)) {
  if (count_ > 0 && 10 * restarts_ <= kPageSize - kPageHeaderSize) end_ = RestartArrayAt(restarts_);
}

uint64_t PostingPageReader::RestartKey(size_t restart) const {
  return LoadU64(page_.data() + end_ + 8 * restart);
}

size_t PostingPageReader::RestartOffset(size_t restart) const {
  return LoadU16(page_.data() + end_ + 8 * restarts_ + 2 * restart);
}

bool PostingPageReader::ReadFragment(size_t index, size_t* at, Fragment* fragment) const {
  if (end_ == 0) return false;
  if (index % kRestartInterval == 0) {
    const size_t restart_at = RestartOffset(index / kRestartInterval);
    const uint64_t key = RestartKey(index / kRestartInterval);
    // Whoever walks finds each fragment right behind the one before.
    if (index > 0 && *at != 0 && (*at != restart_at || key <= fragment->key)) return false;
    if (restart_at < kPageHeaderSize || restart_at > end_) return false;
    fragment->key = key;
    *at = restart_at;
  } else {
    if (*at > end_) return false;
    ByteReader reader(page_.subspan(*at, end_ - *at));
    uint64_t delta = 0;
    if (!reader.ReadVarint(&delta) || delta == 0 || delta > UINT64_MAX - fragment->key) return false;
    fragment->key += delta;
    *at += reader.position();
  }
  ByteReader reader(page_.subspan(*at, end_ - *at));
  uint64_t first = 0;
  if (!reader.ReadVarint(&first) || first >= end_seqnum_ - base_) return false;
  fragment->index = index;
  fragment->first = base_ + first;
  *at += reader.position();
  fragment->chunks_at = *at;
  return true;
}

bool PostingPageReader::ReadChunk(size_t* at, uint64_t before, Chunk* chunk) const {
  if (*at >= end_) return false;
  ByteReader reader(page_.subspan(*at, end_ - *at));
  uint8_t head = 0;
  if (!reader.ReadU8(&head)) return false;
  chunk->before = before;
  chunk->more = (head & kMore) != 0;
  chunk->continued = (head & kContinued) != 0;
  chunk->width = head & kWidthMask;
  chunk->count = 0;
  chunk->last = before;
  if (chunk->continued && !chunk->more) return false;
  // Seqnums stay below the end, so what is left up to there bounds all sums.
  const uint64_t left = end_seqnum_ - 1 - before;
  if (chunk->width == kNoGaps) {
    chunk->width = 0;
  } else {
    if (chunk->width > kGapBitsMax || !reader.ReadVarint(&chunk->count) || chunk->count == 0) return false;
    if (chunk->count > left) return false;
    uint64_t span = chunk->count;
    if (chunk->width > 0 && chunk->count > kChunkGapsMax) return false;
    if (chunk->width > 0 && chunk->more && !reader.ReadVarint(&span)) return false;
    if (span > left || span < chunk->count) return false;
    chunk->last = before + span;
  }
  chunk->bits_at = *at + reader.position();
  *at = chunk->bits_at + static_cast<size_t>((chunk->count * chunk->width + 7) / 8);
  return *at <= end_;
}

bool PostingPageReader::SkipChunks(size_t* at) const {
  Chunk chunk;
  do {
    if (!ReadChunk(at, base_, &chunk)) return false;
  } while (!chunk.ends_fragment());
  return true;
}

uint64_t PostingPageReader::LoadBits(size_t bit, unsigned width) const {
  const size_t at = bit / 8;
  uint64_t bits = 0;
  if (at + 8 <= kPageSize) {
    bits = LoadU64(page_.data() + at);
  } else {
    for (size_t i = kPageSize; i-- > at;) bits = (bits << 8U) | std::to_integer<uint64_t>(page_[i]);
  }
  return (bits >> (bit % 8)) & ((uint64_t{1} << width) - 1);
}

bool PostingPageReader::Unpack(const Chunk& chunk, ChunkSeqnums* seqnums) const {
  DAYBOOK_ASSERT(chunk.width > 0 && chunk.count <= kChunkGapsMax);
  uint64_t seqnum = chunk.before;
  size_t bit = chunk.bits_at * 8;
  for (size_t i = 0; i < chunk.count; ++i) {
    const uint64_t gap = LoadBits(bit, chunk.width);
    if (gap >= end_seqnum_ - 1 - seqnum) return false;
    seqnum += gap + 1;
    (*seqnums)[i] = seqnum;
    bit += chunk.width;
  }
  return !chunk.more || seqnum == chunk.last;
}

bool PostingPageReader::Find(uint64_t key, Fragment* fragment, bool* found, bool* above) const {
  *found = false;
  *above = false;
  if (end_ == 0) return false;
  size_t low = 0;
  size_t high = restarts_;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    (RestartKey(middle) <= key ? low : high) = middle;
  }
  size_t at = 0;
  const size_t first = low * kRestartInterval;
  for (size_t index = first; index < std::min(count_, first + kRestartInterval); ++index) {
    if (index > first && !SkipChunks(&at)) return false;
    if (!ReadFragment(index, &at, fragment)) return false;
    if (fragment->key >= key) {
      *found = fragment->key == key;
      return true;
    }
  }
  *above = first + kRestartInterval >= count_;
  return true;
}

}  // namespace daybook::index_run
