// Walks along a stream in the index and says where each of its records lies, without reading them.
#pragma once

#include <cstdint>
#include <functional>

#include "daybook/status.h"
#include "log/log_state.h"

namespace daybook {

// Visits the records of the stream in [from, to), ascending, until `visit` answers false. May wait
// for the disk. Records of rewritten segments that are not there any more are left out.
Status WalkStream(const LogState& state, StreamKind kind, uint64_t key, uint64_t from, uint64_t to,
                  const std::function<bool(const RecordLocation&)>& visit);

// Where the record lies in this version of the index: in the overlay, if its segment was rewritten.
Status LocateInVersion(const IndexVersion& version, const IndexRun& run, uint64_t seqnum, ReadMode mode,
                       RecordLocation* location, bool* found);

}  // namespace daybook
