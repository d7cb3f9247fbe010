#include "log/judge.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "log/ordered_batch.h"

namespace daybook {
namespace {

Status NotGroups() { return {StatusCode::kInvalidArgument, "the submitted bytes are not groups of records"}; }

// A group in a piece: views into it.
struct Group {
  std::vector<RecordView> records;
  GroupExtras extras;
};

// Takes the next group off the front. REQUIRES: `*rest` is not empty.
Status TakeGroup(std::span<const std::byte>* rest, Group* group) {
  group->records.clear();
  do {
    RecordView record;
    if (ParseRecord(*rest, &record) != ParseResult::kOk) return NotGroups();
    if (record.first() != group->records.empty()) {
      if (group->records.empty()) return NotGroups();
      break;
    }
    group->records.push_back(record);
    *rest = rest->subspan(record.size);
  } while (!rest->empty());
  group->extras = ExtrasOf(group->records.front());
  return Status::Ok();
}

// The records of the batch that are in front of the group that is judged, and visible.
class RecordsBefore {
 public:
  explicit RecordsBefore(const HashSeed& seed) : seed_(seed) {}

  void Add(const RecordView& record, uint64_t seqnum) { records_.push_back({record, seqnum}); }

  // The newest match with a seqnum at or above `from`.
  [[nodiscard]] std::optional<uint64_t> FindNewest(uint64_t book, const Query& query, uint64_t from) {
    Index();
    std::optional<uint64_t> newest;
    if (query.whole_book) {
      const auto found = books_.find(book);
      if (found != books_.end() && found->second >= from) newest = found->second;
    }
    for (const Query::Term& term : query.terms) {
      // Nothing that is older than what was found matters any more.
      const std::optional<uint64_t> found = FindNewest(book, term, std::max(from, newest.value_or(0)));
      if (found.has_value()) newest = found;
    }
    return newest;
  }

 private:
  struct Placed {
    RecordView record;
    uint64_t seqnum;
  };
  using Stream = std::vector<uint32_t>;  // ascending; in records_

  // What came since somebody asked last: keys alone ask nothing.
  void Index() {
    for (; indexed_ < records_.size(); ++indexed_) {
      const Placed& placed = records_[indexed_];
      books_[placed.record.book] = placed.seqnum;
      ForEachTag(placed.record, [&](std::string_view tag) {
        streams_[StreamOf(seed_, placed.record.book, tag)].push_back(static_cast<uint32_t>(indexed_));
        return true;
      });
    }
  }

  // Along the rarest of the term's tags.
  [[nodiscard]] std::optional<uint64_t> FindNewest(uint64_t book, const Query::Term& term,
                                                   uint64_t from) const {
    const Stream* rarest = nullptr;
    for (const std::string_view tag : term) {
      const auto found = streams_.find(StreamOf(seed_, book, tag));
      if (found == streams_.end()) return std::nullopt;
      if (rarest == nullptr || found->second.size() < rarest->size()) rarest = &found->second;
    }
    if (rarest == nullptr) return std::nullopt;  // no term is empty
    for (auto at = rarest->rbegin(); at != rarest->rend() && records_[*at].seqnum >= from; ++at) {
      const Placed& placed = records_[*at];
      // Streams are known by a hash; the record decides.
      const bool matches = placed.record.book == book &&
                           std::all_of(term.begin(), term.end(),
                                       [&](std::string_view tag) { return HasTag(placed.record, tag); });
      if (matches) return placed.seqnum;
    }
    return std::nullopt;
  }

  const HashSeed seed_;
  std::vector<Placed> records_;
  size_t indexed_ = 0;  // of them
  std::unordered_map<uint64_t, Stream> streams_;
  std::unordered_map<uint64_t, uint64_t> books_;  // seqnum of the newest record
};

struct HashOfKeyHash {
  size_t operator()(const KeyHash& hash) const { return static_cast<size_t>(hash.low); }
};

class Judge {
 public:
  Judge(const JudgeInput& input, Judgement* judgement)
      : input_(input), judgement_(judgement), records_(input.identity->hash_seed()) {
    for (const Command& command : input.commands) {
      if (command.kind != CommandKind::kTrimTag) continue;
      const TagHash tag = HashOfTag(input.identity->hash_seed(), command.book, command.tag);
      tags_trimmed_now_.push_back({command.book, tag, command.before});
    }
  }

  Status Run() {
    for (const JudgedPiece& piece : input_.pieces) {
      size_t with_conditions = 0;
      std::span<const std::byte> rest = piece.bytes;
      while (!rest.empty()) {
        Group group;
        DAYBOOK_RETURN_IF_ERROR(TakeGroup(&rest, &group));
        const std::vector<ConditionAnswer>* answers = nullptr;
        if (!group.extras.conditions.empty()) {
          if (piece.memo != nullptr && with_conditions < piece.memo->groups.size())
            answers = &piece.memo->groups[with_conditions];
          ++with_conditions;
        }
        DAYBOOK_RETURN_IF_ERROR(JudgeGroup(group, answers));
      }
    }
    return Status::Ok();
  }

