#pragma once
// Marks pooled memory that nobody holds as forbidden when the program is compiled with the address
// sanitizer, so that a use after free is reported although the pool keeps the block. Does nothing
// otherwise.

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define EIGENGRAD_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EIGENGRAD_POISON 1
#endif
#endif
#if !defined(EIGENGRAD_POISON)
#define EIGENGRAD_POISON 0
#endif

#if EIGENGRAD_POISON
#include <sanitizer/asan_interface.h>
#endif

namespace eigengrad::detail {

/// From here on a read or write of these bytes is an error.
inline void poison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if EIGENGRAD_POISON
  __asan_poison_memory_region(memory, bytes);
#endif
}

/// From here on these bytes may be used again.
inline void unpoison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if EIGENGRAD_POISON
  __asan_unpoison_memory_region(memory, bytes);
#endif
}

}  // namespace eigengrad::detail
