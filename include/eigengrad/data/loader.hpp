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
#include <string>
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

[[noreturn]] EIGENGRAD_COLD inline void throw_loader(const std::string& message) {
  throw_error<ValueError>("DataLoader", {message});
}

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
      : x_(std::move(x)), y_(std::move(y)), options_(options) {
    rows_ = detail::rows_of("DataLoader", x_, y_);
    if (rows_ == 0) {
      detail::throw_loader("no rows");
    }
    if (options.batch_size <= 0) {
      detail::throw_loader(detail::concat("batch_size is not positive: ", options.batch_size));
    }
    if (options.drop_last && rows_ < options.batch_size) {
      detail::throw_loader(detail::concat("drop_last leaves no batch: ", rows_,
                                          " rows, batch_size ", options.batch_size));
    }
    if (options.shuffle) {
      x_ = detail::packed(x_);
      y_ = detail::packed(y_);
    }
  }
  explicit DataLoader(const Dataset<T, Y>& data, const LoaderOptions& options = {})
      : DataLoader(data.x, data.y, options) {}

  /// Batches in an epoch.
  [[nodiscard]] Index steps() const noexcept {
    const Index whole = rows_ / options_.batch_size;
    return options_.drop_last || rows_ % options_.batch_size == 0 ? whole : whole + 1;
  }
  /// Rows in the data set.
  [[nodiscard]] Index rows() const noexcept { return rows_; }
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
                ? loader.options_.order(loader.rows_, seed, epoch)
                : permutation(
                      loader.rows_,
                      RandomKey::named(seed, "loader").fold(static_cast<std::uint64_t>(epoch)));
      }
    }

    /// The current batch; made anew by every call.
    [[nodiscard]] Batch<T, Y> operator*() const {
      const Index first = step_ * loader_->options_.batch_size;
      const Index last = std::min(first + loader_->options_.batch_size, loader_->rows_);
      return {rows(loader_->x_, first, last), rows(loader_->y_, first, last)};
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
    template <AnyScalar S>
    [[nodiscard]] Tensor<S> rows(const Tensor<S>& from, Index first, Index last) const {
      if (!order_.defined()) {
        return detail::sliced(from, 0, first, last);
      }
      Tensor<S> out = detail::uninitialized<S>(detail::with_rows(from.shape(), last - first));
      detail::gather_rows(out.mutable_data(), from,
                          order_.values().subspan(static_cast<std::size_t>(first),
                                                  static_cast<std::size_t>(last - first)));
      return out;
    }

    const DataLoader* loader_;
    Tensor<std::int64_t> order_;  // undefined when not shuffled
    Index step_ = 0;
  };

 private:
  Tensor<T> x_;
  Tensor<Y> y_;
  LoaderOptions options_;
  Index rows_ = 0;
  Index epoch_ = 0;
};

}  // namespace eigengrad
