#include "log/aux_mark.h"

#include <algorithm>
#include <vector>

#include "base/coding.h"
#include "base/crc32c.h"
#include "log/file_name.h"
#include "log/whole_file.h"

namespace daybook {
namespace {

constexpr uint32_t kMagic = 0x78756164;  // "daux"
constexpr uint32_t kVersion = 1;

// magic, version, log id, incarnation, term, next seqnum: what must be equal
std::vector<std::byte> EncodeOwner(const AuxOwner& owner) {
  std::vector<std::byte> bytes;
  ByteWriter writer(&bytes);
  writer.PutU32(kMagic);
  writer.PutU32(kVersion);
  writer.PutBytes(owner.identity.id());
  writer.PutU64(owner.incarnation);
  writer.PutU64(owner.term);
  writer.PutU64(owner.next_seqnum);
  return bytes;
}

constexpr size_t kFileSize = 8 + 8 + 4;

}  // namespace

Status WriteAuxMark(Env* env, const std::string& directory, const AuxOwner& owner, const AuxFile& file) {
  std::vector<std::byte> bytes = EncodeOwner(owner);
  ByteWriter writer(&bytes);
  writer.PutU64(file.number);
  writer.PutU64(file.size);
  writer.PutU32(file.checksum);
  writer.PutU32(Crc32cExtend(owner.identity.crc_base(), bytes));
  const std::string folder = JoinPath(directory, kAuxDirectoryName);
  DAYBOOK_RETURN_IF_ERROR(WriteWholeFile(env, JoinPath(folder, kAuxMarkName), bytes));
  return env->SyncDirectory(folder);
}

bool DecodeAuxMark(std::span<const std::byte> bytes, const AuxOwner& owner, AuxFile* file) {
  const std::vector<std::byte> expected = EncodeOwner(owner);
  const size_t checked = expected.size() + kFileSize;
  if (bytes.size() != checked + 4 || !std::equal(expected.begin(), expected.end(), bytes.begin()))
    return false;
  const uint32_t checksum = Crc32cExtend(owner.identity.crc_base(), bytes.first(checked));
  if (LoadU32(bytes.data() + checked) != checksum) return false;
  const std::byte* at = bytes.data() + expected.size();
  file->number = LoadU64(at);
  file->size = LoadU64(at + 8);
  file->checksum = LoadU32(at + 16);
  return true;
}

}  // namespace daybook
