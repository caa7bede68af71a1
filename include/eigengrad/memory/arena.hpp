#pragma once
// Arena: memory that is handed out in order and given back all at once, in chunks of the thread's
// pool. Addresses stay valid while it grows. Runs no destructors: its user does.

#include <eigengrad/memory/pool.hpp>

#include <cstddef>

namespace eigengrad::detail {

class EIGENGRAD_API Arena {
 public:
  Arena() noexcept = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { release(first_); }

  /// `bytes` of memory aligned to 16.
  [[nodiscard]] void* allocate(std::size_t bytes) {
    bytes = (bytes + 15) & ~std::size_t{15};
    if (bytes > static_cast<std::size_t>(end_ - next_)) {
      advance(bytes);
    }
    char* const result = next_;
    next_ += bytes;
    return result;
  }

  /// A place to go back to.
  struct Mark {
    void* chunk;
    char* next;
  };
  [[nodiscard]] Mark mark() const noexcept { return {last_, next_}; }
  /// Forgets what was handed out since the mark, which was made after something else was.
  void rewind(const Mark& mark) noexcept {
    auto* const chunk = static_cast<Chunk*>(mark.chunk);
    release(chunk->next);
    chunk->next = nullptr;
    enter(chunk);
    next_ = mark.next;
  }

  /// Forgets everything; keeps the first chunk for the next use and gives the others back to the
  /// pool.
  void clear() noexcept {
    if (first_ == nullptr) {
      return;
    }
    release(first_->next);
    first_->next = nullptr;
    enter(first_);
  }

 private:
  struct Chunk {
    Chunk* next;
    std::size_t bytes;
  };
  static constexpr std::size_t header = 64;
  static constexpr std::size_t first_bytes = 4096;
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;

  void enter(Chunk* chunk) noexcept {
    last_ = chunk;
    next_ = reinterpret_cast<char*>(chunk) + header;
    end_ = reinterpret_cast<char*>(chunk) + chunk->bytes;
  }

  EIGENGRAD_COLD void advance(std::size_t bytes) {
    std::size_t size = last_ == nullptr ? first_bytes : 2 * last_->bytes;
    size = size > most_bytes ? most_bytes : size;
    size = size < bytes + header ? bytes + header : size;
    auto* const chunk = static_cast<Chunk*>(pool_allocate(size));
    chunk->next = nullptr;
    chunk->bytes = size;
    (last_ == nullptr ? first_ : last_->next) = chunk;
    enter(chunk);
  }

  static void release(Chunk* chunk) noexcept {
    while (chunk != nullptr) {
      Chunk* const next = chunk->next;
      pool_release(chunk, chunk->bytes);
      chunk = next;
    }
  }

  Chunk* first_ = nullptr;
  Chunk* last_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace eigengrad::detail
