#include "log/crash_model_test_support.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace daybook::test {
namespace {

// "12.3:xxxx": the fourth record of deed 12, filled up to `bytes`.
std::string DataOf(size_t deed, uint64_t place, uint64_t bytes) {
  std::string data = std::to_string(deed) + "." + std::to_string(place) + ":";
  while (data.size() < bytes) data += static_cast<char>('a' + (data.size() * 7 + deed) % 26);
  return data;
}

bool ParseData(const std::string& data, size_t* deed, size_t* place) {
  const char* const end = data.data() + data.size();
  const auto first = std::from_chars(data.data(), end, *deed);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return false;
  const auto second = std::from_chars(first.ptr + 1, end, *place);
  return second.ec == std::errc() && second.ptr != end && *second.ptr == ':';
}

std::string Name(size_t deed) { return "deed " + std::to_string(deed); }

bool Has(const TestRecord& record, const std::string& tag) {
  return std::find(record.tags.begin(), record.tags.end(), tag) != record.tags.end();
}

uint64_t MarkOf(const Observation::Book& book, const std::string& tag) {
  const auto mark = book.tag_marks.find(tag);
  return mark == book.tag_marks.end() ? 0 : mark->second;
}

// Records of the deed below are trimmed: with their book, or under all of their tags.
uint64_t GoneBefore(const Observation::Book& book, const Deed& deed) {
  uint64_t gone = deed.tags.empty() ? 0 : UINT64_MAX;
  for (const std::string& tag : deed.tags) gone = std::min(gone, MarkOf(book, tag));
  return std::max(gone, book.trimmed_before);
}

std::vector<std::string> TagsLeft(const Observation::Book& book, const Deed& deed, uint64_t seqnum) {
  std::vector<std::string> tags;
  std::copy_if(deed.tags.begin(), deed.tags.end(), std::back_inserter(tags),
               [&](const std::string& tag) { return seqnum >= MarkOf(book, tag); });
  return tags;
}

// The seqnums at which a deed's records are, as far as they are there.
using Places = std::map<size_t, std::vector<std::optional<uint64_t>>>;

std::string FindPlaces(const Promise& promise, const Observation& seen, Places* places) {
  std::set<uint64_t> seqnums;
  for (const auto& [name, book] : seen.books) {
    uint64_t end = 0;
    for (const TestRecord& record : book.records) {
      const std::string at = "the record at " + std::to_string(record.seqnum) + " of " + name;
      if (record.seqnum < end || !seqnums.insert(record.seqnum).second) return at + " is out of order";
      end = record.seqnum + 1;
      if (record.seqnum < book.trimmed_before) return at + " was trimmed";
      size_t number = 0;
      size_t place = 0;
      if (!ParseData(record.data, &number, &place) || number >= promise.deeds().size())
        return at + " was appended by nobody";
      const Deed& deed = promise.deed(number);
      if (deed.kind != DeedKind::kAppend || deed.book != name || place >= deed.data.size() ||
          deed.data[place] != record.data)
        return at + " was appended by nobody";
      if (record.tags.empty()) return at + " has lost all its tags";
      if (TagsLeft(book, deed, record.seqnum) != record.tags) return at + " has other tags than it should";
      std::vector<std::optional<uint64_t>>& found = (*places)[number];
      found.resize(deed.data.size());
      if (found[place].has_value()) return at + " is there twice";
      found[place] = record.seqnum;
    }
  }
  return {};
}

// For each book, the last drop that took place: what came before it in the book is gone.
std::map<std::string, size_t> DropsThatTookPlace(const Promise& promise, const Places& places) {
  std::map<std::string, size_t> oldest_seen;
  for (const auto& [number, seqnums] : places) oldest_seen.try_emplace(promise.deed(number).book, number);
  std::map<std::string, size_t> drops;
  for (size_t i = 0; i < promise.deeds().size(); ++i) {
    const Deed& deed = promise.deed(i);
    if (deed.kind != DeedKind::kDrop || deed.fate == Fate::kNever) continue;
    const auto oldest = oldest_seen.find(deed.book);
    if (deed.fate == Fate::kAcknowledged || oldest == oldest_seen.end() || oldest->second > i)
      drops[deed.book] = i;
  }
  return drops;
}

// Goes through the deeds in their order.
class Judgement {
 public:
  Judgement(const Promise& promise, const Observation& seen, Loss loss)
      : promise_(promise), seen_(seen), loss_(loss) {}

