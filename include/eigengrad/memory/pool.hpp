#pragma once
// The pool that every tensor, tape and scratch buffer draws from: per-thread free lists by size
// class. A warm training step asks it for the same sizes again and again and never reaches the
// heap. Leaves out ownership: callers pass the size back, see tensor/body.hpp and
// memory/scratch.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/memory/poison.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace eigengrad {

namespace detail {

/// Alignment of every block, in bytes: a cache line, and the widest vector register.
inline constexpr std::size_t pool_alignment = 64;

/// A huge page of Linux, and the block from which huge pages are asked for: a product of large
/// matrices walks more small pages than a processor's table of addresses holds.
inline constexpr std::size_t pool_huge_page = std::size_t{1} << 21;
inline constexpr std::size_t pool_huge_block = 2 * pool_huge_page;

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

/// One thread's free lists. Trivially destructible, so that tensors may be released after the
/// thread's other thread-locals are gone: `closed` then sends their blocks straight back to the
/// heap.
struct PoolState {
  void* free[pool_classes];  // each block holds the address of the next one, see pool_next
  std::size_t cached;        // bytes in the lists
  std::int64_t live;         // bytes handed out by this thread and not taken back by any
  std::int64_t peak;         // largest `live`
  int next_out;              // the list that makes room next
  bool opened;
  bool closed;
  std::uint8_t number;  // of the thread, from 1; shared by some when there are more than 255
};

/// What a thread may keep in its lists whatever it held itself.
inline constexpr std::int64_t pool_least_cache = std::int64_t{64} << 20;

EIGENGRAD_API inline constinit thread_local PoolState pool_state{};

/// Threads that opened a pool so far.
EIGENGRAD_API inline constinit std::atomic<std::uint32_t> pool_threads{0};

/// Bytes of each thread, by its number, that other threads took back. A thread that hands its
/// tensors on subtracts them from `live` when it next reaches for the heap.
EIGENGRAD_API inline constinit std::atomic<std::int64_t> pool_taken_elsewhere[256]{};

/// Where a cached block keeps the address of the next one. With the address sanitizer that is its
/// end, so that everything before it can be poisoned while the leak checker still sees the chain.
[[nodiscard]] inline void*& pool_next(void* block, std::size_t block_bytes) noexcept {
  const std::size_t offset = EIGENGRAD_POISON ? block_bytes - sizeof(void*) : 0;
  return *reinterpret_cast<void**>(static_cast<char*>(block) + offset);
}

/// Of a block of that size, for operator new and operator delete.
[[nodiscard]] constexpr std::align_val_t pool_block_alignment(std::size_t block_bytes) noexcept {
  return std::align_val_t{block_bytes >= pool_huge_block ? pool_huge_page : pool_alignment};
}

/// A block from the heap, of huge pages where it is large and the system has them to give.
/// Throws: std::bad_alloc
[[nodiscard]] inline void* pool_new(std::size_t block_bytes) {
  void* const block = ::operator new(block_bytes, pool_block_alignment(block_bytes));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (block_bytes >= pool_huge_block) {
    static_cast<void>(madvise(block, block_bytes / pool_huge_page * pool_huge_page, MADV_HUGEPAGE));
  }
#endif
  return block;
}

inline void pool_delete(void* block, std::size_t block_bytes) noexcept {
  ::operator delete(block, pool_block_alignment(block_bytes));
}

/// Gives the first block of a list back.
inline void pool_drop(PoolState& pool, int size_class) noexcept {
  const std::size_t block_bytes = pool_class_bytes(size_class);
  void* const block = pool.free[size_class];
  pool.free[size_class] = pool_next(block, block_bytes);
  pool.cached -= block_bytes;
  unpoison(block, block_bytes);
  pool_delete(block, block_bytes);
}

inline void pool_trim(PoolState& pool) noexcept {
  for (int size_class = 0; size_class < pool_classes; ++size_class) {
    while (pool.free[size_class] != nullptr) {
      pool_drop(pool, size_class);
    }
  }
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

/// A block of at least `bytes`, aligned to 64; its content is whatever was there.
/// Throws: std::bad_alloc when the heap has no more, or for more than 2^48 bytes
[[nodiscard]] void* pool_allocate(std::size_t bytes);

/// The calling thread's number, for the `home` of what it allocates.
[[nodiscard]] inline std::uint8_t pool_home() noexcept {
  return pool_state.number;
}

/// Takes a block back, on any thread; `bytes` is what was asked for, `home` the number of the
/// thread that asked. A thread keeps as much as it once held itself, and what it freed last takes
/// the place of other sizes. Of the blocks of others it keeps what fits into pool_least_cache: it
/// may never need them.
void pool_release(void* memory, std::size_t bytes, std::uint8_t home) noexcept;

/// The same for a block of the calling thread.
inline void pool_release(void* memory, std::size_t bytes) noexcept {
  pool_release(memory, bytes, pool_home());
}

#if EIGENGRAD_BODIES

EIGENGRAD_COLD inline void pool_open(PoolState& pool) {
  static thread_local PoolCloser closer;
  static_cast<void>(closer);
  pool.opened = true;
  const std::uint32_t before = pool_threads.fetch_add(1, std::memory_order_relaxed);
  pool.number = static_cast<std::uint8_t>(before % 255 + 1);
  pool_taken_elsewhere[pool.number].store(0, std::memory_order_relaxed);
}

[[nodiscard]] EIGENGRAD_COLD inline void* pool_miss(PoolState& pool, std::size_t block_bytes) {
  if (!pool.opened && !pool.closed) {
    pool_open(pool);
  }
  pool.live -= pool_taken_elsewhere[pool.number].exchange(0, std::memory_order_relaxed);
  return pool_new(block_bytes);
}

/// Empties one list after the other, going on where it stopped: a size that the program no longer
/// needs is gone sooner or later, and one that it needs comes back.
EIGENGRAD_COLD inline void pool_make_room(PoolState& pool, std::size_t bytes,
                                          std::int64_t most) noexcept {
  while (pool.cached > 0 && static_cast<std::int64_t>(pool.cached + bytes) > most) {
    if (pool.free[pool.next_out] == nullptr) {
      pool.next_out = (pool.next_out + 1) % pool_classes;
    } else {
      pool_drop(pool, pool.next_out);
    }
  }
}

EIGENGRAD_BODY void* pool_allocate(std::size_t bytes) {
  if (bytes > (std::size_t{1} << 48)) {
    throw std::bad_alloc();
  }
  const int size_class = pool_class(bytes);
  const std::size_t block_bytes = pool_class_bytes(size_class);
  PoolState& pool = pool_state;
  void*& list = pool.free[size_class];
  void* result = list;
  if (result != nullptr) {
    list = pool_next(result, block_bytes);
    pool.cached -= block_bytes;
    unpoison(result, bytes);
  } else {
    result = pool_miss(pool, block_bytes);
  }
  poison(static_cast<char*>(result) + bytes, block_bytes - bytes);
  pool.live += static_cast<std::int64_t>(block_bytes);
  pool.peak = pool.live > pool.peak ? pool.live : pool.peak;
  return result;
}

EIGENGRAD_NOINLINE EIGENGRAD_BODY void pool_release(void* memory, std::size_t bytes,
                                                    std::uint8_t home) noexcept {
  const int size_class = pool_class(bytes);
  const std::size_t block_bytes = pool_class_bytes(size_class);
  PoolState& pool = pool_state;
  std::int64_t most = pool_least_cache;
  if (home == pool.number) {
    pool.live -= static_cast<std::int64_t>(block_bytes);
    most = pool.peak > most ? pool.peak : most;
  } else {
    pool_taken_elsewhere[home].fetch_add(static_cast<std::int64_t>(block_bytes),
                                         std::memory_order_relaxed);
  }
  const bool full = static_cast<std::int64_t>(pool.cached + block_bytes) > most;
  if (pool.closed || !pool.opened || (full && home != pool.number)) {
    unpoison(memory, block_bytes);
    pool_delete(memory, block_bytes);
    return;
  }
  if (full) {
    pool_make_room(pool, block_bytes, most);
  }
  unpoison(memory, block_bytes);
  pool_next(memory, block_bytes) = pool.free[size_class];
  poison(memory, block_bytes - sizeof(void*));
  pool.free[size_class] = memory;
  pool.cached += block_bytes;
}

#endif

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
