// Metalog entries of `daybook/order`: how they cross, their bytes, and the cursor that applies them.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "binding/order_binding.h"
#include "binding/order_value.h"
#include "log/identity.h"
#include "log/metalog_cursor.h"

namespace daybook::binding {
namespace {

constexpr size_t kCommandNumbers = 4;
constexpr double kNever = std::numeric_limits<double>::infinity();

// Where each number of a command stands: the fields that its kind has, in their order.
struct CommandFields {
  uint64_t* numbers[kCommandNumbers] = {};
  uint32_t* small = nullptr;  // instead of the number at `small_at`
  size_t small_at = 0;
  std::string* text = nullptr;
};

// False for kinds that do not cross.
bool FieldsOf(Command* command, CommandFields* fields) {
  switch (command->kind) {
    case CommandKind::kNameBook:
      fields->numbers[0] = &command->book;
      fields->text = &command->name;
      return true;
    case CommandKind::kDropBook:
    case CommandKind::kTrimBook:
      fields->numbers[0] = &command->book;
      fields->numbers[1] = &command->before;
      return true;
    case CommandKind::kTrimTag:
      fields->numbers[0] = &command->book;
      fields->numbers[1] = &command->before;
      fields->text = &command->tag;
      return true;
    case CommandKind::kRetention:
      fields->numbers[0] = &command->book;
      fields->numbers[1] = &command->retention.max_age_ms;
      fields->numbers[2] = &command->retention.max_bytes;
      fields->numbers[3] = &command->retention.max_records;
      return true;
    case CommandKind::kRecover:
      fields->numbers[0] = &command->lost_term;
      fields->numbers[1] = &command->last_batch;
      fields->small = &command->last_checksum;
      fields->small_at = 2;
      return true;
    case CommandKind::kAddShard:
    case CommandKind::kFinalizeShard:
      fields->small = &command->shard;
      fields->small_at = 0;
      fields->numbers[1] = &command->countdown;
      return true;
    default:
      return false;
  }
}

bool GetCommand(napi_env env, napi_value row, Command* command) {
  napi_value element = nullptr;
  uint32_t kind = 0;
  if (!Did(napi_get_element(env, row, 0, &element)) || !GetCount32(env, element, &kind) || kind > UINT8_MAX)
    return false;
  command->kind = static_cast<CommandKind>(kind);
  CommandFields fields;
  if (!FieldsOf(command, &fields)) return false;
  for (uint32_t i = 0; i < kCommandNumbers; ++i) {
    const bool is_small = fields.small != nullptr && fields.small_at == i;
    if (!is_small && fields.numbers[i] == nullptr) continue;
    if (!Did(napi_get_element(env, row, i + 1, &element))) return false;
    if (is_small ? !GetCount32(env, element, fields.small) : !GetCount(env, element, fields.numbers[i]))
      return false;
  }
  if (fields.text == nullptr) return true;
  static_assert(kTagBytesMax == kBookNameBytesMax);
  NameBuffer text;
  if (!Did(napi_get_element(env, row, kCommandNumbers + 1, &element)) || !GetName(env, element, &text) ||
      text.size == 0 || text.size > kBookNameBytesMax) {
    return false;
  }
  *fields.text = text.view();
  return true;
}

napi_value MakeCommand(napi_env env, Command command) {
  CommandFields fields;
  napi_value row = nullptr;
  if (!FieldsOf(&command, &fields) || !Did(napi_create_array_with_length(env, kCommandNumbers + 2, &row)))
    return nullptr;
  SetElement(env, row, 0, MakeNumber(env, static_cast<double>(command.kind)));
  for (uint32_t i = 0; i < kCommandNumbers; ++i) {
    uint64_t number = fields.numbers[i] == nullptr ? 0 : *fields.numbers[i];
    if (fields.small != nullptr && fields.small_at == i) number = *fields.small;
    if (number >= kSeqnumEnd) return nullptr;
    SetElement(env, row, i + 1, MakeNumber(env, static_cast<double>(number)));
  }
  SetElement(env, row, kCommandNumbers + 1,
             MakeString(env, fields.text == nullptr ? std::string() : *fields.text));
  return row;
}

}  // namespace

bool GetEntry(napi_env env, napi_value numbers, napi_value commands, MetalogEntry* entry) {
  std::span<const double> fields;
  uint32_t count = 0;
  uint64_t has_verdicts = 0;
  if (!GetDoubles(env, numbers, &fields) || fields.size() < kEntryHead || fields.size() % 2 != 0 ||
      !ToCount(fields[0], &entry->index) || !ToCount(fields[1], &entry->timestamp) ||
      !ToCount(fields[2], &entry->first_seqnum) || !ToCount(fields[3], &has_verdicts)) {
    return false;
  }
  entry->has_verdicts = has_verdicts != 0;
  for (size_t at = kEntryHead; at < fields.size(); at += 2) {
    uint64_t shard = 0;
    uint64_t progress = 0;
    if (!ToCount(fields[at], &shard) || shard > UINT32_MAX || !ToCount(fields[at + 1], &progress))
      return false;
    if (!entry->cut.empty() && entry->cut.back().shard >= shard) return false;
    entry->cut.push_back({static_cast<uint32_t>(shard), progress});
  }
  if (!Did(napi_get_array_length(env, commands, &count))) return false;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value row = nullptr;
    Command command;
    if (!Did(napi_get_element(env, commands, i, &row)) || !GetCommand(env, row, &command)) return false;
    entry->commands.push_back(std::move(command));
  }
  return true;
}

