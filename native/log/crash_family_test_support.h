// The workloads that are crashed: families of named ones, and random ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "log/crash_workload_test_support.h"

namespace daybook::test {

struct WorkloadFamily {
  std::string name;
  std::vector<Workload> workloads;
};
inline void PrintTo(const WorkloadFamily& family, std::ostream* out) { *out << family.name; }

// Those that every run crashes.
std::vector<WorkloadFamily> WorkloadFamilies();
std::vector<Workload> NamedWorkloads();

// As many more as wanted.
Workload RandomWorkload(uint64_t seed);
std::vector<Step> RandomSteps(std::mt19937_64* random, size_t count);

}  // namespace daybook::test
