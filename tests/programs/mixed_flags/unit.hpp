#pragma once
// What every unit of a mixed program offers to main.cpp, as function pointers: unit.cpp is compiled
// several times, with different flags and another UNIT_NAME each time.

#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace programs {

namespace eg = eigengrad;

/// A network of two Dense layers, tanh between them and sigmoid after, under a mean squared error.
/// shape: w1 (in, hidden), b1 (hidden,), w2 (hidden, out), b2 (out,)
template <class T>
using Parameters = std::vector<eg::Parameter<T>>;

/// The functions of one unit for one element type; those after `matmul` are null in a unit that
/// only multiplies.
template <class T>
struct Functions {
  eg::Tensor<T> (*matmul)(const eg::Tensor<T>& x, const eg::Tensor<T>& y, bool x_transposed,
                          bool y_transposed);
  /// -x y, through an epilogue of the unit's own: code that only this unit has, on top of packing
  /// and tiles that others have too. Both row-major.
  eg::Tensor<T> (*negated_matmul)(const eg::Tensor<T>& x, const eg::Tensor<T>& y);
  /// x^3, an elementwise op of the unit's own.
  eg::Tensor<T> (*cube)(const eg::Tensor<T>& x);
  eg::Tensor<T> (*exp)(const eg::Tensor<T>& x);
  eg::Tensor<T> (*tanh)(const eg::Tensor<T>& x);
  eg::Tensor<T> (*sigmoid)(const eg::Tensor<T>& x);
  eg::Tensor<T> (*sum)(const eg::Tensor<T>& x, eg::Index axis);
  eg::Tensor<T> (*mean)(const eg::Tensor<T>& x);
  Parameters<T> (*parameters)(const std::vector<eg::Tensor<T>>& values);
  eg::Tensor<T> (*loss)(const Parameters<T>& model, const eg::Tensor<T>& x, const eg::Tensor<T>& y);
  void (*backward)(eg::Tape& tape, const eg::Tensor<T>& loss);
  std::unique_ptr<eg::optim::Optimizer<T>> (*adam)(const Parameters<T>& model, double rate);
  void (*step)(eg::optim::Optimizer<T>& optimizer);
};

struct Unit {
  std::string_view name;
  std::string_view key;            // EIGENGRAD_KERNELS_KEY there
  std::vector<std::size_t> sizes;  // of types that units exchange
  Functions<float> in_float;
  Functions<double> in_double;

  template <class T>
  [[nodiscard]] const Functions<T>& in() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return in_float;
    } else {
      return in_double;
    }
  }
};

/// The units of the program. Each adds itself while the program starts.
std::vector<Unit>& units();

}  // namespace programs
