#pragma once
// What eigengrad::compiled holds: the functions of the umbrella for float and double, and the
// classes. A unit that is compiled with EIGENGRAD_COMPILED (the target eigengrad::compiled says so)
// takes them for instantiated elsewhere; cmake/compiled.cpp instantiates them. Leaves out what has
// types of the user's own among its arguments: that is compiled as without the library.
//
// Included by the umbrella, at its end.

#include <eigengrad/base/config.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/datasets.hpp>
#include <eigengrad/data/labels.hpp>
#include <eigengrad/data/preprocess.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/data/split.hpp>
#include <eigengrad/io/csv_declarations.hpp>
#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/dropout.hpp>
#include <eigengrad/nn/flatten.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/absolute.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/cast.hpp>
#include <eigengrad/ops/clamp.hpp>
#include <eigengrad/ops/compare.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/dropout.hpp>
#include <eigengrad/ops/error_function.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/extrema.hpp>
#include <eigengrad/ops/indexing.hpp>
#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/logsumexp.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/maximum.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/product.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/ops/trigonometric.hpp>
#include <eigengrad/ops/variance.hpp>
#include <eigengrad/ops/where.hpp>
#include <eigengrad/optim/adagrad.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/clip.hpp>
#include <eigengrad/optim/lion.hpp>
#include <eigengrad/optim/nadam.hpp>
#include <eigengrad/optim/rmsprop.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/print.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/train/evaluate.hpp>
#include <eigengrad/train/fit.hpp>
#include <eigengrad/train/loss.hpp>
#include <eigengrad/train/mlp.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#if !defined(EIGENGRAD_INSTANTIATE)
#define EIGENGRAD_INSTANTIATE extern template
#endif

// The library and its user must be compiled with flags that give one key (EIGENGRAD_KERNELS_KEY).
// Each refers to a name of the other that holds its own key. When the keys differ the linker misses
// both, and so names both.
#define EIGENGRAD_COMPILED_LIBRARY \
  EIGENGRAD_JOIN(eigengrad_compiled_was_built_for, EIGENGRAD_KERNELS_KEY)
#define EIGENGRAD_COMPILED_USER \
  EIGENGRAD_JOIN(eigengrad_compiled_needs_users_built_for, EIGENGRAD_KERNELS_KEY)
extern "C" {
EIGENGRAD_API extern const char EIGENGRAD_COMPILED_LIBRARY;
#if defined(EIGENGRAD_COMPILED_SOURCE)
EIGENGRAD_API extern const char EIGENGRAD_COMPILED_USER;
#else
EIGENGRAD_API __attribute__((used)) inline constexpr char EIGENGRAD_COMPILED_USER = 0;
[[maybe_unused]] __attribute__((used)) static const char* const eigengrad_compiled_library =
    &EIGENGRAD_COMPILED_LIBRARY;
#endif
}

