#pragma once
// Checkpoint: the callback that saves a training run while it goes on, and lets a later run go on
// exactly where a saved one was. Needs nlohmann-json, so it is not in the umbrella. What is in a
// file is in checkpoint_state.hpp, docs/checkpoints.md tells the whole.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/state_dict.hpp>
#include <eigengrad/nn/module.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/optim/state_dict.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/train/callback.hpp>
#include <eigengrad/train/checkpoint_file.hpp>
#include <eigengrad/train/checkpoint_folder.hpp>
#include <eigengrad/train/checkpoint_state.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// What a checkpoint that cannot be written (full disk, folder gone) does to the training.
enum class OnFailure : std::uint8_t { warn, raise };

/// Prints "warning: text" on the error stream.
inline void print_warning(const char* text) {
  std::fprintf(stderr, "warning: %s\n", text);
}

/// every and keep positive, every_steps not negative.
struct CheckpointOptions {
  Index every = 1;        ///< epochs; the last one of the training is always saved
  Index every_steps = 0;  ///< of the whole run, in the midst of epochs too; 0: none
  Index keep = 3;         ///< the last ones that are whole
  bool resume = true;     ///< from the newest whole one in the folder, if there is any
  OnFailure on_failure = OnFailure::warn;
  void (*warn)(const char* text) = print_warning;
};

/// Saves the whole state of a run at the ends of epochs or after steps, into one file each of a
/// folder that is the run's own, and resumes a run from the newest file: weights, optimizer, random
/// streams, history, the other callbacks, wherever in the list they stand. The bits are then those
/// of a run that was never interrupted, at any number of threads, if the program, its data and its
/// options are the same; `epochs`, `max_steps` and `stop_at_loss` may differ.
///
/// A file appears under its name complete and durable or not at all, and carries a checksum; a
/// damaged one is passed over with a warning. A process that is killed loses what it did since
/// the last file and nothing else. While the training runs no other process may use the folder.
///
///     train::Checkpoint<float> checkpoint(model, "runs/7", {.every = 5});
///     train::fit(model, data, adam, loss, {.epochs = 100, .callbacks = {&early, &checkpoint}});
///
/// Throws:    ValueError for options out of range; as the training begins FileError for a folder
///            that cannot be used, one with damaged checkpoints only, and a checkpoint of another
///            run (other layers, optimizer, callbacks, batches); ValueError for one with
///            checkpoints if not `resume`; later only if on_failure is raise
/// Cost:      a file of parameters and optimizer's state, one pass, two fsync
/// Reference: Keras `BackupAndRestore`
template <FloatScalar T>
class EIGENGRAD_API Checkpoint final : public Callback<T> {
 public:
  /// Of a model of this library's kind, whose random streams (Dropout) are saved too.
  Checkpoint(nn::Module<T>& model, std::string folder, CheckpointOptions options = {})
      : Checkpoint(model.parameters(), std::move(folder), options) {
    model_ = &model;
  }
  /// Of any other model that draws no random numbers.
  Checkpoint(std::vector<Parameter<T>> parameters, std::string folder,
             CheckpointOptions options = {})
      : parameters_(std::move(parameters)), folder_(op, std::move(folder)), options_(options) {
    if (options.every < 1) {
      throw ValueError(op, eigengrad::detail::concat("every is not positive: ", options.every));
    }
    if (options.every_steps < 0) {
      throw ValueError(op,
                       eigengrad::detail::concat("every_steps is negative: ", options.every_steps));
    }
    if (options.keep < 1) {
      throw ValueError(op, eigengrad::detail::concat("keep is not positive: ", options.keep));
    }
  }

  /// The file that the run began from; empty if it began afresh.
  [[nodiscard]] const std::string& resumed_from() const noexcept { return resumed_from_; }
  /// Checkpoints of this run that were written, and that could not be.
  [[nodiscard]] Index saved() const noexcept { return saved_; }
  [[nodiscard]] Index failures() const noexcept { return failures_; }

  void on_train_ready(TrainingState<T>& state) override {
    folder_.open();
    good_.clear();
    resumed_from_.clear();
    saved_ = 0;
    failures_ = 0;
    const std::vector<Place> places = folder_.places();
    if (places.empty()) {
      return;
    }
    if (!options_.resume) {
      throw ValueError(op, folder_.path() + ": holds checkpoints: resume them, or choose another");
    }
    for (const Place& place : places) {
      verify(place);
    }
    if (good_.empty()) {
      throw FileError(
          op, folder_.path(),
          eigengrad::detail::concat("none of its ", places.size(),
                                    " checkpoints is whole: remove them to begin afresh"));
    }
    resumed_from_ = folder_.file(good_.front());
    restore(state);
  }

  void on_epoch_done(TrainingState<T>& state) override {
    if (state.step_in_epoch < state.steps_per_epoch()) {
      return;  // cut short: to go on exactly it must be run again
    }
    if (state.epoch % options_.every != 0 && state.epoch != state.epochs() && !state.stopped()) {
      return;
    }
    try_to_save(state, {state.epoch});
  }

  void on_batch_done(TrainingState<T>& state) override {
    if (options_.every_steps > 0 && state.step % options_.every_steps == 0 &&
        state.step_in_epoch < state.steps_per_epoch() && !state.stopped()) {
      try_to_save(state, {state.epoch, state.step_in_epoch});
    }
  }

  void on_train_end(TrainingState<T>& /*state*/) override { folder_.close(); }

 private:
  using Place = eigengrad::detail::CheckpointPlace;
  static constexpr std::string_view op = "Checkpoint";
  static constexpr std::string_view format_version = "1";

