#pragma once
// TensorBoard: the callback that writes a training's curves, histograms, texts and hyperparameters
// where TensorBoard shows them. By hand: io/summary_writer.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/summary_writer.hpp>
#include <eigengrad/io/tensorboard_messages.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/train/callback.hpp>
#include <eigengrad/train/history.hpp>
#include <eigengrad/train/state_visitor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// A text of a run: {"data", "569 rows, 30 features"}.
struct TensorBoardText {
  std::string tag;
  std::string text;
};

struct TensorBoardOptions {
  /// Epochs between histograms of weights and gradients; 0: none.
  Index histogram_every = 1;
  /// Steps between points of the batches' loss; 0: none. They are written at the epoch's end.
  Index update_every = 0;
  /// Shown beside the metrics of all runs.
  std::vector<HyperParameter> hyperparameters = {};
  std::vector<TensorBoardText> texts = {};
};

}  // namespace eigengrad::train

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_tensorboard_option(std::string_view what,
                                                                 Index value) {
  throw_error<ValueError>("TensorBoard", {what, " is negative: ", value});
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Writes event files as Keras's callback does: under `folder` the run `train` with epoch_loss,
/// epoch_learning_rate and the metrics, the run `validation` with the same of the validation data,
/// so that both share a chart; in `train` also the histograms; hyperparameters and texts in
/// `folder` itself. Steps count epochs, from 1; those of batch_loss count optimizer steps, so it
/// has the run `batches` to itself. Gradients are those of the epoch's last step. A run that is
/// resumed from a checkpoint goes on in the same folder, where TensorBoard shows what it would of a
/// run that was never interrupted; the points of a training that is begun anew replace those there.
///
///     train::TensorBoard<float> board("runs/7", {.hyperparameters = {{"learning_rate", 1e-3}}});
///     train::fit(model, data, adam, loss, {.epochs = 100, .callbacks = {&board}});
///
/// and `tensorboard --logdir runs` in a shell. What an epoch gave survives the process from the
/// epoch's end on, and a power cut from the training's.
///
/// Throws:    ValueError for a negative option; FileError, as the training begins or at an epoch's
///            end, if the folder or a file in it cannot be written
/// Cost:      no heap call in a step; two passes over the parameters an epoch with histograms
/// Reference: Keras `TensorBoard`
template <FloatScalar T>
class EIGENGRAD_API TensorBoard final : public Callback<T> {
 public:
  explicit TensorBoard(std::string folder, TensorBoardOptions options = {})
      : folder_(std::move(folder)), options_(std::move(options)) {
    while (folder_.size() > 1 && folder_.back() == '/') {
      folder_.pop_back();
    }
    if (options_.histogram_every < 0) {
      eigengrad::detail::throw_tensorboard_option("histogram_every", options_.histogram_every);
    }
    if (options_.update_every < 0) {
      eigengrad::detail::throw_tensorboard_option("update_every", options_.update_every);
    }
  }

  void on_train_begin(TrainingState<T>& state) override {
    validation_.reset();
    batches_.reset();
    train_ = std::make_unique<SummaryWriter>(folder_ + "/train", op);
    run_.reset();
    if (!options_.hyperparameters.empty() || !options_.texts.empty()) {
      run_ = std::make_unique<SummaryWriter>(folder_, op);
      run_->restart(0);
      if (!options_.hyperparameters.empty()) {
        run_->add_hparams(options_.hyperparameters);
      }
      for (const TensorBoardText& text : options_.texts) {
        run_->add_text(text.tag, text.text);
      }
      run_->flush();
    }
    pending_.clear();
    if (options_.update_every > 0) {
      batches_ = std::make_unique<SummaryWriter>(folder_ + "/batches", op);
      pending_.reserve(
          static_cast<std::size_t>(state.steps_per_epoch() / options_.update_every + 1));
    }
    began_ = false;
  }

  void on_batch_end(TrainingState<T>& state) override {
    if (options_.update_every > 0 && state.step % options_.update_every == 0) {
      pending_.push_back({state.step, state.batch_loss, eigengrad::detail::wall_time_now()});
    }
  }

  void on_epoch_end(TrainingState<T>& state) override {
    begin(state);
    if (batches_ != nullptr) {
      for (const Batch& batch : pending_) {
        batches_->add_scalar("batch_loss", batch.loss, batch.step, batch.wall_time);
      }
      batches_->flush();
    }
    pending_.clear();
    constexpr std::string_view prefix = "val_";
    for (const Series& series : state.history().series()) {
      const bool validation = series.name.starts_with(prefix);
      const std::string tag = "epoch_" + series.name.substr(validation ? prefix.size() : 0);
      writer(validation).add_scalar(tag, series.values.back(), state.epoch);
    }
    train_->add_scalar("epoch_learning_rate", state.optimizer().learning_rate(), state.epoch);
    if (options_.histogram_every > 0 && state.epoch % options_.histogram_every == 0) {
      for (const Parameter<T>& parameter : state.optimizer().parameters()) {
        train_->template add_histogram<T>("weights/" + parameter.name(), parameter, state.epoch);
        const Tensor<T>& gradient = eigengrad::detail::state_of<T>(parameter.body()).gradient;
        if (gradient.defined()) {
          train_->add_histogram("gradients/" + parameter.name(), gradient, state.epoch);
        }
      }
    }
    train_->flush();
    if (validation_ != nullptr) {
      validation_->flush();
    }
  }

  void on_train_end(TrainingState<T>& /*state*/) override {
    if (run_ != nullptr && !options_.hyperparameters.empty()) {
      run_->end_hparams();
    }
    for (std::unique_ptr<SummaryWriter>* const writer : {&run_, &train_, &validation_, &batches_}) {
      if (*writer != nullptr) {
        (*writer)->sync();
        writer->reset();
      }
    }
  }

  /// The points of an unfinished epoch.
  void visit_state(StateVisitor<T>& state) override {
    std::vector<double> numbers;
    numbers.reserve(3 * pending_.size());
    for (const Batch& batch : pending_) {
      numbers.insert(numbers.end(), {static_cast<double>(batch.step), batch.loss, batch.wall_time});
    }
    state.reals("tensorboard.batches", numbers);
    pending_.clear();
    for (std::size_t i = 0; i + 2 < numbers.size(); i += 3) {
      pending_.push_back({static_cast<Index>(numbers[i]), numbers[i + 1], numbers[i + 2]});
    }
  }

 private:
  static constexpr std::string_view op = "TensorBoard";

  struct Batch {
    Index step;
    double loss;
    double wall_time;
  };

  /// Says, once a training, that what other files of its runs hold from here on is void. Only now
  /// is it known where a run was resumed, whichever place a checkpoint has among the callbacks.
  void begin(const TrainingState<T>& state) {
    if (began_) {
      return;
    }
    began_ = true;
    first_epoch_ = state.epoch;
    train_->restart(first_epoch_);
    if (batches_ != nullptr) {
      batches_->restart(state.step - state.step_in_epoch + 1);
    }
  }

  /// That of the training, or of the validation, which is there from its first value on.
  [[nodiscard]] SummaryWriter& writer(bool validation) {
    if (!validation) {
      return *train_;
    }
    if (validation_ == nullptr) {
      validation_ = std::make_unique<SummaryWriter>(folder_ + "/validation", op);
      validation_->restart(first_epoch_);
    }
    return *validation_;
  }

  std::string folder_;
  TensorBoardOptions options_;
  std::unique_ptr<SummaryWriter> run_;
  std::unique_ptr<SummaryWriter> train_;
  std::unique_ptr<SummaryWriter> validation_;
  std::unique_ptr<SummaryWriter> batches_;
  std::vector<Batch> pending_;  // points of batches_ since the epoch began
  bool began_ = false;
  Index first_epoch_ = 1;  // of this process
};

}  // namespace eigengrad::train
