#include "env/fault_rules.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "env/posix_support.h"

namespace daybook {
namespace {

struct KindName {
  std::string_view name;
  OperationKind kind;
};
constexpr std::array<KindName, 15> kKinds = {{
    {"open", OperationKind::kOpenFile},
    {"read", OperationKind::kRead},
    {"write", OperationKind::kWrite},
    {"sync", OperationKind::kSync},
    {"truncate", OperationKind::kTruncate},
    {"size", OperationKind::kSize},
    {"close", OperationKind::kClose},
    {"rename", OperationKind::kRename},
    {"remove", OperationKind::kRemove},
    {"create-directory", OperationKind::kCreateDirectory},
    {"list-directory", OperationKind::kListDirectory},
    {"sync-directory", OperationKind::kSyncDirectory},
    {"identify-directory", OperationKind::kIdentifyDirectory},
    {"lock", OperationKind::kLockFile},
    {"random", OperationKind::kRandom},
}};

struct ErrorName {
  std::string_view name;
  int error;
};
constexpr std::array<ErrorName, 9> kErrors = {{
    {"EIO", EIO},
    {"ENOSPC", ENOSPC},
    {"EDQUOT", EDQUOT},
    {"EFBIG", EFBIG},
    {"EROFS", EROFS},
    {"EACCES", EACCES},
    {"EMFILE", EMFILE},
    {"ENOENT", ENOENT},
    {"ENOMEM", ENOMEM},
}};

struct ActionName {
  std::string_view name;
  FaultAction action;
};
constexpr std::array<ActionName, 9> kActions = {{
    {"fail", FaultAction::kFail},
    {"tear", FaultAction::kTear},
    {"delay", FaultAction::kDelay},
    {"lie", FaultAction::kPretend},
    {"drop", FaultAction::kPretend},
    {"misdirect", FaultAction::kMisdirect},
    {"flip", FaultAction::kFlip},
    {"full", FaultAction::kFull},
    {"kill", FaultAction::kKill},
}};

template <typename Table>
auto Find(const Table& table, std::string_view name) {
  return std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == name; });
}

