#include "log/manifest.h"

#include <cstring>

#include "base/coding.h"
#include "log/file_name.h"
#include "log/metalog_entry.h"

namespace daybook {
namespace {

constexpr char kManifestMagic[8] = {'D', 'A', 'Y', 'B', 'K', 'M', 'A', 'N'};
constexpr size_t kCrcAt = 8;
constexpr size_t kFormatVersionAt = 12;
constexpr size_t kMinimumReaderAt = 16;
constexpr size_t kBodySizeAt = 20;
constexpr size_t kGenerationAt = 24;
constexpr size_t kLogIdAt = 32;
constexpr size_t kSeedAt = 48;
constexpr size_t kHeaderSize = 64;
// A manifest names a few dozen bytes per segment; a longer file is not one.
constexpr uint64_t kManifestBytesMax = uint64_t{256} << 20U;

bool DecodeSegment(ByteReader* reader, ManifestSegment* segment) {
  uint64_t kind = 0;
  uint64_t lane = 0;
  uint64_t state = 0;
  if (!reader->ReadVarint(&segment->segment) || !reader->ReadVarint(&kind) || !reader->ReadVarint(&lane) ||
      !reader->ReadVarint(&state) || !reader->ReadVarint(&segment->first_batch) ||
      !reader->ReadVarint(&segment->end_batch) || !reader->ReadVarint(&segment->end_offset)) {
    return false;
  }
  if (kind < 1 || kind > 2 || lane > UINT16_MAX || state > 1) return false;
  segment->kind = static_cast<SegmentKind>(kind);
  segment->lane = static_cast<uint32_t>(lane);
  segment->closed = state == 1;
  return true;
}

Status DecodeBody(std::span<const std::byte> body, Manifest* manifest) {
  const Status damaged(StatusCode::kCorrupt, "the manifest's body does not parse");
  ByteReader reader(body);
  uint64_t count = 0;
  if (!reader.ReadVarint(&manifest->term) || !reader.ReadVarint(&manifest->created_ms) ||
      !reader.ReadU64(&manifest->incarnation) || !reader.ReadVarint(&manifest->next_segment) ||
      !reader.ReadVarint(&manifest->reserved_seqnum) || !reader.ReadVarint(&count) ||
      count > reader.remaining()) {
    return damaged;
  }
  manifest->segments.resize(count);
  for (ManifestSegment& segment : manifest->segments) {
    if (!DecodeSegment(&reader, &segment)) return damaged;
  }
  if (!reader.ReadVarint(&count)) return damaged;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t kind = 0;
    uint64_t size = 0;
    if (!reader.ReadVarint(&kind) || !reader.ReadVarint(&size) || !reader.Skip(size)) return damaged;
    if (kind < kKindSkippable) {
      return {StatusCode::kFormat, "the manifest holds a field (kind " + std::to_string(kind) +
                                       ") that this version of daybook does not know"};
    }
  }
  return reader.remaining() == 0 ? Status::Ok() : damaged;
}

Status ReadWholeFile(Env* env, const std::string& path, std::vector<std::byte>* bytes) {
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kRead, &file));
  uint64_t size = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
  if (size > kManifestBytesMax) return {StatusCode::kCorrupt, path + " is too long to be a manifest"};
  bytes->resize(size);
  size_t count = 0;
  DAYBOOK_RETURN_IF_ERROR(file->Read(0, *bytes, &count));
  bytes->resize(count);
  return Status::Ok();
}

std::string TemporaryPath(const std::string& directory, int copy) {
  return JoinPath(directory, ManifestFileName(copy)) + std::string(kTemporarySuffix);
}

Status WriteTemporary(Env* env, const std::string& directory, int copy, std::span<const std::byte> bytes) {
  const std::string path = TemporaryPath(directory, copy);
  Status removed = env->Remove(path);
  if (!removed.ok() && !removed.Is(StatusCode::kNotFound)) return removed;
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kCreateNew, &file));
  const std::span<const std::byte> pieces[] = {bytes};
  DAYBOOK_RETURN_IF_ERROR(file->Write(0, pieces));
  DAYBOOK_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

