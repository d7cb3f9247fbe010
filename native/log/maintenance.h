// The background of the engine: writes the full part of the index as a run, with a checkpoint; makes
// segments ready before they are needed; merges runs; frees the space of what was trimmed. Every
// step takes effect by one replacement of the manifest, so that a crash between any two operations
// leaves the old state or the new one.
//
// One thread at a time calls it, beside the writing side and the readers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daybook/env.h"
#include "daybook/options.h"
#include "log/block_cache.h"
#include "log/engine_metrics.h"
#include "log/handover.h"
#include "log/index_loader.h"
#include "log/log_state.h"
#include "log/manifest_store.h"

namespace daybook {

// What the background works on; everything outlives it.
struct MaintenanceWorld {
  Env* env = nullptr;
  std::string directory;
  EngineOptions options;
  std::shared_ptr<BlockCache> cache;
  LogState* state = nullptr;
  ManifestStore* manifests = nullptr;
  Handover* handover = nullptr;
  EngineMetrics* metrics = nullptr;
};

// With more index runs than the first number the background merges without a pause, and the more of them
// the longer before it takes the next part of the index, so that appends may come to wait for it. With
// more than the second they wait in any case.
inline constexpr size_t kRunsMany = 8;
inline constexpr size_t kRunsMax = 64;

class Maintenance {
 public:
  using GoOn = std::function<bool()>;

  explicit Maintenance(const MaintenanceWorld& world) : world_(world) {}

  // Takes up what recovery has found.
  void Start(const LogIdentity& identity, uint64_t term, const std::vector<SegmentDead>& dead,
             std::vector<std::string> useless);

  // Does all that is pending. `*poisoned`: the manifest is in doubt, the log must not be written.
  Status Run(const GoOn& go_on, bool* poisoned);

  // The run does not hold what it should: makes it again. From any thread.
  Status Repair(uint64_t run);

  // For those who look from outside.
  [[nodiscard]] uint64_t trims_counted() const { return trims_counted_.load(); }
  // Some book has a retention, so that time and appends alone give work.
  [[nodiscard]] bool retains() const { return retains_.load(); }
  // It waits for a state frame; what waited for one can go on.
  [[nodiscard]] bool IsStateMissing(uint64_t state_told) const {
    return waits_for_state_.load() && state_told < state_needed_.load();
  }
  [[nodiscard]] bool IsStateThere(uint64_t state_told) const {
    return waits_for_state_.load() && state_told >= state_needed_.load();
  }
  [[nodiscard]] uint64_t reserve_bytes() const { return reserve_bytes_.load(); }
  [[nodiscard]] uint64_t reclaimable_bytes() const { return reclaimable_bytes_.load(); }
  // By the first segment of a group: records known to be dead.
  [[nodiscard]] std::map<uint64_t, uint64_t> dead() const {
    const std::lock_guard lock(shown_mutex_);
    return shown_dead_;
  }

 private:
  // Files that are being made: they go again if it comes to nothing, a full disk above all.
  class Draft {
   public:
    explicit Draft(Maintenance* maintenance) : maintenance_(maintenance) {}
    ~Draft();
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    void Add(const std::string& name) { names_.push_back(name); }
    void AddSegment(uint64_t segment);
    void Keep() { names_.clear(); }

   private:
    Maintenance* const maintenance_;
    std::vector<std::string> names_;
  };

  class Survivors;

  // --- maintenance.cc ---
  Status WriteFrozen();
  Status WriteFrozenHeld();
  [[nodiscard]] bool IsBehind() const;
  Status KeepUp(uint64_t from_seqnum, const GoOn& go_on);
  Status PrepareGroup(const GoOn& go_on);
  Status CloseLeft();
  Status Update(const std::function<void(Manifest*)>& edit);
  void PublishVersion(const std::function<void(IndexVersion*)>& edit, bool drop_frozen);
  void RemoveUseless();
  [[nodiscard]] uint64_t RecyclableBytes() const;
  [[nodiscard]] uint64_t LogBytes(const Manifest& manifest) const;
  [[nodiscard]] IndexPlace Place() const;

