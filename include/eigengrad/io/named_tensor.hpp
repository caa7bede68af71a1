#pragma once
// Tensors with names, as archives hold them: NamedTensors<T> of one element type, and NamedTensor
// of any, for writers.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/body.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

/// Tensors of one element type with their names, in some order.
template <AnyScalar T>
using NamedTensors = std::vector<std::pair<std::string, Tensor<T>>>;

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_tensor(std::string_view op,
                                                        const std::string& file,
                                                        std::string_view name,
                                                        const std::string& known) {
  throw FileError(op, file,
                  concat("no tensor is named '", name, "': ",
                         known.empty() ? std::string("there are none") : "there are " + known));
}

/// A list of names for an error: all of them, or the first ten and how many more.
template <class Names, class NameOf>
[[nodiscard]] EIGENGRAD_COLD std::string listed_names(const Names& names, const NameOf& name_of) {
  std::string text;
  std::size_t count = 0;
  for (const auto& name : names) {
    if (++count <= 10) {
      text += (count == 1 ? "'" : ", '") + std::string(name_of(name)) + "'";
    }
  }
  return count <= 10 ? text : text + concat(" and ", count - 10, " more");
}

}  // namespace detail

/// A name and a tensor of any element type: what writers of archives take. Shares the tensor's
/// elements; a strided view is copied.
class NamedTensor {
 public:
  template <AnyScalar T>
  NamedTensor(std::string name, const Tensor<T>& tensor)
      : name_(std::move(name)), body_(detail::packed(tensor).release()) {}
  NamedTensor(const NamedTensor& other) : name_(other.name_), body_(other.body_) {
    detail::retain(body_);
  }
  NamedTensor(NamedTensor&& other) noexcept
      : name_(std::move(other.name_)), body_(std::exchange(other.body_, nullptr)) {}
  NamedTensor& operator=(NamedTensor other) noexcept {
    std::swap(name_, other.name_);
    std::swap(body_, other.body_);
    return *this;
  }
  ~NamedTensor() {
    if (body_ != nullptr) {
      detail::release(body_);
    }
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] DType dtype() const noexcept { return body_->dtype; }
  [[nodiscard]] const Shape& shape() const noexcept { return body_->shape; }
  [[nodiscard]] Index size() const noexcept { return body_->size; }

  /// Calls use(data) with a pointer to the contiguous elements, of their type.
  template <class Use>
  void visit(const Use& use) const {
    const void* const data = body_->data;
    switch (body_->dtype) {
      case DType::float32:
        return use(static_cast<const float*>(data));
      case DType::float64:
        return use(static_cast<const double*>(data));
      case DType::int64:
        return use(static_cast<const std::int64_t*>(data));
      case DType::int32:
        return use(static_cast<const std::int32_t*>(data));
      case DType::uint8:
        return use(static_cast<const std::uint8_t*>(data));
      case DType::boolean:
        return use(static_cast<const bool*>(data));
    }
  }

 private:
  std::string name_;
  detail::TensorBody* body_;
};

}  // namespace eigengrad