namespace eigengrad {

// tensor/, for one element type.
#define EIGENGRAD_COMPILED_TENSOR(T)                                                             \
  EIGENGRAD_INSTANTIATE bool equal(const Tensor<T>&, const Tensor<T>&);                          \
  EIGENGRAD_INSTANTIATE bool allclose(const Tensor<T>&, const Tensor<T>&, double, double, bool); \
  EIGENGRAD_INSTANTIATE std::vector<T> to_vector(const Tensor<T>&);                              \
  EIGENGRAD_INSTANTIATE Tensor<T> empty(const Shape&);                                           \
  EIGENGRAD_INSTANTIATE Tensor<T> full(const Shape&, T);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> zeros(const Shape&);                                           \
  EIGENGRAD_INSTANTIATE Tensor<T> ones(const Shape&);                                            \
  EIGENGRAD_INSTANTIATE Tensor<T> empty_like(const Tensor<T>&);                                  \
  EIGENGRAD_INSTANTIATE Tensor<T> zeros_like(const Tensor<T>&);                                  \
  EIGENGRAD_INSTANTIATE Tensor<T> ones_like(const Tensor<T>&);                                   \
  EIGENGRAD_INSTANTIATE Tensor<T> full_like(const Tensor<T>&, std::type_identity_t<T>);          \
  EIGENGRAD_INSTANTIATE Tensor<T> linspace(T, std::type_identity_t<T>, Index, bool);             \
  EIGENGRAD_INSTANTIATE Tensor<T> eye(Index, Index);                                             \
  EIGENGRAD_INSTANTIATE Tensor<T> tensor(std::initializer_list<T>);                              \
  EIGENGRAD_INSTANTIATE Tensor<T> tensor(std::initializer_list<std::initializer_list<T>>);       \
  EIGENGRAD_INSTANTIATE Tensor<T> tensor(std::initializer_list<T>, const Shape&);                \
  EIGENGRAD_INSTANTIATE Tensor<T> from_span(std::type_identity_t<std::span<const T>>,            \
                                            const Shape&);                                       \
  EIGENGRAD_INSTANTIATE Tensor<T> from_vector(const std::vector<T>&, const Shape&);              \
  EIGENGRAD_INSTANTIATE Tensor<T> from_vector(const std::vector<T>&);                            \
  EIGENGRAD_INSTANTIATE std::string to_string(const Tensor<T>&);                                 \
  EIGENGRAD_INSTANTIATE Tensor<T> uniform(const Shape&, double, double, const RandomKey&);       \
  EIGENGRAD_INSTANTIATE Tensor<T> normal(const Shape&, double, double, const RandomKey&);

// ops/.
#define EIGENGRAD_COMPILED_OPS(T)                                                                 \
  EIGENGRAD_INSTANTIATE Tensor<T> abs(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> relu(const Tensor<T>&);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> leaky_relu(const Tensor<T>&, double);                           \
  EIGENGRAD_INSTANTIATE Tensor<T> elu(const Tensor<T>&, double);                                  \
  EIGENGRAD_INSTANTIATE Tensor<T> silu(const Tensor<T>&);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> softplus(const Tensor<T>&, double, double);                     \
  EIGENGRAD_INSTANTIATE Tensor<T> softsign(const Tensor<T>&);                                     \
  EIGENGRAD_INSTANTIATE Tensor<T> gelu(const Tensor<T>&, Gelu);                                   \
  EIGENGRAD_INSTANTIATE Tensor<T> add(const Tensor<T>&, const Tensor<T>&);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> sub(const Tensor<T>&, const Tensor<T>&);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> mul(const Tensor<T>&, const Tensor<T>&);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> div(const Tensor<T>&, const Tensor<T>&);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> neg(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> operator+(const Tensor<T>&, const Tensor<T>&);                  \
  EIGENGRAD_INSTANTIATE Tensor<T> operator-(const Tensor<T>&, const Tensor<T>&);                  \
  EIGENGRAD_INSTANTIATE Tensor<T> operator*(const Tensor<T>&, const Tensor<T>&);                  \
  EIGENGRAD_INSTANTIATE Tensor<T> operator/(const Tensor<T>&, const Tensor<T>&);                  \
  EIGENGRAD_INSTANTIATE Tensor<T> operator-(const Tensor<T>&);                                    \
  EIGENGRAD_INSTANTIATE Tensor<T> operator+(const Tensor<T>&, double);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> operator+(double, const Tensor<T>&);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> operator-(const Tensor<T>&, double);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> operator-(double, const Tensor<T>&);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> operator*(const Tensor<T>&, double);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> operator*(double, const Tensor<T>&);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> operator/(const Tensor<T>&, double);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> operator/(double, const Tensor<T>&);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> clamp(const Tensor<T>&, std::optional<double>,                  \
                                        std::optional<double>);                                   \
  EIGENGRAD_INSTANTIATE Tensor<bool> eq(const Tensor<T>&, const Tensor<T>&);                      \
  EIGENGRAD_INSTANTIATE Tensor<bool> eq(const Tensor<T>&, std::type_identity_t<T>);               \
  EIGENGRAD_INSTANTIATE Tensor<bool> ne(const Tensor<T>&, const Tensor<T>&);                      \
  EIGENGRAD_INSTANTIATE Tensor<bool> ne(const Tensor<T>&, std::type_identity_t<T>);               \
  EIGENGRAD_INSTANTIATE Tensor<bool> lt(const Tensor<T>&, const Tensor<T>&);                      \
  EIGENGRAD_INSTANTIATE Tensor<bool> lt(const Tensor<T>&, std::type_identity_t<T>);               \
  EIGENGRAD_INSTANTIATE Tensor<bool> le(const Tensor<T>&, const Tensor<T>&);                      \
  EIGENGRAD_INSTANTIATE Tensor<bool> le(const Tensor<T>&, std::type_identity_t<T>);               \
  EIGENGRAD_INSTANTIATE Tensor<bool> gt(const Tensor<T>&, const Tensor<T>&);                      \
  EIGENGRAD_INSTANTIATE Tensor<bool> gt(const Tensor<T>&, std::type_identity_t<T>);               \
  EIGENGRAD_INSTANTIATE Tensor<bool> ge(const Tensor<T>&, const Tensor<T>&);                      \
  EIGENGRAD_INSTANTIATE Tensor<bool> ge(const Tensor<T>&, std::type_identity_t<T>);               \
  EIGENGRAD_INSTANTIATE Tensor<bool> isnan(const Tensor<T>&);                                     \
  EIGENGRAD_INSTANTIATE Tensor<bool> isinf(const Tensor<T>&);                                     \
  EIGENGRAD_INSTANTIATE Tensor<bool> isfinite(const Tensor<T>&);                                  \
  EIGENGRAD_INSTANTIATE Tensor<bool> logical_not(const Tensor<T>&);                               \
  EIGENGRAD_INSTANTIATE Tensor<bool> logical_and(const Tensor<T>&, const Tensor<T>&);             \
  EIGENGRAD_INSTANTIATE Tensor<bool> logical_or(const Tensor<T>&, const Tensor<T>&);              \
  EIGENGRAD_INSTANTIATE Tensor<T> clone(const Tensor<T>&);                                        \
  EIGENGRAD_INSTANTIATE Tensor<T> contiguous(const Tensor<T>&);                                   \
  EIGENGRAD_INSTANTIATE Tensor<T> dropout(const Tensor<T>&, double, const RandomKey&, bool);      \
  EIGENGRAD_INSTANTIATE Tensor<T> erf(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> erfc(const Tensor<T>&);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> exp(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> expm1(const Tensor<T>&);                                        \
  EIGENGRAD_INSTANTIATE Tensor<T> log(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> log1p(const Tensor<T>&);                                        \
  EIGENGRAD_INSTANTIATE Tensor<T> max(const Tensor<T>&, std::initializer_list<Index>, KeepDims);  \
  EIGENGRAD_INSTANTIATE Tensor<T> max(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> min(const Tensor<T>&, std::initializer_list<Index>, KeepDims);  \
  EIGENGRAD_INSTANTIATE Tensor<T> min(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<std::int64_t> argmax(const Tensor<T>&, Index, KeepDims);           \
  EIGENGRAD_INSTANTIATE Tensor<std::int64_t> argmax(const Tensor<T>&);                            \
  EIGENGRAD_INSTANTIATE Tensor<std::int64_t> argmin(const Tensor<T>&, Index, KeepDims);           \
  EIGENGRAD_INSTANTIATE Tensor<std::int64_t> argmin(const Tensor<T>&);                            \
  EIGENGRAD_INSTANTIATE Tensor<T> concat(const std::vector<Tensor<T>>&, Index);                   \
  EIGENGRAD_INSTANTIATE Tensor<T> concat(std::initializer_list<Tensor<T>>, Index);                \
  EIGENGRAD_INSTANTIATE Tensor<T> stack(const std::vector<Tensor<T>>&, Index);                    \
  EIGENGRAD_INSTANTIATE Tensor<T> stack(std::initializer_list<Tensor<T>>, Index);                 \
  EIGENGRAD_INSTANTIATE Tensor<T> pad(const Tensor<T>&, std::initializer_list<Padding>,           \
                                      std::type_identity_t<T>);                                   \
  EIGENGRAD_INSTANTIATE Tensor<T> logsumexp(const Tensor<T>&, std::initializer_list<Index>,       \
                                            KeepDims);                                            \
  EIGENGRAD_INSTANTIATE Tensor<T> logsumexp(const Tensor<T>&);                                    \
  EIGENGRAD_INSTANTIATE Tensor<T> matmul(const Tensor<T>&, const Tensor<T>&);                     \
  EIGENGRAD_INSTANTIATE Tensor<T> linear(const Tensor<T>&, const Tensor<T>&,                      \
                                         const std::type_identity_t<Tensor<T>>&);                 \
  EIGENGRAD_INSTANTIATE Tensor<T> linear(const Tensor<T>&, const Tensor<T>&);                     \
  EIGENGRAD_INSTANTIATE Tensor<T> linear_relu(const Tensor<T>&, const Tensor<T>&,                 \
                                              const std::type_identity_t<Tensor<T>>&);            \
  EIGENGRAD_INSTANTIATE Tensor<T> maximum(const Tensor<T>&, const Tensor<T>&);                    \
  EIGENGRAD_INSTANTIATE Tensor<T> maximum(const Tensor<T>&, std::type_identity_t<T>);             \
  EIGENGRAD_INSTANTIATE Tensor<T> minimum(const Tensor<T>&, const Tensor<T>&);                    \
  EIGENGRAD_INSTANTIATE Tensor<T> minimum(const Tensor<T>&, std::type_identity_t<T>);             \
  EIGENGRAD_INSTANTIATE Tensor<T> sqrt(const Tensor<T>&);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> rsqrt(const Tensor<T>&);                                        \
  EIGENGRAD_INSTANTIATE Tensor<T> square(const Tensor<T>&);                                       \
  EIGENGRAD_INSTANTIATE Tensor<T> pow(const Tensor<T>&, const Tensor<T>&);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> pow(const Tensor<T>&, double);                                  \
  EIGENGRAD_INSTANTIATE Tensor<T> pow(double, const Tensor<T>&);                                  \
  EIGENGRAD_INSTANTIATE Tensor<T> prod(const Tensor<T>&, std::initializer_list<Index>, KeepDims); \
  EIGENGRAD_INSTANTIATE Tensor<T> prod(const Tensor<T>&);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> reshape(const Tensor<T>&, std::initializer_list<Index>);        \
  EIGENGRAD_INSTANTIATE Tensor<T> reshape(const Tensor<T>&, const Shape&);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> flatten(const Tensor<T>&, Index, Index);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> transpose(const Tensor<T>&, Index, Index);                      \
  EIGENGRAD_INSTANTIATE Tensor<T> transpose(const Tensor<T>&);                                    \
  EIGENGRAD_INSTANTIATE Tensor<T> permute(const Tensor<T>&, std::initializer_list<Index>);        \
  EIGENGRAD_INSTANTIATE Tensor<T> squeeze(const Tensor<T>&, Index);                               \
  EIGENGRAD_INSTANTIATE Tensor<T> squeeze(const Tensor<T>&);                                      \
  EIGENGRAD_INSTANTIATE Tensor<T> unsqueeze(const Tensor<T>&, Index);                             \
  EIGENGRAD_INSTANTIATE Tensor<T> expand(const Tensor<T>&, const Shape&);                         \
  EIGENGRAD_INSTANTIATE Tensor<T> broadcast_to(const Tensor<T>&, const Shape&);                   \
  EIGENGRAD_INSTANTIATE Tensor<T> detach(const Tensor<T>&);                                       \
  EIGENGRAD_INSTANTIATE Tensor<T> sigmoid(const Tensor<T>&);                                      \
  EIGENGRAD_INSTANTIATE Tensor<T> slice(const Tensor<T>&, Index, Index, Index, Index);            \
  EIGENGRAD_INSTANTIATE Tensor<T> select(const Tensor<T>&, Index, Index);                         \
  EIGENGRAD_INSTANTIATE std::vector<Tensor<T>> split(const Tensor<T>&, Index, Index);             \
  EIGENGRAD_INSTANTIATE std::vector<Tensor<T>> split(const Tensor<T>&,                            \
                                                     std::initializer_list<Index>, Index);        \
  EIGENGRAD_INSTANTIATE Tensor<T> softmax(const Tensor<T>&, Index);                               \
  EIGENGRAD_INSTANTIATE Tensor<T> log_softmax(const Tensor<T>&, Index);                           \
  EIGENGRAD_INSTANTIATE Tensor<T> sum(const Tensor<T>&, std::initializer_list<Index>, KeepDims);  \
  EIGENGRAD_INSTANTIATE Tensor<T> sum(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> mean(const Tensor<T>&, std::initializer_list<Index>, KeepDims); \
  EIGENGRAD_INSTANTIATE Tensor<T> mean(const Tensor<T>&);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> tanh(const Tensor<T>&);                                         \
  EIGENGRAD_INSTANTIATE Tensor<T> sin(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> cos(const Tensor<T>&);                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> var(const Tensor<T>&, std::initializer_list<Index>, KeepDims,   \
                                      double);                                                    \
  EIGENGRAD_INSTANTIATE Tensor<T> var(const Tensor<T>&, KeepDims, double);                        \
  EIGENGRAD_INSTANTIATE Tensor<T> where(const Tensor<bool>&, const Tensor<T>&, const Tensor<T>&); \
  EIGENGRAD_INSTANTIATE Tensor<T> where(const Tensor<bool>&, std::type_identity_t<T>,             \
                                        const Tensor<T>&);                                        \
  EIGENGRAD_INSTANTIATE Tensor<T> where(const Tensor<bool>&, const Tensor<T>&,                    \
                                        std::type_identity_t<T>);                                 \
  EIGENGRAD_INSTANTIATE Tensor<T> cast<T>(const Tensor<bool>&);                                   \
  EIGENGRAD_INSTANTIATE Tensor<T> cast<T>(const Tensor<std::int64_t>&);                           \
  EIGENGRAD_INSTANTIATE Tensor<T> cast<T>(const Tensor<std::int32_t>&);                           \
  EIGENGRAD_INSTANTIATE Tensor<T> cast<T>(const Tensor<float>&);                                  \
  EIGENGRAD_INSTANTIATE Tensor<T> cast<T>(const Tensor<double>&);

// losses/.
#define EIGENGRAD_COMPILED_LOSSES(T)                                                          \
  EIGENGRAD_INSTANTIATE Tensor<T> mean_squared_error(const Tensor<T>&, const Tensor<T>&,      \
                                                     const LossOptions<T>&);                  \
  EIGENGRAD_INSTANTIATE Tensor<T> half_mean_squared_error(const Tensor<T>&, const Tensor<T>&, \
                                                          const LossOptions<T>&);             \
  EIGENGRAD_INSTANTIATE Tensor<T> mean_absolute_error(const Tensor<T>&, const Tensor<T>&,     \
                                                      const LossOptions<T>&);                 \
  EIGENGRAD_INSTANTIATE Tensor<T> binary_cross_entropy(const Tensor<T>&, const Tensor<T>&,    \
                                                       const LossOptions<T>&);                \
  EIGENGRAD_INSTANTIATE Tensor<T> binary_cross_entropy_with_logits(                           \
      const Tensor<T>&, const Tensor<T>&, const LossOptions<T>&);                             \
  EIGENGRAD_INSTANTIATE Tensor<T> huber(const Tensor<T>&, const Tensor<T>&, double,           \
                                        const LossOptions<T>&);

// nn/.
#define EIGENGRAD_COMPILED_NN(T)                                    \
  EIGENGRAD_INSTANTIATE class nn::Module<T>;                        \
  EIGENGRAD_INSTANTIATE class nn::Sequential<T>;                    \
  EIGENGRAD_INSTANTIATE class nn::Builder<T>;                       \
  EIGENGRAD_INSTANTIATE class nn::LayerSpec<T>;                     \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Dense);     \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Dropout);   \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Flatten);   \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::ReLU);      \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::LeakyReLU); \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::ELU);       \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::GELU);      \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::SiLU);      \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Softplus);  \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Softsign);  \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Tanh);      \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Sigmoid);   \
  EIGENGRAD_INSTANTIATE nn::LayerSpec<T>::LayerSpec(nn::Softmax);   \
  EIGENGRAD_INSTANTIATE nn::Sequential<T> train::make_mlp(const train::Mlp&, std::uint64_t);