napi_value MakeEntry(napi_env env, const MetalogEntry& entry, Status* failure) {
  std::vector<double> numbers = {static_cast<double>(entry.index), static_cast<double>(entry.timestamp),
                                 static_cast<double>(entry.first_seqnum), entry.has_verdicts ? 1.0 : 0.0};
  bool is_safe = std::max({entry.index, entry.timestamp, entry.first_seqnum}) < kSeqnumEnd;
  for (const ShardProgress& shard : entry.cut) {
    is_safe = is_safe && shard.progress < kSeqnumEnd;
    numbers.push_back(shard.shard);
    numbers.push_back(static_cast<double>(shard.progress));
  }
  napi_value value = nullptr;
  napi_value commands = nullptr;
  if (!Did(napi_create_array_with_length(env, 2, &value)) ||
      !Did(napi_create_array_with_length(env, entry.commands.size(), &commands))) {
    return nullptr;
  }
  for (uint32_t i = 0; i < entry.commands.size(); ++i) {
    napi_value command = MakeCommand(env, entry.commands[i]);
    is_safe = is_safe && command != nullptr;
    SetElement(env, commands, i, command);
  }
  const bool is_known = std::all_of(entry.commands.begin(), entry.commands.end(), [](Command command) {
    CommandFields fields;
    return FieldsOf(&command, &fields);
  });
  if (!is_known) {
    *failure = {StatusCode::kFormat, "the metalog entry holds a command that has no form here"};
    return nullptr;
  }
  if (!is_safe) {
    *failure = {StatusCode::kCorrupt, "the metalog entry holds what no log of this version says"};
    return nullptr;
  }
  SetElement(env, value, 0, MakeDoubles(env, numbers));
  SetElement(env, value, 1, commands);
  return value;
}

napi_value OrderEntryEncode(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  MetalogEntry entry;
  if (!TakeArguments(env, info, arguments) || !GetEntry(env, arguments[0], arguments[1], &entry))
    return ThrowMisuse(env, kOrderMisuse);
  std::vector<std::byte> bytes;
  EncodeMetalogEntry(entry, &bytes);
  return MakeBytes(env, bytes);
}

napi_value OrderEntryDecode(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  std::span<const std::byte> bytes;
  if (!TakeArguments(env, info, arguments) || !GetBytes(env, arguments[0], &bytes))
    return ThrowMisuse(env, kOrderMisuse);
  MetalogEntry entry;
  Status failure;
  switch (DecodeMetalogEntry(bytes, &entry)) {
    case ParseResult::kOk:
      break;
    case ParseResult::kDamaged:
      return MakeFailure(env, {StatusCode::kCorrupt, "the bytes are no metalog entry"});
    case ParseResult::kNewer:
      return MakeFailure(env, {StatusCode::kFormat, "the metalog entry is of a newer version of daybook"});
  }
  napi_value value = MakeEntry(env, entry, &failure);
  return failure.ok() ? value : MakeFailure(env, failure);
}

template <>
const napi_type_tag Held<MetalogCursor>::kTag = {0x6461796b626f6f6bULL, 0x6f72646572637572ULL};

napi_value OrderCursorNew(napi_env env, napi_callback_info) {
  return Held<MetalogCursor>::Make(env, std::make_unique<MetalogCursor>());
}

