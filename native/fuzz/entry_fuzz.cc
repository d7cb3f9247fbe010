// Any bytes as a metalog entry, as a frame's header and as a manifest's body, under checksums that hold. What
// is taken as an entry is written back, and applied to a cursor, which never goes back.

#include <vector>

#include "base/coding.h"
#include "fuzz/fuzz_support.h"
#include "log/frame_format.h"
#include "log/manifest.h"
#include "log/metalog_cursor.h"
#include "log/metalog_entry.h"

namespace daybook::fuzz {
namespace {

void TryEntry(std::span<const std::byte> bytes) {
  MetalogEntry entry;
  if (DecodeMetalogEntry(bytes, &entry) != ParseResult::kOk) return;
  std::vector<std::byte> written;
  EncodeMetalogEntry(entry, &written);
  MetalogEntry again;
  DAYBOOK_ASSERT(DecodeMetalogEntry(written, &again) == ParseResult::kOk);
  DAYBOOK_ASSERT(again.index == entry.index && again.cut == entry.cut && again.commands == entry.commands);

  MetalogCursor cursor;
  cursor.SkipTo(entry.index - 1, 1000);
  std::vector<OrderedRun> runs;
  if (!cursor.Apply(entry, &runs).ok()) {
    DAYBOOK_ASSERT(cursor.next_seqnum() == 1000 && runs.empty());
    return;
  }
  uint64_t seqnum = entry.first_seqnum;
  for (const OrderedRun& run : runs) {
    DAYBOOK_ASSERT(run.first_seqnum == seqnum && run.count > 0 && run.count <= kSeqnumEnd - seqnum);
    seqnum += run.count;
  }
  DAYBOOK_ASSERT(cursor.next_seqnum() == seqnum && seqnum >= 1000 && seqnum <= kSeqnumEnd);
}

// The header's checksum is made to hold, else no input would come far.
void TryFrameHeader(const LogIdentity& identity, std::span<const std::byte> bytes) {
  if (bytes.size() < kFrameHeaderSize) return;
  std::vector<std::byte> sealed(bytes.begin(), bytes.begin() + kFrameHeaderSize);
  StoreU32(sealed.data(), kFrameMagic);
  StoreU32(sealed.data() + 4, Crc32cExtend(identity.crc_base(), std::span(sealed).subspan(8)));
  FrameHeader header;
  if (DecodeFrameHeader(identity, sealed, &header) != ParseResult::kOk) return;
  std::vector<std::byte> written(kFrameHeaderSize);
  FrameHeader again = header;
  EncodeFrameHeader(identity, &again, written.data());
  DAYBOOK_ASSERT(DecodeFrameHeader(identity, written, &again) == ParseResult::kOk);
  DAYBOOK_ASSERT(again.shard == header.shard && again.body_size == header.body_size);
}

void TryManifest(const LogIdentity& identity, std::span<const std::byte> bytes) {
  Manifest empty;
  empty.identity = identity;
  std::vector<std::byte> sealed = EncodeManifest(empty);
  constexpr size_t kHeader = 64;
  sealed.resize(kHeader);
  sealed.insert(sealed.end(), bytes.begin(), bytes.end());
  StoreU32(sealed.data() + 20, static_cast<uint32_t>(bytes.size()));
  StoreU32(sealed.data() + 8, Crc32c(std::span(sealed).subspan(12)));
  Manifest manifest;
  if (!DecodeManifest(sealed, &manifest).ok()) return;
  Manifest again;
  DAYBOOK_ASSERT(DecodeManifest(EncodeManifest(manifest), &again).ok());
  DAYBOOK_ASSERT(again.segments.size() == manifest.segments.size());
}

}  // namespace
}  // namespace daybook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace daybook::fuzz;  // NOLINT(google-build-using-namespace)
  const auto bytes = Bytes(data, size);
  const daybook::LogIdentity identity = ExampleIdentity();
  TryEntry(bytes);
  TryFrameHeader(identity, bytes);
  TryManifest(identity, bytes);
  return 0;
}
