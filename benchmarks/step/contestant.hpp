#pragma once
// What the contestants of the whole-step benchmark are given and what they answer: a problem, a
// kind of work, and an object that repeats it. Leaves out the clock and the protocol (step.cpp).

#include <eigengrad/base/index.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace step_bench {

using eigengrad::Index;

/// What is repeated: a training step of the batch, the forward pass of one row, a training step of
/// one row, or an epoch of fit(): on the breast cancer data, for shape b on MNIST's many rows.
enum class Work { step, inference, online, fit };

/// A multilayer perceptron with ReLU between its layers, one batch of data and the weights that
/// every contestant starts from. One output means a sigmoid and binary cross entropy, several mean
/// logits and softmax cross entropy with class indices.
struct Problem {
  std::string name;
  std::vector<Index> widths;                // features, hidden widths, outputs
  Index rows = 0;                           // of the batch
  std::vector<float> x;                     // (rows, features)
  std::vector<float> y;                     // (rows): 0 or 1, for one output
  std::vector<std::int64_t> classes;        // (rows), for several
  std::vector<std::vector<float>> weights;  // layer l: (widths[l], widths[l + 1])
  std::vector<std::vector<float>> biases;   // layer l: (widths[l + 1])

  [[nodiscard]] bool binary() const noexcept { return widths.back() == 1; }
  [[nodiscard]] std::size_t layers() const noexcept { return widths.size() - 1; }
};

/// Adam as all of them run it, in Keras's form.
struct AdamConstants {
  static constexpr double learning_rate = 1e-3;
  static constexpr double beta_1 = 0.9;
  static constexpr double beta_2 = 0.999;
  static constexpr double epsilon = 1e-7;
};

/// One way to do the work.
class Contestant {
 public:
  Contestant() = default;
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;
  virtual ~Contestant() = default;

  /// Repeats the work. Gives the loss before the last step, or the first output of inference.
  virtual float run(Index repeats) = 0;
};

/// The problem of a shape (a, b, c, tiny, mnist) from the .npy files in `folder`, or with random
/// data and weights if that is empty. `rows` as the shape says, or 1 for work on one row.
/// Throws: Error for an unknown shape, a missing file or one of another shape
[[nodiscard]] Problem make_problem(const std::string& shape, Work work, const std::string& folder);

[[nodiscard]] std::unique_ptr<Contestant> make_eigengrad(const Problem& problem, Work work,
                                                         int threads);
[[nodiscard]] std::unique_ptr<Contestant> make_floor_eigen(const Problem& problem, Work work,
                                                           int threads);
[[nodiscard]] std::unique_ptr<Contestant> make_floor_gemm(const Problem& problem, Work work,
                                                          int threads);

/// Epochs of fit() on network b, its event files in the folder if it is `watched`.
[[nodiscard]] std::unique_ptr<Contestant> make_watched_fit(const std::string& folder, bool watched,
                                                           int threads);

/// "3.4.0", of the Eigen that floor_eigen is compiled with.
[[nodiscard]] std::string eigen_version();

}  // namespace step_bench
