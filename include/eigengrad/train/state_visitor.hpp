#pragma once
// StateVisitor<T>: how an object shows the state that a training run must keep to go on after an
// interruption. One function serves saving and restoring, so that the two can't differ. Leaves out
// files: checkpoint.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::train {

/// Is shown every variable of an object's state under a name of its own: reads it when a checkpoint
/// is written, writes it when one is read.
///
///     void visit_state(StateVisitor<T>& state) override {
///       state.integer("my_callback.waited", waited_);
///     }
template <FloatScalar T>
class EIGENGRAD_API StateVisitor {
 public:
  StateVisitor() = default;
  StateVisitor(const StateVisitor&) = delete;
  StateVisitor& operator=(const StateVisitor&) = delete;
  virtual ~StateVisitor() = default;

  virtual void integer(std::string_view name, Index& value) = 0;
  /// To the bit; NaN stays NaN.
  virtual void real(std::string_view name, double& value) = 0;
  virtual void reals(std::string_view name, std::vector<double>& values) = 0;
  /// UTF-8.
  virtual void text(std::string_view name, std::string& value) = 0;
  virtual void tensors(std::string_view name, std::vector<Tensor<T>>& values) = 0;

  void boolean(std::string_view name, bool& value) {
    Index number = value ? 1 : 0;
    integer(name, number);
    value = number != 0;
  }
};

}  // namespace eigengrad::train
