#pragma once
// The addresses of the library's state as the including unit sees them: a function of internal
// linkage, for the question is whether units agree.

#include "library.hpp"

#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/memory/pool.hpp>
#include <eigengrad/tape/tape.hpp>

namespace programs {

namespace {

StateAddresses state_addresses_here() {
  return {&eg::detail::pool_state, &eg::detail::pool_threads, &eg::detail::tape_thread,
          &eg::detail::tape_thread_count, &eg::detail::requested_threads};
}

}  // namespace

}  // namespace programs
