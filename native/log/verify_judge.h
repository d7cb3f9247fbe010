// Judges the reports on the files of a log together: what is damage, and which records it takes.
#pragma once

#include <span>

#include "log/verify_log.h"

namespace daybook {

// Every batch that was flushed is there, once, and follows the one before. A report for each segment
// of the manifest.
void JudgeSegments(const Manifest& manifest, std::span<const FileReport> segments, LogVerdict* verdict);

// The index says of every record in the segments what they say. All reports. REQUIRES: the segments
// have been judged.
void JudgeIndex(const Manifest& manifest, std::span<const FileReport> reports, LogVerdict* verdict);

}  // namespace daybook
