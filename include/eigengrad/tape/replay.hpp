#pragma once
// next_draw: the counter of a layer that draws random numbers, which repeats itself when a segment
// is run again (ops/recompute.hpp).

#include <eigengrad/base/error.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tape/tape.hpp>

#include <atomic>
#include <cstdint>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_more_draws(Index draws) {
  throw_error<TapeError>("recompute", {"the function did not repeat itself: it drew more than ",
                                       draws, " times when it was run again"});
}

/// What a segment drew when it ran first.
struct DrawLog {
  Buffer<std::uint64_t> draws;
  Index next = 0;
  bool replays = false;
  DrawLog* outer = nullptr;  // while it runs first: of the segment around it
};

EIGENGRAD_COLD inline std::uint64_t logged_draw(std::atomic<std::uint64_t>& count, DrawLog& log) {
  if (log.replays) {
    if (log.next == log.draws.size()) {
      throw_more_draws(log.next);
    }
    return log.draws[log.next++];
  }
  const std::uint64_t draw = log.outer != nullptr ? logged_draw(count, *log.outer)
                                                  : count.fetch_add(1, std::memory_order_relaxed);
  log.draws.push_back(draw);
  return draw;
}

}  // namespace detail

/// The value of `count` before it is incremented: what a layer of your own folds into its key
/// (RandomKey::fold), so that each call draws other numbers. When recompute runs a segment again it
/// gives what it gave the first time, and `count` stays.
///
/// Throws: TapeError if a segment draws more often when it is run again
[[nodiscard]] inline std::uint64_t next_draw(std::atomic<std::uint64_t>& count) {
  detail::DrawLog* const log = detail::tape_thread.draws;
  return log == nullptr ? count.fetch_add(1, std::memory_order_relaxed)
                        : detail::logged_draw(count, *log);
}

}  // namespace eigengrad