 private:
  Status JudgeGroup(const Group& group, const std::vector<ConditionAnswer>* answers) {
    const uint64_t book = group.records.front().book;
    Verdict verdict;
    verdict.position = position_;
    verdict.records = group.records.size();
    KeyHash hash;
    bool is_void = false;
    if (!group.extras.key.empty()) {
      hash = HashOfKey(input_.identity->hash_seed(), book, group.extras.key);
      is_void = IsRepeat(book, hash, &verdict);
    }
    if (!is_void && !group.extras.conditions.empty()) {
      DAYBOOK_RETURN_IF_ERROR(FindConflicts(book, group.extras.conditions, answers, &verdict.conflicts));
      verdict.kind = VerdictKind::kConflict;
      is_void = !verdict.conflicts.empty();
    }
    if (is_void) {
      judgement_->is_void.resize(position_, false);
      judgement_->is_void.resize(position_ + verdict.records, true);
      judgement_->verdicts.push_back(std::move(verdict));
    } else {
      if (!group.extras.key.empty()) {
        keys_[hash] = judgement_->keys.size();
        judgement_->keys.push_back({hash, Seqnum(), input_.timestamp, static_cast<uint32_t>(book),
                                    static_cast<uint32_t>(group.records.size())});
      }
      uint64_t seqnum = Seqnum();
      for (const RecordView& record : group.records) records_.Add(record, seqnum++);
    }
    position_ += group.records.size();
    return Status::Ok();
  }

  [[nodiscard]] uint64_t Seqnum() const { return input_.first_seqnum + position_; }

  bool IsRepeat(uint64_t book, const KeyHash& hash, Verdict* verdict) const {
    const RememberedKey* first = nullptr;
    if (const auto here = keys_.find(hash); here != keys_.end()) {
      first = &judgement_->keys[here->second];
    } else if (!IsDropped(book)) {
      first = input_.before->keys().Find(hash, input_.timestamp, judgement_->keys.size());
    }
    if (first == nullptr) return false;
    verdict->kind = VerdictKind::kRepeatedKey;
    verdict->first_seqnum = first->seqnum;
    verdict->first_records = first->records;
    return true;
  }

  [[nodiscard]] bool IsDropped(uint64_t book) const {
    return std::any_of(input_.commands.begin(), input_.commands.end(), [&](const Command& command) {
      return command.kind == CommandKind::kDropBook && command.book == book;
    });
  }

  // What commands of the same entry trim.
  [[nodiscard]] uint64_t TrimmedNow(uint64_t book) const {
    uint64_t before = 0;
    for (const Command& command : input_.commands) {
      if (command.book == book &&
          (command.kind == CommandKind::kDropBook || command.kind == CommandKind::kTrimBook))
        before = std::max(before, command.before);
    }
    return before;
  }

  Status FindConflicts(uint64_t book, std::span<const std::byte> encoded,
                       const std::vector<ConditionAnswer>* answers, std::vector<Conflict>* conflicts) {
    std::vector<Condition> conditions;
    if (!DecodeConditions(encoded, &conditions)) return NotGroups();
    for (size_t i = 0; i < conditions.size(); ++i) {
      const ConditionAnswer* answer = answers != nullptr && i < answers->size() ? &(*answers)[i] : nullptr;
      std::optional<uint64_t> newest;
      DAYBOOK_RETURN_IF_ERROR(FindNewest(book, conditions[i], answer, &newest));
      if (newest.has_value()) conflicts->push_back({i, *newest});
    }
    return Status::Ok();
  }

  Status FindNewest(uint64_t book, const Condition& condition, const ConditionAnswer* answer,
                    std::optional<uint64_t>* newest) {
    const uint64_t floor = std::max(condition.after_plus_one, TrimmedNow(book));
    *newest = records_.FindNewest(book, condition.query, floor);
    if (newest->has_value()) return Status::Ok();
    const uint64_t from = answer == nullptr ? floor : std::max(floor, answer->as_of);
    if (from < input_.before->End()) DAYBOOK_RETURN_IF_ERROR(FindNewestBefore(book, condition, from, newest));
    if (newest->has_value() || answer == nullptr || !answer->newest.has_value()) return Status::Ok();
    if (*answer->newest < floor) return Status::Ok();
    // It was the newest some time ago. If it is not meant any more, because it has lost a tag, an older one
    // may be.
    DAYBOOK_RETURN_IF_ERROR(FindNewestBefore(book, condition, *answer->newest, newest));
    return newest->has_value() ? Status::Ok() : FindNewestBefore(book, condition, floor, newest);
  }

  Status FindNewestBefore(uint64_t book, const Condition& condition, uint64_t from,
                          std::optional<uint64_t>* newest) const {
    return input_.before->FindNewest(book, condition.query, from, tags_trimmed_now_, newest);
  }

  const JudgeInput& input_;
  Judgement* const judgement_;
  RecordsBefore records_;
  std::vector<TagMark> tags_trimmed_now_;                    // what commands of the same entry trim
  std::unordered_map<KeyHash, size_t, HashOfKeyHash> keys_;  // in judgement_->keys
  uint64_t position_ = 0;
};

}  // namespace

Status AnswerConditions(const LogBefore& before, std::span<const std::byte> piece, JudgeMemo* memo) {
  while (!piece.empty()) {
    Group group;
    DAYBOOK_RETURN_IF_ERROR(TakeGroup(&piece, &group));
    if (group.extras.conditions.empty()) continue;
    std::vector<Condition> conditions;
    if (!DecodeConditions(group.extras.conditions, &conditions)) return NotGroups();
    std::vector<ConditionAnswer>& answers = memo->groups.emplace_back();
    for (const Condition& condition : conditions) {
      ConditionAnswer& answer = answers.emplace_back();
      // Taken first: what comes meanwhile is looked at later.
      answer.as_of = before.End();
      if (condition.after_plus_one >= answer.as_of) continue;
      DAYBOOK_RETURN_IF_ERROR(before.FindNewest(group.records.front().book, condition.query,
                                                condition.after_plus_one, {}, &answer.newest));
    }
  }
  return Status::Ok();
}

Status JudgeGroups(const JudgeInput& input, Judgement* judgement) { return Judge(input, judgement).Run(); }

}  // namespace daybook
