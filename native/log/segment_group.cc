#include "log/segment_group.h"

#include <utility>

#include "log/file_name.h"

namespace daybook {

void RemoveGroup(Env* env, const std::string& directory, const NewGroup& plan) {
  for (uint64_t lane = 0; lane < plan.lanes; ++lane) {
    const std::string path = JoinPath(directory, SegmentFileName(plan.first_segment + lane));
    (void)env->Remove(path).ok();
    (void)env->Remove(path + std::string(kTemporarySuffix)).ok();
  }
}

SegmentHeader HeaderOfLane(Env* env, const NewGroup& plan, uint64_t lane) {
  SegmentHeader header;
  header.identity = plan.identity;
  header.segment = plan.first_segment + lane;
  header.term = plan.term;
  header.first_batch_number = plan.first_batch;
  header.lane = static_cast<uint32_t>(lane);
  header.created_ms = static_cast<uint64_t>(std::max<int64_t>(env->NowMillis(), 0));
  return header;
}

Status CreateGroup(Env* env, const std::string& directory, const NewGroup& plan, SegmentGroup* group,
                   const std::function<bool()>& go_on) {
  group->limit = plan.limit;
  group->first_batch = plan.first_batch;
  for (uint64_t lane = 0; lane < plan.lanes; ++lane) {
    std::unique_ptr<SegmentWriter> writer;
    DAYBOOK_RETURN_IF_ERROR(SegmentWriter::Create(env, directory, HeaderOfLane(env, plan, lane),
                                                  plan.written_before, &writer, go_on));
    group->lanes.push_back(std::move(writer));
  }
  return Status::Ok();
}

void ListGroup(const SegmentGroup& group, Manifest* manifest) {
  for (size_t lane = 0; lane < group.lanes.size(); ++lane) {
    ManifestSegment listed;
    listed.segment = group.lanes[lane]->segment();
    listed.lane = static_cast<uint32_t>(lane);
    listed.first_batch = group.first_batch;
    manifest->segments.push_back(listed);
    manifest->next_segment = std::max(manifest->next_segment, listed.segment + 1);
  }
}

}  // namespace daybook
