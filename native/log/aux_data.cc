#include "log/aux_data.h"

#include <mutex>
#include <string>

#include "base/coding.h"
#include "base/crc32c.h"

namespace daybook {
namespace {

// checksum u32, book u64, seqnum u64, size u32, then the bytes
constexpr size_t kEntryHeader = 24;

uint32_t EntryChecksum(const LogIdentity& identity, std::span<const std::byte> checked) {
  return Crc32cExtend(identity.crc_base(), checked);
}

}  // namespace

AuxData::Place AuxData::PlaceOf(uint64_t book, uint64_t seqnum) const {
  const std::shared_lock lock(state_->mutex);
  const BookTable::Book* entry = state_->books.Find(book);
  if (entry == nullptr || seqnum >= entry->end || seqnum >= state_->visible_end) return Place::kAhead;
  return seqnum < entry->trim_before ? Place::kTrimmed : Place::kHeld;
}

Status AuxData::Set(uint64_t book, uint64_t seqnum, std::span<const std::byte> bytes) {
  const Place place = PlaceOf(book, seqnum);
  if (place == Place::kAhead) {
    return {StatusCode::kInvalidArgument,
            "the book has no record at seqnum " + std::to_string(seqnum) + " yet, nor behind it"};
  }
  if (place == Place::kTrimmed) return Status::Ok();
  cache_.Set(book, seqnum, bytes);
  // A trim that became visible in between has cleared up in front of us.
  if (PlaceOf(book, seqnum) != Place::kHeld) cache_.Erase(book, seqnum);
  return Status::Ok();
}

void AuxData::NoteTrims(std::span<const Command> commands) {
  for (const Command& command : commands) {
    if (command.kind != CommandKind::kTrimBook && command.kind != CommandKind::kDropBook) continue;
    uint64_t before = 0;
    {
      const std::shared_lock lock(state_->mutex);
      const BookTable::Book* entry = state_->books.Find(command.book);
      if (entry != nullptr) before = entry->trim_before;
    }
    cache_.Forget(command.book, before);
  }
}

std::vector<std::byte> AuxData::Encode(std::span<const AuxEntry> entries, size_t bytes_max,
                                       size_t* next) const {
  std::vector<std::byte> encoded;
  for (; *next < entries.size() && (encoded.empty() || encoded.size() < bytes_max); ++*next) {
    const AuxEntry& entry = entries[*next];
    const size_t begin = encoded.size();
    ByteWriter writer(&encoded);
    writer.PutU32(0);
    writer.PutU64(entry.book);
    writer.PutU64(entry.seqnum);
    writer.PutU32(static_cast<uint32_t>(entry.value->size()));
    writer.PutBytes(*entry.value);
    StoreU32(encoded.data() + begin, EntryChecksum(state_->identity, std::span(encoded).subspan(begin + 4)));
  }
  return encoded;
}

bool AuxData::Restore(std::span<const std::byte> encoded) {
  while (encoded.size() >= kEntryHeader) {
    const uint64_t book = LoadU64(encoded.data() + 4);
    const uint64_t seqnum = LoadU64(encoded.data() + 12);
    const size_t size = LoadU32(encoded.data() + 20);
    // Behind a size that cannot be true nothing can be found.
    if (size > encoded.size() - kEntryHeader) return true;
    const std::span<const std::byte> entry = encoded.first(kEntryHeader + size);
    encoded = encoded.subspan(entry.size());
    const bool good = LoadU32(entry.data()) == EntryChecksum(state_->identity, entry.subspan(4));
    if (!good || PlaceOf(book, seqnum) != Place::kHeld) continue;
    if (!cache_.Restore(book, seqnum, entry.subspan(kEntryHeader))) return false;
    if (PlaceOf(book, seqnum) != Place::kHeld) cache_.Erase(book, seqnum);
  }
  return true;
}

}  // namespace daybook
