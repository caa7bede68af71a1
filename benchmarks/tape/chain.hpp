#pragma once
// What tape.cpp and its part on libtorch share.

#include <benchmark/benchmark.h>

#include <cstdint>

/// Ops in the chain that is timed.
inline constexpr std::int64_t chain = 1000;

/// The chain on libtorch.
void libtorch_chain(benchmark::State& state, std::int64_t elements);
