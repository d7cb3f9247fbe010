// The workloads that are crashed: a family of named ones, and random ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "log/crash_workload_test_support.h"

namespace daybook::test {

// The family that every run crashes.
std::vector<Workload> NamedWorkloads();

// As many more as wanted.
Workload RandomWorkload(uint64_t seed);
std::vector<Step> RandomSteps(std::mt19937_64* random, size_t count);

}  // namespace daybook::test
