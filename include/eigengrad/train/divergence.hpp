#pragma once
// DivergenceError: a loss that is no number any more, and the op that made it so.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/train/loss_traits.hpp>

#include <string>

namespace eigengrad {

/// A loss became NaN or infinite during training; the parameters are those before the step.
class EIGENGRAD_API DivergenceError : public Error {
 public:
  DivergenceError(const std::string& message, Index epoch, Index step)
      : Error("fit", message), epoch_(epoch), step_(step) {}
  /// Epoch and step within it, from 1.
  [[nodiscard]] Index epoch() const noexcept { return epoch_; }
  [[nodiscard]] Index step() const noexcept { return step_; }

 private:
  Index epoch_;
  Index step_;
};

}  // namespace eigengrad

namespace eigengrad::detail {

/// Runs a diverged batch again to find the first op that gave a NaN or an infinity.
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
[[nodiscard]] EIGENGRAD_COLD std::string find_culprit(Model& model, const Tensor<T>& x,
                                                      const Tensor<Y>& y, const Tensor<T>& weights,
                                                      const Loss& loss) {
  try {
    const Tape tape(TapeOptions{.detect_anomaly = true});
    static_cast<void>(loss_of("fit", loss, Tensor<T>(model(x)), y, weights));
  } catch (const Error& error) {
    return error.what();
  }
  return "no op gave it when the batch was run again";
}

}  // namespace eigengrad::detail
