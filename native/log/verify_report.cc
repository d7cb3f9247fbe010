#include "log/verify_report.h"

#include "base/coding.h"

namespace daybook {
namespace {

// The finalizer of SplitMix64: a bijection that spreads every bit.
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

uint64_t MixAll(std::initializer_list<uint64_t> values) {
  uint64_t sum = 0;
  for (const uint64_t value : values) sum = Mix(sum ^ value);
  return sum;
}

bool ReadNumbers(ByteReader* reader, std::initializer_list<uint64_t*> numbers) {
  for (uint64_t* number : numbers) {
    if (!reader->ReadVarint(number)) return false;
  }
  return true;
}

void WriteNumbers(ByteWriter* writer, std::initializer_list<uint64_t> numbers) {
  for (const uint64_t number : numbers) writer->PutVarint(number);
}

bool DecodeChain(ByteReader* reader, BatchChain* chain) {
  uint64_t previous = 0;
  uint64_t last = 0;
  const bool good =
      ReadNumbers(reader, {&chain->first_batch, &chain->last_batch, &previous, &last, &chain->first_seqnum,
                           &chain->end_seqnum, &chain->first_offset, &chain->end_offset});
  chain->previous_checksum = static_cast<uint32_t>(previous);
  chain->last_checksum = static_cast<uint32_t>(last);
  return good;
}

bool DecodeProblem(ByteReader* reader, VerifyProblem* problem) {
  uint64_t whole_file = 0;
  uint64_t size = 0;
  std::span<const std::byte> what;
  if (!ReadNumbers(reader, {&problem->offset, &problem->batch, &whole_file, &problem->first_seqnum,
                            &problem->end_seqnum, &size}) ||
      !reader->ReadBytes(size, &what)) {
    return false;
  }
  problem->whole_file = whole_file != 0;
  problem->what.assign(reinterpret_cast<const char*>(what.data()), what.size());
  return true;
}

}  // namespace

void IndexDigest::AddLocation(const RecordLocation& location) {
  ++locations;
  location_sum += MixAll({location.seqnum, location.timestamp, location.segment, location.offset});
}

void IndexDigest::AddPosting(StreamKind kind, uint64_t key, uint64_t seqnum) {
  ++postings;
  posting_sum += MixAll({static_cast<uint64_t>(kind), key, seqnum});
}

void IndexDigest::Add(const IndexDigest& other) {
  locations += other.locations;
  location_sum += other.location_sum;
  postings += other.postings;
  posting_sum += other.posting_sum;
}

std::vector<std::byte> EncodeFileReport(const FileReport& report) {
  std::vector<std::byte> bytes;
  ByteWriter writer(&bytes);
  WriteNumbers(&writer, {report.bytes, report.batches, report.frames, report.records, report.commands,
                         report.flushed_batch, uint64_t{report.is_marked}, report.marked_term,
                         report.marked_batch, report.marked_seqnum, uint64_t{report.closed_properly},
                         report.chains.size(), report.digests.size(), report.problems.size()});
  for (const BatchChain& chain : report.chains) {
    WriteNumbers(&writer, {chain.first_batch, chain.last_batch, chain.previous_checksum, chain.last_checksum,
                           chain.first_seqnum, chain.end_seqnum, chain.first_offset, chain.end_offset});
  }
  for (const auto& [group, digest] : report.digests) {
    WriteNumbers(&writer,
                 {group, digest.locations, digest.location_sum, digest.postings, digest.posting_sum});
  }
  for (const VerifyProblem& problem : report.problems) {
    WriteNumbers(&writer, {problem.offset, problem.batch, uint64_t{problem.whole_file}, problem.first_seqnum,
                           problem.end_seqnum, problem.what.size()});
    writer.PutString(problem.what);
  }
  return bytes;
}

bool DecodeFileReport(std::span<const std::byte> bytes, FileReport* report) {
  ByteReader reader(bytes);
  uint64_t marked = 0;
  uint64_t closed = 0;
  uint64_t chains = 0;
  uint64_t digests = 0;
  uint64_t problems = 0;
  if (!ReadNumbers(&reader,
                   {&report->bytes, &report->batches, &report->frames, &report->records, &report->commands,
                    &report->flushed_batch, &marked, &report->marked_term, &report->marked_batch,
                    &report->marked_seqnum, &closed, &chains, &digests, &problems})) {
    return false;
  }
  report->is_marked = marked != 0;
  report->closed_properly = closed != 0;
  for (; chains > 0; --chains) {
    if (!DecodeChain(&reader, &report->chains.emplace_back())) return false;
  }
  for (; digests > 0; --digests) {
    uint64_t group = 0;
    IndexDigest digest;
    if (!ReadNumbers(&reader, {&group, &digest.locations, &digest.location_sum, &digest.postings,
                               &digest.posting_sum})) {
      return false;
    }
    report->digests[group] = digest;
  }
  for (; problems > 0; --problems) {
    if (!DecodeProblem(&reader, &report->problems.emplace_back())) return false;
  }
  return reader.remaining() == 0;
}

}  // namespace daybook
