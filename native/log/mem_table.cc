#include "log/mem_table.h"

namespace daybook {
namespace {

Status WriteStreams(const TagIndex& index, StreamKind kind, IndexRunWriter* writer) {
  for (const uint64_t key : index.Streams()) {
    DAYBOOK_RETURN_IF_ERROR(writer->BeginStream(kind, key));
    const TagIndex::Stream seqnums = index.Find(key);
    for (size_t i = 0; i < seqnums.size(); ++i) DAYBOOK_RETURN_IF_ERROR(writer->AddPosting(seqnums[i]));
  }
  return Status::Ok();
}

}  // namespace

Status WriteMemTable(Env* env, const std::string& directory, const LogIdentity& identity,
                     const MemTable& table, IndexRunInfo* info) {
  info->first_seqnum = table.first_seqnum;
  std::unique_ptr<IndexRunWriter> writer;
  DAYBOOK_RETURN_IF_ERROR(IndexRunWriter::Create(env, directory, identity, *info, &writer));
  DAYBOOK_RETURN_IF_ERROR(
      table.batches.ForEach([&](const RecordLocation& location) { return writer->AddLocation(location); }));
  DAYBOOK_RETURN_IF_ERROR(WriteStreams(table.tags, StreamKind::kTag, writer.get()));
  DAYBOOK_RETURN_IF_ERROR(WriteStreams(table.books, StreamKind::kBook, writer.get()));
  return writer->Finish(info);
}

}  // namespace daybook
