// Aux data of a log: the cache, and what the log says about its records. Only records that there are have
// some, and those that are trimmed lose it. Safe from any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daybook/status.h"
#include "log/aux_cache.h"
#include "log/log_state.h"

namespace daybook {

class AuxData {
 public:
  // `state` outlives this.
  AuxData(const LogState* state, size_t bytes_max) : state_(state), cache_(bytes_max) {}

  // kInvalidArgument if the book has no record as far as that yet: another one may come to be there. On a
  // record that is trimmed nothing happens.
  Status Set(uint64_t book, uint64_t seqnum, std::span<const std::byte> bytes);
  [[nodiscard]] AuxValue Find(uint64_t book, uint64_t seqnum) { return cache_.Find(book, seqnum); }

  // After these commands have become visible.
  void NoteTrims(std::span<const Command> commands);

  // What is kept for the next process: entries, each with a checksum of its own, up to about `bytes_max` of
  // them from `*next` on.
  [[nodiscard]] std::vector<std::byte> Encode(std::span<const AuxEntry> entries, size_t bytes_max,
                                              size_t* next) const;
  // Takes up such entries; what does not hold is left out. False: no more of it is wanted.
  [[nodiscard]] bool Restore(std::span<const std::byte> encoded);

  [[nodiscard]] const AuxCache& cache() const { return cache_; }

 private:
  enum class Place : uint8_t { kHeld, kTrimmed, kAhead };
  [[nodiscard]] Place PlaceOf(uint64_t book, uint64_t seqnum) const;

  const LogState* const state_;
  AuxCache cache_;
};

}  // namespace daybook
