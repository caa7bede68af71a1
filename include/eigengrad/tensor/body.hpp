#pragma once
// TensorBody: what a tensor handle points to. Reference-counted; owns its elements (which follow it
// in the same pool block), borrows them from another body (a view) or from the user. Leaves out the
// typed handle: tensor.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/memory/pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace eigengrad::detail {

/// What a parameter's value carries (tape/parameter.hpp); row 3 only knows how to let go of it.
class EIGENGRAD_API LeafState {
 public:
  LeafState() noexcept = default;
  LeafState(const LeafState&) = delete;
  LeafState& operator=(const LeafState&) = delete;
  virtual ~LeafState() = default;

  bool trainable = true;              // false: ops treat the value as a constant
  std::uint32_t changed_version = 0;  // of the value, after the last change whose maker is known
  const char* changed_by = nullptr;   // that maker, for errors
};

/// Where a tensor was recorded: the tape's number (0: nowhere) and the record's index there.
struct TapeLink {
  std::uint64_t tape = 0;
  std::uint32_t record = 0;
};

/// Further places, for results that nested tapes recorded too.
struct MoreLinks {
  TapeLink link;
  MoreLinks* next;
};

/// The elements are the user's const memory.
inline constexpr std::uint8_t read_only_guard = 1;
/// A tape in anomaly mode wants to know where the elements are written. Set by std::atomic_ref, as
/// several threads may record the same tensor.
inline constexpr std::uint8_t traced_guard = 2;

/// Which function of `origin` a tensor is, so that losses can go back to the logits.
enum class Origin : std::uint8_t { none, sigmoid, softmax_last, log_softmax_last };

struct EIGENGRAD_API TensorBody {
  std::atomic<std::uint32_t> count{1};
  std::uint32_t version = 0;  // of the elements; a view's is its base's
  DType dtype = DType::float32;
  Origin origin_kind : 2 = Origin::none;
  bool contiguous : 1 = true;
  std::uint8_t guards = 0;           // what a write has to pass: read_only_guard, traced_guard
  std::uint8_t home = 0;             // number of the thread whose pool the block is from
  std::uint32_t origin_version = 0;  // of the logits, when `origin` was set
  void* data = nullptr;
  Index size = 0;
  Shape shape;
  Strides strides{};
  TensorBody* base = nullptr;    // owner of the elements, when this is a view
  TensorBody* origin = nullptr;  // the logits of a sigmoid or softmax
  std::size_t bytes = 0;         // of the pool block
  TapeLink link;
  MoreLinks* more_links = nullptr;
  LeafState* leaf = nullptr;  // owned
};

static_assert(sizeof(TensorBody) <= 192, "a body fits three cache lines");

/// Elements start here after the body: the body rounded up to the pool's alignment.
inline constexpr std::size_t body_bytes =
    (sizeof(TensorBody) + pool_alignment - 1) / pool_alignment * pool_alignment;

[[nodiscard]] inline TensorBody* owner_of(TensorBody* body) noexcept {
  return body->base != nullptr ? body->base : body;
}
[[nodiscard]] inline std::uint32_t version_of(const TensorBody* body) noexcept {
  return body->base != nullptr ? body->base->version : body->version;
}

inline void retain(TensorBody* body) noexcept {
  body->count.fetch_add(1, std::memory_order_relaxed);
}

/// Drops one reference; true if it was the last. A handle that is alone needs no atomic
/// read-modify-write.
[[nodiscard]] inline bool drop_reference(TensorBody* body) noexcept {
  if (body->count.load(std::memory_order_acquire) == 1) {
    return true;
  }
  return body->count.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

/// Drops a reference and frees a body that nobody holds. Out of line: tensors end in hundreds of
/// places.
void release(TensorBody* body) noexcept;

/// A new body with room for its elements, uninitialised and contiguous.
/// Throws: std::bad_alloc; ShapeError if the bytes overflow
[[nodiscard]] TensorBody* allocate_body(DType dtype, std::size_t element, const Shape& shape);

/// A new body over memory that it does not own. Contiguity is worked out from the strides.
[[nodiscard]] TensorBody* allocate_view(DType dtype, void* data, const Shape& shape,
                                        const Strides& strides);

#if EIGENGRAD_BODIES

/// Frees a body nobody holds, and what it alone held. Iterative: a chain of a million origins needs
/// no stack.
inline void destroy(TensorBody* body) noexcept {
  TensorBody* pending = nullptr;
  for (;;) {
    for (TensorBody* held : {body->base, body->origin}) {
      if (held != nullptr && drop_reference(held)) {
        // `data` is of no more use in a dying body: it links the list.
        held->data = pending;
        pending = held;
      }
    }
    while (body->more_links != nullptr) {
      MoreLinks* const links = body->more_links;
      body->more_links = links->next;
      pool_release(links, sizeof(MoreLinks));
    }
    delete body->leaf;
    const std::size_t bytes = body->bytes;
    const std::uint8_t home = body->home;
    body->~TensorBody();
    pool_release(body, bytes, home);
    if (pending == nullptr) {
      return;
    }
    body = pending;
    pending = static_cast<TensorBody*>(body->data);
  }
}

EIGENGRAD_NOINLINE EIGENGRAD_BODY void release(TensorBody* body) noexcept {
  if (drop_reference(body)) {
    destroy(body);
  }
}

/// Sets the shape of a new body, and row-major strides. Extent by extent: copying a Shape that was
/// just built reads wide what was written narrow, which costs more than all the rest.
inline void set_shape(TensorBody& body, const Shape& shape) noexcept {
  Index step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    body.strides[static_cast<std::size_t>(i)] = step;
    step *= shape[i];
  }
  for (int i = 0; i < shape.rank(); ++i) {
    body.shape.push_back(shape[i]);
  }
}

EIGENGRAD_BODY TensorBody* allocate_body(DType dtype, std::size_t element, const Shape& shape) {
  const Index size = shape.size();
  if (static_cast<std::size_t>(size) > (std::size_t{1} << 47) / element) {
    throw_shape_error("Tensor", {"too many elements: ", shape}, shape);
  }
  const std::size_t bytes = body_bytes + static_cast<std::size_t>(size) * element;
  void* const memory = pool_allocate(bytes);
  auto* const body = new (memory) TensorBody;
  body->bytes = bytes;
  body->home = pool_home();
  body->dtype = dtype;
  body->data = static_cast<char*>(memory) + body_bytes;
  body->size = size;
  set_shape(*body, shape);
  return body;
}

EIGENGRAD_BODY TensorBody* allocate_view(DType dtype, void* data, const Shape& shape,
                                         const Strides& strides) {
  void* const memory = pool_allocate(body_bytes);
  auto* const body = new (memory) TensorBody;
  body->bytes = body_bytes;
  body->home = pool_home();
  body->dtype = dtype;
  body->data = data;
  body->size = shape.size();
  set_shape(*body, shape);
  for (int i = 0; i < shape.rank(); ++i) {
    body->strides[static_cast<std::size_t>(i)] = strides[static_cast<std::size_t>(i)];
  }
  Index step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] != 1 && strides[static_cast<std::size_t>(i)] != step && body->size != 0) {
      body->contiguous = false;
      break;
    }
    step *= shape[i];
  }
  return body;
}

#endif

}  // namespace eigengrad::detail