  // --- maintenance_merge.cc ---
  Status Merge(const GoOn& go_on, bool* worked);
  Status MergeNewest(uint64_t from_seqnum, const GoOn& go_on, bool* worked);
  Status MergeThese(const std::vector<SharedRun>& runs, const Manifest& manifest, const GoOn& go_on);
  Status DropDeadRuns(const Manifest& manifest, bool* worked);

  // What has left the count of a book.
  struct CountedDead {
    uint64_t records = 0;
    uint64_t bytes = 0;
  };

  // --- maintenance_tags.cc ---
  Status CountTags(const Manifest& manifest, const GoOn& go_on);
  Status CountTag(TagMark mark, const Manifest& manifest, const GoOn& go_on);
  void ForgetMarks(uint64_t book);
  Status HasLostItsTags(uint64_t book, uint64_t seqnum, const TagHash* counted_now, bool* lost) const;
  [[nodiscard]] bool HasLostItsTags(const RecordView& record, uint64_t seqnum) const;

  // --- maintenance_reclaim.cc ---
  Status CountTrims(const GoOn& go_on);
  Status CountBook(uint64_t number, const BookTable::Book& book, const Manifest& manifest, const GoOn& go_on);
  Status CountRecords(StreamKind kind, uint64_t stream, uint64_t from, uint64_t to, const Manifest& manifest,
                      const GoOn& go_on, const std::function<Status(uint64_t seqnum, bool* is_dead)>& judge,
                      CountedDead* counted);
  Status Reclaim(const GoOn& go_on, bool* worked);
  bool IsStateTold(const ManifestSegment& segment, uint64_t state_batch, bool may_ask);
  [[nodiscard]] uint64_t StateBytes() const;
  Status ScanRecords(const Manifest& manifest, size_t listed,
                     const std::function<Status(const RecordLocation&, const RecordView&)>& visit,
                     std::vector<DamagedRange>* damage) const;
  Status ReclaimGroup(const Manifest& manifest, size_t listed, const GoOn& go_on, bool* worked);
  Status Replace(const ManifestSegment& group, const ManifestSegment* rewritten,
                 const IndexRunInfo& overlay_info);
  void LetGo(const ManifestSegment& segment);
  void NoteReclaimable(const Manifest& manifest);
  Status Retain(const GoOn& go_on);
  Status TrimFor(uint64_t book, const BookTable::Book& entry, const GoOn& go_on, uint64_t* before);

  const MaintenanceWorld world_;
  LogIdentity identity_;
  uint64_t term_ = 0;
  bool poisoned_ = false;
  uint64_t merge_debt_ = 0;                 // items to merge before a merge stops for the next frozen table
  Status kept_up_;                          // why something long was given up, where nobody asked for it
  std::mutex index_mutex_;                  // whoever changes the list of runs holds it
  std::map<uint64_t, uint64_t> dead_;       // by the first segment of a group: records known to be dead
  bool state_stale_ = true;                 // what was counted is not yet asked to be told
  std::atomic<uint64_t> state_needed_ = 0;  // the request that asked for it
  std::atomic<bool> waits_for_state_ = false;
  std::map<uint64_t, uint64_t> spared_;  // groups that were looked at and cannot be reclaimed as they are
  std::vector<std::string> useless_;     // files to be removed
  // Files whose blocks may be used again.
  struct Recyclable {
    std::string path;
    uint64_t bytes = 0;
  };
  std::vector<Recyclable> recyclable_;
  std::atomic<uint64_t> trims_counted_ = 0;
  std::atomic<bool> retains_ = false;
  std::atomic<uint64_t> reserve_bytes_ = 0;
  std::atomic<uint64_t> reclaimable_bytes_ = 0;
  mutable std::mutex shown_mutex_;
  std::map<uint64_t, uint64_t> shown_dead_;  // a copy of dead_, under shown_mutex_
};

}  // namespace daybook
