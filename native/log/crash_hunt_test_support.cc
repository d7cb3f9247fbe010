#include "log/crash_hunt_test_support.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "env/fault_rules.h"
#include "env/memory_content.h"
#include "log/crash_family_test_support.h"
#include "log/file_name.h"

namespace daybook::test {
namespace {

using memory_env_internal::Mix;

constexpr int kDepthMax = 2;
// For the first crash of a world, and for those that follow.
constexpr std::array<uint64_t, 3> kStatesTriedAll = {64, 12, 8};
constexpr std::array<uint64_t, 3> kStatesSampled = {24, 4, 2};
constexpr std::array<uint64_t, 2> kImagesPerHunt = {60, 400};
constexpr uint64_t kBytesCutAll = 1'600;
// Of a longer write the first so many are cut around each sector; zeros written ahead are long.
constexpr uint64_t kBytesCutAtSectors = 16'384;

// The write, as far as it came.
Status WriteFirst(MemoryEnv* world, const Operation& write, uint64_t kept, bool grown) {
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(world->OpenFile(write.path, OpenMode::kReadWrite, &file));
  if (grown) {
    uint64_t size = 0;
    DAYBOOK_RETURN_IF_ERROR(file->Size(&size));
    if (size < write.offset + write.size) DAYBOOK_RETURN_IF_ERROR(file->Truncate(write.offset + write.size));
  }
  uint64_t offset = write.offset;
  for (const std::span<const std::byte> piece : write.pieces) {
    const auto part = static_cast<size_t>(std::min<uint64_t>(piece.size(), kept));
    const std::span<const std::byte> first[] = {piece.first(part)};
    DAYBOOK_RETURN_IF_ERROR(file->Write(offset, first));
    kept -= part;
    offset += part;
  }
  return Status::Ok();
}

std::string ListFiles(MemoryEnv* world) {
  std::vector<std::string> names;
  if (!world->ListDirectory(kDirectory, &names).ok()) return "nothing";
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + name + " of " +
            std::to_string(world->FileSize(JoinPath(kDirectory, name)));
  }
  return list;
}

}  // namespace

void CrashHunt::Run(const Workload& workload) {
  ++workloads_;
  // Each workload repeats by itself, whatever ran before it.
  const uint64_t seed = Mix(seed_ ^ memory_env_internal::HashBytes(std::as_bytes(std::span(workload.name))));
  random_.seed(seed);
  judged_.clear();
  MemoryEnv world(seed);
  FaultEnv env(&world);
  Player player(&env, workload.options);
  player.expects_failures = !workload.faults.empty();
  Scene scene;
  scene.player = &player;
  scene.world = &world;
  scene.options = workload.options;
  scene.story = "workload '" + workload.name + "'";
  Play(&scene, &player, &env, workload.steps, workload);
}

void CrashHunt::Play(Scene* scene, Player* player, FaultEnv* env, const std::vector<Step>& steps,
                     const Workload& workload) {
  FaultRules rules;
  if (const Status parsed = FaultRules::Parse(workload.faults, &rules); !parsed.ok())
    return Fail(*scene, "", parsed.message());
  env->SetHook([&](const Operation& operation) {
    Crash(scene, &operation);
    Fault fault = rules.Decide(operation);
    const bool flush_fails = operation.kind == OperationKind::kSync && !fault.status.ok() && !fault.perform;
    if (flush_fails && workload.failed_flush_forgets) scene->world->ForgetUnflushed(operation.path);
    return fault;
  });
  for (const Step& step : steps) {
    scene->step = step.name;
    step.play(player);
    if (!player->wrong().empty()) Fail(*scene, "nothing; it ran on", player->wrong());
    if (Over() || !player->wrong().empty()) return;
  }
  scene->step = "the end";
  Crash(scene, nullptr);
}

bool CrashHunt::IsSought(const Operation* operation) {
  if (!focus_.empty())
    return operation != nullptr && std::find(focus_.begin(), focus_.end(), operation->kind) != focus_.end();
  return sampled_ == 1 || OneIn(sampled_);
}

void CrashHunt::Crash(Scene* scene, const Operation* operation) {
  if (Over() || !IsSought(operation)) return;
  scene->operation = operation;
  const uint64_t changes = scene->world->ChangeCount();
  const uint64_t version = scene->player->promise().version();
  if (operation != nullptr) ++hits_[operation->kind].operations;
  if (changes == scene->changes && version == scene->version) {
    // What a crash leaves here it has left before the operation before, and it was judged there.
    if (operation != nullptr) hits_[operation->kind].images += scene->images;
  } else {
    scene->changes = changes;
    scene->version = version;
    scene->images = 0;
    Image(scene, scene->world->Clone(), scene->loss, Way::kKill, "killed");
    PowerCuts(scene, scene->world, kStatesSampled[static_cast<size_t>(scene->depth)], "");
  }
  if (operation != nullptr && operation->kind == OperationKind::kWrite) CutWrite(scene, *operation);
  scene->operation = nullptr;
}