napi_value OrderCursorApply(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  MetalogEntry entry;
  if (!TakeArguments(env, info, arguments)) return ThrowMisuse(env, kOrderMisuse);
  MetalogCursor* cursor = Held<MetalogCursor>::From(env, arguments[0]);
  if (cursor == nullptr || !GetEntry(env, arguments[1], arguments[2], &entry))
    return ThrowMisuse(env, kOrderMisuse);
  std::vector<OrderedRun> runs;
  runs.reserve(entry.cut.size());
  const Status status = cursor->Apply(entry, &runs);
  if (!status.ok()) return MakeFailure(env, status);
  std::vector<double> numbers;
  numbers.reserve(runs.size() * kRunWidth);
  for (const OrderedRun& run : runs) {
    for (const uint64_t number : {uint64_t{run.shard}, run.first_local_id, run.count, run.first_seqnum})
      numbers.push_back(static_cast<double>(number));
  }
  return MakeDoubles(env, numbers);
}

napi_value OrderCursorState(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  napi_value state = nullptr;
  if (!TakeArguments(env, info, arguments)) return ThrowMisuse(env, kOrderMisuse);
  MetalogCursor* cursor = Held<MetalogCursor>::From(env, arguments[0]);
  if (cursor == nullptr) return ThrowMisuse(env, kOrderMisuse);
  std::map<uint32_t, uint64_t> shards = cursor->all_progress();
  for (const auto& [shard, life] : cursor->lives()) shards.try_emplace(shard, 0);
  std::vector<double> numbers;
  numbers.reserve(shards.size() * kShardWidth);
  for (const auto& [shard, progress] : shards) {
    const auto known = cursor->lives().find(shard);
    const ShardLife life = known == cursor->lives().end() ? ShardLife{} : known->second;
    const auto number = [](uint64_t index) {
      return index >= kSeqnumEnd ? kNever : static_cast<double>(index);
    };
    numbers.insert(numbers.end(), {static_cast<double>(shard), static_cast<double>(progress),
                                   number(life.first), number(life.end)});
  }
  if (!Did(napi_create_array_with_length(env, 4, &state))) return nullptr;
  SetElement(env, state, 0, MakeNumber(env, static_cast<double>(cursor->index())));
  SetElement(env, state, 1, MakeNumber(env, static_cast<double>(cursor->next_seqnum())));
  SetElement(env, state, 2, MakeNumber(env, static_cast<double>(cursor->timestamp())));
  SetElement(env, state, 3, MakeDoubles(env, numbers));
  return state;
}

napi_value OrderCursorRestore(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  uint64_t state[3] = {};
  std::span<const double> shards;
  if (!TakeArguments(env, info, arguments)) return ThrowMisuse(env, kOrderMisuse);
  MetalogCursor* cursor = Held<MetalogCursor>::From(env, arguments[0]);
  if (cursor == nullptr || !GetDoubles(env, arguments[4], &shards) || shards.size() % kShardWidth != 0)
    return ThrowMisuse(env, kOrderMisuse);
  for (size_t i = 0; i < 3; ++i) {
    // Behind the last position there is none.
    double number = 0;
    if (!Did(napi_get_value_double(env, arguments[i + 1], &number)) ||
        (number != static_cast<double>(kSeqnumEnd) && !ToCount(number, &state[i]))) {
      return ThrowMisuse(env, kOrderMisuse);
    }
    if (number == static_cast<double>(kSeqnumEnd)) state[i] = kSeqnumEnd;
  }
  MetalogCursor restored;
  restored.Restore(state[0], state[1], state[2]);
  for (size_t at = 0; at < shards.size(); at += kShardWidth) {
    uint64_t shard = 0;
    uint64_t progress = 0;
    ShardLife life{UINT64_MAX, UINT64_MAX};
    if (!ToCount(shards[at], &shard) || shard > UINT32_MAX || !ToCount(shards[at + 1], &progress) ||
        (shards[at + 2] != kNever && !ToCount(shards[at + 2], &life.first)) ||
        (shards[at + 3] != kNever && !ToCount(shards[at + 3], &life.end))) {
      return ThrowMisuse(env, kOrderMisuse);
    }
    restored.SkipShardTo(static_cast<uint32_t>(shard), progress);
    if (life != ShardLife{}) restored.RestoreLife(static_cast<uint32_t>(shard), life);
  }
  *cursor = std::move(restored);
  return MakeFailure(env, Status::Ok());
}

}  // namespace daybook::binding
