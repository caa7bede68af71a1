#pragma once
// The pool that every tensor, tape and scratch buffer draws from: per-thread free lists by size
// class. A warm training step asks it for the same sizes again and again and never reaches the
// heap. Leaves out ownership: callers pass the size back, see tensor/body.hpp and
// memory/scratch.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace eigengrad {

namespace detail {

/// Alignment of every block, in bytes: a cache line, and the widest vector register.
inline constexpr std::size_t pool_alignment = 64;

/// Size classes: multiples of 64 bytes up to 1 KiB, then eight steps an octave, so that at most 1/8
/// is wasted.
inline constexpr int pool_linear_classes = 16;
inline constexpr int pool_classes = pool_linear_classes + 8 * 38;

/// Class of a request. `bytes` is at most 2^48; larger ones are refused by pool_allocate.
[[nodiscard]] constexpr int pool_class(std::size_t bytes) noexcept {
  if (bytes <= 1024) {
    return bytes == 0 ? 0 : static_cast<int>((bytes - 1) / 64);
  }
  const int log = static_cast<int>(std::bit_width(bytes - 1)) - 1;   // 2^log < bytes <= 2^(log + 1)
  const auto step = static_cast<int>((bytes - 1) >> (log - 3)) & 7;  // which eighth of the octave
  return pool_linear_classes + 8 * (log - 10) + step;
}

/// Bytes of a block of a class: the smallest size that holds every request of the class.
[[nodiscard]] constexpr std::size_t pool_class_bytes(int size_class) noexcept {
  if (size_class < pool_linear_classes) {
    return static_cast<std::size_t>(size_class + 1) * 64;
  }
  const int log = 10 + (size_class - pool_linear_classes) / 8;
  const int step = (size_class - pool_linear_classes) % 8;
  return static_cast<std::size_t>(9 + step) << (log - 3);
}

struct PoolBlock {
  PoolBlock* next;
};

/// One thread's free lists. Trivially destructible, so that tensors may be released after the
/// thread's other thread-locals are gone: `closed` then sends their blocks straight back to the
/// heap.
struct PoolState {
  PoolBlock* free[pool_classes];
  std::size_t cached;  // bytes in the lists
  std::int64_t live;   // bytes handed out minus bytes taken back, on this thread
  std::int64_t peak;   // largest `live`
  bool opened;
  bool closed;
};

/// What a thread may keep in its lists even if it never held as much itself (it frees what others
/// allocated).
inline constexpr std::int64_t pool_least_cache = std::int64_t{64} << 20;

EIGENGRAD_API inline constinit thread_local PoolState pool_state{};

inline void pool_trim(PoolState& pool) noexcept {
  for (PoolBlock*& list : pool.free) {
    while (list != nullptr) {
      PoolBlock* const block = list;
      list = block->next;
      ::operator delete (block, std::align_val_t{pool_alignment});
    }
  }
  pool.cached = 0;
}

/// Gives a thread's blocks back when the thread ends.
struct PoolCloser {
  PoolCloser() noexcept = default;
  PoolCloser(const PoolCloser&) = delete;
  PoolCloser& operator=(const PoolCloser&) = delete;
  ~PoolCloser() {
    pool_trim(pool_state);
    pool_state.closed = true;
  }
};

EIGENGRAD_COLD inline void pool_open(PoolState& pool) {
  static thread_local PoolCloser closer;
  static_cast<void>(closer);
  pool.opened = true;
}

[[nodiscard]] EIGENGRAD_COLD inline void* pool_miss(PoolState& pool, std::size_t bytes) {
  if (!pool.opened && !pool.closed) {
    pool_open(pool);
  }
  return ::operator new (bytes, std::align_val_t{pool_alignment});
}

/// A block of at least `bytes`, aligned to 64; its content is whatever was there.
/// Throws: std::bad_alloc when the heap has no more, or for more than 2^48 bytes
[[nodiscard]] inline void* pool_allocate(std::size_t bytes) {
  if (bytes > (std::size_t{1} << 48)) {
    throw std::bad_alloc();
  }
  const int size_class = pool_class(bytes);
  const std::size_t block_bytes = pool_class_bytes(size_class);
  PoolState& pool = pool_state;
  PoolBlock*& list = pool.free[size_class];
  void* result = list;
  if (list != nullptr) {
    list = list->next;
    pool.cached -= block_bytes;
  } else {
    result = pool_miss(pool, block_bytes);
  }
  pool.live += static_cast<std::int64_t>(block_bytes);
  pool.peak = pool.live > pool.peak ? pool.live : pool.peak;
  return result;
}

/// Takes a block back, on any thread; `bytes` is what was asked for.
inline void pool_release(void* memory, std::size_t bytes) noexcept {
  const int size_class = pool_class(bytes);
  const std::size_t block_bytes = pool_class_bytes(size_class);
  PoolState& pool = pool_state;
  pool.live -= static_cast<std::int64_t>(block_bytes);
  const std::int64_t most = pool.peak > pool_least_cache ? pool.peak : pool_least_cache;
  if (pool.closed || !pool.opened || static_cast<std::int64_t>(pool.cached + block_bytes) > most) {
    ::operator delete (memory, std::align_val_t{pool_alignment});
    return;
  }
  auto* const block = static_cast<PoolBlock*>(memory);
  block->next = pool.free[size_class];
  pool.free[size_class] = block;
  pool.cached += block_bytes;
}

}  // namespace detail

/// Gives the calling thread's unused blocks back to the heap. Tensors in use are not touched.
inline void release_cached_memory() noexcept {
  detail::pool_trim(detail::pool_state);
}

/// Bytes that the calling thread keeps for reuse.
[[nodiscard]] inline Index cached_memory_bytes() noexcept {
  return static_cast<Index>(detail::pool_state.cached);
}

}  // namespace eigengrad