  std::string Run() {
    if (std::string wrong = FindPlaces(promise_, seen_, &places_); !wrong.empty()) return wrong;
    for (const auto& [name, book] : seen_.books) {
      if (book.trimmed_before != 0 && !IsOfATrim(name, book.trimmed_before) && !IsOfRetention(name, book))
        return name + " is trimmed to " + std::to_string(book.trimmed_before) +
               ", where nobody trimmed it; " + std::to_string(book.records.size()) + " records are there";
      for (const auto& [tag, before] : book.tag_marks) {
        if (!IsOfATagTrim(name, tag, before))
          return name + " is trimmed to " + std::to_string(before) + " under " + tag +
                 ", and nobody did that";
      }
    }
    drops_ = DropsThatTookPlace(promise_, places_);
    for (size_t i = 0; i < promise_.deeds().size(); ++i) {
      if (std::string wrong = JudgeDeed(i, promise_.deed(i)); !wrong.empty()) return wrong;
    }
    return {};
  }

 private:
  [[nodiscard]] bool IsOfATrim(const std::string& book, uint64_t before) const {
    return std::any_of(promise_.deeds().begin(), promise_.deeds().end(), [&](const Deed& deed) {
      return (deed.kind == DeedKind::kTrim || deed.kind == DeedKind::kDrop) && deed.fate != Fate::kNever &&
             deed.book == book && deed.before == before;
    });
  }

  [[nodiscard]] bool IsOfATagTrim(const std::string& book, const std::string& tag, uint64_t before) const {
    return std::any_of(promise_.deeds().begin(), promise_.deeds().end(), [&](const Deed& deed) {
      return deed.kind == DeedKind::kTrimTag && deed.fate != Fate::kNever && deed.book == book &&
             deed.tag == tag && deed.before == before;
    });
  }

  [[nodiscard]] bool IsOfRetention(const std::string& name, const Observation::Book& book) const {
    const auto kept = promise_.retained().find(name);
    if (kept == promise_.retained().end()) return false;
    // It kept so many then; some may have lost all their tags since.
    return book.records.size() >= kept->second || !book.tag_marks.empty();
  }

  std::string JudgeDeed(size_t number, const Deed& deed) {
    const auto drop = drops_.find(deed.book);
    if (drop != drops_.end() && number < drop->second) {
      return places_.contains(number) ? Name(number) + " has shown up, and was dropped" : std::string();
    }
    switch (deed.kind) {
      case DeedKind::kAppend:
        return Append(number, deed);
      case DeedKind::kTrim:
        return Trim(number, deed);
      case DeedKind::kTrimTag:
        return TrimTag(number, deed);
      default:
        return drop != drops_.end() && drop->second == number ? Present(number) : Absent(number, deed);
    }
  }

  std::string Append(size_t number, const Deed& deed) {
    const uint64_t trimmed = GoneBefore(seen_.books.at(deed.book), deed);
    const auto found = places_.find(number);
    if (found == places_.end()) {
      const bool told = deed.fate == Fate::kAcknowledged;
      if (deed.fate == Fate::kNever || (told && deed.first_seqnum + deed.data.size() <= trimmed)) return {};
      return Absent(number, deed);
    }
    if (deed.fate == Fate::kNever) return Name(number) + " has shown up, and must not";
    const std::vector<std::optional<uint64_t>>& seqnums = found->second;
    const auto first_there = static_cast<size_t>(
        std::find_if(seqnums.begin(), seqnums.end(), [](const auto& s) { return s.has_value(); }) -
        seqnums.begin());
    const uint64_t first = *seqnums[first_there] - first_there;
    for (size_t i = first_there; i < seqnums.size(); ++i) {
      if (seqnums[i] != first + i) return Name(number) + " is not whole";
    }
    if (first_there > 0 && first + first_there > trimmed) return Name(number) + " is not whole";
    if (deed.fate == Fate::kAcknowledged && first != deed.first_seqnum)
      return Name(number) + " is at another seqnum than was told";
    if (first < deed.told_end_before) return Name(number) + " has a seqnum that had been told before";
    if (first < end_) return Name(number) + " comes before an older one";
    end_ = first + seqnums.size();
    return Present(number);
  }

