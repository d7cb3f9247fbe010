#include "log/commit_commands.h"

#include <gtest/gtest.h>

#include <string>

namespace daybook {
namespace {

constexpr uint64_t kEnd = 10;

Command Asked(CommandKind kind, uint64_t book, uint64_t before = UINT64_MAX) {
  Command command;
  command.kind = kind;
  command.book = book;
  command.before = before;
  return command;
}

// "name 1", "drop 1 10" …, in the order of effect.
std::vector<std::string> Told(const std::vector<Command>& commands) {
  std::vector<std::string> told;
  for (const Command& command : commands) {
    const std::string book = std::to_string(command.book);
    switch (command.kind) {
      case CommandKind::kNameBook:
        told.push_back("name " + book + " " + command.name);
        break;
      case CommandKind::kDropBook:
        told.push_back("drop " + book + " " + std::to_string(command.before));
        break;
      case CommandKind::kTrimBook:
        told.push_back("trim " + book + " " + std::to_string(command.before));
        break;
      default:
        told.push_back("other " + book);
    }
  }
  return told;
}

class CommitCommandsTest : public testing::Test {
 protected:
  std::vector<std::string> Make(const std::vector<uint64_t>& books, const std::vector<Command>& asked) {
    return Told(CommitCommands(books, asked, table_, [](uint64_t) { return kEnd; }));
  }
  void Named(const std::string& name) { ASSERT_TRUE(table_.Name(table_.Open(name), name)); }

  BookTable table_;
};

using Strings = std::vector<std::string>;

TEST_F(CommitCommandsTest, ABookIsNamedOnceByWhatFirstWritesToIt) {
  Named("old");
  (void)table_.Open("new");
  EXPECT_EQ(Make({1, 2, 2, 1}, {}), (Strings{"name 2 new"}));
  EXPECT_EQ(Make({2}, {Asked(CommandKind::kTrimBook, 2, 3), Asked(CommandKind::kRetention, 2)}),
            (Strings{"name 2 new", "trim 2 3", "other 2"}));
}

TEST_F(CommitCommandsTest, AMarkNeverReachesRecordsToCome) {
  Named("book");
  EXPECT_EQ(Make({}, {Asked(CommandKind::kTrimBook, 1), Asked(CommandKind::kDropBook, 1)}),
            (Strings{"trim 1 10", "drop 1 10"}));
}

TEST_F(CommitCommandsTest, DroppingWhatDoesNotExistIsNothing) {
  (void)table_.Open("only opened");
  EXPECT_EQ(Make({}, {Asked(CommandKind::kDropBook, 1), Asked(CommandKind::kDropBook, 7)}), Strings{});
  Named("twice");
  EXPECT_EQ(Make({}, {Asked(CommandKind::kDropBook, 2), Asked(CommandKind::kDropBook, 2)}),
            (Strings{"drop 2 10"}));
}

TEST_F(CommitCommandsTest, RecordsThatComeWithADropBeginTheBookAnew) {
  Named("book");
  EXPECT_EQ(Make({1}, {Asked(CommandKind::kDropBook, 1)}), (Strings{"drop 1 10", "name 1 book"}));
  EXPECT_EQ(Make({1}, {Asked(CommandKind::kDropBook, 1), Asked(CommandKind::kRetention, 1)}),
            (Strings{"drop 1 10", "name 1 book", "other 1"}));
}

TEST_F(CommitCommandsTest, ABookWhoseNameIsLostIsNotNamed) {
  table_.Reserve(3);
  EXPECT_EQ(Make({3}, {Asked(CommandKind::kTrimBook, 3, 2)}), (Strings{"trim 3 2"}));
}

}  // namespace
}  // namespace daybook