std::vector<std::byte> EncodeManifest(const Manifest& manifest) {
  std::vector<std::byte> out(kHeaderSize);
  ByteWriter writer(&out);
  writer.PutVarint(manifest.term);
  writer.PutVarint(manifest.created_ms);
  writer.PutU64(manifest.incarnation);
  writer.PutVarint(manifest.next_segment);
  writer.PutVarint(manifest.reserved_seqnum);
  writer.PutVarint(manifest.segments.size());
  for (const ManifestSegment& segment : manifest.segments) {
    writer.PutVarint(segment.segment);
    writer.PutVarint(static_cast<uint64_t>(segment.kind));
    writer.PutVarint(segment.lane);
    writer.PutVarint(segment.closed ? 1 : 0);
    writer.PutVarint(segment.first_batch);
    writer.PutVarint(segment.end_batch);
    writer.PutVarint(segment.end_offset);
  }
  writer.PutVarint(0);  // fields
  std::byte* header = out.data();
  std::memcpy(header, kManifestMagic, sizeof kManifestMagic);
  StoreU32(header + kFormatVersionAt, kFormatVersion);
  StoreU32(header + kMinimumReaderAt, kMinimumReader);
  StoreU32(header + kBodySizeAt, static_cast<uint32_t>(out.size() - kHeaderSize));
  StoreU64(header + kGenerationAt, manifest.generation);
  std::memcpy(header + kLogIdAt, manifest.identity.id().data(), kLogIdSize);
  std::memcpy(header + kSeedAt, manifest.identity.seed_bytes().data(), kHashSeedSize);
  StoreU32(header + kCrcAt, Crc32c(std::span(out).subspan(kFormatVersionAt)));
  return out;
}

Status DecodeManifest(std::span<const std::byte> bytes, Manifest* manifest) {
  const std::byte* header = bytes.data();
  if (bytes.size() < kHeaderSize || std::memcmp(header, kManifestMagic, sizeof kManifestMagic) != 0) {
    return {StatusCode::kCorrupt, "the manifest does not begin as one"};
  }
  if (Crc32c(bytes.subspan(kFormatVersionAt)) != LoadU32(header + kCrcAt)) {
    return {StatusCode::kCorrupt, "the manifest's checksum does not hold"};
  }
  const uint32_t minimum_reader = LoadU32(header + kMinimumReaderAt);
  if (minimum_reader > kFormatVersion) {
    return {StatusCode::kFormat, "the log has format version " +
                                     std::to_string(LoadU32(header + kFormatVersionAt)) +
                                     " and needs a reader of version " + std::to_string(minimum_reader) +
                                     "; this daybook reads up to version " + std::to_string(kFormatVersion)};
  }
  if (LoadU32(header + kBodySizeAt) != bytes.size() - kHeaderSize) {
    return {StatusCode::kCorrupt, "the manifest has the wrong length"};
  }
  LogIdentity::Id id;
  LogIdentity::Seed seed;
  std::memcpy(id.data(), header + kLogIdAt, id.size());
  std::memcpy(seed.data(), header + kSeedAt, seed.size());
  manifest->identity = LogIdentity(id, seed);
  manifest->generation = LoadU64(header + kGenerationAt);
  return DecodeBody(bytes.subspan(kHeaderSize), manifest);
}

Status ReadManifest(Env* env, const std::string& directory, ManifestState* state) {
  Status failure;
  int good = 0;
  bool exists = false;
  for (int copy = 0; copy < 2; ++copy) {
    const std::string path = JoinPath(directory, ManifestFileName(copy));
    std::vector<std::byte> bytes;
    Manifest manifest;
    Status status = ReadWholeFile(env, path, &bytes);
    if (status.Is(StatusCode::kNotFound)) continue;
    exists = true;
    if (status.ok()) status = DecodeManifest(bytes, &manifest);
    if (status.Is(StatusCode::kFormat)) return status;
    if (!status.ok()) {
      failure = Status(status.code(), path + ": " + status.message(), status.system_error());
      continue;
    }
    if (good > 0 && manifest.generation != state->manifest.generation) state->needs_repair = true;
    if (good == 0 || manifest.generation > state->manifest.generation) state->manifest = manifest;
    ++good;
  }
  state->found = good > 0;
  if (good < 2) state->needs_repair = true;
  if (exists && good == 0) return failure;
  return Status::Ok();
}

Status WriteManifest(Env* env, const std::string& directory, const Manifest& manifest, bool* reached_disk) {
  *reached_disk = false;
  const std::vector<std::byte> bytes = EncodeManifest(manifest);
  // Both are written before either counts: a disk that is full is noticed while nothing has changed.
  for (int copy = 0; copy < 2; ++copy) {
    DAYBOOK_RETURN_IF_ERROR(WriteTemporary(env, directory, copy, bytes));
  }
  // From here on the names may carry the new content whatever the calls say.
  *reached_disk = true;
  for (int copy = 0; copy < 2; ++copy) {
    DAYBOOK_RETURN_IF_ERROR(
        env->Rename(TemporaryPath(directory, copy), JoinPath(directory, ManifestFileName(copy))));
    DAYBOOK_RETURN_IF_ERROR(env->SyncDirectory(directory));
  }
  return Status::Ok();
}

}  // namespace daybook
