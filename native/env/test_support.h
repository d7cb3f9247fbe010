// For the tests of the Envs: temporary directories, bytes from text and back.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "daybook/env.h"

namespace daybook::testing_support {

// A new, empty directory of the real world, removed at the end with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = testing::TempDir() + "daybook-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      ADD_FAILURE() << "cannot make a directory like " << pattern;
      std::abort();
    }
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline std::vector<std::byte> BytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline std::string TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Status WriteText(File* file, uint64_t offset, std::string_view text) {
  const std::span<const std::byte> piece = std::as_bytes(std::span(text));
  return file->Write(offset, {&piece, 1});
}

// At most `size` bytes at `offset`, or what went wrong.
inline std::string ReadText(File* file, uint64_t offset, size_t size) {
  std::vector<std::byte> into(size);
  size_t count = 0;
  const Status status = file->Read(offset, into, &count);
  return status.ok() ? TextOf(std::span(into).first(count)) : "failed: " + status.message();
}

inline Status CreateFile(Env* env, const std::string& path, std::string_view text) {
  std::unique_ptr<File> file;
  DAYBOOK_RETURN_IF_ERROR(env->OpenFile(path, OpenMode::kCreateNew, &file));
  DAYBOOK_RETURN_IF_ERROR(WriteText(file.get(), 0, text));
  return file->Close();
}

inline std::string ReadAll(Env* env, const std::string& path) {
  std::unique_ptr<File> file;
  const Status opened = env->OpenFile(path, OpenMode::kRead, &file);
  return opened.ok() ? ReadText(file.get(), 0, 1 << 20) : "failed: " + opened.message();
}

}  // namespace daybook::testing_support

// Ok, or shows the message.
#define EXPECT_OK(expression)                                                        \
  do {                                                                               \
    const ::daybook::Status status_shown = (expression);                             \
    EXPECT_TRUE(status_shown.ok()) << #expression << ": " << status_shown.message(); \
  } while (false)
#define ASSERT_OK(expression)                                                        \
  do {                                                                               \
    const ::daybook::Status status_shown = (expression);                             \
    ASSERT_TRUE(status_shown.ok()) << #expression << ": " << status_shown.message(); \
  } while (false)
// Fails with this code and this errno value.
#define EXPECT_FAILS(expression, expected_code, expected_error)                                              \
  do {                                                                                                       \
    const ::daybook::Status status_shown = (expression);                                                     \
    EXPECT_EQ(status_shown.code(), expected_code) << #expression << ": " << status_shown.message();          \
    EXPECT_EQ(status_shown.system_error(), expected_error) << #expression << ": " << status_shown.message(); \
  } while (false)
