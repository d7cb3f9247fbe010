// For the tests of what env.h promises: each world in turn, by its name.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "env/env_fault.h"
#include "env/env_memory.h"
#include "env/test_support.h"

namespace daybook::testing_support {

class WorldTest : public testing::TestWithParam<std::string> {
 protected:
  WorldTest() {
    if (GetParam() == "Posix") {
      temporary_ = std::make_unique<TemporaryDirectory>();
      directory_ = temporary_->path();
      env_ = PosixEnv();
      return;
    }
    memory_ = std::make_unique<MemoryEnv>();
    directory_ = "/data/test";
    EXPECT_OK(memory_->CreateDirectory(directory_));
    env_ = memory_.get();
    if (GetParam() == "FaultFree") {
      fault_ = std::make_unique<FaultEnv>(memory_.get());
      env_ = fault_.get();
    }
  }

  [[nodiscard]] std::string At(const std::string& name) const { return directory_ + "/" + name; }

  std::unique_ptr<File> Open(const std::string& name, OpenMode mode) {
    std::unique_ptr<File> file;
    EXPECT_OK(env_->OpenFile(At(name), mode, &file));
    return file;
  }

  std::unique_ptr<TemporaryDirectory> temporary_;
  std::unique_ptr<MemoryEnv> memory_;
  std::unique_ptr<FaultEnv> fault_;
  Env* env_ = nullptr;
  std::string directory_;
};

inline auto AllWorlds() { return testing::Values("Posix", "Memory", "FaultFree"); }
inline std::string WorldName(const testing::TestParamInfo<std::string>& world) { return world.param; }

}  // namespace daybook::testing_support