template <typename Table>
std::string NamesOf(const Table& table) {
  std::string names;
  for (const auto& row : table) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

std::vector<std::string_view> Words(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r";
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = line.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(kSpace), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// Reads the words of one rule.
class RuleParser {
 public:
  RuleParser(std::string_view line, uint64_t number) : number_(number), words_(Words(line)) {}

  [[nodiscard]] bool empty() const { return words_.empty(); }

  Status Parse(FaultRule* rule) {
    for (const std::string_view word : words_)
      rule->text += (rule->text.empty() ? "" : " ") + std::string(word);
    const std::string_view verb = Take();
    const auto action = Find(kActions, verb);
    if (action == kActions.end()) return Wrong("a rule begins with one of " + NamesOf(kActions), verb);
    rule->action = action->action;
    if (rule->action == FaultAction::kKill) {
      DAYBOOK_RETURN_IF_ERROR(Expect("at"));
      DAYBOOK_RETURN_IF_ERROR(Number(&rule->amount));
      return End();
    }
    if (rule->action == FaultAction::kFull) {
      DAYBOOK_RETURN_IF_ERROR(Expect("after"));
      DAYBOOK_RETURN_IF_ERROR(Number(&rule->amount));
      DAYBOOK_RETURN_IF_ERROR(Expect("bytes"));
      return End();
    }
    DAYBOOK_RETURN_IF_ERROR(What(verb, rule));
    DAYBOOK_RETURN_IF_ERROR(Conditions(rule));
    return Complete(*rule);
  }

 private:
  // The kind of operation, and the file.
  Status What(std::string_view verb, FaultRule* rule) {
    const std::string_view kind = Take();
    if (kind != "any") {
      const auto found = Find(kKinds, kind);
      if (found == kKinds.end()) {
        return Wrong("'" + std::string(verb) + "' is followed by 'any' or one of " + NamesOf(kKinds), kind);
      }
      rule->kind = found->kind;
    }
    DAYBOOK_RETURN_IF_ERROR(CheckKind(verb, *rule));
    const std::string_view file = Take();
    if (file.empty()) return Wrong("a file is named, as a pattern: segment-*, or * for all", file);
    if (file.find('/') != std::string_view::npos)
      return Wrong("a pattern is of a name, without folders", file);
    rule->file = std::string(file);
    if (rule->action != FaultAction::kDelay) return Status::Ok();
    std::string_view time = Take();
    if (time.ends_with("ms")) time.remove_suffix(2);
    return NumberIn(time, "a time like 50ms", &rule->amount);
  }

  Status CheckKind(std::string_view verb, const FaultRule& rule) const {
    const auto only = [&](bool fits, const char* kinds) {
      return fits ? Status::Ok() : Wrong("'" + std::string(verb) + "' goes with " + kinds, At(1));
    };
    const auto is = [&](OperationKind kind) { return rule.kind == kind; };
    switch (rule.action) {
      case FaultAction::kTear:
      case FaultAction::kMisdirect:
        return only(is(OperationKind::kWrite), "write");
      case FaultAction::kFlip:
        return only(is(OperationKind::kRead) || is(OperationKind::kWrite), "read or write");
      case FaultAction::kPretend:
        return only(is(OperationKind::kWrite) || is(OperationKind::kSync) || is(OperationKind::kTruncate) ||
                        is(OperationKind::kSyncDirectory),
                    "write, sync, truncate or sync-directory");
      default:
        return Status::Ok();
    }
  }

  Status Conditions(FaultRule* rule) {
    while (next_ < words_.size()) {
      const std::string_view word = Take();
      if (word == "after") {
        DAYBOOK_RETURN_IF_ERROR(Number(&rule->skip));
      } else if (word == "nth") {
        DAYBOOK_RETURN_IF_ERROR(Number(&rule->skip));
        if (rule->skip == 0) return Wrong("'nth' counts from 1", "0");
        --rule->skip;
        rule->times = 1;
      } else if (word == "once") {
        rule->times = 1;
      } else if (word == "times") {
        DAYBOOK_RETURN_IF_ERROR(Number(&rule->times));
      } else if (word == "offset" &&
                 (rule->kind == OperationKind::kRead || rule->kind == OperationKind::kWrite)) {
        rule->offset = 0;
        DAYBOOK_RETURN_IF_ERROR(Number(&*rule->offset));
      } else {
        DAYBOOK_RETURN_IF_ERROR(Manner(word, rule));
      }
    }
    return Status::Ok();
  }

  // The words that only some actions know.
  Status Manner(std::string_view word, FaultRule* rule) {
    const bool fails = rule->action == FaultAction::kFail || rule->action == FaultAction::kTear;
    if (word == "with" && fails) {
      const std::string_view name = Take();
      const auto error = Find(kErrors, name);
      if (error == kErrors.end()) return Wrong("'with' is followed by one of " + NamesOf(kErrors), name);
      rule->error = error->error;
      return Status::Ok();
    }
    if (word == "afterwards" && rule->action == FaultAction::kFail) {
      rule->afterwards = true;
      return Status::Ok();
    }
    const auto taken = [&](std::string_view wanted, FaultAction action) {
      if (word != wanted || rule->action != action) return false;
      has_amount_ = true;
      return true;
    };
    if (taken("at", FaultAction::kTear) || taken("bit", FaultAction::kFlip)) return Number(&rule->amount);
    if (taken("by", FaultAction::kMisdirect)) {
      return NumberIn(Take(), "a number of bytes, perhaps with a minus", &rule->shift);
    }
    return Wrong("this does not belong here", word);
  }

  [[nodiscard]] Status Complete(const FaultRule& rule) const {
    if (rule.action == FaultAction::kTear && !has_amount_) return Wrong("'at' and a number of bytes", "");
    if (rule.action == FaultAction::kFlip && !has_amount_) return Wrong("'bit' and a number", "");
    if (rule.action == FaultAction::kMisdirect && !has_amount_)
      return Wrong("'by' and a number of bytes", "");
    return Status::Ok();
  }

  Status Expect(std::string_view wanted) {
    const std::string_view word = Take();
    return word == wanted ? Status::Ok() : Wrong("'" + std::string(wanted) + "'", word);
  }

  Status Number(uint64_t* number) { return NumberIn(Take(), "a number", number); }

  template <typename Integer>
  Status NumberIn(std::string_view word, const char* expected, Integer* number) const {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), *number);
    const bool whole = error == std::errc() && end == word.data() + word.size() && !word.empty();
    return whole ? Status::Ok() : Wrong(expected, word);
  }

  Status End() { return next_ == words_.size() ? Status::Ok() : Wrong("the end of the rule", Take()); }

  std::string_view Take() { return At(next_++); }
  [[nodiscard]] std::string_view At(size_t i) const {
    return i < words_.size() ? words_[i] : std::string_view();
  }

  [[nodiscard]] Status Wrong(const std::string& expected, std::string_view word) const {
    const std::string what = word.empty() ? "the rule ends" : "\"" + std::string(word) + "\"";
    return {StatusCode::kInvalidArgument,
            "fault rule " + std::to_string(number_) + ": " + what + "; expected: " + expected};
  }

  const uint64_t number_;
  const std::vector<std::string_view> words_;
  size_t next_ = 0;
  bool has_amount_ = false;
};

