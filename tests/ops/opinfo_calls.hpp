#pragma once
// Which call of ours answers to which of PyTorch's records, and how closely it must agree. The
// table is in opinfo_calls.cpp and, for shapes, joins, losses and linear algebra, in
// opinfo_structure_calls.cpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstdint>
#include <functional>
#include <ops/opinfo_samples.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opinfo {

using eigengrad::Tensor;
using Axes = std::initializer_list<Index>;

/// The arguments of a sample, with its tensors.
class Arguments {
 public:
  Arguments(const Sample& sample, std::vector<Tensor<double>> tensors)
      : sample_(&sample), tensors_(std::move(tensors)) {}

  [[nodiscard]] const Sample& sample() const noexcept { return *sample_; }
  [[nodiscard]] const std::vector<Tensor<double>>& tensors() const noexcept { return tensors_; }
  /// Whether a tensor of that name was given.
  [[nodiscard]] bool holds(std::string_view name) const noexcept;
  [[nodiscard]] const Tensor<double>& operator[](std::string_view name) const;
  /// The same as class indices or positions, and as a mask.
  [[nodiscard]] Tensor<std::int64_t> positions(std::string_view name) const;
  [[nodiscard]] Tensor<bool> mask(std::string_view name) const;

  /// Whether an argument that is no tensor was given.
  [[nodiscard]] bool has(std::string_view key) const noexcept;
  /// It as text. Throws if it was not given.
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] double number(std::string_view key) const;
  [[nodiscard]] double number(std::string_view key, double otherwise) const;
  [[nodiscard]] Index integer(std::string_view key, Index otherwise) const;
  [[nodiscard]] bool flag(std::string_view key, bool otherwise = false) const;
  /// "(0 2)", or "1" as a list of one.
  [[nodiscard]] std::vector<Index> list(std::string_view key) const;

 private:
  const Sample* sample_;
  std::vector<Tensor<double>> tensors_;
};

/// What a call gives: PyTorch's real-valued results in their order.
struct Results : std::vector<Tensor<double>> {
  Results(Tensor<double> one) : vector{std::move(one)} {}  // NOLINT: one result is a list of one
  Results(std::vector<Tensor<double>> all) : vector(std::move(all)) {}  // NOLINT: the same
};

/// How far from PyTorch's numbers ours may be, relative to max(1, |number|); 0: equal. Each bound
/// is a power of ten at least ten times what was measured.
struct Bounds {
  double value = 0;
  double gradient = 0;
};

/// One row: PyTorch's name, the names of our ops that the call records, the call.
struct Call {
  std::string_view op;
  std::string_view ours;
  Bounds bounds;
  std::function<Results(const Arguments&)> apply;
  std::string_view note = {};  // where the libraries differ by convention
};

/// All rows, in the order of the table in docs/.
[[nodiscard]] const std::vector<Call>& calls();

/// Rows of the second file; calls() has them too.
[[nodiscard]] std::vector<Call> structure_calls();

/// f(axes) with a list of axes, extents or the like that is known when the program runs.
template <class F>
[[nodiscard]] auto with_list(const std::vector<Index>& v, const F& f) {
  switch (v.size()) {
    case 0:
      return f(Axes{});
    case 1:
      return f(Axes{v[0]});
    case 2:
      return f(Axes{v[0], v[1]});
    case 3:
      return f(Axes{v[0], v[1], v[2]});
    case 4:
      return f(Axes{v[0], v[1], v[2], v[3]});
    case 5:
      return f(Axes{v[0], v[1], v[2], v[3], v[4]});
    default:
      throw eigengrad::Error("opinfo", "a list of more than five numbers");
  }
}

}  // namespace opinfo
