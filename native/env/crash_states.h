// CrashStates: every state in which a power cut may leave the disk of a MemoryEnv.
//
// What was flushed is there. Of the rest, since the last Sync or SyncDirectory:
//  - a sector of a file has one of the values that it had, whatever the other sectors have;
//  - the size is one that the file had: changes of the size take effect in their order, and so a
//    file may be longer with zeroes at its end, and what an effective truncation took away is gone;
//  - a change of names (a creation, a removal; a rename within a directory is one) took effect or
//    did not, if those before it that are about the same names did.
// A file whose every name is lost is lost.
#pragma once

#include <cstdint>
#include <memory>

#include "env/crash_choice.h"

namespace daybook {

class MemoryEnv;
namespace memory_env_internal {
struct World;
}  // namespace memory_env_internal

// Made by MemoryEnv::PowerCut. Cheap to copy, and used by one thread at a time.
class CrashStates {
 public:
  // How many combinations CrashChoice::Every goes through, or UINT64_MAX for more than fit. It is an
  // upper bound when files may lose their names, since nobody asks then what they hold.
  [[nodiscard]] uint64_t Count() const;

  // The world after the reboot: all that is there is flushed, nothing is open, no lock is held.
  std::unique_ptr<MemoryEnv> Make(CrashChoice& choice) const;

 private:
  friend class MemoryEnv;
  struct Plan;

  // `snapshot` belongs to these states alone.
  CrashStates(std::shared_ptr<memory_env_internal::World> snapshot, uint64_t sector_bytes);
  void Fill(CrashChoice& choice, memory_env_internal::World* world) const;

  std::shared_ptr<const Plan> plan_;
};

}  // namespace daybook