// tape/ and optim/.
#define EIGENGRAD_COMPILED_OPTIM(T)                                                               \
  EIGENGRAD_INSTANTIATE void Tape::backward(const Tensor<T>&, BackwardOptions);                   \
  EIGENGRAD_INSTANTIATE void Tape::backward(const Tensor<T>&, const Tensor<T>&, BackwardOptions); \
  EIGENGRAD_INSTANTIATE Tensor<T> Tape::gradient(const Tensor<T>&) const;                         \
  EIGENGRAD_INSTANTIATE class optim::Optimizer<T>;                                                \
  EIGENGRAD_INSTANTIATE class detail::AdamBase<T>;                                                \
  EIGENGRAD_INSTANTIATE class optim::Adam<T>;                                                     \
  EIGENGRAD_INSTANTIATE class optim::AdamW<T>;                                                    \
  EIGENGRAD_INSTANTIATE class optim::SGD<T>;                                                      \
  EIGENGRAD_INSTANTIATE class optim::RMSprop<T>;                                                  \
  EIGENGRAD_INSTANTIATE class optim::Adagrad<T>;                                                  \
  EIGENGRAD_INSTANTIATE class optim::Nadam<T>;                                                    \
  EIGENGRAD_INSTANTIATE class optim::Lion<T>;

