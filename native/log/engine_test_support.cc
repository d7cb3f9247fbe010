#include "log/engine_test_support.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/coding.h"

namespace daybook::test {

namespace {

std::vector<std::byte> EncodeExtras(const TestGuard& guard) {
  std::vector<std::byte> extras;
  ByteWriter writer(&extras);
  if (!guard.key.empty()) {
    writer.PutVarint(kExtraKey);
    writer.PutVarint(guard.key.size());
    writer.PutString(guard.key);
  }
  if (guard.conditions.empty()) return extras;
  std::vector<std::byte> conditions;
  ByteWriter list(&conditions);
  list.PutVarint(guard.conditions.size());
  for (const TestGuard::Expected& expected : guard.conditions) {
    list.PutVarint(expected.after_plus_one);
    list.PutU8(expected.tag.empty() ? 0 : 1);
    if (expected.tag.empty()) continue;
    list.PutU8(static_cast<uint8_t>(expected.tag.size()));
    list.PutString(expected.tag);
  }
  writer.PutVarint(kExtraConditions);
  writer.PutVarint(conditions.size());
  writer.PutBytes(conditions);
  return extras;
}

}  // namespace

std::vector<std::byte> EncodeTestRecord(uint64_t book, const std::string& data,
                                        const std::vector<std::string>& tags, bool first,
                                        const TestGuard& guard) {
  const std::vector<std::byte> extras = EncodeExtras(guard);
  std::vector<std::byte> body;
  ByteWriter writer(&body);
  writer.PutVarint(book);
  if (!extras.empty()) {
    writer.PutVarint(extras.size());
    writer.PutBytes(extras);
  }
  writer.PutVarint(tags.size());
  for (const std::string& tag : tags) {
    writer.PutU8(static_cast<uint8_t>(tag.size()));
    writer.PutString(tag);
  }
  writer.PutString(data);
  std::vector<std::byte> record;
  ByteWriter head(&record);
  const bool wide = body.size() > UINT16_MAX;
  head.PutU32(0);
  head.PutU8(static_cast<uint8_t>((first ? kRecordFirst : 0) | (wide ? kRecordWide : 0) |
                                  (extras.empty() ? 0 : kRecordExtras)));
  if (wide) {
    head.PutU32(static_cast<uint32_t>(body.size()));
  } else {
    head.PutU16(static_cast<uint16_t>(body.size()));
  }
  head.PutBytes(body);
  return record;
}

EngineOptions TestLog::SmallOptions() {
  EngineOptions options;
  options.segment_bytes = 32 * 1024;
  options.memory_bytes = 64 * 1024;
  options.checkpoint_bytes = 48 * 1024;
  options.seqnum_block = 100;
  options.is_followed = false;  // the page would only make more states to go through
  return options;
}

Status TestLog::Open(Env* env, std::unique_ptr<TestLog>* log, const EngineOptions& options) {
  auto opened = std::make_unique<TestLog>();
  DAYBOOK_RETURN_IF_ERROR(Engine::Open(env, kDirectory, options, &opened->engine_));
  *log = std::move(opened);
  return Status::Ok();
}

Status TestLog::Append(const std::vector<std::string>& data, const std::vector<std::string>& tags, bool flush,
                       const std::string& book, bool* unknown) {
  const uint64_t number = engine_->OpenBook(book);
  std::vector<std::byte> records;
  for (size_t i = 0; i < data.size(); ++i) {
    const std::vector<std::byte> record = EncodeTestRecord(number, data[i], tags, i == 0);
    records.insert(records.end(), record.begin(), record.end());
  }
  CommitRequest request;
  request.flush = flush;
  request.books = {number};
  request.shards.push_back({0, data.size(), {records}});
  CommitResult result;
  const Status status = engine_->Commit(request, &result);
  if (unknown != nullptr) *unknown = result.outcome_unknown;
  DAYBOOK_RETURN_IF_ERROR(status);
  for (size_t i = 0; i < data.size(); ++i) {
    const uint64_t seqnum = result.runs.front().first_seqnum + i;
    acknowledged[seqnum] = {seqnum, data[i], tags};
  }
  return Status::Ok();
}

Status TestLog::Command(const daybook::Command& command) {
  CommitRequest request;
  request.books = {command.book};
  request.commands.push_back(command);
  CommitResult result;
  return engine_->Commit(request, &result);
}

Status TestLog::TrimTag(const std::string& tag, uint64_t before, const std::string& book) {
  daybook::Command command;
  command.kind = CommandKind::kTrimTag;
  command.book = engine_->OpenBook(book);
  command.before = before;
  command.tag = tag;
  return Command(command);
}

Status TestLog::Trim(uint64_t before, const std::string& book) {
  daybook::Command command;
  command.kind = CommandKind::kTrimBook;
  command.book = engine_->OpenBook(book);
  command.before = before;
  DAYBOOK_RETURN_IF_ERROR(Command(command));
  if (book == "book") acknowledged.erase(acknowledged.begin(), acknowledged.lower_bound(before));
  return Status::Ok();
}

Status TestLog::ReadAll(const std::string& tag, std::vector<TestRecord>* records, const std::string& book,
                        bool reverse) {
  ReadRequest request;
  request.book = engine_->OpenBook(book);
  request.tag = tag;
  request.to = kSeqnumEnd;
  request.reverse = reverse;
  request.limit = 7;
  while (true) {
    ReadOutput output;
    DAYBOOK_RETURN_IF_ERROR(engine_->Read(request, ReadMode::kMayBlock, &output));
    for (const FoundRecord& found : output.found) {
      TestRecord record;
      record.seqnum = found.seqnum;
      const auto* bytes = reinterpret_cast<const char*>(output.bytes());
      record.data.assign(bytes + found.data_begin, found.data_size);
      size_t at = found.tags_begin;
      for (uint32_t i = 0; i < found.tag_count; ++i) {
        const auto length = static_cast<uint8_t>(bytes[at]);
        record.tags.emplace_back(bytes + at + 1, length);
        at += 1 + size_t{length};
      }
      records->push_back(std::move(record));
    }
    if (!output.more || (reverse && output.found.back().seqnum == 0)) return Status::Ok();
    if (reverse) {
      request.to = output.found.back().seqnum - 1;
    } else {
      request.from = output.found.back().seqnum + 1;
    }
  }
}

std::string CheckWorld(Env* env, const std::map<uint64_t, TestRecord>& acknowledged,
                       const std::vector<std::string>& allowed) {
  std::unique_ptr<TestLog> log;
  if (const Status status = TestLog::Open(env, &log); !status.ok())
    return "does not open: " + status.message();
  if (const Status status = log->engine().Failure(); !status.ok()) return "is read-only: " + status.message();
  std::vector<TestRecord> found;
  if (const Status status = log->ReadAll("", &found); !status.ok())
    return "does not read: " + status.message();
  std::map<uint64_t, TestRecord> by_seqnum;
  std::multiset<std::string> surplus;
  for (const TestRecord& record : found) {
    by_seqnum[record.seqnum] = record;
    if (!acknowledged.contains(record.seqnum)) surplus.insert(record.data);
  }
  for (const auto& [seqnum, record] : acknowledged) {
    const auto at = by_seqnum.find(seqnum);
    if (at == by_seqnum.end()) return "has lost the acknowledged record " + std::to_string(seqnum);
    if (!(at->second == record)) return "has changed the acknowledged record " + std::to_string(seqnum);
  }
  for (const std::string& data : surplus) {
    if (surplus.count(data) > 1) return "has a record twice";
    if (std::find(allowed.begin(), allowed.end(), data) == allowed.end())
      return "has a record that nobody appended";
  }
  if (const Status status = log->Append({"after"}, {"t"}); !status.ok())
    return "does not append: " + status.message();
  if (!acknowledged.empty() && log->acknowledged.begin()->first <= acknowledged.rbegin()->first) {
    return "has given a seqnum twice";
  }
  return {};
}

}  // namespace daybook::test
