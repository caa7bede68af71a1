#pragma once
// What the file of another library gives to peers/main.cpp.

#include "../step/contestant.hpp"

#include <memory>

/// The library's way to do the work.
std::unique_ptr<step_bench::Contestant> make_peer(const step_bench::Problem& problem,
                                                  step_bench::Work work, int threads);
