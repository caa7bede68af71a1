#pragma once
// DataLoader: a data set in batches, `for (auto [x, y] : loader)`, in a new order every epoch.
// Leaves out files, threads that read ahead, and changes of the samples.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

namespace eigengrad {

/// A permutation of 0, 1, ..., rows - 1 that depends on its arguments alone.
using ShuffleOrder = Tensor<std::int64_t> (*)(Index rows, std::uint64_t seed, Index epoch);

struct LoaderOptions {
  Index batch_size = 32;
  bool shuffle = true;  ///< a new order every epoch, from `seed` and the epoch's number alone
  std::uint64_t seed = 0;
  bool drop_last = false;        ///< leaves out the last batch if it is smaller than the others
  ShuffleOrder order = nullptr;  ///< how to shuffle instead, such as torch::data_loader_order
};

/// Some rows of features and targets.
template <AnyScalar T, AnyScalar Y>
struct Batch {
  Tensor<T> x;  ///< (rows, ...)
  Tensor<Y> y;  ///< (rows, ...)
};

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_loader_rows(std::string_view op) {
  throw_error<ValueError>(op, {"no rows"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_loader_option(std::string_view op,
                                                            std::string_view name, Index value) {
  throw_error<ValueError>(op, {name, " is not positive: ", value});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_batch(std::string_view op, Index rows,
                                                       Index batch_size) {
  throw_error<ValueError>(op,
                          {"drop_last leaves no batch: ", rows, " rows, batch_size ", batch_size});
}

/// Refuses a number that is not positive.
inline void check_loader_option(std::string_view op, std::string_view name, Index value) {
  if (value <= 0) {
    throw_loader_option(op, name, value);
  }
}

/// How the rows of a data set are cut into batches: what every loader checks and counts.
/// Throws: ValueError if there is no row, batch_size is not positive, or drop_last leaves no batch
class BatchCut {
 public:
  BatchCut(std::string_view op, Index rows, Index batch_size, bool drop_last)
      : rows_(rows), batch_size_(batch_size) {
    if (rows == 0) {
      throw_no_loader_rows(op);
    }
    check_loader_option(op, "batch_size", batch_size);
    if (drop_last && rows < batch_size) {
      throw_no_batch(op, rows, batch_size);
    }
    steps_ = rows / batch_size + (drop_last || rows % batch_size == 0 ? 0 : 1);
  }

  [[nodiscard]] Index rows() const noexcept { return rows_; }
  /// Batches in an epoch.
  [[nodiscard]] Index steps() const noexcept { return steps_; }
  /// The first row of a batch, and how many it has.
  [[nodiscard]] Index first(Index step) const noexcept { return step * batch_size_; }
  [[nodiscard]] Index size(Index step) const noexcept {
    return std::min(batch_size_, rows_ - first(step));
  }

 private:
  Index rows_;
  Index batch_size_;
  Index steps_ = 0;
};

}  // namespace detail

/// Steps through a data set in batches. Every begin() is an epoch of its own: the first one has
/// number 0 (or the one that set_epoch() gave), the next one 1. The order of an epoch depends on
/// seed, epoch and the number of rows only, so a run that stops after epoch e goes on exactly with
/// set_epoch(e + 1).
///
/// A shuffled batch is a copy of its rows; an unshuffled one is a view into the data and copies
/// nothing. Neither calls the heap once the pool has seen an epoch. The loader shares the tensors
/// that it is given (a strided view is copied if it is to be shuffled) and must outlive its
/// iterators.
///
/// Shapes:    x (rows, ...), y (rows, ...) -> batches (batch_size, ...), the last one may be
///            smaller
/// Throws:    ShapeError if x and y differ in rows; ValueError if there is no row, batch_size is
///            not positive, or drop_last leaves no batch
template <AnyScalar T, AnyScalar Y>
class DataLoader {
 public:
  class Iterator;

  DataLoader(Tensor<T> x, Tensor<Y> y, const LoaderOptions& options = {})
      : x_(std::move(x)),
        y_(std::move(y)),
        options_(options),
        cut_("DataLoader", detail::rows_of("DataLoader", x_, y_), options.batch_size,
             options.drop_last) {
    if (options.shuffle) {
      x_ = detail::packed(x_);
      y_ = detail::packed(y_);
    }
  }
  explicit DataLoader(const Dataset<T, Y>& data, const LoaderOptions& options = {})
      : DataLoader(data.x, data.y, options) {}

  /// Batches in an epoch.
  [[nodiscard]] Index steps() const noexcept { return cut_.steps(); }
  /// Rows in the data set.
  [[nodiscard]] Index rows() const noexcept { return cut_.rows(); }
  [[nodiscard]] const LoaderOptions& options() const noexcept { return options_; }
  /// Number of the epoch that the next begin() starts.
  [[nodiscard]] Index epoch() const noexcept { return epoch_; }
  /// Makes the next begin() start that epoch.
  void set_epoch(Index epoch) noexcept { epoch_ = epoch; }

  /// The first batch of a new epoch.
  [[nodiscard]] Iterator begin() { return Iterator(*this, epoch_++); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  /// One pass over the batches of an epoch.
  class Iterator {
   public:
    using value_type = Batch<T, Y>;
    using difference_type = std::ptrdiff_t;

    Iterator(const DataLoader& loader, Index epoch) : loader_(&loader) {
      if (loader.options_.shuffle) {
        const std::uint64_t seed = loader.options_.seed;
        order_ =
            loader.options_.order != nullptr
                ? loader.options_.order(loader.rows(), seed, epoch)
                : permutation(
                      loader.rows(),
                      RandomKey::named(seed, "loader").fold(static_cast<std::uint64_t>(epoch)));
      }
    }

    /// The rows of the current batch out of another tensor that has a row for each one of the data
    /// and is contiguous; a view where the batches are views.
    template <AnyScalar S>
    [[nodiscard]] Tensor<S> rows_of(const Tensor<S>& from) const {
      const Index first = loader_->cut_.first(step_);
      const Index count = loader_->cut_.size(step_);
      if (!order_.defined()) {
        return detail::sliced(from, 0, first, first + count);
      }
      Tensor<S> out = detail::uninitialized<S>(detail::with_rows(from.shape(), count));
      detail::gather_rows(out.mutable_data(), from,
                          order_.values().subspan(static_cast<std::size_t>(first),
                                                  static_cast<std::size_t>(count)));
      return out;
    }

    /// The current batch; made anew by every call.
    [[nodiscard]] Batch<T, Y> operator*() const {
      return {rows_of(loader_->x_), rows_of(loader_->y_)};
    }
    Iterator& operator++() noexcept {
      ++step_;
      return *this;
    }
    void operator++(int) noexcept { ++step_; }
    [[nodiscard]] friend bool operator==(const Iterator& at,
                                         std::default_sentinel_t /*end*/) noexcept {
      return at.step_ >= at.loader_->steps();
    }

   private:
    const DataLoader* loader_;
    Tensor<std::int64_t> order_;  // undefined when not shuffled
    Index step_ = 0;
  };

 private:
  Tensor<T> x_;
  Tensor<Y> y_;
  LoaderOptions options_;
  detail::BatchCut cut_;
  Index epoch_ = 0;
};

}  // namespace eigengrad