void CrashHunt::PowerCuts(Scene* scene, MemoryEnv* world, uint64_t samples, const std::string& how) {
  const uint64_t sector = OneIn(3) ? 4096 : 512;
  const CrashStates states = world->PowerCut(sector);
  const std::string prefix = how + "power lost, sectors of " + std::to_string(sector) + ", states ";
  const auto make = [&](CrashChoice& choice) {
    std::unique_ptr<MemoryEnv> image = states.Make(choice);
    Image(scene, std::move(image), Loss::kPower, Way::kPower, prefix + choice.Describe());
  };
  if (states.Count() <= kStatesTriedAll[static_cast<size_t>(scene->depth)] && samples > 1) {
    CrashChoice every = CrashChoice::Every();
    do make(every);
    while (every.Next());
    return;
  }
  if (samples > 1) {
    CrashChoice oldest = CrashChoice::Oldest();
    make(oldest);
    CrashChoice newest = CrashChoice::Newest();
    make(newest);
  }
  CrashChoice seeded = CrashChoice::Seeded(random_());
  for (uint64_t i = 0; i < samples; ++i, seeded.Next()) make(seeded);
}

void CrashHunt::CutWrite(Scene* scene, const Operation& write) {
  const uint64_t size = write.size;
  if (scene->depth == 0 && size <= kBytesCutAll) {
    for (uint64_t kept = 1; kept < size; ++kept) CutWriteAt(scene, write, kept, kept % 8 == 1);
    return;
  }
  const uint64_t cuts = scene->depth == 0 ? 60 : 3;
  for (uint64_t i = 0; i < cuts; ++i) CutWriteAt(scene, write, random_() % size, i % 2 == 1);
  if (scene->depth > 0) return;
  for (uint64_t kept = 511; kept < std::min(size, kBytesCutAtSectors); kept += kept % 512 == 511 ? 2 : 510)
    CutWriteAt(scene, write, kept, false);
}

void CrashHunt::CutWriteAt(Scene* scene, const Operation& write, uint64_t kept, bool grown) {
  if (Over()) return;
  std::unique_ptr<MemoryEnv> image = scene->world->Clone();
  const std::string how = "write cut behind byte " + std::to_string(kept) + (grown ? ", file grown; " : "; ");
  if (!WriteFirst(image.get(), write, kept, grown).ok()) return;  // the file has no name any more
  if (OneIn(8)) PowerCuts(scene, image.get(), 1, how);
  Image(scene, std::move(image), grown ? Loss::kPower : scene->loss, Way::kCut, how);
}

void CrashHunt::Image(Scene* scene, std::unique_ptr<MemoryEnv> image, Loss loss, Way way,
                      const std::string& how) {
  if (Over()) return;
  ++scene->images;
  ++ways_[static_cast<size_t>(way)];
  ++depths_[static_cast<size_t>(scene->depth)];
  if (scene->operation != nullptr) ++hits_[scene->operation->kind].images;
  const Promise& promise = scene->player->promise();
  const uint64_t hash = image->ContentHash();
  const uint64_t judged = Mix(hash ^ Mix(promise.version() * 2 + static_cast<uint64_t>(loss)));
  // A killed world is not only its bytes: it has un-flushed ones, and others may come to be lost.
  const bool known = !judged_.insert(judged).second;
  if (known && way != Way::kKill) return;
  distinct_.insert(hash);
  const bool go_on = scene->depth < kDepthMax && OneIn(kImagesPerHunt[static_cast<size_t>(scene->depth)]);
  const std::unique_ptr<MemoryEnv> base = go_on ? image->Clone() : nullptr;
  if (std::string wrong = Examine(image.get(), promise, loss, scene->options); !wrong.empty())
    Fail(*scene, how, wrong);
  if (go_on) HuntFrom(*scene, base.get(), loss, how);
}