// data/.
#define EIGENGRAD_COMPILED_DATA(T)                                                                \
  EIGENGRAD_INSTANTIATE ClassLabels class_labels(const Tensor<T>&);                               \
  EIGENGRAD_INSTANTIATE Normalization normalization_of(const Tensor<T>&);                         \
  EIGENGRAD_INSTANTIATE Tensor<T> normalize(const Tensor<T>&, const Normalization&);              \
  EIGENGRAD_INSTANTIATE Tensor<T> normalize(const Tensor<T>&);                                    \
  EIGENGRAD_INSTANTIATE Tensor<T> take_rows(const Tensor<T>&, std::span<const Index>);            \
  EIGENGRAD_INSTANTIATE Tensor<T> take_rows(const Tensor<T>&, const Tensor<std::int64_t>&);       \
  EIGENGRAD_INSTANTIATE double optim::clip_by_global_norm(const std::vector<Parameter<T>>&,       \
                                                          double);                                \
  EIGENGRAD_INSTANTIATE void optim::clip_by_value(const std::vector<Parameter<T>>&, double);      \
  EIGENGRAD_INSTANTIATE class Standardizer<T>;                                                    \
  EIGENGRAD_INSTANTIATE TrainTestSplit<T, T> train_test_split(const Tensor<T>&, const Tensor<T>&, \
                                                              const SplitOptions&);               \
  EIGENGRAD_INSTANTIATE SplitDataset<T, T> train_test_split(const Dataset<T, T>&,                 \
                                                            const SplitOptions&);                 \
  EIGENGRAD_INSTANTIATE TrainTestSplit<T, std::int64_t> train_test_split(                         \
      const Tensor<T>&, const Tensor<std::int64_t>&, const SplitOptions&);                        \
  EIGENGRAD_INSTANTIATE SplitDataset<T, std::int64_t> train_test_split(                           \
      const Dataset<T, std::int64_t>&, const SplitOptions&);                                      \
  EIGENGRAD_INSTANTIATE Dataset<T, std::int64_t> datasets::breast_cancer<T>();                    \
  EIGENGRAD_INSTANTIATE Dataset<T, std::int64_t> datasets::digits<T>();                           \
  EIGENGRAD_INSTANTIATE Dataset<T, std::int64_t> datasets::iris<T>();                             \
  EIGENGRAD_INSTANTIATE Dataset<T, std::int64_t> datasets::wine<T>();                             \
  EIGENGRAD_INSTANTIATE Dataset<T, T> datasets::diabetes<T>();