std::string_view NameOf(std::string_view path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool IsAbout(const FaultRule& rule, const Operation& operation) {
  if (rule.action == FaultAction::kKill) return operation.index >= rule.amount;
  if (rule.action == FaultAction::kFull) return operation.kind == OperationKind::kWrite;
  if (rule.kind.has_value() && *rule.kind != operation.kind) return false;
  if (rule.offset.has_value() &&
      (*rule.offset < operation.offset || *rule.offset - operation.offset >= operation.size)) {
    return false;
  }
  return MatchesPattern(rule.file, NameOf(operation.path));
}

Status Failure(const FaultRule& rule, const Operation& operation) {
  return PosixError(OperationKindName(operation.kind), operation.path, rule.error);
}

// Bits are counted from the byte that the rule names, if it names one.
uint64_t BitOf(const FaultRule& rule, const Operation& operation) {
  return rule.amount + (rule.offset.has_value() ? (*rule.offset - operation.offset) * 8 : 0);
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  size_t star = std::string_view::npos;  // of the last '*', and where in the name its match begins
  size_t begin = 0;
  size_t p = 0;
  size_t n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      begin = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++begin;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Status FaultRules::Parse(std::string_view text, FaultRules* rules) {
  FaultRules parsed;
  uint64_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\n;"), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, std::min(line.find('#'), line.size()));
    RuleParser parser(line, ++number);
    if (parser.empty()) continue;
    FaultRule rule;
    rule.error = EIO;
    DAYBOOK_RETURN_IF_ERROR(parser.Parse(&rule));
    parsed.rules_.push_back(std::move(rule));
  }
  *rules = std::move(parsed);
  return Status::Ok();
}

Fault FaultRules::Decide(const Operation& operation) {
  Fault fault;
  uint64_t delay = 0;
  bool decided = false;
  for (FaultRule& rule : rules_) {
    if (!IsAbout(rule, operation)) continue;
    if (rule.action == FaultAction::kFull && bytes_written_ + operation.size <= rule.amount) continue;
    if (rule.seen++ < rule.skip || rule.hits >= rule.times) continue;
    if (rule.action == FaultAction::kDelay) {
      ++rule.hits;
      delay += rule.amount;
      continue;
    }
    if (decided) continue;
    decided = true;
    ++rule.hits;
    switch (rule.action) {
      case FaultAction::kFail:
        fault = rule.afterwards ? Fault::AfterwardsFail(Failure(rule, operation))
                                : Fault(Failure(rule, operation));
        break;
      case FaultAction::kTear:
        fault = Fault::ShortWrite(rule.amount, Failure(rule, operation));
        break;
      case FaultAction::kPretend:
        fault.pretend = true;
        break;
      case FaultAction::kMisdirect:
        fault.misdirect = rule.shift;
        break;
      case FaultAction::kFlip:
        fault.flip_bit = BitOf(rule, operation);
        break;
      case FaultAction::kFull:
        fault = Fault::ShortWrite(rule.amount - std::min(bytes_written_, rule.amount),
                                  PosixError("write", operation.path, ENOSPC));
        bytes_written_ = std::max(bytes_written_, rule.amount);
        break;
      default:
        fault = Fault(Status(StatusCode::kIo, "nothing goes through any more: the process is dead", EIO));
        break;
    }
  }
  if (operation.kind == OperationKind::kWrite && fault.status.ok()) bytes_written_ += operation.size;
  fault.delay_ms = delay;
  return fault;
}

std::string FaultRules::Report() const {
  std::string report;
  for (const FaultRule& rule : rules_) {
    report += std::to_string(rule.hits) + " of " + std::to_string(rule.seen) + ": " + rule.text + "\n";
  }
  return report;
}

}  // namespace daybook