void CrashHunt::HuntFrom(const Scene& from, MemoryEnv* image, Loss loss, const std::string& how) {
  ++hunts_;
  FaultEnv env(image);
  Player player(&env, from.options, from.player->promise());
  player.loss = loss;
  Scene scene;
  scene.player = &player;
  scene.world = image;
  scene.options = from.options;
  scene.loss = loss;
  scene.depth = from.depth + 1;
  scene.story = from.story + ", step '" + from.step + "', " + how + ", then opened again";
  // Once the log has been opened, what it showed is promised anew.
  std::vector<Step> steps = {{"open", [&scene](Player* p) {
                                p->Open();
                                p->loss = Loss::kKill;
                                scene.loss = Loss::kKill;
                              }}};
  const std::vector<Step> more = RandomSteps(&random_, OneIn(3) ? 3 : 0);
  steps.insert(steps.end(), more.begin(), more.end());
  Play(&scene, &player, &env, steps, Workload());
}

std::string CrashHunt::Examine(MemoryEnv* image, const Promise& promise, Loss loss,
                               const EngineOptions& options) {
  std::unique_ptr<TestLog> log;
  if (const Status status = TestLog::Open(image, &log, options); !status.ok())
    return "does not open: " + status.message() + "; the directory holds " + ListFiles(image);
  if (const Status status = log->engine().Failure(); !status.ok()) return "is read-only: " + status.message();
  Observation first;
  if (std::string wrong = Observe(log.get(), &first); !wrong.empty()) return wrong;
  if (std::string wrong = Judge(promise, first, loss); !wrong.empty()) return wrong;

  // What the background does with what it finds changes nothing either.
  // (With large segments it writes too much ahead to do it so often.)
  if (options.segment_bytes <= Workload::SmallSegments().segment_bytes && OneIn(4)) {
    if (const Status status = log->engine().MaintainAll(); !status.ok())
      return "does not maintain itself: " + status.message();
    Observation maintained;
    if (std::string wrong = Observe(log.get(), &maintained); !wrong.empty()) return "maintained, " + wrong;
    if (promise.retained().empty() && !(maintained == first)) return "shows something else when maintained";
    first = std::move(maintained);
  }

  // Either what was shown is lost with the power at once, or an append and a proper close come before.
  const bool at_once = OneIn(2);
  const auto append = [&]() -> std::string {
    if (const Status status = log->Append({"after"}, {"t"}); !status.ok())
      return "does not append: " + status.message();
    const TestRecord& record = log->acknowledged.begin()->second;
    if (record.seqnum < std::max(promise.told_end(), first.EndSeqnum())) return "gives a seqnum again";
    first.books["book"].records.push_back(record);
    // A book that was dropped has its mark again with its name.
    first.books["book"].trimmed_before = log->engine().TrimmedBefore(log->engine().OpenBook("book"));
    return {};
  };
  if (!at_once) {
    if (std::string wrong = append(); !wrong.empty()) return wrong;
    if (const Status status = log->engine().Close(); !status.ok())
      return "does not close: " + status.message();
  }
  log.reset();
  const std::unique_ptr<MemoryEnv> cut = image->CloneDurable();
  if (const Status status = TestLog::Open(cut.get(), &log, options); !status.ok())
    return "does not open again: " + status.message();
  Observation second;
  if (std::string wrong = Observe(log.get(), &second); !wrong.empty()) return "opened again, " + wrong;
  if (!(second == first)) return "shows something else when it is opened again";
  return at_once ? append() : std::string();
}

void CrashHunt::Fail(const Scene& scene, const std::string& how, const std::string& wrong) {
  std::string place = scene.story + ", step '" + scene.step + "', ";
  if (scene.operation != nullptr) {
    place += "before operation " + std::to_string(scene.operation->index) + ", " +
             OperationKindName(scene.operation->kind) + " of " + scene.operation->path + " at " +
             std::to_string(scene.operation->offset) + ", ";
  }
  failures_.push_back(place + how + ": the log " + wrong);
}

std::string CrashHunt::Report() const {
  std::string report;
  const auto line = [&](const char* what, uint64_t count) {
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%-36s %10llu\n", what, static_cast<unsigned long long>(count));
    report += text.data();
  };
  line("workloads", workloads_);
  line("hunts begun from images", hunts_);
  line("images after kills", ways_[0]);
  line("images after power cuts", ways_[1]);
  line("images with a write cut short", ways_[2]);
  line("images after the first crash", depths_[0]);
  line("images after the second", depths_[1]);
  line("images after the third", depths_[2]);
  line("distinct images", distinct_.size());
  report += "operation crashed before                  times     images\n";
  for (const auto& [kind, hits] : hits_) {
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%-36s %10llu %10llu\n", OperationKindName(kind),
                  static_cast<unsigned long long>(hits.operations),
                  static_cast<unsigned long long>(hits.images));
    report += text.data();
  }
  return report;
}

}  // namespace daybook::test
