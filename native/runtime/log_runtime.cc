#include "runtime/log_runtime.h"

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "log/file_name.h"

namespace daybook {
namespace {

// Every log that this process has open. A directory that is being opened or closed is busy;
// whoever wants it waits, others do not.
class Registry {
 public:
  using Key = std::tuple<Env*, uint64_t, uint64_t, bool>;  // the last: it is followed
  struct Slot {
    std::shared_ptr<LogRuntime> runtime;
    bool busy = false;
  };

  std::unique_lock<std::mutex> Lock() { return std::unique_lock(mutex_); }

  Slot& Claim(std::unique_lock<std::mutex>* lock, const Key& key) {
    changed_.wait(*lock, [&] { return !slots_[key].busy; });
    Slot& slot = slots_[key];
    slot.busy = true;
    return slot;
  }

  void Leave(const Key& key) {
    Slot& slot = slots_[key];
    slot.busy = false;
    // Those who wait look the slot up anew.
    if (slot.runtime == nullptr) slots_.erase(key);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Slot> slots_;  // node-based: slots stay where they are
};

// Never destroyed: threads of handles may outlive the end of main.
Registry& TheRegistry() {
  static auto* const registry = new Registry;
  return *registry;
}

// Refuses what other machines may hold. A directory that is still missing will be on the file system
// of what is above it.
Status CheckFileSystem(Env* env, const std::string& directory) {
  FileSystemInfo file_system;
  Status looked = env->FileSystemOf(directory, &file_system);
  for (std::string path = directory; looked.Is(StatusCode::kNotFound);) {
    std::string parent = ParentDirectory(path);
    if (parent == path) break;
    path = std::move(parent);
    looked = env->FileSystemOf(path, &file_system);
  }
  DAYBOOK_RETURN_IF_ERROR(looked);
  if (!file_system.is_network) return looked;
  return {StatusCode::kInvalidArgument,
          directory + " is on a network file system (" + file_system.name +
              "), where neither the lock nor a flush can be relied on; choose a local directory, or open it "
              "with allowNetworkFileSystem if you know better"};
}

Status Identify(Env* env, const std::string& directory, const RequestedOptions& requested,
                DirectoryIdentity* identity) {
  const Status found = env->IdentifyDirectory(directory, identity);
  if (!found.Is(StatusCode::kNotFound)) return found;
  if (requested.read_only) return {StatusCode::kFormat, "there is no directory " + directory};
  if (!requested.allow_network_file_system) DAYBOOK_RETURN_IF_ERROR(CheckFileSystem(env, directory));
  DAYBOOK_RETURN_IF_ERROR(env->CreateDirectory(directory));
  return env->IdentifyDirectory(directory, identity);
}

}  // namespace

LogRuntime::LogRuntime(std::unique_ptr<Engine> engine, const EngineOptions& options)
    : options_(options),
      engine_(std::move(engine)),
      background_(std::make_unique<Background>(engine_.get())),
      view_(engine_.get()),
      readers_(std::make_unique<ReadPool>(view_)),
      committer_(std::make_unique<Committer>(
          engine_.get(), options.lanes, [this] { background_->Wake(); },
          [this](std::shared_ptr<Client> client, uint64_t question, std::vector<std::byte> records) {
            return AskConditions(std::move(client), question, std::move(records));
          })) {
  background_->SetCommitter(committer_.get());
}

LogRuntime::LogRuntime(std::unique_ptr<Follower> follower, const EngineOptions& options)
    : options_(options),
      follower_(std::move(follower)),
      follow_thread_(std::make_unique<FollowThread>(follower_.get())),
      view_(follower_.get()),
      readers_(std::make_unique<ReadPool>(view_)) {}

Status LogRuntime::OpenNew(Env* env, const std::string& directory, const RequestedOptions& requested,
                           std::shared_ptr<LogRuntime>* opened) {
  const EngineOptions options = requested.WithDefaults();
  if (!requested.allow_network_file_system) DAYBOOK_RETURN_IF_ERROR(CheckFileSystem(env, directory));
  if (requested.read_only) {
    std::unique_ptr<Follower> follower;
    DAYBOOK_RETURN_IF_ERROR(Follower::Open(env, directory, options, &follower));
    opened->reset(new LogRuntime(std::move(follower), options));
  } else {
    std::unique_ptr<Engine> engine;
    DAYBOOK_RETURN_IF_ERROR(Engine::Open(env, directory, options, &engine));
    opened->reset(new LogRuntime(std::move(engine), options));
  }
  return Status::Ok();
}

// kNotFound: it is not open, and was to be.
Status LogRuntime::Join(Env* env, const std::string& directory, const DirectoryIdentity& identity,
                        bool follows, bool must_be_open, const RequestedOptions& requested,
                        std::shared_ptr<LogRuntime>* runtime) {
  Registry& registry = TheRegistry();
  auto lock = registry.Lock();
  const Registry::Key key{env, identity.device, identity.inode, follows};
  Registry::Slot& slot = registry.Claim(&lock, key);
  Status status;
  if (slot.runtime == nullptr && must_be_open) {
    status = Status(StatusCode::kNotFound, directory + " is not open for writing in this process");
  } else if (slot.runtime == nullptr) {
    lock.unlock();
    std::shared_ptr<LogRuntime> opened;
    try {
      status = OpenNew(env, directory, requested, &opened);
      if (status.ok()) {
        opened->env_ = env;
        opened->identity_ = identity;
      }
    } catch (const std::exception& error) {
      // No memory, or no thread to be had. The directory must not stay busy for ever.
      status = Status(StatusCode::kIo, "cannot open " + directory + ": " + error.what());
    }
    lock.lock();
    slot.runtime = std::move(opened);
  } else if (const std::string name = requested.Disagreement(slot.runtime->options_); !name.empty()) {
    status = Status(StatusCode::kInvalidArgument,
                    directory + " is open already in this process, with another " + name);
  }
  if (status.ok()) {
    ++slot.runtime->handles_;
    *runtime = slot.runtime;
  }
  registry.Leave(key);
  return status;
}

Status LogRuntime::Open(Env* env, const std::string& directory, const RequestedOptions& requested,
                        std::shared_ptr<LogRuntime>* runtime) {
  DirectoryIdentity identity;
  DAYBOOK_RETURN_IF_ERROR(Identify(env, directory, requested, &identity));
  if (!requested.read_only) return Join(env, directory, identity, false, false, requested, runtime);
  const Status joined = Join(env, directory, identity, false, true, requested, runtime);
  if (!joined.Is(StatusCode::kNotFound)) return joined;
  return Join(env, directory, identity, true, false, requested, runtime);
}

bool LogRuntime::AskConditions(std::shared_ptr<Client> client, uint64_t question,
                               std::vector<std::byte> records) {
  auto bytes = std::make_shared<std::vector<std::byte>>(std::move(records));
  return readers_->Queue([this, client = std::move(client), question, bytes] {
    JudgeMemo memo;
    Status status;
    try {
      status = engine_->AnswerConditions(*bytes, ReadMode::kMayBlock, &memo);
    } catch (const std::bad_alloc&) {
      status = Status(StatusCode::kIo, "not enough memory to judge the append");
    }
    client->Answer(question, status, std::move(memo));
    committer_->Notify();
  });
}

Status LogRuntime::Release(const HandleParting& parting) {
  Registry& registry = TheRegistry();
  auto lock = registry.Lock();
  const Registry::Key key{env_, identity_.device, identity_.inode, follower_ != nullptr};
  Registry::Slot& slot = registry.Claim(&lock, key);
  Status status;
  if (parting.announced) --parting_;
  if (parting.saves_aux) saving_aux_ = false;
  if (--handles_ == 0) {
    const std::shared_ptr<LogRuntime> self = std::move(slot.runtime);  // keeps *this until the end
    slot.runtime = nullptr;
    lock.unlock();
    readers_.reset();
    follow_thread_.reset();
    if (background_ != nullptr) background_->Stop();
    if (committer_ != nullptr) status = committer_->Stop();
    // What was set behind the save is not in it, and would be out of date at the next opening. Without the
    // mark it is empty then, which it may always be.
    if (engine_ != nullptr && status.ok() && saved_aux_.has_value() &&
        saved_aux_->second == engine_->aux().cache().version())
      (void)engine_->MarkKeptAux(saved_aux_->first).ok();
    committer_.reset();
    background_.reset();
    engine_.reset();
    lock.lock();
    registry.Leave(key);
    return status;
  }
  registry.Leave(key);
  return status;
}

const Engine::Opening* LogRuntime::TakeOpening() {
  const auto lock = TheRegistry().Lock();
  return engine_ == nullptr || std::exchange(opening_told_, true) ? nullptr : &engine_->opening();
}

bool LogRuntime::KeepAux(std::span<const std::byte> mark, AuxFile* kept) {
  const auto lock = TheRegistry().Lock();
  if (engine_ == nullptr) return false;
  keeps_aux_ = true;
  return !std::exchange(aux_taken_, true) && engine_->IsKeptAux(mark, kept);
}

HandleParting LogRuntime::BeginParting() {
  const auto lock = TheRegistry().Lock();
  ++parting_;
  const bool saves = keeps_aux_ && !saving_aux_ && parting_ == handles_;
  saving_aux_ = saving_aux_ || saves;
  return {true, saves};
}

void LogRuntime::NoteAuxSaved(const AuxFile& file, uint64_t version) {
  const auto lock = TheRegistry().Lock();
  saved_aux_ = {file, version};
}

std::shared_ptr<Client> LogRuntime::Connect(std::function<void()> wake) {
  auto client = std::make_shared<Client>(engine_ == nullptr ? 0 : engine_->AcquireShard(), std::move(wake));
  if (committer_ != nullptr) committer_->AddClient(client);
  if (follow_thread_ != nullptr) follow_thread_->AddClient(client);
  return client;
}

void LogRuntime::Disconnect(const std::shared_ptr<Client>& client) {
  if (committer_ != nullptr) committer_->RemoveClient(client);
  if (follow_thread_ != nullptr) follow_thread_->RemoveClient(client);
  client->Detach();
  if (engine_ != nullptr) engine_->ReleaseShard(client->shard());
}

}  // namespace daybook
