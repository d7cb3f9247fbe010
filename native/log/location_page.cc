#include "log/location_page.h"

#include <algorithm>

#include "base/assert.h"

namespace daybook::index_run {
namespace {

constexpr size_t kRestartInterval = 64;

// What an entry leaves out because it follows from the one before.
constexpr uint8_t kNextSeqnum = 1U << 0U;
constexpr uint8_t kSameTimestamp = 1U << 1U;
constexpr uint8_t kSameSegment = 1U << 2U;
constexpr uint8_t kRightBehind = 1U << 3U;
constexpr uint8_t kSameShard = 1U << 4U;
constexpr uint8_t kNextLocalId = 1U << 5U;
constexpr uint8_t kAllFollows = 0x3f;
// How the size is given.
constexpr unsigned kSizeShift = 6;
constexpr unsigned kSizeSame = 0;
constexpr unsigned kSizeDelta = 1;  // i8
constexpr unsigned kSizeShort = 2;  // u16
constexpr unsigned kSizeVarint = 3;

// Differences wrap around, so any two values have one.
constexpr uint64_t ZigZag(uint64_t difference) {
  return (difference << 1U) ^ ((difference >> 63U) != 0 ? UINT64_MAX : 0);
}
constexpr uint64_t UnZigZag(uint64_t coded) { return (coded >> 1U) ^ ((coded & 1U) != 0 ? UINT64_MAX : 0); }

unsigned SizeForm(uint64_t size, uint64_t previous) {
  if (size == previous) return kSizeSame;
  const auto difference = static_cast<int64_t>(size - previous);
  if (difference >= INT8_MIN && difference <= INT8_MAX) return kSizeDelta;
  return size <= UINT16_MAX ? kSizeShort : kSizeVarint;
}

size_t RestartsOf(size_t count) { return (count + kRestartInterval - 1) / kRestartInterval; }

// Their offsets, u16 each, end the page.
size_t RestartArrayAt(size_t restarts) { return kPageSize - 2 * restarts; }

bool ReadU32Varint(ByteReader* reader, uint32_t* value) {
  uint64_t wide = 0;
  if (!reader->ReadVarint(&wide) || wide > UINT32_MAX) return false;
  *value = static_cast<uint32_t>(wide);
  return true;
}

bool ReadShard(ByteReader* reader, ShardIdentity* shard) {
  return ReadU32Varint(reader, &shard->view) && ReadU32Varint(reader, &shard->physical_log) &&
         ReadU32Varint(reader, &shard->shard);
}

void PutShard(ByteWriter* writer, const ShardIdentity& shard) {
  writer->PutVarint(shard.view);
  writer->PutVarint(shard.physical_log);
  writer->PutVarint(shard.shard);
}

bool ReadSize(ByteReader* reader, unsigned form, size_t* size) {
  if (form == kSizeSame) return true;
  if (form == kSizeDelta) {
    uint8_t delta = 0;
    if (!reader->ReadU8(&delta)) return false;
    *size += static_cast<size_t>(static_cast<int64_t>(static_cast<int8_t>(delta)));
    return true;
  }
  if (form == kSizeShort) {
    uint16_t value = 0;
    if (!reader->ReadU16(&value)) return false;
    *size = value;
    return true;
  }
  uint64_t value = 0;
  if (!reader->ReadVarint(&value) || value > SIZE_MAX) return false;
  *size = static_cast<size_t>(value);
  return true;
}

}  // namespace

// ---- Building ----

LocationPageBuilder::LocationPageBuilder() { bytes_.reserve(kPageSize); }

void LocationPageBuilder::Encode(const RecordLocation& location, bool restart) {
  ByteWriter writer(&scratch_);
  if (restart) {
    writer.PutU64(location.seqnum);
    writer.PutU64(location.timestamp);
    writer.PutVarint(location.segment);
    writer.PutVarint(location.offset);
    writer.PutVarint(location.size);
    PutShard(&writer, location.shard);
    writer.PutVarint(location.local_id);
    return;
  }
  const unsigned form = SizeForm(location.size, previous_.size);
  const uint64_t behind = previous_.offset + previous_.size;
  uint8_t flags = static_cast<uint8_t>(form << kSizeShift);
  if (location.seqnum == previous_.seqnum + 1) flags |= kNextSeqnum;
  if (location.timestamp == previous_.timestamp) flags |= kSameTimestamp;
  if (location.segment == previous_.segment) flags |= kSameSegment;
  if (location.offset == behind) flags |= kRightBehind;
  if (location.shard == previous_.shard) flags |= kSameShard;
  if (location.local_id == previous_.local_id + 1) flags |= kNextLocalId;
  writer.PutU8(flags);
  if ((flags & kNextSeqnum) == 0) writer.PutVarint(location.seqnum - previous_.seqnum);
  if ((flags & kSameTimestamp) == 0) writer.PutVarint(location.timestamp - previous_.timestamp);
  if ((flags & kSameSegment) == 0) writer.PutVarint(ZigZag(location.segment - previous_.segment));
  if ((flags & kRightBehind) == 0) writer.PutVarint(ZigZag(location.offset - behind));
  if ((flags & kSameShard) == 0) PutShard(&writer, location.shard);
  if ((flags & kNextLocalId) == 0) writer.PutVarint(ZigZag(location.local_id - previous_.local_id));
  if (form == kSizeDelta) writer.PutU8(static_cast<uint8_t>(location.size - previous_.size));
  if (form == kSizeShort) writer.PutU16(static_cast<uint16_t>(location.size));
  if (form == kSizeVarint) writer.PutVarint(location.size);
}

bool LocationPageBuilder::Add(const RecordLocation& location) {
  const bool restart = count_ % kRestartInterval == 0;
  scratch_.clear();
  Encode(location, restart);
  const size_t restarts = RestartsOf(count_ + 1);
  if (kPageHeaderSize + bytes_.size() + scratch_.size() > RestartArrayAt(restarts)) return false;
  if (restart) restarts_.push_back(static_cast<uint16_t>(kPageHeaderSize + bytes_.size()));
  if (count_ == 0) first_ = {location.timestamp, location.seqnum};
  bytes_.insert(bytes_.end(), scratch_.begin(), scratch_.end());
  previous_ = location;
  ++count_;
  return true;
}

void LocationPageBuilder::Finish(Page* page) {
  page->fill(std::byte{0});
  std::copy(bytes_.begin(), bytes_.end(), page->begin() + kPageHeaderSize);
  std::byte* to = page->data() + RestartArrayAt(restarts_.size());
  for (const uint16_t restart : restarts_) {
    StoreU16(to, restart);
    to += 2;
  }
  bytes_.clear();
  restarts_.clear();
  count_ = 0;
}

// ---- Reading ----

LocationPageReader::LocationPageReader(PageView page) : page_(page), count_(PageCount(page)) {
  const size_t restarts = RestartsOf(count_);
  if (2 * restarts <= kPageSize - kPageHeaderSize) end_ = RestartArrayAt(restarts);
}

bool LocationPageReader::ReadRestart(size_t restart, uint64_t* seqnum, uint64_t* timestamp,
                                     size_t* at) const {
  if (end_ == 0) return false;
  *at = LoadU16(page_.data() + end_ + 2 * restart);
  if (*at < kPageHeaderSize || *at + 16 > end_) return false;
  *seqnum = LoadU64(page_.data() + *at);
  *timestamp = LoadU64(page_.data() + *at + 8);
  return true;
}

bool LocationPageReader::NextRestart() {
  const RecordLocation previous = current_;
  size_t at = 0;
  if (!ReadRestart(index_ / kRestartInterval, &current_.seqnum, &current_.timestamp, &at)) return false;
  ByteReader reader(page_.subspan(at + 16, end_ - at - 16));
  uint64_t size = 0;
  if (!reader.ReadVarint(&current_.segment) || !reader.ReadVarint(&current_.offset) ||
      !reader.ReadVarint(&size) || size > SIZE_MAX || !ReadShard(&reader, &current_.shard) ||
      !reader.ReadVarint(&current_.local_id)) {
    return false;
  }
  current_.size = static_cast<size_t>(size);
  // Behind a Seek there is no record before.
  const bool walked_on = at_ != 0;
  if (walked_on &&
      (at != at_ || current_.seqnum <= previous.seqnum || current_.timestamp < previous.timestamp))
    return false;
  at_ = at + 16 + reader.position();
  return current_.seqnum < kSeqnumEnd;
}

bool LocationPageReader::NextDelta() {
  if (at_ >= end_) return false;
  const auto flags = std::to_integer<uint8_t>(page_[at_]);
  const uint64_t behind = current_.offset + current_.size;
  if (flags == kAllFollows) {
    ++at_;
    current_.seqnum += 1;
    current_.offset = behind;
    current_.local_id += 1;
    return current_.seqnum < kSeqnumEnd;
  }
  ByteReader reader(page_.subspan(at_ + 1, end_ - at_ - 1));
  uint64_t seqnum_delta = 1;
  uint64_t time_delta = 0;
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint64_t local_id = 2;  // coded: one more
  if ((flags & kNextSeqnum) == 0 && !reader.ReadVarint(&seqnum_delta)) return false;
  if ((flags & kSameTimestamp) == 0 && !reader.ReadVarint(&time_delta)) return false;
  if ((flags & kSameSegment) == 0 && !reader.ReadVarint(&segment)) return false;
  if ((flags & kRightBehind) == 0 && !reader.ReadVarint(&offset)) return false;
  if ((flags & kSameShard) == 0 && !ReadShard(&reader, &current_.shard)) return false;
  if ((flags & kNextLocalId) == 0 && !reader.ReadVarint(&local_id)) return false;
  if (!ReadSize(&reader, flags >> kSizeShift, &current_.size)) return false;
  if (seqnum_delta == 0 || seqnum_delta >= kSeqnumEnd - current_.seqnum) return false;
  if (time_delta > UINT64_MAX - current_.timestamp) return false;
  current_.seqnum += seqnum_delta;
  current_.timestamp += time_delta;
  current_.segment += UnZigZag(segment);
  current_.offset = behind + UnZigZag(offset);
  current_.local_id += UnZigZag(local_id);
  at_ += 1 + reader.position();
  return true;
}

bool LocationPageReader::Next(RecordLocation* location) {
  DAYBOOK_ASSERT(index_ < count_);
  if (!(index_ % kRestartInterval == 0 ? NextRestart() : NextDelta())) return false;
  ++index_;
  *location = current_;
  return true;
}

// To the last restart of which `is_before(seqnum, timestamp)` is true, or the first.
template <typename IsBefore>
bool LocationPageReader::SeekRestart(size_t low, size_t high, IsBefore is_before) {
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    uint64_t seqnum = 0;
    uint64_t timestamp = 0;
    size_t at = 0;
    if (!ReadRestart(middle, &seqnum, &timestamp, &at)) return false;
    (is_before(seqnum, timestamp) ? low : high) = middle;
  }
  index_ = low * kRestartInterval;
  at_ = 0;
  return true;
}

