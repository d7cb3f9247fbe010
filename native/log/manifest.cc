#include "log/manifest.h"

#include <cstring>

#include "base/coding.h"
#include "log/file_name.h"
#include "log/metalog_entry.h"
#include "log/whole_file.h"

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
      !reader->ReadVarint(&segment->end_batch) || !reader->ReadVarint(&segment->end_offset) ||
      !reader->ReadVarint(&segment->first_seqnum) || !reader->ReadVarint(&segment->end_seqnum) ||
      !reader->ReadU32(&segment->end_checksum) || !reader->ReadVarint(&segment->records) ||
      !reader->ReadVarint(&segment->overlay)) {
    return false;
  }
  if (kind < 1 || kind > 2 || lane > UINT16_MAX || state > 1) return false;
  segment->kind = static_cast<SegmentKind>(kind);
  segment->lane = static_cast<uint32_t>(lane);
  segment->closed = state == 1;
  return true;
}

enum Field : uint64_t {
  kNextFile = 1,
  kGone = 2,
  kRuns = 64,
  kOverlays = 65,
  kCheckpoints = 66,
  kTermEnds = 67,
};

bool DecodeRuns(ByteReader* reader, std::vector<IndexRunInfo>* runs) {
  while (reader->remaining() > 0) {
    IndexRunInfo run;
    if (!reader->ReadVarint(&run.run) || !reader->ReadVarint(&run.first_seqnum) ||
        !reader->ReadVarint(&run.end_seqnum) || !reader->ReadVarint(&run.bytes) ||
        !reader->ReadVarint(&run.records) || run.first_seqnum > run.end_seqnum) {
      return false;
    }
    runs->push_back(run);
  }
  return true;
}

bool DecodeCheckpoints(ByteReader* reader, std::vector<CheckpointInfo>* checkpoints) {
  while (reader->remaining() > 0) {
    CheckpointInfo info;
    if (!reader->ReadVarint(&info.checkpoint) || !reader->ReadVarint(&info.batch) ||
        !reader->ReadVarint(&info.bytes)) {
      return false;
    }
    checkpoints->push_back(info);
  }
  return true;
}

bool DecodeTermEnds(ByteReader* reader, std::vector<TermEnd>* ends) {
  while (reader->remaining() > 0) {
    TermEnd end;
    uint64_t clean = 0;
    if (!reader->ReadVarint(&end.term) || !reader->ReadVarint(&end.index) || !reader->ReadVarint(&clean) ||
        clean > 1) {
      return false;
    }
    end.clean = clean == 1;
    ends->push_back(end);
  }
  return true;
}

ParseResult DecodeField(uint64_t kind, std::span<const std::byte> body, Manifest* manifest) {
  ByteReader reader(body);
  bool good = true;
  switch (kind) {
    case kNextFile:
      good = reader.ReadVarint(&manifest->next_file);
      break;
    case kGone:
      good = reader.ReadVarint(&manifest->state_batch) && reader.ReadVarint(&manifest->gone_seqnum);
      break;
    case kRuns:
      good = DecodeRuns(&reader, &manifest->runs);
      break;
    case kOverlays:
      good = DecodeRuns(&reader, &manifest->overlays);
      break;
    case kCheckpoints:
      good = DecodeCheckpoints(&reader, &manifest->checkpoints);
      break;
    case kTermEnds:
      good = DecodeTermEnds(&reader, &manifest->term_ends);
      break;
    default:
      return kind < kKindSkippable ? ParseResult::kNewer : ParseResult::kOk;
  }
  return good && reader.remaining() == 0 ? ParseResult::kOk : ParseResult::kDamaged;
}

void EncodeField(uint64_t kind, const std::vector<std::byte>& body, ByteWriter* writer) {
  writer->PutVarint(kind);
  writer->PutVarint(body.size());
  writer->PutBytes(body);
}

std::vector<std::byte> EncodeRuns(const std::vector<IndexRunInfo>& runs) {
  std::vector<std::byte> body;
  for (const IndexRunInfo& run : runs) {
    for (const uint64_t value : {run.run, run.first_seqnum, run.end_seqnum, run.bytes, run.records})
      PutVarint(&body, value);
  }
  return body;
}

// Only what is not as in a manifest without it.
void EncodeFields(const Manifest& manifest, ByteWriter* writer) {
  std::vector<std::byte> fields;
  ByteWriter to(&fields);
  uint64_t count = 0;
  const auto put = [&](uint64_t kind, const std::vector<std::byte>& body, bool is_there) {
    if (!is_there) return;
    EncodeField(kind, body, &to);
    ++count;
  };
  std::vector<std::byte> next_file;
  PutVarint(&next_file, manifest.next_file);
  put(kNextFile, next_file, manifest.next_file != 1);
  std::vector<std::byte> gone;
  PutVarint(&gone, manifest.state_batch);
  PutVarint(&gone, manifest.gone_seqnum);
  put(kGone, gone, manifest.state_batch != 0 || manifest.gone_seqnum != 0);
  put(kRuns, EncodeRuns(manifest.runs), !manifest.runs.empty());
  put(kOverlays, EncodeRuns(manifest.overlays), !manifest.overlays.empty());
  std::vector<std::byte> checkpoints;
  for (const CheckpointInfo& info : manifest.checkpoints) {
    for (const uint64_t value : {info.checkpoint, info.batch, info.bytes}) PutVarint(&checkpoints, value);
  }
  put(kCheckpoints, checkpoints, !manifest.checkpoints.empty());
  std::vector<std::byte> term_ends;
  for (const TermEnd& end : manifest.term_ends) {
    for (const uint64_t value : {end.term, end.index, uint64_t{end.clean ? 1U : 0U}})
      PutVarint(&term_ends, value);
  }
  put(kTermEnds, term_ends, !manifest.term_ends.empty());
  writer->PutVarint(count);
  writer->PutBytes(fields);
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
    std::span<const std::byte> field;
    if (!reader.ReadVarint(&kind) || !reader.ReadVarint(&size) || !reader.ReadBytes(size, &field))
      return damaged;
    const ParseResult decoded = DecodeField(kind, field, manifest);
    if (decoded == ParseResult::kDamaged) return damaged;
    if (decoded == ParseResult::kNewer) {
      return {StatusCode::kFormat, "the manifest holds a field (kind " + std::to_string(kind) +
                                       ") that this version of daybook does not know"};
    }
  }
  return reader.remaining() == 0 ? Status::Ok() : damaged;
}

std::string TemporaryPath(const std::string& directory, int copy) {
  return JoinPath(directory, ManifestFileName(copy)) + std::string(kTemporarySuffix);
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
    writer.PutVarint(segment.first_seqnum);
    writer.PutVarint(segment.end_seqnum);
    writer.PutU32(segment.end_checksum);
    writer.PutVarint(segment.records);
    writer.PutVarint(segment.overlay);
  }
  EncodeFields(manifest, &writer);
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
    Status status = ReadWholeFile(env, path, kManifestBytesMax, &bytes);
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
    DAYBOOK_RETURN_IF_ERROR(WriteWholeFile(env, TemporaryPath(directory, copy), bytes));
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
