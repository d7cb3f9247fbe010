#include "log/checkpoint.h"

#include <cstring>

#include "base/coding.h"
#include "log/file_name.h"
#include "log/state_codec.h"
#include "log/whole_file.h"

namespace daybook {
namespace {

constexpr char kCheckpointMagic[8] = {'D', 'A', 'Y', 'B', 'K', 'C', 'H', 'K'};
constexpr size_t kCrcAt = 8;
constexpr size_t kVersionAt = 12;
constexpr size_t kBodySizeAt = 16;
constexpr size_t kIdAt = 24;
constexpr size_t kLogIdAt = 32;
constexpr size_t kHeaderSize = 48;
constexpr uint64_t kCheckpointBytesMax = uint64_t{4} << 30U;

uint32_t ChecksumOf(const LogIdentity& identity, std::span<const std::byte> bytes) {
  return Crc32cExtend(identity.crc_base(), bytes.subspan(kVersionAt));
}

// Reads a count of pieces that take at least `least` bytes each.
bool ReadCount(ByteReader* reader, size_t least, uint64_t* count) {
  return reader->ReadVarint(count) && *count <= reader->remaining() / least;
}

bool DecodeCursor(ByteReader* reader, MetalogCursor* cursor) {
  uint64_t index = 0;
  uint64_t next_seqnum = 0;
  uint64_t timestamp = 0;
  uint64_t count = 0;
  if (!reader->ReadVarint(&index) || !reader->ReadVarint(&next_seqnum) || next_seqnum > kSeqnumEnd ||
      !reader->ReadVarint(&timestamp) || !ReadCount(reader, 2, &count)) {
    return false;
  }
  cursor->Restore(index, next_seqnum, timestamp);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t shard = 0;
    uint64_t progress = 0;
    if (!reader->ReadVarint(&shard) || shard > UINT32_MAX || !reader->ReadVarint(&progress)) return false;
    cursor->SkipShardTo(static_cast<uint32_t>(shard), progress);
  }
  return true;
}

bool DecodeGroup(ByteReader* reader, GroupProgress* group) {
  uint64_t count = 0;
  if (!reader->ReadVarint(&group->first_batch) || !reader->ReadVarint(&group->first_seqnum) ||
      !reader->ReadVarint(&group->records) || !ReadCount(reader, 2, &count)) {
    return false;
  }
  group->lanes.resize(count);
  for (LaneEnd& lane : group->lanes) {
    if (!reader->ReadVarint(&lane.segment) || !reader->ReadVarint(&lane.offset)) return false;
  }
  return true;
}

bool DecodeDead(ByteReader* reader, std::vector<SegmentDead>* dead) {
  uint64_t count = 0;
  if (!ReadCount(reader, 2, &count)) return false;
  dead->resize(count);
  for (SegmentDead& segment : *dead) {
    if (!reader->ReadVarint(&segment.segment) || !reader->ReadVarint(&segment.records)) return false;
  }
  return true;
}

// All but the body, which the checksum covers.
Status CheckFrame(const LogIdentity& identity, uint64_t id, std::span<const std::byte> bytes) {
  const std::byte* header = bytes.data();
  if (bytes.size() < kHeaderSize || std::memcmp(header, kCheckpointMagic, sizeof kCheckpointMagic) != 0 ||
      ChecksumOf(identity, bytes) != LoadU32(header + kCrcAt)) {
    return {StatusCode::kCorrupt, "the checkpoint's checksum does not hold"};
  }
  if (LoadU32(header + kVersionAt) > kFormatVersion) {
    return {StatusCode::kFormat, "the checkpoint has format version " +
                                     std::to_string(LoadU32(header + kVersionAt)) +
                                     "; this daybook reads up to version " + std::to_string(kFormatVersion)};
  }
  if (LoadU64(header + kIdAt) != id || LoadU64(header + kBodySizeAt) != bytes.size() - kHeaderSize) {
    return {StatusCode::kCorrupt, "the file is another checkpoint, or not the whole of this one"};
  }
  return Status::Ok();
}

}  // namespace

