// The commands of a commit: those that were asked for, and names for the books that need one. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "log/book_table.h"
#include "log/metalog_entry.h"

namespace daybook {

// In the order in which they take effect, all of them before the records of the commit.
//
// A book is named in front of the first command that is for it, and behind the last one if records
// go to it (`books`) and it has no name by then: one commit may drop a book and begin it anew. A
// drop of a book that does not exist is left out. Marks are lowered to `end_of_book`, the book's
// tail + 1: no record to come is ever trimmed.
std::vector<Command> CommitCommands(std::span<const uint64_t> books, std::span<const Command> asked,
                                    const BookTable& table,
                                    const std::function<uint64_t(uint64_t book)>& end_of_book);

}  // namespace daybook
