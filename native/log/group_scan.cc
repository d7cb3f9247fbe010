#include "log/group_scan.h"

#include <algorithm>

#include "log/replay_source.h"

namespace daybook {
namespace {

class GroupScan {
 public:
  GroupScan(const Manifest& manifest, uint64_t from, uint64_t to, ReplayGroupSource* group,
            std::vector<DamagedRange>* damage)
      : manifest_(manifest), from_(from), to_(to), group_(group), damage_(damage) {}

  Status Run(const std::function<Status(const ScannedOrder&)>& visit) {
    NoteUnreadable();
    while (true) {
      ReplayLane* lane = nullptr;
      DAYBOOK_RETURN_IF_ERROR(Next(&lane));
      if (lane == nullptr) break;
      const BatchHeader header = lane->head.header;
      if (header.first_seqnum >= to_) break;
      if (header.end_seqnum > from_ && header.end_seqnum > header.first_seqnum)
        DAYBOOK_RETURN_IF_ERROR(Visit(*lane, visit));
      end_ = std::max(end_, header.end_seqnum);
      last_ = header.batch_number;
      lane->MoveTo(AlignToSector(header.offset + header.size()));
    }
    // A closed group says how many batches it holds.
    if (group_->closed && last_ + 1 < group_->end_batch && end_ < to_)
      Lose(group_->lanes.front(), std::min(to_, group_->lanes.front().listed.end_seqnum),
           "batches are missing at its end");
    return Status::Ok();
  }

 private:
  void Lose(const ReplayLane& lane, uint64_t end, const char* what) {
    const uint64_t begin = std::max(end_, from_);
    if (begin < end) damage_->push_back({begin, end, lane.path, lane.offset, what, false});
  }

  void NoteUnreadable() {
    for (const ReplayLane& lane : group_->lanes) {
      if (!lane.unreadable.empty())
        damage_->push_back({std::max(from_, lane.listed.first_seqnum),
                            lane.listed.closed ? std::min(to_, lane.listed.end_seqnum) : to_, lane.path, 0,
                            lane.unreadable, false});
    }
  }

  Status Visit(const ReplayLane& lane, const std::function<Status(const ScannedOrder&)>& visit) {
    MetalogCursor cursor;
    OrderedBatch ordered;
    const Status applied =
        ApplyBatch(manifest_.identity, lane.head.header, lane.head.frames, true, &cursor, &ordered);
    if (applied.Is(StatusCode::kCorrupt)) {
      damage_->push_back({lane.head.header.first_seqnum, lane.head.header.end_seqnum, lane.path, lane.offset,
                          applied.message(), false});
      return Status::Ok();
    }
    DAYBOOK_RETURN_IF_ERROR(applied);
    return visit({lane.head, ordered});
  }

  // The lane with the next batch; null: there is none.
  Status Next(ReplayLane** next) {
    *next = nullptr;
    for (ReplayLane& lane : group_->lanes) {
      DAYBOOK_RETURN_IF_ERROR(FindHead(&lane));
      if (!lane.has_good_head()) continue;
      if (*next == nullptr || lane.head.header.batch_number < (*next)->head.header.batch_number)
        *next = &lane;
    }
    if (*next != nullptr && lost_) {
      Lose(**next, (*next)->head.header.first_seqnum, "the checksums of a batch do not hold");
      lost_ = false;
    }
    return Status::Ok();
  }

  // Steps over what is no batch of the group.
  Status FindHead(ReplayLane* lane) {
    while (!lane->at_end() && lane->unreadable.empty()) {
      DAYBOOK_RETURN_IF_ERROR(lane->ReadHead());
      if (lane->has_good_head() && lane->head.header.batch_number > last_) return Status::Ok();
      const bool skip_body =
          lane->head.found == BatchFound::kBadBody && lane->head.header.body_size < lane->limit;
      uint64_t at =
          skip_body ? AlignToSector(lane->offset + lane->head.header.size()) : lane->offset + kSectorSize;
      BatchHeader header;
      DAYBOOK_RETURN_IF_ERROR(lane->reader->FindHeader(&at, lane->limit, &header));
      if (at < std::min(lane->limit, lane->reader->size())) lost_ = true;
      lane->MoveTo(std::min(at, lane->limit));
    }
    return Status::Ok();
  }

  const Manifest& manifest_;
  const uint64_t from_;
  const uint64_t to_;
  ReplayGroupSource* const group_;
  std::vector<DamagedRange>* const damage_;
  uint64_t last_ = 0;
  uint64_t end_ = 0;  // of the seqnums that were visited or stepped over
  bool lost_ = false;
};

}  // namespace

Status ScanGroup(Env* env, const std::string& directory, const Manifest& manifest, size_t listed,
                 uint64_t from, uint64_t to, const std::function<Status(const ScannedOrder&)>& visit,
                 std::vector<DamagedRange>* damage) {
  // One group by itself, as if the manifest listed nothing else.
  Manifest alone;
  alone.identity = manifest.identity;
  size_t at = listed;
  do {
    alone.segments.push_back(manifest.segments[at++]);
  } while (at < manifest.segments.size() && manifest.segments[at].lane != 0);
  ReplaySources sources;
  DAYBOOK_RETURN_IF_ERROR(OpenReplaySources(env, directory, alone, nullptr, &sources));
  return GroupScan(alone, from, to, &sources.groups.front(), damage).Run(visit);
}

}  // namespace daybook