  /// Notes a checkpoint as good, or warns.
  void verify(const Place& place) {
    try {
      eigengrad::detail::verify_checkpoint(op, folder_.file(place));
      good_.push_back(place);
    } catch (const FileError& error) {
      options_.warn(eigengrad::detail::concat(error.what(), "; it is passed over").c_str());
    }
  }

  void try_to_save(TrainingState<T>& state, const Place& place) {
    if (options_.on_failure == OnFailure::raise) {
      save(state, place);
      return;
    }
    try {
      save(state, place);
    } catch (const std::exception& error) {  // std::bad_alloc too
      ++failures_;
      options_.warn(error.what());
    }
  }

  void save(TrainingState<T>& state, const Place& place) {
    eigengrad::detail::CheckpointWriter<T> writer;
    writer.same("eigengrad.checkpoint", std::string(format_version));
    writer.same("eigengrad.version", EIGENGRAD_VERSION_STRING);
    visit(writer, state);
    writer.begin("model.");
    for (const Parameter<T>& parameter : parameters_) {
      writer.tensor(parameter.name(), parameter);
    }
    optim::Optimizer<T>& optimizer = state.optimizer();
    Index steps = optimizer.steps();
    double rate = optimizer.learning_rate();
    writer.begin("optimizer.");
    writer.integer("steps", steps);
    writer.real("learning_rate", rate);
    for (const optim::NamedState<T>& one : optimizer.state()) {
      writer.tensor(one.name, one.value);
    }
    good_.reserve(good_.size() + 1);  // so that nothing fails between the file and its note
    eigengrad::detail::write_checkpoint(op, folder_.file(place), writer.tensors(),
                                        writer.metadata());
    good_.insert(good_.begin(), place);
    ++saved_;
    if (good_.size() > static_cast<std::size_t>(options_.keep)) {
      good_.resize(static_cast<std::size_t>(options_.keep));
    }
    folder_.tidy(good_.size() == static_cast<std::size_t>(options_.keep) ? good_.back() : Place{});
  }

  /// Everything is read and checked before a weight is written.
  void restore(TrainingState<T>& state) {
    eigengrad::detail::CheckpointReader<T> reader(resumed_from_);
    reader.same("eigengrad.checkpoint", std::string(format_version));
    std::string version;
    reader.text("eigengrad.version", version);
    if (version != EIGENGRAD_VERSION_STRING) {
      options_.warn(
          eigengrad::detail::concat(op, ": ", resumed_from_, ": written by eigengrad ", version,
                                    ", this is " EIGENGRAD_VERSION_STRING ": the bits may differ")
              .c_str());
    }
    reader.text(eigengrad::detail::checksum_key, version);  // verified before
    visit(reader, state);
    reader.begin("model.");
    const NamedTensors<T> values = reader.rest();
    optim::OptimizerState<T> optimizer{state.optimizer().kind(), 0, 0, {}};
    reader.begin("optimizer.");
    reader.integer("steps", optimizer.steps);
    reader.real("learning_rate", optimizer.learning_rate);
    for (const optim::NamedState<T>& own : state.optimizer().state()) {
      optimizer.tensors.push_back({own.name, reader.tensor(own.name)});
    }
    reader.finish();
    try {
      eigengrad::detail::check_optimizer_state("optimizer", state.optimizer(), optimizer);
      load_state_dict(parameters_, values, {.format = WeightFormat::eigengrad});
      optim::load_state_dict(state.optimizer(), optimizer);
    } catch (const Error& error) {
      reader.fail(error.what());
    }
  }

  /// What is saved and restored alike.
  template <class Visitor>
  void visit(Visitor& visitor, TrainingState<T>& state) {
    using eigengrad::detail::concat;
    const BatchPlan& batches = state.batches();
    visitor.begin("batches.");
    visitor.same("rows", concat(batches.rows));
    visitor.same("batch_size", concat(batches.batch_size));
    visitor.same("seed", concat(batches.seed));
    visitor.same("shuffle", batches.shuffle ? "true" : "false");
    visitor.same("own_order", batches.own_order ? "true" : "false");
    if (batches.block_rows > 0) {
      visitor.same("block_rows", concat(batches.block_rows));
      visitor.same("window_blocks", concat(batches.window_blocks));
    }
    visitor.begin("optimizer.");
    visitor.same("kind", state.optimizer().kind());
    visitor.begin("");
    state.visit_state(visitor);
    if (state.callbacks() != nullptr) {
      for (std::size_t i = 0; i < state.callbacks()->size(); ++i) {
        visitor.begin(concat("callbacks.", i, "."));
        (*state.callbacks())[i]->visit_state(visitor);
      }
    }
    visitor.begin("");
    visit_streams(visitor);
  }

  template <class Visitor>
  void visit_streams(Visitor& visitor) {
    if (model_ == nullptr) {
      return;
    }
    std::vector<nn::StreamPosition> streams = model_->stream_positions();
    for (nn::StreamPosition& stream : streams) {
      auto draws = static_cast<Index>(stream.draws);
      visitor.integer("streams." + stream.name, draws);
      stream.draws = static_cast<std::uint64_t>(draws);
    }
    model_->restore_streams(streams);
  }

  nn::Module<T>* model_ = nullptr;
  std::vector<Parameter<T>> parameters_;
  eigengrad::detail::CheckpointFolder folder_;
  CheckpointOptions options_;
  std::vector<Place> good_;  // whole checkpoints, the newest first
  std::string resumed_from_;
  Index saved_ = 0;
  Index failures_ = 0;
};

}  // namespace eigengrad::train