bool LocationPageReader::SeekTime(uint64_t time) {
  return SeekRestart(0, RestartsOf(count_), [&](uint64_t, uint64_t timestamp) { return timestamp < time; });
}

// Passes over records that lie one behind the other, with the same or nearly the same size, up to the one
// with `seqnum`, the next restart, or a record of another kind. What is most of a log is passed over quickly.
void LocationPageReader::SkipSimple(uint64_t seqnum) {
  const size_t restart = std::min(count_, RestartsOf(index_) * kRestartInterval);
  const uint64_t skip_max = std::min<uint64_t>(restart - index_, seqnum - current_.seqnum);
  const std::byte* const bytes = page_.data();
  size_t at = at_;
  uint64_t offset = current_.offset;
  uint64_t size = current_.size;
  uint64_t skipped = 0;
  // Offsets of restarts follow the entries, so there is always one more byte to look at.
  for (; skipped < skip_max && at < end_; ++skipped) {
    const auto flags = std::to_integer<unsigned>(bytes[at]);
    const unsigned form = flags >> kSizeShift;
    if ((flags & kAllFollows) != kAllFollows || form > kSizeDelta || at + form >= end_) break;
    const auto delta = static_cast<int8_t>(bytes[at + 1]);
    offset += size;
    size += form == kSizeDelta ? static_cast<uint64_t>(static_cast<int64_t>(delta)) : 0;
    at += 1 + form;
  }
  at_ = at;
  index_ += static_cast<size_t>(skipped);
  current_.seqnum += skipped;
  current_.local_id += skipped;
  current_.offset = offset;
  current_.size = static_cast<size_t>(size);
}

