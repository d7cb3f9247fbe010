#include "log/verdict.h"

#include "base/coding.h"
#include "log/identity.h"
#include "log/query.h"

namespace daybook {
namespace {

void EncodeDetail(const Verdict& verdict, std::vector<std::byte>* out) {
  if (verdict.kind == VerdictKind::kRepeatedKey) {
    PutVarint(out, verdict.first_seqnum);
    PutVarint(out, verdict.first_records);
    return;
  }
  PutVarint(out, verdict.conflicts.size());
  for (const Conflict& conflict : verdict.conflicts) {
    PutVarint(out, conflict.index);
    PutVarint(out, conflict.actual + 1);
  }
}

bool DecodeConflicts(ByteReader* reader, std::vector<Conflict>* conflicts) {
  uint64_t count = 0;
  if (!reader->ReadVarint(&count) || count == 0 || count > kConditionsMax) return false;
  conflicts->resize(count);
  uint64_t least = 0;
  for (Conflict& conflict : *conflicts) {
    uint64_t actual_plus_one = 0;
    if (!reader->ReadVarint(&conflict.index) || conflict.index < least || conflict.index >= kConditionsMax ||
        !reader->ReadVarint(&actual_plus_one) || actual_plus_one == 0 || actual_plus_one > kSeqnumEnd) {
      return false;
    }
    conflict.actual = actual_plus_one - 1;
    least = conflict.index + 1;
  }
  return true;
}

ParseResult DecodeDetail(uint64_t kind, std::span<const std::byte> bytes, Verdict* verdict) {
  ByteReader reader(bytes);
  bool good = false;
  switch (kind) {
    case static_cast<uint64_t>(VerdictKind::kConflict):
      good = DecodeConflicts(&reader, &verdict->conflicts);
      break;
    case static_cast<uint64_t>(VerdictKind::kRepeatedKey):
      good = reader.ReadVarint(&verdict->first_seqnum) && verdict->first_seqnum < kSeqnumEnd &&
             reader.ReadVarint(&verdict->first_records) && verdict->first_records > 0;
      break;
    default:
      return ParseResult::kNewer;
  }
  verdict->kind = static_cast<VerdictKind>(kind);
  return good && reader.remaining() == 0 ? ParseResult::kOk : ParseResult::kDamaged;
}

}  // namespace

void EncodeVerdicts(uint64_t metalog_index, std::span<const Verdict> verdicts, std::vector<std::byte>* out) {
  PutVarint(out, metalog_index);
  PutVarint(out, verdicts.size());
  std::vector<std::byte> detail;
  for (const Verdict& verdict : verdicts) {
    detail.clear();
    EncodeDetail(verdict, &detail);
    PutVarint(out, verdict.position);
    PutVarint(out, verdict.records);
    PutVarint(out, static_cast<uint64_t>(verdict.kind));
    PutVarint(out, detail.size());
    ByteWriter(out).PutBytes(detail);
  }
}

ParseResult DecodeVerdicts(std::span<const std::byte> bytes, uint64_t* metalog_index,
                           std::vector<Verdict>* verdicts) {
  ByteReader reader(bytes);
  uint64_t count = 0;
  verdicts->clear();
  if (!reader.ReadVarint(metalog_index) || !reader.ReadVarint(&count) || count > reader.remaining() / 4)
    return ParseResult::kDamaged;
  uint64_t least = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Verdict verdict;
    uint64_t kind = 0;
    uint64_t size = 0;
    std::span<const std::byte> detail;
    if (!reader.ReadVarint(&verdict.position) || verdict.position < least || verdict.position >= kSeqnumEnd ||
        !reader.ReadVarint(&verdict.records) || verdict.records == 0 ||
        verdict.records > kSeqnumEnd - verdict.position || !reader.ReadVarint(&kind) ||
        !reader.ReadVarint(&size) || !reader.ReadBytes(size, &detail)) {
      return ParseResult::kDamaged;
    }
    least = verdict.position + verdict.records;
    if (const ParseResult result = DecodeDetail(kind, detail, &verdict); result != ParseResult::kOk)
      return result;
    verdicts->push_back(std::move(verdict));
  }
  return reader.remaining() == 0 ? ParseResult::kOk : ParseResult::kDamaged;
}

}  // namespace daybook
