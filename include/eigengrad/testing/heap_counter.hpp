#pragma once
// Counts the program's calls to the heap and the bytes that they ask for, for tests that a warm
// loop makes none. Leaves out frees: a sanitizer or a profiler shows those.
//
// Write EIGENGRAD_COUNT_HEAP_CALLS once, at namespace scope, in one source file of the program;
// without it heap_calls() and heap_bytes() do not link. With the GNU C library malloc, calloc,
// realloc and the aligned forms are counted, and so all of operator new. Under a sanitizer, which
// owns malloc itself, and with other C libraries only operator new is.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EIGENGRAD_COUNT_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define EIGENGRAD_COUNT_MALLOC 0
#endif
#endif
#if !defined(EIGENGRAD_COUNT_MALLOC)
#if defined(__GLIBC__)
#define EIGENGRAD_COUNT_MALLOC 1
#else
#define EIGENGRAD_COUNT_MALLOC 0
#endif
#endif

namespace eigengrad::testing {

/// Calls to the heap by all threads since the program started. Defined by
/// EIGENGRAD_COUNT_HEAP_CALLS.
[[nodiscard]] Index heap_calls() noexcept;
/// The bytes that those calls asked for.
[[nodiscard]] Index heap_bytes() noexcept;

/// Whether malloc is counted, or operator new alone.
inline constexpr bool heap_counter_sees_malloc = EIGENGRAD_COUNT_MALLOC != 0;

namespace detail {

EIGENGRAD_API inline constinit std::atomic<Index> heap_call_count{0};
EIGENGRAD_API inline constinit std::atomic<Index> heap_byte_count{0};

inline void count_heap_call(std::size_t bytes) noexcept {
  heap_call_count.fetch_add(1, std::memory_order_relaxed);
  heap_byte_count.fetch_add(static_cast<Index>(bytes), std::memory_order_relaxed);
}

/// What the replaced operator new does: counts, allocates. Null when there is no memory.
[[nodiscard]] inline void* counted_allocate(std::size_t bytes, std::size_t alignment) noexcept {
  count_heap_call(bytes);
  bytes = bytes == 0 ? 1 : bytes;
  if (alignment <= alignof(std::max_align_t)) {
    return std::malloc(bytes);
  }
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

[[nodiscard]] inline void* counted_or_throw(std::size_t bytes, std::size_t alignment) {
  void* const memory = counted_allocate(bytes, alignment);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

/// What the replaced operator delete does. Out of line: GCC takes free() after new for a mistake.
EIGENGRAD_COLD inline void counted_free(void* memory) noexcept {
  std::free(memory);
}

}  // namespace detail
}  // namespace eigengrad::testing

#define EIGENGRAD_DEFINE_HEAP_CALLS_                                \
  namespace eigengrad::testing {                                    \
  Index heap_calls() noexcept {                                     \
    return detail::heap_call_count.load(std::memory_order_relaxed); \
  }                                                                 \
  Index heap_bytes() noexcept {                                     \
    return detail::heap_byte_count.load(std::memory_order_relaxed); \
  }                                                                 \
  }

#if EIGENGRAD_COUNT_MALLOC

// glibc's own names of what is replaced here; its free() takes their results.
extern "C" {
void* __libc_malloc(std::size_t bytes) noexcept;
void* __libc_calloc(std::size_t count, std::size_t bytes) noexcept;
void* __libc_realloc(void* memory, std::size_t bytes) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t bytes) noexcept;
}

#define EIGENGRAD_COUNT_HEAP_CALLS                                                                \
  EIGENGRAD_DEFINE_HEAP_CALLS_                                                                    \
  extern "C" {                                                                                    \
  void* malloc(std::size_t bytes) noexcept {                                                      \
    eigengrad::testing::detail::count_heap_call(bytes);                                           \
    return __libc_malloc(bytes);                                                                  \
  }                                                                                               \
  void* calloc(std::size_t count, std::size_t bytes) noexcept {                                   \
    eigengrad::testing::detail::count_heap_call(count* bytes);                                    \
    return __libc_calloc(count, bytes);                                                           \
  }                                                                                               \
  void* realloc(void* memory, std::size_t bytes) noexcept {                                       \
    eigengrad::testing::detail::count_heap_call(bytes);                                           \
    return __libc_realloc(memory, bytes);                                                         \
  }                                                                                               \
  void* memalign(std::size_t alignment, std::size_t bytes) noexcept {                             \
    eigengrad::testing::detail::count_heap_call(bytes);                                           \
    return __libc_memalign(alignment, bytes);                                                     \
  }                                                                                               \
  void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {                        \
    eigengrad::testing::detail::count_heap_call(bytes);                                           \
    return __libc_memalign(alignment, bytes);                                                     \
  }                                                                                               \
  int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) noexcept {          \
    eigengrad::testing::detail::count_heap_call(bytes);                                           \
    if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) { \
      return EINVAL;                                                                              \
    }                                                                                             \
    void* const result = __libc_memalign(alignment, bytes);                                       \
    if (result == nullptr) {                                                                      \
      return ENOMEM;                                                                              \
    }                                                                                             \
    *memory = result;                                                                             \
    return 0;                                                                                     \
  }                                                                                               \
  }                                                                                               \
  static_assert(true)

#else

#define EIGENGRAD_COUNT_HEAP_CALLS                                                            \
  EIGENGRAD_DEFINE_HEAP_CALLS_                                                                \
  void* operator new(std::size_t bytes) {                                                     \
    return eigengrad::testing::detail::counted_or_throw(bytes, 1);                            \
  }                                                                                           \
  void* operator new[](std::size_t bytes) {                                                   \
    return eigengrad::testing::detail::counted_or_throw(bytes, 1);                            \
  }                                                                                           \
  void* operator new(std::size_t bytes, std::align_val_t alignment) {                         \
    return eigengrad::testing::detail::counted_or_throw(bytes,                                \
                                                        static_cast<std::size_t>(alignment)); \
  }                                                                                           \
  void* operator new[](std::size_t bytes, std::align_val_t alignment) {                       \
    return eigengrad::testing::detail::counted_or_throw(bytes,                                \
                                                        static_cast<std::size_t>(alignment)); \
  }                                                                                           \
  void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {                     \
    return eigengrad::testing::detail::counted_allocate(bytes, 1);                            \
  }                                                                                           \
  void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {                   \
    return eigengrad::testing::detail::counted_allocate(bytes, 1);                            \
  }                                                                                           \
  void operator delete(void* memory) noexcept {                                               \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete[](void* memory) noexcept {                                             \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete(void* memory, std::size_t) noexcept {                                  \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete[](void* memory, std::size_t) noexcept {                                \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete(void* memory, std::align_val_t) noexcept {                             \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete[](void* memory, std::align_val_t) noexcept {                           \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {                \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {              \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete(void* memory, const std::nothrow_t&) noexcept {                        \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  void operator delete[](void* memory, const std::nothrow_t&) noexcept {                      \
    eigengrad::testing::detail::counted_free(memory);                                         \
  }                                                                                           \
  static_assert(true)

#endif
