#include "daybook/status.h"

namespace daybook {

const std::string& Status::message() const {
  // Never destroyed, so that a status may be looked at while the process exits.
  static const std::string* const none = new std::string;
  return ok() ? *none : state_->message;
}

}  // namespace daybook
