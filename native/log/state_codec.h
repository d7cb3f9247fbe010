// The live state of a log (its books, trim marks, retention, keys, tag marks) as bytes: the body of a state
// frame, and a part of a checkpoint. docs/formats/checkpoint.md, "Live state".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "log/book_table.h"
#include "log/key_table.h"
#include "log/record_codec.h"
#include "log/tag_trims.h"

namespace daybook {

// What must outlive the segments in which it was first said, and how much each book holds: of records whose
// segments are gone nobody could count it again. Books that do not exist and hold nothing are left out.
// `tag_marks` in any order.
void EncodeState(const BookTable& books, std::span<const RememberedKey> keys, std::vector<TagMark> tag_marks,
                 std::vector<std::byte>* out);

// Merges into `books`: marks only grow, names must not contradict; counts are as they are told here. `keys`
// and `tag_marks` are as told here. kNewer for a field that must be understood and is not.
[[nodiscard]] ParseResult DecodeState(std::span<const std::byte> bytes, BookTable* books, KeyTable* keys,
                                      std::vector<TagMark>* tag_marks);

}  // namespace daybook
