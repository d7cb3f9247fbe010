#include "log/crash_family_test_support.h"

#include <string>
#include <utility>

namespace daybook::test {
namespace {

using AppendStep = Player::AppendStep;

Step Open() {
  return {"open", [](Player* player) { player->Open(); }};
}
Step Close() {
  return {"close", [](Player* player) { player->Close(); }};
}
Step Kill() {
  return {"kill", [](Player* player) { player->Kill(); }};
}
Step Settle() {
  return {"settle", [](Player* player) { player->Settle(); }};
}
Step TrimTag(const std::string& tag, uint64_t kept, const std::string& book = "book") {
  return {"trim " + tag + " of " + book, [=](Player* player) { player->TrimTagTo(book, tag, kept); }};
}
Step Trim(const std::string& book, uint64_t kept) {
  return {"trim " + book, [=](Player* player) { player->TrimTo(book, kept); }};
}
Step Maintain() {
  return {"maintain", [](Player* player) { player->Maintain(); }};
}
Step Drop(const std::string& book) {
  return {"drop " + book, [=](Player* player) { player->Drop(book); }};
}
Step Retain(const std::string& book, uint64_t records) {
  return {"retain " + book, [=](Player* player) { player->Retain(book, records); }};
}
Step InFlight(const std::vector<AppendStep>& groups) {
  return {"append in flight", [=](Player* player) { player->AppendInFlight(groups); }};
}
Step Append(const AppendStep& step) {
  return {step.flush ? "append" : "append without flush", [=](Player* player) { player->Append(step); }};
}
Step AppendAll(const std::vector<AppendStep>& groups) {
  return {"append from several shards", [=](Player* player) { player->AppendAll(groups); }};
}

Step Judged(const std::string& book = "book", bool flush = true) {
  return {"append judged", [=](Player* player) { player->AppendJudged(book, flush); }};
}
Step RepeatKeys() {
  return {"repeat keys", [=](Player* player) { player->RepeatKeys(); }};
}

// Short names for the table below.
Step One(uint64_t bytes = 30) { return Append({"book", 1, bytes, true}); }
Step Group(uint64_t records) { return Append({"book", records, 40, true}); }
Step Os(uint64_t records = 1, uint64_t bytes = 30) { return Append({"book", records, bytes, false}); }
Step Other(bool flush = true) { return Append({"other", 1, 25, flush}); }

std::vector<Step> Times(size_t count, const std::vector<Step>& steps) {
  std::vector<Step> all;
  for (size_t i = 0; i < count; ++i) all.insert(all.end(), steps.begin(), steps.end());
  return all;
}

std::vector<Step> Joined(std::vector<std::vector<Step>> parts) {
  std::vector<Step> all;
  for (std::vector<Step>& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

EngineOptions TinySegments() {
  EngineOptions options = Workload::SmallSegments();
  options.segment_bytes = 22 * 1024;  // two small batches
  return options;
}

EngineOptions OneSegment() {
  EngineOptions options = Workload::SmallSegments();
  options.segment_bytes = 256 * 1024;
  return options;
}

EngineOptions FewReserved() {
  EngineOptions options = Workload::SmallSegments();
  options.seqnum_block = 2;  // so that appends without flush flush all the same, now and then
  return options;
}

// Two small batches fill a segment, and make a run and a checkpoint due.
EngineOptions Busy(uint64_t lanes = 1) {
  EngineOptions options = TinySegments();
  options.checkpoint_bytes = 500;
  options.lanes = lanes;
  return options;
}

EngineOptions Lanes(uint64_t lanes) {
  EngineOptions options = Workload::SmallSegments();
  options.lanes = lanes;
  return options;
}

class Family {
 public:
  Workload& Add(std::string name, std::vector<std::vector<Step>> parts) {
    Workload& workload = all_.emplace_back();
    workload.name = std::move(name);
    workload.steps = Joined(std::move(parts));
    return workload;
  }
  std::vector<Workload> Take() { return std::move(all_); }

 private:
  std::vector<Workload> all_;
};

void AddAppends(Family* family) {
  family->Add("nothing at all", {{Open(), Close(), Open(), Kill(), Open()}});
  family->Add("single appends", {{Open(), One(), One(), Other(), One(), Close(), Open(), One()}});
  family->Add("groups", {{Open(), Group(3), Group(1), Group(7), Kill(), Open(), Group(2), Close()}});
  family->Add("two shards in a batch", {{Open(), AppendAll({{"book", 2}, {"other", 3}}), One(),
                                         AppendAll({{"other", 1, 30, false}, {"book", 1, 30, false}}),
                                         AppendAll({{"book", 1}, {"book", 2}}), Kill(), Open(), One()}});
  family->Add("large records",
              {{Open(), One(5'000), Os(1, 9'000), One(12'000), Os(2, 4'000), Kill(), Open(), One()}});
}

void AddAppendsWithoutFlush(Family* family) {
  family->Add("without flush, then flushed", {{Open(), One(), Os(), Os(3), Os(), One(), Os(), Close()}});
  family->Add("without flush, then settled",
              {{Open(), Os(), Os(), Settle(), Os(), Settle(), Settle(), Close()}});
  family->Add("without flush, then killed",
              {{Open(), Os(), Os(), Kill(), Open(), Os(), Kill(), Open(), One()}});
  family->Add("few seqnums reserved", {{Open()}, Times(6, {Os(), Os(2)}), {Kill(), Open(), Os(), Os()}})
      .options = FewReserved();
}

void AddRolls(Family* family) {
  family->Add("rolls", {{Open()}, Times(7, {One(400)}), {Kill(), Open()}, Times(3, {One(400)})}).options =
      TinySegments();
  family->Add("rolls without flush", {{Open()}, Times(4, {Os(2, 300), Other(false)}), {Kill(), Open(), Os()}})
      .options = TinySegments();
}

void AddTrims(Family* family) {
  family->Add("trims", {{Open(), Group(4), Trim("book", 2), One(), Other(), Trim("book", 0), Os(),
                         Trim("other", 0), One(), Kill(), Open(), Trim("book", 1), Close(), Open(), One()}});
  family
      ->Add("trims and rolls",
            {{Open()}, Times(4, {Group(3), Os(), Trim("book", 2)}), {Kill(), Open(), One()}})
      .options = TinySegments();
}

// A record that has lost all its tags is gone, in the count of its book and in its segment too.
void AddTagTrims(Family* family) {
  family->Add("trims of tags", {{Open(), Group(4), TrimTag("t", 2), One(), Other(), TrimTag("a", 0), Os(),
                                 TrimTag("b", 1), One(), Kill(), Open(), TrimTag("t", 0), Trim("book", 1),
                                 Close(), Open(), TrimTag("a", 0), One()}});
  family
      ->Add("trims of tags, reclaimed",
            {{Open()},
             Times(4, {Group(3), One(), TrimTag("t", 0), TrimTag("a", 0), TrimTag("b", 1), Maintain()}),
             {Trim("book", 1), Maintain(), Kill(), Open(), Maintain(), One(), Close(), Open()}})
      .options = Busy();
  family
      ->Add("trims of tags, verdicts, and a book that is dropped",
            {{Open()},
             Times(2, {Judged(), TrimTag("t", 1), Judged("other"), TrimTag("a", 0), Maintain()}),
             {Drop("book"), Judged(), TrimTag("t", 1), Maintain(), Kill(), Open(), Maintain(), One()}})
      .options = Busy();
}

void AddOpenings(Family* family) {
  family->Add("kills in a row",
              {{Open(), One()}, Times(5, {Kill(), Open()}), {Os()}, Times(4, {Kill(), Open()}), {One()}});
  family->Add("closes in a row",
              {{Open(), Os()}, Times(4, {Close(), Open()}), {One(), Close(), Open(), Os(), Kill(), Open()}});
}

// Conditional and keyed groups. What is void is never seen; keys outlive everything but a drop.
void AddVerdicts(Family* family) {
  family->Add("verdicts",
              {{Open(), Judged(), One(), Judged("other"), Os(), Judged("book", false), RepeatKeys(), Kill(),
                Open(), RepeatKeys(), Judged(), Close(), Open(), RepeatKeys()}});
  family
      ->Add("verdicts, runs and checkpoints",
            {{Open()},
             Times(3, {Judged(), Maintain(), Judged("book", false)}),
             {RepeatKeys(), Kill(), Open(), RepeatKeys(), Maintain(), Judged()}})
      .options = Busy();
  family
      ->Add("verdicts that are trimmed and reclaimed",
            {{Open()},
             Times(4, {Judged(), Judged("other"), Trim("book", 1), Maintain()}),
             {Trim("other", 0), Maintain(), RepeatKeys(), Kill(), Open(), RepeatKeys(), Maintain(), Close(),
              Open(), RepeatKeys()}})
      .options = Busy();
  family->Add("verdicts of a book that is dropped",
              {{Open(), Judged(), Judged("other"), Drop("book"), Judged(), RepeatKeys(), Kill(), Open(),
                RepeatKeys(), One()}});
}

// The disk is full, or a write fails.
void AddFailingWrites(Family* family) {
  family->Add("a full disk", {{Open()}, Times(12, {One(300), Os()}), {Kill(), Open(), One()}}).faults =
      "full after 48000 bytes";
  Workload& small = family->Add("small writes that are cut off",
                                {{Open()}, Times(4, {One(), Os()}), {Kill(), Open(), One()}});
  small.faults = "tear write segment-* at 200 with ENOSPC after 3 times 20";
  Workload& cut_off = family->Add("writes that fail and are cut off",
                                  {{Open()}, Times(30, {One(600), Os(1, 100)}), {Kill(), Open(), One()}});
  cut_off.faults =
      "tear write segment-* at 200 with ENOSPC after 6 times 20\n"
      "tear write segment-* at 350 with ENOSPC after 32 times 20";
  cut_off.options = OneSegment();
  family->Add("a write that fails", {{Open(), One(), Os(), One(), One(), Kill(), Open(), One()}}).faults =
      "tear write segment-* at 300 nth 4";
}

void AddFailingFlushes(Family* family) {
  for (const bool forgets : {false, true}) {
    for (const int nth : {2, 3, 4}) {
      Workload& workload = family->Add(
          std::string("flush ") + std::to_string(nth) + " fails" + (forgets ? " and forgets" : ""),
          {{Open(), One(), Os(), One(), Os(), Close(), Kill(), Open(), One(), Os(), Close(), Open(), One()}});
      workload.faults = "fail sync segment-* nth " + std::to_string(nth);
      workload.failed_flush_forgets = forgets;
    }
  }
  Workload& names = family->Add("the names are not flushed",
                                {{Open(), One(600), One(600), One(600), One(600), Kill(), Open(), One()}});
  names.faults = "fail sync-directory * nth 4";
  names.options = TinySegments();
}

void AddLanes(Family* family) {
  const AppendStep one;
  const AppendStep more = {"book", 3, 40, true};
  const AppendStep other = {"other", 1, 25, true};
  const AppendStep os = {"book", 1, 30, false};
  family
      ->Add("lanes", {{Open(), InFlight({one, other}), InFlight({more, one, other}), Os(),
                       InFlight({os, one}), InFlight({os, os}), Settle(), Kill(), Open(),
                       InFlight({one, more}), Close(), Open(), InFlight({one, one})}})
      .options = Lanes(2);
  family
      ->Add("three lanes, rolls and trims",
            {{Open()},
             Times(3, {InFlight({one, more, other}), Trim("book", 2), InFlight({os, os, one})}),
             {Kill(), Open(), One()}})
      .options = Busy(3);
  Workload& fails = family->Add("a flush fails in one of two lanes",
                                {{Open(), InFlight({one, other}), InFlight({one, one}), InFlight({os, one}),
                                  Kill(), Open(), InFlight({one, other}), Close()}});
  fails.options = Lanes(2);
  fails.faults = "fail sync segment-* nth 4";
}

void AddRuns(Family* family) {
  family
      ->Add(
          "runs and checkpoints",
          {{Open()}, Times(3, {One(), Os(2), Other(), Maintain()}), {Kill(), Open(), One(), Close(), Open()}})
      .options = Busy();
  family
      ->Add("runs are merged", {{Open()}, Times(5, {Group(2), Other(), Maintain()}), {Kill(), Open(), One()}})
      .options = Busy();
  family
      ->Add("maintained after a kill",
            {{Open()}, Times(2, {One(), One(), One(), Kill(), Open(), Maintain()}), {Other(), Maintain()}})
      .options = Busy();
}

void AddReclaims(Family* family) {
  family
      ->Add("segments are deleted", {{Open()},
                                     Times(4, {Group(3), One(), Trim("book", 1), Maintain()}),
                                     {Kill(), Open(), One(), Maintain()}})
      .options = Busy();
  family
      ->Add("segments are used again",
            {{Open()}, Times(5, {Group(3), One(), Trim("book", 0), Maintain()}), {Kill(), Open(), One()}})
      .options = Busy();
  family
      ->Add("segments are rewritten", {{Open(), Other()},
                                       Times(3, {Group(3), One(), Other(false)}),
                                       {Trim("book", 1), Maintain(), One(), One(), Maintain(),
                                        Trim("other", 1), Maintain(), Kill(), Open(), One(), Maintain()}})
      .options = Busy();
  family
      ->Add("lanes are rewritten",
            {{Open(), Other()},
             Times(3, {InFlight({{"book", 3}, {"other"}})}),
             {Trim("book", 1), Maintain(), One(), One(), Maintain(), Kill(), Open(), One(), Maintain()}})
      .options = Busy(2);
  family
      ->Add("a book is dropped", {{Open(), One(), Other(), One(), Drop("other"), One(), Maintain(), Other(),
                                   Maintain(), Drop("book"), One(), Maintain(), Kill(), Open(), Other()}})
      .options = Busy();
  family
      ->Add("a book retains", {{Open(), Retain("book", 3)},
                               Times(4, {Group(2), Other(), Maintain()}),
                               {Kill(), Open(), Group(2), Maintain()}})
      .options = Busy();
}

void AddFailingBackground(Family* family) {
  for (const char* faults :
       {"fail write index-* nth 5", "fail sync index-* nth 2", "fail sync checkpoint-* nth 2",
        "fail rename * nth 4", "fail write * with ENOSPC after 40 times 12"}) {
    Workload& workload =
        family->Add(std::string("the background meets: ") + faults,
                    {{Open(), Other()},
                     Times(3, {Group(3), One(), Maintain()}),
                     {Trim("book", 1), Maintain(), One(), Maintain(), Kill(), Open(), One(), Maintain()}});
    workload.options = Busy();
    workload.faults = faults;
  }
}

std::vector<Workload> Made(void (*add)(Family*)) {
  Family family;
  add(&family);
  return family.Take();
}

}  // namespace

std::vector<WorkloadFamily> WorkloadFamilies() {
  return {{"Appends", Made(AddAppends)},
          {"AppendsWithoutFlush", Made(AddAppendsWithoutFlush)},
          {"Rolls", Made(AddRolls)},
          {"Trims", Made(AddTrims)},
          {"TagTrims", Made(AddTagTrims)},
          {"Verdicts", Made(AddVerdicts)},
          {"Openings", Made(AddOpenings)},
          {"Lanes", Made(AddLanes)},
          {"Runs", Made(AddRuns)},
          {"Reclaims", Made(AddReclaims)},
          {"FailingWrites", Made(AddFailingWrites)},
          {"FailingFlushes", Made(AddFailingFlushes)},
          {"FailingBackground", Made(AddFailingBackground)}};
}

std::vector<Workload> NamedWorkloads() {
  std::vector<Workload> all;
  for (WorkloadFamily& family : WorkloadFamilies()) {
    for (Workload& workload : family.workloads) all.push_back(std::move(workload));
  }
  return all;
}

std::vector<Step> RandomSteps(std::mt19937_64* random, size_t count) {
  const auto below = [&](uint64_t end) { return (*random)() % end; };
  const auto group = [&] {
    AppendStep step;
    step.book = below(4) == 0 ? "other" : "book";
    step.records = below(3) == 0 ? 1 + below(5) : 1;
    step.bytes = below(8) == 0 ? below(3'000) : below(100);
    step.flush = below(2) == 0;
    return step;
  };
  std::vector<Step> steps;
  while (steps.size() < count) {
    switch (below(20)) {
      case 0:
        steps.push_back(AppendAll({group(), group()}));
        break;
      case 1:
        steps.push_back(Trim(below(4) == 0 ? "other" : "book", below(4)));
        break;
      case 2:
        steps.push_back(Settle());
        break;
      case 3:
        steps.push_back(below(2) == 0 ? Close() : Kill());
        steps.push_back(Open());
        break;
      case 4:
      case 5:
        steps.push_back(Maintain());
        break;
      case 6:
        steps.push_back(below(4) == 0 ? Drop("other") : Trim("book", below(3)));
        break;
      case 7:
        steps.push_back(InFlight({group(), group(), group()}));
        break;
      case 8:
        steps.push_back(Judged(below(3) == 0 ? "other" : "book", below(2) == 0));
        break;
      case 9:
        steps.push_back(RepeatKeys());
        break;
      case 10:
      case 11:
        steps.push_back(TrimTag(Tags()[below(3)], below(3), below(4) == 0 ? "other" : "book"));
        break;
      default:
        steps.push_back(Append(group()));
    }
  }
  return steps;
}

Workload RandomWorkload(uint64_t seed) {
  std::mt19937_64 random(seed);
  Workload workload;
  workload.name = "random " + std::to_string(seed);
  workload.steps = Joined({{Open()}, RandomSteps(&random, 4 + random() % 12)});
  const EngineOptions kinds[] = {Workload::SmallSegments(), TinySegments(), FewReserved(), Busy(), Busy(2)};
  workload.options = kinds[random() % 5];
  const std::string faults[] = {"fail sync segment-* nth ", "tear write segment-* at 400 nth ",
                                "fail any * nth ", "fail write * with ENOSPC after "};
  if (random() % 3 == 0) workload.faults = faults[random() % 4] + std::to_string(1 + random() % 12);
  workload.failed_flush_forgets = random() % 2 == 0;
  return workload;
}

}  // namespace daybook::test