// train/, with one loss and one type of targets.
#define EIGENGRAD_COMPILED_FIT(T, Y, Loss)                                                  \
  EIGENGRAD_INSTANTIATE train::History train::fit(nn::Sequential<T>&, const Dataset<T, Y>&, \
                                                  optim::Optimizer<T>&, const train::Loss&, \
                                                  const train::FitOptions<T, Y>&);          \
  EIGENGRAD_INSTANTIATE train::Evaluation train::evaluate(                                  \
      nn::Sequential<T>&, const Dataset<T, Y>&, const train::Loss&,                         \
      const train::EvaluateOptions<T>&);
#define EIGENGRAD_COMPILED_TRAIN(T)                          \
  EIGENGRAD_COMPILED_FIT(T, T, BinaryCrossEntropy)           \
  EIGENGRAD_COMPILED_FIT(T, T, BinaryCrossEntropyWithLogits) \
  EIGENGRAD_COMPILED_FIT(T, T, CrossEntropy)                 \
  EIGENGRAD_COMPILED_FIT(T, std::int64_t, CrossEntropy)      \
  EIGENGRAD_COMPILED_FIT(T, T, MeanSquaredError)             \
  EIGENGRAD_COMPILED_FIT(T, T, MeanAbsoluteError)            \
  EIGENGRAD_COMPILED_FIT(T, T, Huber)                        \
  EIGENGRAD_INSTANTIATE Tensor<T> train::predict(nn::Sequential<T>&, const Tensor<T>&, Index);

