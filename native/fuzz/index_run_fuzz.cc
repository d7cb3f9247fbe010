// Damage of every kind to a real index run: each input is a list of edits (offset, kind, value). As they are,
// each answer is the right one or an error. With checksums made to fit (the first byte is odd) no answer can
// be known to be wrong, but none leaves the run's bounds, and nothing else happens.

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/coding.h"
#include "env/env_memory.h"
#include "fuzz/fuzz_support.h"
#include "log/index_run.h"
#include "log/index_run_format.h"

namespace daybook::fuzz {
namespace {

using index_run::kPageSize;

constexpr const char* kPath = "/log/index-0000000000000001";
constexpr uint64_t kFirst = 500;
constexpr uint64_t kEnd = 1500;
constexpr uint64_t kStreams = 40;

uint64_t KeyOf(uint64_t stream) { return (stream + 1) * 0x0123456789abcdefU; }
uint64_t StepOf(uint64_t stream) { return 1 + stream * stream % 90; }

// Stream i holds every so many-th seqnum.
std::vector<uint64_t> SeqnumsOf(uint64_t stream) {
  std::vector<uint64_t> seqnums;
  for (uint64_t seqnum = kFirst + stream; seqnum < kEnd; seqnum += StepOf(stream)) seqnums.push_back(seqnum);
  return seqnums;
}

RecordLocation LocationOf(uint64_t seqnum) {
  RecordLocation location;
  location.seqnum = seqnum;
  location.timestamp = seqnum / 7;
  location.segment = 1 + seqnum / 400;
  location.offset = 12288 + 100 * seqnum + (seqnum % 11 == 0 ? 5 : 0);
  location.size = 95 + seqnum % 3;
  location.shard = {1, 0, static_cast<uint32_t>(seqnum / 50 % 2)};
  location.local_id = seqnum;
  return location;
}

struct Pristine {
  Pristine() {
    DAYBOOK_ASSERT(env.CreateDirectory("/log").ok());
    std::unique_ptr<IndexRunWriter> writer;
    info = {1, kFirst, kEnd, 0, 0};
    DAYBOOK_ASSERT(IndexRunWriter::Create(&env, "/log", ExampleIdentity(), info, &writer).ok());
    for (uint64_t seqnum = kFirst; seqnum < kEnd; seqnum += 2)
      DAYBOOK_ASSERT(writer->AddLocation(LocationOf(seqnum)).ok());
    for (const StreamKind kind : {StreamKind::kTag, StreamKind::kBook}) {
      for (uint64_t stream = 0; stream < kStreams; ++stream) {
        DAYBOOK_ASSERT(writer->BeginStream(kind, KeyOf(stream)).ok());
        for (const uint64_t seqnum : SeqnumsOf(stream)) DAYBOOK_ASSERT(writer->AddPosting(seqnum).ok());
      }
    }
    DAYBOOK_ASSERT(writer->Finish(&info).ok());
    bytes = env.ReadWholeFile(kPath);
  }
  MemoryEnv env;
  IndexRunInfo info;
  std::vector<std::byte> bytes;
};

// Edits: place u16 in a page, page u8, kind u8, value u8.
std::vector<std::byte> Edited(std::vector<std::byte> bytes, ByteReader* reader, bool seal) {
  uint16_t place = 0;
  uint8_t page = 0;
  uint8_t kind = 0;
  uint8_t value = 0;
  const size_t pages = bytes.size() / kPageSize;
  while (reader->ReadU16(&place) && reader->ReadU8(&page) && reader->ReadU8(&kind) &&
         reader->ReadU8(&value)) {
    const size_t begin = page % pages * kPageSize;
    std::byte* const at = &bytes[begin + place % kPageSize];
    if (kind % 3 == 0) *at = static_cast<std::byte>(value);
    if (kind % 3 == 1) *at ^= static_cast<std::byte>(1U << (value % 8));
    if (kind % 3 == 2) std::copy_n(&bytes[value % pages * kPageSize], kPageSize, &bytes[begin]);
    if (!seal || begin == 0 || page % pages == pages - 1) continue;
    index_run::Page sealed;
    std::copy_n(&bytes[begin], kPageSize, sealed.begin());
    index_run::SealPage(index_run::RunCrcBase(ExampleIdentity(), 1), page % pages,
                        static_cast<index_run::PageKind>(sealed[4]), index_run::PageFlags(sealed),
                        index_run::PageCount(sealed), &sealed);
    std::copy(sealed.begin(), sealed.end(), &bytes[begin]);
  }
  return bytes;
}

void AskStreams(const IndexRun& run, bool sealed) {
  for (uint64_t stream = 0; stream < kStreams; stream += 3) {
    for (const bool reverse : {false, true}) {
      const StreamKind kind = stream % 2 == 0 ? StreamKind::kTag : StreamKind::kBook;
      std::vector<uint64_t> seqnums;
      bool more = false;
      const Status status = run.ReadPostings(kind, KeyOf(stream), kFirst, kEnd, reverse, 2000,
                                             ReadMode::kMayBlock, &seqnums, &more);
      DAYBOOK_ASSERT(status.ok() || (status.Is(StatusCode::kCorrupt) && seqnums.empty()));
      for (const uint64_t seqnum : seqnums) DAYBOOK_ASSERT(seqnum >= kFirst && seqnum < kEnd);
      if (sealed || !status.ok()) continue;
      if (reverse) std::reverse(seqnums.begin(), seqnums.end());
      DAYBOOK_ASSERT(seqnums == SeqnumsOf(stream));
    }
  }
}

void AskLocations(const IndexRun& run, bool sealed) {
  for (uint64_t seqnum = kFirst; seqnum < kEnd; seqnum += 37) {
    RecordLocation location;
    bool found = false;
    const Status status = run.Locate(seqnum, ReadMode::kMayBlock, &location, &found);
    DAYBOOK_ASSERT(status.ok() || status.Is(StatusCode::kCorrupt));
    if (!status.ok()) continue;
    DAYBOOK_ASSERT(!found || location.seqnum == seqnum);
    DAYBOOK_ASSERT(sealed || found == (seqnum % 2 == 0));
    DAYBOOK_ASSERT(sealed || !found || location.offset == LocationOf(seqnum).offset);
    std::optional<uint64_t> first;
    (void)run.FirstAtOrAfterTime(seqnum / 7, ReadMode::kMayBlock, &first);
  }
}

void WalkAlong(const IndexRun& run) {
  const std::unique_ptr<IndexRunCursor> cursor = run.Walk();
  bool found = true;
  RecordLocation location;
  while (found && cursor->NextLocation(&location, &found).ok()) {
    DAYBOOK_ASSERT(!found || (location.seqnum >= kFirst && location.seqnum < kEnd));
  }
  std::vector<uint64_t> seqnums;
  StreamKind kind = StreamKind::kTag;
  uint64_t key = 0;
  found = true;
  while (found && cursor->NextStream(&kind, &key, &found).ok()) {
    if (!cursor->NextPostings(1000, &seqnums).ok()) break;
  }
  for (const uint64_t seqnum : seqnums) DAYBOOK_ASSERT(seqnum >= kFirst && seqnum < kEnd);
}

}  // namespace
}  // namespace daybook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace daybook::fuzz;  // NOLINT(google-build-using-namespace)
  using daybook::BlockCache;
  using daybook::IndexRun;
  static Pristine* const pristine = new Pristine;
  daybook::ByteReader reader(Bytes(data, size));
  uint8_t mode = 0;
  if (!reader.ReadU8(&mode)) return 0;
  const bool sealed = mode % 2 == 1;
  pristine->env.WriteWholeFile(kPath, Edited(pristine->bytes, &reader, sealed));
  std::shared_ptr<const IndexRun> run;
  if (!IndexRun::Open(&pristine->env, "/log", ExampleIdentity(), pristine->info,
                      std::make_shared<BlockCache>(1U << 20U), &run)
           .ok())
    return 0;
  AskStreams(*run, sealed);
  AskLocations(*run, sealed);
  WalkAlong(*run);
  return 0;
}
