#include "runtime/read_pool.h"

#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace daybook {
namespace {
constexpr size_t kThreadsMax = 4;
}  // namespace

ReadPool::~ReadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ReadPool::Ask(const std::shared_ptr<Client>& client, uint64_t id, const ReadRequest& request) {
  struct Question {
    ReadRequest request;
    std::string tag;
    QueryCopy query;
  };
  auto question = std::make_shared<Question>(Question{request, std::string(request.tag), {}});
  if (request.query != nullptr) question->query.Take(*request.query);
  const bool queued = Queue([this, client, id, question] {
    question->request.tag = question->tag;
    if (question->request.query != nullptr) question->request.query = &question->query.query();
    ReadAnswer answer;
    answer.id = id;
    try {
      answer.status = Answer(question->request, &answer.output);
    } catch (const std::bad_alloc&) {
      answer.status = Status(StatusCode::kIo, "not enough memory for the records");
      answer.output = {};
    }
    client->Answer(std::move(answer));
  });
  if (queued) return;
  ReadAnswer answer;
  answer.id = id;
  answer.status = Status(StatusCode::kIo, "the system gives no thread to read with");
  client->Answer(std::move(answer));
}

bool ReadPool::Queue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (idle_ <= jobs_.size() && threads_.size() < kThreadsMax && !StartThread() && threads_.empty())
      return false;
    jobs_.push_back(std::move(job));
  }
  wanted_.notify_one();
  return true;
}

bool ReadPool::StartThread() {
  try {
    threads_.emplace_back([this] { Run(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

// The answer about a time is a record of which there is but the seqnum.
Status ReadPool::Answer(const ReadRequest& request, ReadOutput* output) {
  if (!request.at_time) return view_->Read(request, ReadMode::kMayBlock, output);
  FoundRecord found;
  DAYBOOK_RETURN_IF_ERROR(view_->SeqnumAt(request.book, request.from, ReadMode::kMayBlock, &found.seqnum));
  output->found.push_back(found);
  return Status::Ok();
}

void ReadPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wanted_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace daybook
