// The live state of a log (its books, trim marks, retention) as bytes: the body of a state frame,
// and a part of a checkpoint. docs/formats/checkpoint.md, "Books".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "log/book_table.h"
#include "log/record_codec.h"

namespace daybook {

// What must outlive the segments in which it was first said, and how much each book holds: of records whose
// segments are gone nobody could count it again. Books that do not exist and hold nothing are left out.
void EncodeBooks(const BookTable& books, std::vector<std::byte>* out);

// Merges into `books`: marks only grow, names must not contradict; counts are as they are told here. kNewer
// for a field that must be understood and is not.
[[nodiscard]] ParseResult DecodeBooks(std::span<const std::byte> bytes, BookTable* books);

}  // namespace daybook