#define EIGENGRAD_COMPILED_ALL(T) \
  EIGENGRAD_COMPILED_TENSOR(T)    \
  EIGENGRAD_COMPILED_OPS(T)       \
  EIGENGRAD_COMPILED_LOSSES(T)    \
  EIGENGRAD_COMPILED_NN(T)        \
  EIGENGRAD_COMPILED_OPTIM(T)     \
  EIGENGRAD_COMPILED_DATA(T)      \
  EIGENGRAD_COMPILED_TRAIN(T)
EIGENGRAD_COMPILED_ALL(float)
EIGENGRAD_COMPILED_ALL(double)

EIGENGRAD_INSTANTIATE Tensor<std::int64_t> random_bits(const Shape&, const RandomKey&);
EIGENGRAD_INSTANTIATE Tensor<bool> bernoulli(const Shape&, double, const RandomKey&);
EIGENGRAD_INSTANTIATE Tensor<std::int64_t> permutation(Index, const RandomKey&);

// io/: without the library's unit a program has no definition of these, so every type is here.
EIGENGRAD_INSTANTIATE CsvTable read_csv(const std::string&, const CsvOptions&);
EIGENGRAD_INSTANTIATE void write_csv(const std::string&, const CsvTable&, char);
EIGENGRAD_INSTANTIATE Tensor<float> load_csv(const std::string&, const CsvOptions&);
EIGENGRAD_INSTANTIATE Tensor<double> load_csv(const std::string&, const CsvOptions&);
EIGENGRAD_INSTANTIATE Tensor<std::int64_t> load_csv(const std::string&, const CsvOptions&);
EIGENGRAD_INSTANTIATE Tensor<std::int32_t> load_csv(const std::string&, const CsvOptions&);
EIGENGRAD_INSTANTIATE void save_csv(const std::string&, const Tensor<float>&,
                                    const std::vector<std::string>&, char);
EIGENGRAD_INSTANTIATE void save_csv(const std::string&, const Tensor<double>&,
                                    const std::vector<std::string>&, char);
EIGENGRAD_INSTANTIATE void save_csv(const std::string&, const Tensor<std::int64_t>&,
                                    const std::vector<std::string>&, char);
EIGENGRAD_INSTANTIATE void save_csv(const std::string&, const Tensor<std::int32_t>&,
                                    const std::vector<std::string>&, char);
EIGENGRAD_INSTANTIATE void save_csv(const std::string&, const Tensor<std::uint8_t>&,
                                    const std::vector<std::string>&, char);
EIGENGRAD_INSTANTIATE void save_csv(const std::string&, const Tensor<bool>&,
                                    const std::vector<std::string>&, char);
EIGENGRAD_INSTANTIATE LabelledCsv<float> load_csv_labelled(const std::string&,
                                                           const CsvLabelOptions&,
                                                           const CsvOptions&);
EIGENGRAD_INSTANTIATE LabelledCsv<double> load_csv_labelled(const std::string&,
                                                            const CsvLabelOptions&,
                                                            const CsvOptions&);

}  // namespace eigengrad
