#pragma once
// The umbrella: all of eigengrad but what a program includes by name, because it needs another
// library, is dear to compile or is rarely used: docs/idioms.md marks it. So are keras.hpp,
// torch.hpp, build_info.hpp, plot/ and testing/.

#include <eigengrad/data/checks.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/labels.hpp>
#include <eigengrad/data/loader.hpp>
#include <eigengrad/data/preprocess.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/data/split.hpp>
#if defined(EIGENGRAD_COMPILED)
#include <eigengrad/io/csv_declarations.hpp>
#else
#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_labels.hpp>
#endif
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/folder.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/kernels/math/math.hpp>
#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/loss.hpp>
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
#include <eigengrad/ops/mixed.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/product.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/ops/trigonometric.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/ops/variance.hpp>
#include <eigengrad/ops/where.hpp>
#include <eigengrad/optim/adagrad.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/clip.hpp>
#include <eigengrad/optim/lion.hpp>
#include <eigengrad/optim/nadam.hpp>
#include <eigengrad/optim/rmsprop.hpp>
#include <eigengrad/optim/schedule.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tensor/print.hpp>
#include <eigengrad/train/callback.hpp>
#include <eigengrad/train/early_stopping.hpp>
#include <eigengrad/train/evaluate.hpp>
#include <eigengrad/train/fit.hpp>
#include <eigengrad/train/history.hpp>
#include <eigengrad/train/interrupt.hpp>
#include <eigengrad/train/loss.hpp>
#include <eigengrad/train/metric.hpp>
#include <eigengrad/train/mlp.hpp>
#include <eigengrad/train/mlp_file.hpp>
#include <eigengrad/train/progress.hpp>
#include <eigengrad/train/reduce_on_plateau.hpp>
#include <eigengrad/train/schedule_callback.hpp>
#include <eigengrad/train/search.hpp>

#if defined(EIGENGRAD_COMPILED)
#include <eigengrad/compiled.hpp>
#endif
