#pragma once
// fit on data that does not fit into memory: the training loop of fit.hpp over a StreamLoader. Not
// part of eigengrad.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/stream_loader.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/train/callback.hpp>
#include <eigengrad/train/fit.hpp>
#include <eigengrad/train/history.hpp>
#include <eigengrad/train/loss_traits.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_stream_option(std::string_view option,
                                                               std::string_view instead) {
  throw_error<ValueError>("fit", {"a StreamLoader takes no ", option, ": ", instead});
}

template <class Loss, FloatScalar T, AnyScalar Y>
[[nodiscard]] FitData<T, Y> prepare_stream_fit(const train::FitOptions<T, Y>& options) {
  check_fit_options(options);
  if (options.validation_split > 0) {
    throw_no_stream_option("validation_split", "give validation data");
  }
  if (options.sample_weight.defined()) {
    throw_no_stream_option("sample_weight", "weigh the classes in the loss");
  }
  if (options.order != nullptr || !options.shuffle) {
    throw_no_stream_option("order", "its own shuffles blocks and windows");
  }
  FitData<T, Y> parts;
  add_validation<Loss>(parts, options);
  return parts;
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Trains a model on batches that a StreamLoader reads from a file as they are needed. All is as in
/// fit() on data in memory, but that batch size and seed are the loader's and stand for those of
/// `options`, the validation data is given (it may lie in a file too), and samples have no weights.
/// The loader is copied, and begins with its epoch 0. A Checkpoint resumes such a training to the
/// bit; in the midst of an epoch it reads the epoch's earlier batches again.
///
///     const auto x = eg::map_npy<float>("x.npy");
///     const auto y = eg::map_npy<float>("y.npy");
///     const eg::StreamLoader loader(x, y, {.batch_size = 256, .seed = 42});
///     train::fit(model, loader, adam, loss, {.epochs = 10, .callbacks = {&checkpoint}});
///
/// Shapes:    a batch's x (n, ...), y (n, ...); loss(model(x), y) -> ()
/// Throws:    as fit() on data in memory; ValueError for validation_split, sample_weight, order or
///            shuffle = false
/// Cost:      memory for one window of the loader and one batch
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
History fit(Model& model, const StreamLoader<T, Y>& loader, optim::Optimizer<T>& optimizer,
            const Loss& loss, const std::type_identity_t<FitOptions<T, Y>>& options = {}) {
  static_assert(eigengrad::detail::is_loss<Loss, T, Y>, EIGENGRAD_LOSS_MESSAGE);
  if constexpr (eigengrad::detail::is_loss<Loss, T, Y>) {
    const BatchPlan batches{.rows = loader.rows(),
                            .batch_size = loader.options().batch_size,
                            .seed = loader.options().seed,
                            .shuffle = true,
                            .block_rows = loader.options().block_rows,
                            .window_blocks = loader.options().window_blocks};
    StreamLoader<T, Y> own = loader;
    own.set_epoch(0);
    return eigengrad::detail::run_fit(model, std::move(own),
                                      eigengrad::detail::prepare_stream_fit<Loss>(options), batches,
                                      optimizer, loss, options);
  } else {
    return {};
  }
}

}  // namespace eigengrad::train