bool LocationPageReader::Find(uint64_t seqnum, RecordLocation* location, bool* found) {
  *found = false;
  size_t low = 0;
  size_t high = RestartsOf(count_);
  if (high == 0) return false;
  // Where no seqnum is missing the restart can be told without a search.
  uint64_t first = 0;
  uint64_t timestamp = 0;
  size_t at = 0;
  if (!ReadRestart(0, &first, &timestamp, &at)) return false;
  const uint64_t guess = seqnum < first ? 0 : (seqnum - first) / kRestartInterval;
  if (guess < high) {
    if (!ReadRestart(static_cast<size_t>(guess), &first, &timestamp, &at)) return false;
    if (first <= seqnum && seqnum - first < kRestartInterval) {
      low = static_cast<size_t>(guess);
      high = low + 1;
    }
  }
  if (!SeekRestart(low, high, [&](uint64_t seqnum_at, uint64_t) { return seqnum_at <= seqnum; }))
    return false;
  while (index_ < count_) {
    if (!(index_ % kRestartInterval == 0 ? NextRestart() : NextDelta())) return false;
    ++index_;
    if (current_.seqnum < seqnum) SkipSimple(seqnum);
    if (current_.seqnum < seqnum) continue;
    *found = current_.seqnum == seqnum;
    break;
  }
  *location = current_;
  return true;
}

}  // namespace daybook::index_run
