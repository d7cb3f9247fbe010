#include "binding/order_binding.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "binding/order_value.h"
#include "log/lone_frame.h"
#include "log/ordered_batch.h"
#include "log/tag_index_chain.h"

namespace daybook::binding {

bool ToCount(double number, uint64_t* count) {
  if (!(number >= 0) || number >= static_cast<double>(kSeqnumEnd) || std::trunc(number) != number)
    return false;
  *count = static_cast<uint64_t>(number);
  return true;
}

bool GetCount(napi_env env, napi_value value, uint64_t* count) {
  double number = 0;
  return Did(napi_get_value_double(env, value, &number)) && ToCount(number, count);
}

bool GetCount32(napi_env env, napi_value value, uint32_t* count) {
  uint64_t number = 0;
  if (!GetCount(env, value, &number) || number > UINT32_MAX) return false;
  *count = static_cast<uint32_t>(number);
  return true;
}

napi_value MakeInvalid(napi_env env, const char* what) {
  return MakeFailure(env, {StatusCode::kInvalidArgument, what});
}

namespace {

bool GetIdentity(napi_env env, napi_value value, LogIdentity* identity) {
  std::span<const std::byte> bytes;
  LogIdentity::Id id;
  if (!GetBytes(env, value, &bytes) || bytes.size() != id.size()) return false;
  std::copy(bytes.begin(), bytes.end(), id.begin());
  *identity = LogIdentity(id, {});
  return true;
}

// Tags, as strings of their own.
bool GetTags(napi_env env, napi_value list, std::vector<std::string>* tags) {
  uint32_t count = 0;
  if (!Did(napi_get_array_length(env, list, &count)) || count > kTagsMax) return false;
  tags->clear();
  for (uint32_t i = 0; i < count; ++i) {
    napi_value element = nullptr;
    NameBuffer tag;
    if (!Did(napi_get_element(env, list, i, &element)) || !GetName(env, element, &tag) || tag.size == 0 ||
        tag.size > kTagBytesMax) {
      return false;
    }
    tags->emplace_back(tag.view());
  }
  return true;
}

// One row of [begins a group, book, data, tags].
bool AddRecord(napi_env env, napi_value row, RecordFrameBuilder* builder, Status* status) {
  napi_value parts[4];
  bool is_first = false;
  uint64_t book = 0;
  std::vector<std::string> tags;
  std::span<const std::byte> data;
  for (uint32_t i = 0; i < 4; ++i) {
    if (!Did(napi_get_element(env, row, i, &parts[i]))) return false;
  }
  if (!Did(napi_get_value_bool(env, parts[0], &is_first)) || !GetCount(env, parts[1], &book) ||
      !GetTags(env, parts[3], &tags) || !GetBytes(env, parts[2], &data)) {
    return false;
  }
  const std::vector<std::string_view> views(tags.begin(), tags.end());
  if (!builder->Add(is_first, book, views, data))
    *status = {StatusCode::kTooLarge, "the frame would have more than 2 GiB"};
  return true;
}

void PutRecord(const RecordView& record, const std::byte* base, std::vector<double>* numbers) {
  const auto offset = [&](std::span<const std::byte> part) {
    return part.empty() ? 0.0 : static_cast<double>(part.data() - base);
  };
  numbers->insert(numbers->end(), {record.first() ? 1.0 : 0.0, static_cast<double>(record.book),
                                   offset(record.tags), static_cast<double>(record.tag_count),
                                   offset(record.data), static_cast<double>(record.data.size())});
}

// A tag index as JavaScript holds it.
struct KeyedIndex {
  HashSeed seed;
  TagIndexChain postings;
};

struct IndexQuery {
  KeyedIndex* index = nullptr;
  uint64_t stream = 0;
  uint64_t bound = 0;
};

// (index, book, tag or null, bound)
bool GetQuery(napi_env env, napi_callback_info info, IndexQuery* query) {
  napi_value arguments[4];
  uint64_t book = 0;
  NameBuffer tag;
  if (!TakeArguments(env, info, arguments)) return false;
  query->index = Held<KeyedIndex>::From(env, arguments[0]);
  if (query->index == nullptr || !GetCount(env, arguments[1], &book) || !GetName(env, arguments[2], &tag) ||
      !GetCount(env, arguments[3], &query->bound)) {
    return false;
  }
  query->stream = tag.size == 0 ? book : StreamOf(query->index->seed, book, tag.view());
  return true;
}

napi_value MakeFound(napi_env env, std::optional<uint64_t> found) {
  return MakeNumber(env, found ? static_cast<double>(*found) : -1);
}

}  // namespace

template <>
const napi_type_tag Held<KeyedIndex>::kTag = {0x6461796b626f6f6bULL, 0x6f72646572696478ULL};

napi_value OrderFrameEncode(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  LogIdentity identity;
  ShardIdentity shard;
  uint64_t first_local_id = 0;
  uint32_t count = 0;
  if (!TakeArguments(env, info, arguments) || !GetIdentity(env, arguments[0], &identity) ||
      !GetCount32(env, arguments[1], &shard.view) || !GetCount32(env, arguments[2], &shard.physical_log) ||
      !GetCount32(env, arguments[3], &shard.shard) || !GetCount(env, arguments[4], &first_local_id) ||
      !Did(napi_get_array_length(env, arguments[5], &count))) {
    return ThrowMisuse(env, kOrderMisuse);
  }
  RecordFrameBuilder builder(identity, shard, first_local_id);
  Status status;
  for (uint32_t i = 0; i < count && status.ok(); ++i) {
    napi_handle_scope scope = nullptr;
    napi_value row = nullptr;
    if (!Did(napi_open_handle_scope(env, &scope))) return nullptr;
    const bool is_record =
        Did(napi_get_element(env, arguments[5], i, &row)) && AddRecord(env, row, &builder, &status);
    (void)Did(napi_close_handle_scope(env, scope));
    if (!is_record) return ThrowMisuse(env, kOrderMisuse);
  }
  return status.ok() ? MakeBytes(env, builder.Finish()) : MakeFailure(env, status);
}

napi_value OrderFrameOfEntry(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  LogIdentity identity;
  ShardIdentity shard;
  std::span<const std::byte> entry;
  if (!TakeArguments(env, info, arguments) || !GetIdentity(env, arguments[0], &identity) ||
      !GetCount32(env, arguments[1], &shard.view) || !GetCount32(env, arguments[2], &shard.physical_log) ||
      !GetBytes(env, arguments[3], &entry)) {
    return ThrowMisuse(env, kOrderMisuse);
  }
  if (entry.size() > kFrameBodyBytesMax)
    return MakeFailure(env, {StatusCode::kTooLarge, "the frame would have more than 2 GiB"});
  return MakeBytes(env, EncodeBodyFrame(identity, FrameType::kMetalogEntry, shard, entry));
}

napi_value OrderFrameDecode(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  LogIdentity identity;
  std::span<const std::byte> bytes;
  if (!TakeArguments(env, info, arguments) || !GetIdentity(env, arguments[0], &identity) ||
      !GetBytes(env, arguments[1], &bytes)) {
    return ThrowMisuse(env, kOrderMisuse);
  }
  FrameView frame;
  const Status status = ReadLoneFrame(identity, bytes, &frame);
  if (!status.ok()) return MakeFailure(env, status);
  const FrameHeader& header = frame.header;
  std::vector<double> records;
  if (header.type == FrameType::kRecords) {
    records.reserve(size_t{header.record_count} * kFrameRecordWidth);
    std::span<const std::byte> rest = frame.body;
    for (RecordView record; !rest.empty(); rest = rest.subspan(record.size)) {
      // Keys and conditions change what a record means, and nothing here can show them.
      if (ParseRecord(rest, &record) != ParseResult::kOk || record.book >= kSeqnumEnd ||
          !record.extras.empty())
        return MakeFailure(env, {StatusCode::kFormat, "a record in the frame is not of this version"});
      PutRecord(record, bytes.data(), &records);
    }
  }
  if (header.first_local_id >= kSeqnumEnd - header.record_count)
    return MakeFailure(env, {StatusCode::kCorrupt, "the frame leads past the last local id"});
  const double head[] = {static_cast<double>(header.type),
                         static_cast<double>(header.shard.view),
                         static_cast<double>(header.shard.physical_log),
                         static_cast<double>(header.shard.shard),
                         static_cast<double>(header.first_local_id),
                         static_cast<double>(kFrameHeaderSize),
                         static_cast<double>(kFrameHeaderSize + header.body_size)};
  napi_value value = nullptr;
  if (!Did(napi_create_array_with_length(env, 2, &value))) return nullptr;
  SetElement(env, value, 0, MakeDoubles(env, head));
  SetElement(env, value, 1, MakeDoubles(env, records));
  return value;
}

napi_value OrderIndexNew(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  std::span<const std::byte> seed;
  if (!TakeArguments(env, info, arguments) || !GetBytes(env, arguments[0], &seed) ||
      seed.size() != kHashSeedSize) {
    return ThrowMisuse(env, kOrderMisuse);
  }
  auto index = std::make_unique<KeyedIndex>();
  index->seed = {LoadU64(seed.data()), LoadU64(seed.data() + 8)};
  return Held<KeyedIndex>::Make(env, std::move(index));
}

napi_value OrderIndexAdd(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  uint64_t book = 0;
  uint64_t seqnum = 0;
  std::vector<std::string> tags;
  if (!TakeArguments(env, info, arguments)) return ThrowMisuse(env, kOrderMisuse);
  KeyedIndex* index = Held<KeyedIndex>::From(env, arguments[0]);
  if (index == nullptr || !GetCount(env, arguments[1], &book) || !GetTags(env, arguments[2], &tags) ||
      !GetCount(env, arguments[3], &seqnum)) {
    return ThrowMisuse(env, kOrderMisuse);
  }
  std::vector<uint64_t> streams = {book};
  for (const std::string& tag : tags) streams.push_back(StreamOf(index->seed, book, tag));
  return MakeBoolean(env, index->postings.Add(streams, seqnum));
}

napi_value OrderIndexNext(napi_env env, napi_callback_info info) {
  IndexQuery query;
  if (!GetQuery(env, info, &query)) return ThrowMisuse(env, kOrderMisuse);
  return MakeFound(env, query.index->postings.Next(query.stream, query.bound));
}

napi_value OrderIndexPrevious(napi_env env, napi_callback_info info) {
  IndexQuery query;
  if (!GetQuery(env, info, &query)) return ThrowMisuse(env, kOrderMisuse);
  return MakeFound(env, query.index->postings.Previous(query.stream, query.bound));
}

napi_value OrderIndexStat(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  if (!TakeArguments(env, info, arguments)) return ThrowMisuse(env, kOrderMisuse);
  KeyedIndex* index = Held<KeyedIndex>::From(env, arguments[0]);
  if (index == nullptr) return ThrowMisuse(env, kOrderMisuse);
  const double stat[] = {static_cast<double>(index->postings.posting_count()),
                         static_cast<double>(index->postings.stream_count()),
                         static_cast<double>(index->postings.bytes())};
  return MakeDoubles(env, stat);
}

}  // namespace daybook::binding
