#pragma once
// Tensor<T>: an 8-byte handle to elements with a shape. Copying the handle shares the elements, as
// in PyTorch and NumPy; clone() copies them. Members are accessors only: creation is in
// creation.hpp, functions are in ops/.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/body.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_undefined() {
  throw_error<ValueError>(
      "Tensor", {"used while it holds nothing: it was default-constructed or moved from"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_contiguous(std::string_view op,
                                                             const Shape& shape) {
  throw_shape_error(op, {"tensor ", shape, " is a strided view; call contiguous() first"}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_read_only() {
  throw_error<ValueError>("mutable_data", {"the tensor views const memory of the user"});
}
/// Called before a tensor with a traced_guard is written. Set by the first tape in anomaly mode
/// (tape/anomaly.hpp), else null.
using WriteHook = void (*)(TensorBody& owner);
EIGENGRAD_API inline constinit std::atomic<WriteHook> write_hook{nullptr};

/// What a write to guarded elements has to pass.
EIGENGRAD_COLD inline void pass_guards(TensorBody& owner) {
  if ((owner.guards & read_only_guard) != 0) {
    throw_read_only();
  }
  if (const WriteHook hook = write_hook.load(std::memory_order_relaxed)) {
    hook(owner);
  }
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_one(std::string_view op, const Shape& shape) {
  throw_shape_error(op, {"expected one element, got shape ", shape}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_position(std::span<const Index> at,
                                                       const Shape& shape) {
  throw_error<IndexError>("at", {"position ", at, " is outside shape ", shape});
}

}  // namespace detail

/// A dense array of T with up to six axes; a shared handle. An undefined tensor
/// (default-constructed, moved from) throws ValueError when used.
///
/// Reading one tensor from many threads is safe while nobody writes to it.
template <AnyScalar T>
class EIGENGRAD_API Tensor {
 public:
  using value_type = T;

  Tensor() noexcept = default;
  /// Takes over one reference to `body`; for the library's own use.
  explicit Tensor(detail::TensorBody* body) noexcept : body_(body) {}
  Tensor(const Tensor& other) noexcept : body_(other.body_) {
    if (body_ != nullptr) {
      detail::retain(body_);
    }
  }
  Tensor(Tensor&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Tensor& operator=(const Tensor& other) noexcept {
    if (this != &other) {
      Tensor copy(other);
      std::swap(body_, copy.body_);
    }
    return *this;
  }
  Tensor& operator=(Tensor&& other) noexcept {
    Tensor moved(std::move(other));
    std::swap(body_, moved.body_);
    return *this;
  }
  ~Tensor() {
    if (body_ != nullptr) {
      detail::release(body_);
    }
  }

  /// Whether the handle holds a tensor.
  [[nodiscard]] bool defined() const noexcept { return body_ != nullptr; }

  [[nodiscard]] const Shape& shape() const { return body().shape; }
  [[nodiscard]] int rank() const { return body().shape.rank(); }
  /// Number of elements.
  [[nodiscard]] Index size() const { return body().size; }
  /// Extent of one axis; negative axes count from the end. Throws: IndexError
  [[nodiscard]] Index extent(Index axis) const {
    return shape()[normalize_axis("extent", axis, rank())];
  }
  /// Steps in elements; only the first rank() entries mean something.
  [[nodiscard]] const Strides& strides() const { return body().strides; }
  /// Whether the elements lie in row-major order without gaps.
  [[nodiscard]] bool is_contiguous() const { return body().contiguous; }

  /// The first element's address. Neighbours are strides() apart.
  [[nodiscard]] const T* data() const { return static_cast<const T*>(body().data); }
  /// The same for writing. Counts as a change: a tape that saved this tensor will refuse to use it.
  /// Throws: ValueError for a view of the user's const memory
  [[nodiscard]] T* mutable_data() {
    detail::TensorBody& b = body();
    detail::TensorBody* const owner = detail::owner_of(&b);
    if (owner->guards != 0) {
      detail::pass_guards(*owner);
    }
    ++owner->version;
    owner->origin_kind = detail::Origin::none;
    return static_cast<T*>(b.data);
  }
  /// All elements of a contiguous tensor. Throws: ShapeError for a strided view
  [[nodiscard]] std::span<const T> values() const {
    if (!is_contiguous()) {
      detail::throw_not_contiguous("values", shape());
    }
    return {data(), static_cast<std::size_t>(size())};
  }
  /// The same for writing, see mutable_data().
  [[nodiscard]] std::span<T> mutable_values() {
    if (!is_contiguous()) {
      detail::throw_not_contiguous("mutable_values", shape());
    }
    return {mutable_data(), static_cast<std::size_t>(size())};
  }

  /// The one element of a tensor of size 1. Throws: ShapeError
  [[nodiscard]] T item() const {
    if (size() != 1) {
      detail::throw_not_one("item", shape());
    }
    return *data();
  }

  /// The element at a position, one index per axis; negative ones count from the end. Throws:
  /// IndexError
  template <std::convertible_to<Index>... I>
  [[nodiscard]] T at(I... position) const {
    const Index at[] = {static_cast<Index>(position)..., 0};
    return data()[offset_of({at, sizeof...(I)})];
  }
  /// Writes the element at a position. Throws: IndexError; ValueError as mutable_data()
  void set(std::initializer_list<Index> position, T value) {
    const Index offset = offset_of({position.begin(), position.size()});
    mutable_data()[offset] = value;
  }

  /// The body itself, for the library's own use.
  [[nodiscard]] detail::TensorBody& body() const {
    if (body_ == nullptr) {
      detail::throw_undefined();
    }
    return *body_;
  }
  /// Gives the reference away, for the library's own use.
  [[nodiscard]] detail::TensorBody* release() noexcept { return std::exchange(body_, nullptr); }

 private:
  [[nodiscard]] Index offset_of(std::span<const Index> position) const {
    const Shape& s = shape();
    bool inside = static_cast<int>(position.size()) == s.rank();
    Index offset = 0;
    for (int i = 0; inside && i < s.rank(); ++i) {
      const auto axis = static_cast<std::size_t>(i);
      const Index at = position[axis] < 0 ? position[axis] + s[i] : position[axis];
      inside = at >= 0 && at < s[i];
      offset += at * strides()[axis];
    }
    if (!inside) {
      detail::throw_position(position, s);
    }
    return offset;
  }

  detail::TensorBody* body_ = nullptr;
};

namespace detail {

/// A new contiguous tensor whose elements are not initialised.
template <AnyScalar T>
[[nodiscard]] Tensor<T> uninitialized(const Shape& shape) {
  return Tensor<T>(allocate_body(dtype_of<T>, sizeof(T), shape));
}

/// A view of `x`'s elements with another shape and strides, starting `offset` elements in.
/// Unchecked.
template <AnyScalar T>
[[nodiscard]] Tensor<T> make_view(const Tensor<T>& x, const Shape& shape, const Strides& strides,
                                  Index offset) {
  TensorBody& from = x.body();
  TensorBody* const view =
      allocate_view(from.dtype, static_cast<T*>(from.data) + offset, shape, strides);
  view->base = owner_of(&from);
  retain(view->base);
  return Tensor<T>(view);
}

}  // namespace detail

}  // namespace eigengrad
