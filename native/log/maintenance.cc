#include "log/maintenance.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "log/file_name.h"
#include "log/segment_policy.h"

namespace daybook {

void Maintenance::Start(const LogIdentity& identity, uint64_t term, const std::vector<SegmentDead>& dead,
                        std::vector<std::string> useless) {
  identity_ = identity;
  term_ = term;
  for (const SegmentDead& segment : dead) dead_[segment.segment] = segment.records;
  useless_ = std::move(useless);
  RemoveUseless();
}

void Maintenance::Draft::AddSegment(uint64_t segment) {
  Add(SegmentFileName(segment));
  Add(SegmentFileName(segment) + std::string(kTemporarySuffix));
}

// What the manifest may name stays, if it is not known which one is on the disk.
Maintenance::Draft::~Draft() {
  if (maintenance_->poisoned_) return;
  for (const std::string& name : names_)
    maintenance_->useless_.push_back(JoinPath(maintenance_->world_.directory, name));
}

Status Maintenance::Run(const GoOn& go_on, bool* poisoned) {
  *poisoned = false;
  kept_up_ = Status::Ok();
  // What takes long stops for what appends may come to wait for.
  const GoOn keep_up = [&] {
    if (!go_on()) return false;
    if (!IsBehind()) return true;
    const std::lock_guard index_lock(index_mutex_);
    kept_up_ = KeepUp(0, go_on);
    return kept_up_.ok();
  };
  Status status = WriteFrozen();
  if (status.ok()) status = PrepareGroup(go_on);
  if (status.ok()) status = CloseLeft();
  if (status.ok()) RemoveUseless();
  for (bool worked = true; status.ok() && worked && go_on();) {
    worked = false;
    status = Merge(go_on, &worked);
    if (status.ok()) status = Reclaim(keep_up, &worked);
    // What is counted has to be told again before anything goes: first goes what has been told, and while
    // that is on its way nothing is counted. Else a log that is trimmed all the time would tell, and never
    // let go.
    if (status.ok() && !worked && !waits_for_state_) {
      status = CountTrims(keep_up);
      if (status.ok()) status = Reclaim(keep_up, &worked);
    }
    if (status.ok()) status = WriteFrozen();
    if (status.ok()) RemoveUseless();
  }
  if (status.ok()) status = Retain(keep_up);
  if (!kept_up_.ok()) status = kept_up_;
  RemoveUseless();
  if (status.Is(StatusCode::kClosed)) status = Status::Ok();  // ended early, as it was asked to
  *poisoned = poisoned_;
  return status;
}

IndexPlace Maintenance::Place() const {
  return {world_.env, world_.directory, identity_, world_.cache, world_.options.memory_share()};
}

// Every replacement of the manifest also says what the writing side has left since.
Status Maintenance::Update(const std::function<void(Manifest*)>& edit) {
  std::vector<LeftGroup> left;
  uint64_t group_segment = 0;
  uint64_t group_first_batch = 0;
  uint64_t state_batch = 0;
  {
    const std::lock_guard lock(world_.handover->mutex);
    left = world_.handover->left;
    group_segment = world_.handover->group_segment;
    group_first_batch = world_.handover->group_first_batch;
    state_batch = world_.handover->state_batch;
  }
  bool poisoned = false;
  const Status status = world_.manifests->Update(
      [&](Manifest* manifest) {
        ApplyLeft(left, group_segment, group_first_batch, manifest);
        manifest->state_batch = std::max(manifest->state_batch, state_batch);
        edit(manifest);
      },
      &poisoned);
  poisoned_ = poisoned_ || poisoned;
  if (!status.ok()) return status;
  const std::lock_guard lock(world_.handover->mutex);
  std::vector<LeftGroup>& listed = world_.handover->left;
  listed.erase(listed.begin(), listed.begin() + static_cast<std::ptrdiff_t>(left.size()));
  return Status::Ok();
}

void Maintenance::PublishVersion(const std::function<void(IndexVersion*)>& edit, bool drop_frozen) {
  // Readers copy the pointer; what they hold stays as it is.
  auto next = std::make_shared<IndexVersion>();
  {
    const std::shared_lock lock(world_.state->mutex);
    *next = *world_.state->version;
  }
  edit(next.get());
  const std::unique_lock lock(world_.state->mutex);
  world_.state->version = std::move(next);
  if (drop_frozen) world_.state->frozen.reset();
}

bool Maintenance::IsBehind() const {
  {
    const std::shared_lock lock(world_.state->mutex);
    if (world_.state->frozen != nullptr) return true;
  }
  const std::lock_guard lock(world_.handover->mutex);
  return !world_.handover->prepared.has_value() || !world_.handover->left.empty();
}

// In the middle of something that takes long: what appends may come to wait for, and so many merges
// of the runs from `from_seqnum` on that they stay few. A merge may stop for merges of newer runs,
// and those again.
// REQUIRES: index_mutex_ is held.
Status Maintenance::KeepUp(uint64_t from_seqnum, const GoOn& go_on) {
  if (!IsBehind()) return Status::Ok();
  DAYBOOK_RETURN_IF_ERROR(WriteFrozenHeld());
  DAYBOOK_RETURN_IF_ERROR(PrepareGroup(go_on));
  DAYBOOK_RETURN_IF_ERROR(CloseLeft());
  for (bool worked = true; worked;) {
    worked = false;
    DAYBOOK_RETURN_IF_ERROR(MergeNewest(from_seqnum, go_on, &worked));
  }
  // Now, not when what takes long is over: until then the merged runs would be on the disk twice and thrice.
  RemoveUseless();
  return Status::Ok();
}

Status Maintenance::WriteFrozen() {
  const std::lock_guard index_lock(index_mutex_);
  return WriteFrozenHeld();
}

// REQUIRES: index_mutex_ is held.
Status Maintenance::WriteFrozenHeld() {
  std::shared_ptr<const MemTable> frozen;
  {
    const std::shared_lock lock(world_.state->mutex);
    frozen = world_.state->frozen;
  }
  Checkpoint checkpoint;
  {
    const std::lock_guard lock(world_.handover->mutex);
    if (frozen == nullptr || !world_.handover->checkpoint.has_value()) return Status::Ok();
    checkpoint = *world_.handover->checkpoint;
  }
  for (const auto& [segment, records] : dead_) checkpoint.dead.push_back({segment, records});
  Draft draft(this);
  IndexRunInfo info;
  SharedRun run;
  if (!frozen->empty()) {
    info.run = world_.manifests->TakeFile();
    draft.Add(IndexRunFileName(info.run));
    info.end_seqnum = checkpoint.cursor.next_seqnum();
    DAYBOOK_RETURN_IF_ERROR(WriteMemTable(world_.env, world_.directory, identity_, *frozen, &info));
    DAYBOOK_RETURN_IF_ERROR(
        IndexRun::Open(world_.env, world_.directory, identity_, info, world_.cache, &run));
  }
  CheckpointInfo listed;
  listed.checkpoint = world_.manifests->TakeFile();
  draft.Add(CheckpointFileName(listed.checkpoint));
  DAYBOOK_RETURN_IF_ERROR(WriteCheckpoint(world_.env, world_.directory, identity_, checkpoint, &listed));
  std::vector<uint64_t> replaced;
  DAYBOOK_RETURN_IF_ERROR(Update([&](Manifest* manifest) {
    replaced.clear();
    if (run != nullptr) manifest->runs.push_back(info);
    manifest->checkpoints.insert(manifest->checkpoints.begin(), listed);
    for (; manifest->checkpoints.size() > 2; manifest->checkpoints.pop_back())
      replaced.push_back(manifest->checkpoints.back().checkpoint);
  }));
  draft.Keep();
  if (run != nullptr) world_.metrics->runs_written.Add();
  world_.metrics->checkpoints_written.Add();
  for (const uint64_t id : replaced) useless_.push_back(JoinPath(world_.directory, CheckpointFileName(id)));
  PublishVersion(
      [&](IndexVersion* version) {
        if (run != nullptr) version->runs.push_back(run);
      },
      true);
  const uint64_t runs = world_.manifests->Get().runs.size();
  merge_debt_ = runs > kRunsMany ? (runs - kRunsMany) * frozen->items() / 2 : 0;
  const std::lock_guard lock(world_.handover->mutex);
  world_.handover->checkpoint.reset();
  return Status::Ok();
}

uint64_t Maintenance::RecyclableBytes() const {
  uint64_t bytes = 0;
  for (const Recyclable& file : recyclable_) bytes += file.bytes;
  return bytes;
}

uint64_t Maintenance::LogBytes(const Manifest& manifest) const {
  uint64_t bytes = 0;
  for (const ManifestSegment& segment : manifest.segments) bytes += segment.closed ? segment.end_offset : 0;
  return bytes;
}

// Segments for when the present ones are full, their blocks written before they are used.
Status Maintenance::PrepareGroup(const GoOn& go_on) {
  uint64_t limit = 0;
  uint64_t first_batch = 0;
  uint64_t group_bytes = 0;
  bool is_there = false;
  {
    const std::lock_guard lock(world_.handover->mutex);
    is_there = world_.handover->prepared.has_value();
    limit = world_.handover->group_limit;
    first_batch = world_.handover->published_batch + 2;
    group_bytes = world_.handover->group_bytes;
    if (is_there) {
      reserve_bytes_ = world_.handover->prepared->bytes() + RecyclableBytes();
      return Status::Ok();
    }
  }
  reserve_bytes_ = 0;
  const Manifest manifest = world_.manifests->Get();
  NewGroup plan;
  plan.identity = identity_;
  plan.lanes = world_.options.lanes;
  plan.first_segment = world_.manifests->TakeSegments(plan.lanes);
  plan.term = term_;
  plan.first_batch = first_batch;
  plan.limit = plan.written_before =
      NextSegmentBytes(world_.options, limit, LogBytes(manifest) + group_bytes);
  SegmentGroup group;
  group.limit = plan.limit;
  group.first_batch = first_batch;
  Draft draft(this);
  for (uint64_t lane = 0; lane < plan.lanes; ++lane) draft.AddSegment(plan.first_segment + lane);
  for (uint64_t lane = 0; lane < plan.lanes; ++lane) {
    std::unique_ptr<SegmentWriter> writer;
    const SegmentHeader header = HeaderOfLane(world_.env, plan, lane);
    Status made(StatusCode::kNotFound, "nothing to recycle");
    if (!recyclable_.empty()) {
      const std::string path = recyclable_.back().path;
      made = SegmentWriter::Recycle(world_.env, world_.directory, path, header, &writer);
      if (!made.ok()) useless_.push_back(path);
      recyclable_.pop_back();
    }
    if (!made.ok()) {
      DAYBOOK_RETURN_IF_ERROR(
          SegmentWriter::Create(world_.env, world_.directory, header, plan.written_before, &writer, go_on));
    }
    group.limit = std::min(std::max(group.limit, writer->written_before()), world_.options.segment_bytes);
    group.lanes.push_back(std::move(writer));
  }
  DAYBOOK_RETURN_IF_ERROR(Update([&](Manifest* next) { ListGroup(group, next); }));
  draft.Keep();
  reserve_bytes_ = group.bytes() + RecyclableBytes();
  const std::lock_guard lock(world_.handover->mutex);
  world_.handover->prepared = std::move(group);
  return Status::Ok();
}

Status Maintenance::CloseLeft() {
  {
    const std::lock_guard lock(world_.handover->mutex);
    if (world_.handover->left.empty()) return Status::Ok();
  }
  return Update([](Manifest*) {});
}

// What no manifest names any more. A file that cannot be removed only takes up space; the next
// opening tries again.
void Maintenance::RemoveUseless() {
  for (const std::string& path : useless_) (void)world_.env->Remove(path).ok();
  useless_.clear();
}

Status Maintenance::Repair(uint64_t run) {
  const std::lock_guard index_lock(index_mutex_);
  Manifest manifest = world_.manifests->Get();
  const auto with_id = [&](const IndexRunInfo& info) { return info.run == run; };
  const auto broken = std::find_if(manifest.runs.begin(), manifest.runs.end(), with_id);
  const auto overlaid = std::find_if(manifest.segments.begin(), manifest.segments.end(),
                                     [&](const ManifestSegment& segment) { return segment.overlay == run; });
  const bool is_run = broken != manifest.runs.end();
  if (!is_run && overlaid == manifest.segments.end()) return Status::Ok();  // somebody was quicker
  std::vector<SharedRun> made;
  std::vector<DamagedRange> damage;
  const TakeFile take_file = [&] { return world_.manifests->TakeFile(); };
  if (is_run) {
    DAYBOOK_RETURN_IF_ERROR(
        RebuildRuns(Place(), manifest, broken->first_seqnum, broken->end_seqnum, take_file, &made, &damage));
  } else {
    made.emplace_back();
    DAYBOOK_RETURN_IF_ERROR(RebuildOverlay(Place(), *overlaid, take_file, &made.front(), &damage));
  }
  // What the segments do not hold any more is damage of the log, not of its index.
  if (!damage.empty()) return {StatusCode::kCorrupt, damage.front().Describe()};
  DAYBOOK_RETURN_IF_ERROR(Update([&](Manifest* next) {
    std::vector<IndexRunInfo>& listed = is_run ? next->runs : next->overlays;
    const auto at = std::find_if(listed.begin(), listed.end(), with_id);
    if (at == listed.end()) return;
    std::vector<IndexRunInfo> infos;
    infos.reserve(made.size());
    for (const SharedRun& fresh : made) infos.push_back(fresh->info());
    listed.insert(listed.erase(at), infos.begin(), infos.end());
    for (ManifestSegment& segment : next->segments) {
      if (segment.overlay == run) segment.overlay = made.front()->info().run;
    }
  }));
  PublishVersion(
      [&](IndexVersion* version) {
        std::vector<SharedRun>& open = is_run ? version->runs : version->overlays;
        const auto at = std::find_if(open.begin(), open.end(),
                                     [&](const SharedRun& one) { return with_id(one->info()); });
        if (at != open.end()) open.insert(open.erase(at), made.begin(), made.end());
      },
      false);
  (void)world_.env->Remove(JoinPath(world_.directory, IndexRunFileName(run))).ok();
  return Status::Ok();
}

}  // namespace daybook
