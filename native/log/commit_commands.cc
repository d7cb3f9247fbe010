#include "log/commit_commands.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace daybook {
namespace {

// Which books have a name, as the commands go on.
class Naming {
 public:
  Naming(const BookTable& table, std::vector<Command>* commands) : table_(table), commands_(commands) {}

  [[nodiscard]] bool Exists(uint64_t book) const {
    if (const auto changed = changed_.find(book); changed != changed_.end()) return changed->second;
    const BookTable::Book* entry = table_.Find(book);
    return entry != nullptr && entry->named;
  }

  void Name(uint64_t book) {
    const BookTable::Book* entry = table_.Find(book);
    if (entry == nullptr || entry->name.empty() || Exists(book)) return;
    Command command;
    command.kind = CommandKind::kNameBook;
    command.book = book;
    command.name = entry->name;
    commands_->push_back(std::move(command));
    changed_[book] = true;
    if (entry->trim_before == 0) return;
    // It was dropped, and its mark may have been forgotten with it.
    Command trim;
    trim.kind = CommandKind::kTrimBook;
    trim.book = book;
    trim.before = entry->trim_before;
    commands_->push_back(std::move(trim));
  }

  void Drop(uint64_t book) { changed_[book] = false; }

 private:
  const BookTable& table_;
  std::vector<Command>* commands_;
  std::unordered_map<uint64_t, bool> changed_;
};

}  // namespace

std::vector<Command> CommitCommands(std::span<const uint64_t> books, std::span<const Command> asked,
                                    const BookTable& table,
                                    const std::function<uint64_t(uint64_t book)>& end_of_book) {
  std::vector<Command> commands;
  Naming naming(table, &commands);
  for (Command command : asked) {
    const bool drops = command.kind == CommandKind::kDropBook;
    if (drops && !naming.Exists(command.book)) continue;
    if (drops) {
      naming.Drop(command.book);
    } else {
      naming.Name(command.book);
    }
    if (drops || command.kind == CommandKind::kTrimBook || command.kind == CommandKind::kTrimTag)
      command.before = std::min(command.before, end_of_book(command.book));
    commands.push_back(std::move(command));
  }
  for (const uint64_t book : books) naming.Name(book);
  return commands;
}

}  // namespace daybook
