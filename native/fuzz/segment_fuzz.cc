// Damage of every kind to a real segment: each input is a list of edits (offset, length, bytes). The replay
// answers with batches, damage or a torn end, and never hands out a record that was not written.

#include <algorithm>
#include <memory>
#include <vector>

#include "base/coding.h"
#include "env/env_memory.h"
#include "fuzz/fuzz_support.h"
#include "log/engine.h"
#include "log/file_name.h"
#include "log/manifest.h"
#include "log/replay.h"

namespace daybook::fuzz {
namespace {

constexpr uint64_t kBatches = 6;

// Record `i` of the segment: its data is 40 times the byte `i`.
std::vector<std::byte> Record(uint64_t i) {
  std::vector<std::byte> out;
  ByteWriter writer(&out);
  writer.PutU32(0);
  writer.PutU8(kRecordFirst);
  writer.PutU16(44);
  writer.PutU8(1);  // book
  writer.PutU8(1);  // one tag
  writer.PutU8(1);
  writer.PutU8('a');
  writer.PutBytes(std::vector<std::byte>(40, static_cast<std::byte>(i)));
  return out;
}

// A log of kBatches records, each a batch, as an unclean end leaves it.
struct Pristine {
  Pristine() {
    std::unique_ptr<Engine> engine;
    DAYBOOK_ASSERT(Engine::Open(&env, "/log", {}, &engine).ok());
    const uint64_t book = engine->OpenBook("book");
    for (uint64_t i = 0; i < kBatches; ++i) {
      const std::vector<std::byte> record = Record(i);
      CommitRequest request;
      request.shards = {{0, 1, {record}}};
      request.books = {book};
      CommitResult result;
      DAYBOOK_ASSERT(engine->Commit(request, &result).ok());
    }
    path = JoinPath("/log", SegmentFileName(1));
    segment = env.ReadWholeFile(path);
    ManifestState state;
    DAYBOOK_ASSERT(ReadManifest(&env, "/log", &state).ok());
    manifest = state.manifest;
  }
  MemoryEnv env;
  std::string path;
  std::vector<std::byte> segment;
  Manifest manifest;
};

// Edits: offset u16, kind u8, then by kind a byte to set, a bit to flip, a length to cut to, a copy.
std::vector<std::byte> Edited(std::vector<std::byte> segment, std::span<const std::byte> edits) {
  ByteReader reader(edits);
  uint16_t offset = 0;
  uint8_t kind = 0;
  uint8_t value = 0;
  while (reader.ReadU16(&offset) && reader.ReadU8(&kind) && reader.ReadU8(&value)) {
    if (segment.empty()) break;
    const size_t at = offset % segment.size();
    switch (kind % 4) {
      case 0:
        segment[at] = static_cast<std::byte>(value);
        break;
      case 1:
        segment[at] ^= static_cast<std::byte>(1U << (value % 8));
        break;
      case 2:
        segment.resize(std::max<size_t>(at, kSegmentDataOffset));
        break;
      default: {  // a sector over another
        const size_t from = at / kSectorSize * kSectorSize;
        const size_t to = value * kSectorSize % segment.size() / kSectorSize * kSectorSize;
        const size_t size = std::min({size_t{kSectorSize}, segment.size() - from, segment.size() - to});
        const std::vector<std::byte> sector(segment.begin() + static_cast<ptrdiff_t>(from),
                                            segment.begin() + static_cast<ptrdiff_t>(from + size));
        std::copy(sector.begin(), sector.end(), segment.begin() + static_cast<ptrdiff_t>(to));
      }
    }
  }
  return segment;
}

void ReplayAndRead(Pristine* pristine) {
  LogState state(0);
  state.identity = pristine->manifest.identity;
  ReplayResult result;
  DAYBOOK_ASSERT(Replay(&pristine->env, "/log", pristine->manifest, &state).Run(&result).ok());
  DAYBOOK_ASSERT(result.last_batch <= kBatches);
  for (uint64_t seqnum = 0; seqnum < kBatches; ++seqnum) {
    ReadOutput output;
    const Status status =
        ReadRecords(state, {1, "a", seqnum, seqnum, false, 1}, ReadMode::kMayBlock, &output);
    if (!status.ok() || output.found.empty()) continue;
    const FoundRecord& found = output.found[0];
    DAYBOOK_ASSERT(found.seqnum == seqnum && found.data_size == 40);
    for (size_t i = 0; i < found.data_size; ++i) {
      DAYBOOK_ASSERT(output.bytes()[found.data_begin + i] == static_cast<std::byte>(seqnum));
    }
  }
}

}  // namespace
}  // namespace daybook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace daybook::fuzz;  // NOLINT(google-build-using-namespace)
  static Pristine* const pristine = new Pristine;
  pristine->env.WriteWholeFile(pristine->path, Edited(pristine->segment, Bytes(data, size)));
  ReplayAndRead(pristine);
  return 0;
}