  std::string Trim(size_t number, const Deed& deed) {
    if (deed.fate == Fate::kNever) return {};
    uint64_t& highest = highest_trim_[deed.book];
    if (deed.before <= highest) return {};
    if (seen_.books.at(deed.book).trimmed_before < deed.before) return Absent(number, deed);
    highest = deed.before;
    return Present(number);
  }

  std::string TrimTag(size_t number, const Deed& deed) {
    if (deed.fate == Fate::kNever) return {};
    const Observation::Book& book = seen_.books.at(deed.book);
    uint64_t& highest = highest_tag_trim_[{deed.book, deed.tag}];
    // The mark of the book may be all that is left of it.
    if (deed.before <= std::max(highest, book.trimmed_before)) return {};
    if (MarkOf(book, deed.tag) < deed.before) return Absent(number, deed);
    highest = deed.before;
    return Present(number);
  }

  std::string Absent(size_t number, const Deed& deed) {
    if (deed.fate == Fate::kNever) return {};
    if (deed.fate == Fate::kAcknowledged && (loss_ == Loss::kKill || deed.durable))
      return Name(number) + " was acknowledged, and is lost";
    if (first_lost_.empty()) first_lost_ = Name(number);
    return {};
  }

  std::string Present(size_t number) const {
    if (first_lost_.empty()) return {};
    return Name(number) + " is there, but " + first_lost_ + " before it is lost";
  }

  const Promise& promise_;
  const Observation& seen_;
  const Loss loss_;
  Places places_;
  std::map<std::string, size_t> drops_;
  std::map<std::string, uint64_t> highest_trim_;
  std::map<std::pair<std::string, std::string>, uint64_t> highest_tag_trim_;
  uint64_t end_ = 0;  // behind the records of the deeds so far
  std::string first_lost_;
};

}  // namespace

uint64_t Observation::EndSeqnum() const {
  uint64_t end = 0;
  for (const auto& [name, book] : books) {
    if (!book.records.empty()) end = std::max(end, book.records.back().seqnum + 1);
  }
  return end;
}

std::string Observe(TestLog* log, Observation* seen) {
  seen->books.clear();
  for (const std::string& name : Books()) {
    Observation::Book& book = seen->books[name];
    const auto read = [&](const std::string& tag, bool reverse, std::vector<TestRecord>* records) {
      const Status status = log->ReadAll(tag, records, name, reverse);
      return status.ok() ? std::string() : "does not read: " + status.message();
    };
    if (std::string wrong = read("", false, &book.records); !wrong.empty()) return wrong;
    std::vector<TestRecord> backwards;
    if (std::string wrong = read("", true, &backwards); !wrong.empty()) return wrong;
    std::reverse(backwards.begin(), backwards.end());
    if (backwards != book.records) return name + " reads otherwise backwards than forwards";
    std::vector<std::string> tags = Tags();
    tags.emplace_back("none");
    for (const std::string& tag : tags) {
      std::vector<TestRecord> tagged;
      if (std::string wrong = read(tag, false, &tagged); !wrong.empty()) return wrong;
      std::vector<TestRecord> expected;
      std::copy_if(book.records.begin(), book.records.end(), std::back_inserter(expected),
                   [&](const TestRecord& record) { return Has(record, tag); });
      if (tagged != expected)
        return std::string("tag ").append(tag).append(" of ").append(name) += " does not show what has it";
    }
    // That of a book that was dropped may be forgotten: nothing is asked of it until it has a name again.
    const uint64_t number = log->engine().OpenBook(name);
    if (!log->engine().IsNamed(number)) continue;
    book.trimmed_before = log->engine().TrimmedBefore(number);
    for (const std::string& tag : Tags()) {
      const uint64_t mark = log->engine().TagTrimmedBefore(number, tag, 0);
      if (mark > book.trimmed_before) book.tag_marks[tag] = mark;
    }
    const BookTable::Book& entry = *log->engine().state().books.Find(number);
    const bool is_counted =
        entry.counted_before >= entry.trim_before && log->engine().state().tag_trims.Uncounted(1).empty();
    if (is_counted && entry.records != book.records.size()) {
      std::string wrong = name;
      wrong += " counts " + std::to_string(entry.records) + " records, and has ";
      return wrong += std::to_string(book.records.size());
    }
  }
  return {};
}

