// Status: the closed set of ways in which an operation of the core can fail, as a value.
//
// The core never throws for what a caller, a file or a disk did; it returns a Status, which must
// be looked at. A broken invariant of the core itself stops the process (base/assert.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace daybook {

// Stable numbers: the binding hands them to JavaScript, which maps each to one error code.
enum class StatusCode : uint8_t {
  kOk = 0,
  kInvalidArgument = 1,
  kTooLarge = 2,     // over a limit that the message names
  kOverloaded = 3,   // too much un-acknowledged; retry after ready
  kClosed = 4,       // used after close
  kReadOnly = 5,     // the log does not take writes any more; the message says why
  kLocked = 6,       // another process has the directory open for writing
  kTrimmed = 7,      // the record was trimmed
  kDiskFull = 8,     // no space; nothing of the operation has happened
  kIo = 9,           // the operating system reported an error
  kCorrupt = 10,     // a checksum does not hold, or a file is missing or shorter than it was
  kFormat = 11,      // not a daybook, or of a newer format
  kTimeout = 12,     // a deadline passed
  kNotFound = 13,    // no such file (internal to the core)
  kWouldBlock = 14,  // answering needs the disk and the caller may not wait (internal)
};

// Success is a null pointer and costs nothing. Copyable, cheap to move.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message)
      : state_(std::make_shared<const State>(State{code, std::move(message), 0})) {}
  // `system_error` is an errno value, or 0.
  Status(StatusCode code, std::string message, int system_error)
      : state_(std::make_shared<const State>(State{code, std::move(message), system_error})) {}

  static Status Ok() { return {}; }

  [[nodiscard]] bool ok() const { return state_ == nullptr; }
  [[nodiscard]] StatusCode code() const { return ok() ? StatusCode::kOk : state_->code; }
  [[nodiscard]] bool Is(StatusCode wanted) const { return code() == wanted; }
  [[nodiscard]] int system_error() const { return ok() ? 0 : state_->system_error; }
  // For people; never contains payload bytes.
  [[nodiscard]] const std::string& message() const;

 private:
  struct State {
    StatusCode code;
    std::string message;
    int system_error;
  };
  std::shared_ptr<const State> state_;
};

// Returns early with the status of `expression` when it failed.
#define DAYBOOK_RETURN_IF_ERROR(expression)                                                \
  do {                                                                                     \
    if (::daybook::Status status_of_expression = (expression); !status_of_expression.ok()) \
      return status_of_expression;                                                         \
  } while (false)

}  // namespace daybook