std::vector<std::byte> EncodeCheckpoint(const LogIdentity& identity, uint64_t id,
                                        const Checkpoint& checkpoint) {
  std::vector<std::byte> out(kHeaderSize);
  ByteWriter writer(&out);
  writer.PutVarint(checkpoint.batch);
  writer.PutU32(checkpoint.checksum);
  writer.PutVarint(checkpoint.term);
  writer.PutVarint(checkpoint.reserved_seqnum);
  const MetalogCursor& cursor = checkpoint.cursor;
  writer.PutVarint(cursor.index());
  writer.PutVarint(cursor.next_seqnum());
  writer.PutVarint(cursor.timestamp());
  writer.PutVarint(cursor.all_progress().size());
  for (const auto& [shard, progress] : cursor.all_progress()) {
    writer.PutVarint(shard);
    writer.PutVarint(progress);
  }
  const GroupProgress& group = checkpoint.group;
  writer.PutVarint(group.first_batch);
  writer.PutVarint(group.first_seqnum);
  writer.PutVarint(group.records);
  writer.PutVarint(group.lanes.size());
  for (const LaneEnd& lane : group.lanes) {
    writer.PutVarint(lane.segment);
    writer.PutVarint(lane.offset);
  }
  writer.PutVarint(checkpoint.dead.size());
  for (const SegmentDead& segment : checkpoint.dead) {
    writer.PutVarint(segment.segment);
    writer.PutVarint(segment.records);
  }
  EncodeState(checkpoint.books, checkpoint.keys, checkpoint.tag_marks, &out);
  std::byte* header = out.data();
  std::memcpy(header, kCheckpointMagic, sizeof kCheckpointMagic);
  StoreU32(header + kVersionAt, kFormatVersion);
  StoreU64(header + kBodySizeAt, out.size() - kHeaderSize);
  StoreU64(header + kIdAt, id);
  std::memcpy(header + kLogIdAt, identity.id().data(), kLogIdSize);
  StoreU32(header + kCrcAt, ChecksumOf(identity, out));
  return out;
}

Status DecodeCheckpoint(const LogIdentity& identity, uint64_t id, std::span<const std::byte> bytes,
                        Checkpoint* checkpoint) {
  DAYBOOK_RETURN_IF_ERROR(CheckFrame(identity, id, bytes));
  ByteReader reader(bytes.subspan(kHeaderSize));
  const bool good = reader.ReadVarint(&checkpoint->batch) && reader.ReadU32(&checkpoint->checksum) &&
                    reader.ReadVarint(&checkpoint->term) && reader.ReadVarint(&checkpoint->reserved_seqnum) &&
                    DecodeCursor(&reader, &checkpoint->cursor) && DecodeGroup(&reader, &checkpoint->group) &&
                    DecodeDead(&reader, &checkpoint->dead);
  std::span<const std::byte> state;
  if (!good || !reader.ReadBytes(reader.remaining(), &state))
    return {StatusCode::kCorrupt, "the checkpoint's body does not parse"};
  KeyTable keys;
  const ParseResult decoded = DecodeState(state, &checkpoint->books, &keys, &checkpoint->tag_marks);
  checkpoint->keys = keys.Keys();
  if (decoded == ParseResult::kNewer)
    return {StatusCode::kFormat, "the checkpoint holds a field that this version of daybook does not know"};
  return decoded == ParseResult::kOk
             ? Status::Ok()
             : Status(StatusCode::kCorrupt, "the checkpoint's live state does not parse");
}

Status WriteCheckpoint(Env* env, const std::string& directory, const LogIdentity& identity,
                       const Checkpoint& checkpoint, CheckpointInfo* info) {
  const std::vector<std::byte> bytes = EncodeCheckpoint(identity, info->checkpoint, checkpoint);
  info->batch = checkpoint.batch;
  info->bytes = bytes.size();
  DAYBOOK_RETURN_IF_ERROR(
      WriteWholeFile(env, JoinPath(directory, CheckpointFileName(info->checkpoint)), bytes));
  return env->SyncDirectory(directory);
}

Status CheckCheckpoint(Env* env, const std::string& directory, const LogIdentity& identity,
                       const CheckpointInfo& info) {
  std::vector<std::byte> bytes;
  DAYBOOK_RETURN_IF_ERROR(ReadWholeFile(env, JoinPath(directory, CheckpointFileName(info.checkpoint)),
                                        kCheckpointBytesMax, &bytes));
  return CheckFrame(identity, info.checkpoint, bytes);
}

Status ReadCheckpoint(Env* env, const std::string& directory, const LogIdentity& identity,
                      const CheckpointInfo& info, Checkpoint* checkpoint) {
  const std::string path = JoinPath(directory, CheckpointFileName(info.checkpoint));
  std::vector<std::byte> bytes;
  DAYBOOK_RETURN_IF_ERROR(ReadWholeFile(env, path, kCheckpointBytesMax, &bytes));
  const Status decoded = DecodeCheckpoint(identity, info.checkpoint, bytes, checkpoint);
  if (!decoded.ok()) return {decoded.code(), path + ": " + decoded.message()};
  if (checkpoint->batch != info.batch)
    return {StatusCode::kCorrupt, path + " is not the checkpoint that is listed"};
  return Status::Ok();
}

}  // namespace daybook