std::string Judge(const Promise& promise, const Observation& seen, Loss loss) {
  return Judgement(promise, seen, loss).Run();
}

void Promise::Changed() {
  static uint64_t versions = 0;
  version_ = ++versions;
}

size_t Promise::BeginAppend(const std::string& book, uint64_t records, uint64_t bytes) {
  const size_t number = deeds_.size();
  Deed deed;
  deed.book = book;
  for (uint64_t i = 0; i < records; ++i) deed.data.push_back(DataOf(number, i, bytes));
  for (size_t i = 0; i < Tags().size(); ++i) {
    if (i == 0 || (number >> (i - 1)) % 2 == 1) deed.tags.push_back(Tags()[i]);
  }
  deed.told_end_before = told_end_;
  deeds_.push_back(std::move(deed));
  Changed();
  return number;
}

size_t Promise::BeginTrim(const std::string& book, uint64_t before) {
  Deed deed;
  deed.kind = DeedKind::kTrim;
  deed.book = book;
  deed.before = before;
  deeds_.push_back(std::move(deed));
  Changed();
  return deeds_.size() - 1;
}

size_t Promise::BeginTrimTag(const std::string& book, const std::string& tag, uint64_t before) {
  const size_t number = BeginTrim(book, before);
  deeds_[number].kind = DeedKind::kTrimTag;
  deeds_[number].tag = tag;
  return number;
}

size_t Promise::BeginDrop(const std::string& book, uint64_t end) {
  const size_t number = BeginTrim(book, end);
  deeds_[number].kind = DeedKind::kDrop;
  return number;
}

void Promise::Retain(const std::string& book, uint64_t records) {
  retained_[book] = records;
  Changed();
}

void Promise::ForgetDropped(size_t drop) {
  for (size_t i = 0; i < drop; ++i) {
    if (deeds_[i].book == deeds_[drop].book) deeds_[i].fate = Fate::kNever;
  }
  retained_.erase(deeds_[drop].book);
}

void Promise::Acknowledge(size_t number, uint64_t first_seqnum, bool durable) {
  Deed& deed = deeds_[number];
  deed.fate = Fate::kAcknowledged;
  deed.durable = durable;
  deed.first_seqnum = first_seqnum;
  if (deed.kind == DeedKind::kAppend) told_end_ = std::max(told_end_, first_seqnum + deed.data.size());
  if (deed.kind == DeedKind::kDrop) ForgetDropped(number);
  Changed();
}

void Promise::NotWritten(size_t number) {
  deeds_[number].fate = Fate::kNever;
  Changed();
}

void Promise::EverythingIsDurable() {
  for (Deed& deed : deeds_) deed.durable = deed.durable || deed.fate == Fate::kAcknowledged;
  Changed();
}

void Promise::SettleBy(const Observation& seen, bool durable) {
  Places places;
  (void)FindPlaces(*this, seen, &places);
  const std::map<std::string, size_t> drops = DropsThatTookPlace(*this, places);
  for (size_t i = 0; i < deeds_.size(); ++i) {
    Deed& deed = deeds_[i];
    if (deed.fate == Fate::kNever) continue;
    const Observation::Book& book = seen.books.at(deed.book);
    const uint64_t trimmed = book.trimmed_before;
    const auto found = places.find(i);
    bool there = found != places.end();
    if (deed.kind == DeedKind::kTrim) there = trimmed >= deed.before;
    if (deed.kind == DeedKind::kTrimTag) there = std::max(trimmed, MarkOf(book, deed.tag)) >= deed.before;
    if (deed.kind == DeedKind::kDrop) there = drops.contains(deed.book) && drops.at(deed.book) == i;
    const bool hidden = deed.kind == DeedKind::kAppend && deed.fate == Fate::kAcknowledged &&
                        deed.first_seqnum + deed.data.size() <= GoneBefore(book, deed);
    deed.fate = there || hidden ? Fate::kAcknowledged : Fate::kNever;
    deed.durable = deed.durable || durable;
    if (there && deed.kind == DeedKind::kDrop) ForgetDropped(i);
    if (found != places.end()) {
      const uint64_t last = found->second.back().value();
      deed.first_seqnum = last + 1 - deed.data.size();
      told_end_ = std::max(told_end_, last + 1);
    }
  }
  Changed();
}

}  // namespace daybook::test
