#include "log/tag_index_chain.h"

namespace daybook {

bool TagIndexChain::Add(std::span<const uint64_t> streams, uint64_t seqnum) {
  if (end_ > 0 && seqnum < end_ - 1) return false;
  if (parts_.empty() || seqnum - parts_.back()->base() >= TagIndex::kSpan)
    parts_.push_back(std::make_unique<TagIndex>(seqnum));
  TagIndex& part = *parts_.back();
  for (const uint64_t stream : streams) {
    const TagIndex::Stream known = part.Find(stream);
    // Hashes collide, so two tags of a record may be one stream.
    if (known.size() > 0 && known[known.size() - 1] == seqnum) continue;
    part.Add(stream, seqnum);
    ++postings_;
  }
  end_ = seqnum + 1;
  return true;
}

std::optional<uint64_t> TagIndexChain::Next(uint64_t stream, uint64_t from) const {
  for (const auto& part : parts_) {
    if (from >= part->base() && from - part->base() >= TagIndex::kSpan) continue;
    if (const std::optional<uint64_t> found = part->Next(stream, from)) return found;
  }
  return std::nullopt;
}

std::optional<uint64_t> TagIndexChain::Previous(uint64_t stream, uint64_t to) const {
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    if (to < (*part)->base()) continue;
    if (const std::optional<uint64_t> found = (*part)->Previous(stream, to)) return found;
  }
  return std::nullopt;
}

uint64_t TagIndexChain::stream_count() const {
  uint64_t streams = 0;
  for (const auto& part : parts_) streams += part->stream_count();
  return streams;
}

size_t TagIndexChain::bytes() const {
  size_t bytes = 0;
  for (const auto& part : parts_) bytes += sizeof(TagIndex) + part->bytes();
  return bytes;
}

}  // namespace daybook
