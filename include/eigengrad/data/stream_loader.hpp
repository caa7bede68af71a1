#pragma once
// StreamLoader: shuffled batches of data that does not fit into memory, from tensors that lie in a
// file (io/mapped_npy.hpp). Leaves out threads: the system reads ahead. DataLoader is the one for
// data in memory.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/loader.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/tensor/mapping.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <sys/mman.h>
#include <utility>

namespace eigengrad {

struct StreamOptions {
  Index batch_size = 32;
  std::uint64_t seed = 0;
  bool drop_last = false;    ///< leaves out the last batch if it is smaller than the others
  Index block_rows = 256;    ///< consecutive rows that are read together
  Index window_blocks = 64;  ///< blocks in memory at a time, whose rows are shuffled together
};

/// Steps through data in shuffled batches while only some of it is in memory. The data is cut into
/// blocks of consecutive rows; each epoch takes the blocks in a new order, loads `window_blocks` of
/// them at a time, and shuffles their rows together. A row therefore comes in a random window, at a
/// random place there: the more blocks in a window, the closer to a full shuffle, which it is when
/// one window holds all.
///
/// The order depends on seed, epoch, block_rows and window_blocks only; set_epoch() as in
/// DataLoader. In memory are one window and one batch, an index for each block and each row of the
/// window, and, while a window is loaded from a mapped tensor, its pages once more; the system is
/// told which blocks come next.
///
/// Shapes:    x (rows, ...), y (rows, ...) -> batches (batch_size, ...), the last one may be
///            smaller
/// Throws:    ShapeError if x and y differ in rows, or are strided views; ValueError if there is
///            no row, an option is not positive, or drop_last leaves no batch
template <AnyScalar T, AnyScalar Y>
class StreamLoader {
 public:
  class Iterator;

  StreamLoader(Tensor<T> x, Tensor<Y> y, const StreamOptions& options = {})
      : x_(std::move(x)),
        y_(std::move(y)),
        options_(options),
        cut_("StreamLoader", checked_rows(x_, y_), options.batch_size, options.drop_last) {
    detail::check_loader_option("StreamLoader", "block_rows", options.block_rows);
    detail::check_loader_option("StreamLoader", "window_blocks", options.window_blocks);
    // No larger than the data, so that their product does not overflow.
    options_.block_rows = std::min(options_.block_rows, rows());
    blocks_ = (rows() - 1) / options_.block_rows + 1;
    options_.window_blocks = std::min(options_.window_blocks, blocks_);
  }
  explicit StreamLoader(const Dataset<T, Y>& data, const StreamOptions& options = {})
      : StreamLoader(data.x, data.y, options) {}

  /// Batches in an epoch.
  [[nodiscard]] Index steps() const noexcept { return cut_.steps(); }
  /// Rows in the data set.
  [[nodiscard]] Index rows() const noexcept { return cut_.rows(); }
  /// As given, but block_rows and window_blocks no larger than the data.
  [[nodiscard]] const StreamOptions& options() const noexcept { return options_; }
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

    Iterator(const StreamLoader& loader, Index epoch)
        : loader_(&loader),
          key_(RandomKey::named(loader.options_.seed, "stream")
                   .fold(static_cast<std::uint64_t>(epoch))),
          blocks_(permutation(loader.blocks_, key_)) {
      const Index rows = loader.options_.window_blocks * loader.options_.block_rows;
      x_ = detail::uninitialized<T>(detail::with_rows(loader.x_.shape(), rows));
      y_ = detail::uninitialized<Y>(detail::with_rows(loader.y_.shape(), rows));
      advise(0, MADV_WILLNEED);
      make_batch();
    }
    Iterator(const Iterator&) = delete;  // it fills its window as it goes
    Iterator& operator=(const Iterator&) = delete;
    Iterator(Iterator&&) noexcept = default;
    Iterator& operator=(Iterator&&) noexcept = default;
    ~Iterator() = default;

    /// The current batch.
    [[nodiscard]] const Batch<T, Y>& operator*() const noexcept { return batch_; }
    Iterator& operator++() {
      ++step_;
      make_batch();
      return *this;
    }
    void operator++(int) { ++*this; }
    [[nodiscard]] friend bool operator==(const Iterator& at,
                                         std::default_sentinel_t /*end*/) noexcept {
      return at.step_ >= at.loader_->steps();
    }

   private:
    void make_batch() {
      if (step_ >= loader_->steps()) {
        return;
      }
      const Index rows = loader_->cut_.size(step_);
      batch_.x = detail::uninitialized<T>(detail::with_rows(x_.shape(), rows));
      batch_.y = detail::uninitialized<Y>(detail::with_rows(y_.shape(), rows));
      for (Index done = 0; done < rows;) {
        if (used_ == order_size_) {
          load_window();
        }
        const Index now = std::min(rows - done, order_size_ - used_);
        const auto indices =
            order_.values().subspan(static_cast<std::size_t>(used_), static_cast<std::size_t>(now));
        copy_rows(batch_.x, done, x_, indices);
        copy_rows(batch_.y, done, y_, indices);
        used_ += now;
        done += now;
      }
    }
    template <AnyScalar S>
    static void copy_rows(Tensor<S>& to, Index row, const Tensor<S>& from,
                          std::span<const Index> indices) {
      detail::gather_rows(to.mutable_data() + row * detail::row_size(to.shape()), from, indices);
    }

    /// Copies the next blocks together and draws the order of their rows.
    void load_window() {
      Index filled = 0;
      const Index first = window_ * loader_->options_.window_blocks;
      const Index last = std::min(first + loader_->options_.window_blocks, loader_->blocks_);
      for (Index i = first; i < last; ++i) {
        const auto [begin, end] = rows_of_block(i);
        copy_block(x_, filled, loader_->x_, begin, end);
        copy_block(y_, filled, loader_->y_, begin, end);
        filled += end - begin;
      }
      // All pages, because the system maps neighbours of those that were read along.
      detail::advise_rows(loader_->x_, 0, loader_->rows(), MADV_DONTNEED);
      detail::advise_rows(loader_->y_, 0, loader_->rows(), MADV_DONTNEED);
      order_ = permutation(filled, key_.fold(static_cast<std::uint64_t>(window_)));
      order_size_ = filled;
      used_ = 0;
      ++window_;
      advise(window_, MADV_WILLNEED);
    }
    template <AnyScalar S>
    static void copy_block(Tensor<S>& to, Index row, const Tensor<S>& from, Index begin,
                           Index end) {
      const Index width = detail::row_size(from.shape());
      if (width > 0) {
        std::memcpy(to.mutable_data() + row * width, from.data() + begin * width,
                    static_cast<std::size_t>((end - begin) * width) * sizeof(S));
      }
    }

    void advise(Index window, int advice) const noexcept {
      const Index first = window * loader_->options_.window_blocks;
      const Index last = std::min(first + loader_->options_.window_blocks, loader_->blocks_);
      for (Index i = first; i < last; ++i) {
        const auto [begin, end] = rows_of_block(i);
        detail::advise_rows(loader_->x_, begin, end, advice);
        detail::advise_rows(loader_->y_, begin, end, advice);
      }
    }
    /// The rows of the block that comes i-th in this epoch.
    [[nodiscard]] std::pair<Index, Index> rows_of_block(Index i) const noexcept {
      const Index begin = blocks_.data()[i] * loader_->options_.block_rows;
      return {begin, std::min(begin + loader_->options_.block_rows, loader_->rows())};
    }

    const StreamLoader* loader_;
    RandomKey key_;
    Tensor<std::int64_t> blocks_;  // their order in this epoch
    Tensor<T> x_;                  // the window
    Tensor<Y> y_;
    Tensor<std::int64_t> order_;  // of the rows in the window
    Index order_size_ = 0;
    Index used_ = 0;    // rows of the window that were given out
    Index window_ = 0;  // number of the next window
    Index step_ = 0;
    Batch<T, Y> batch_;
  };

 private:
  /// Rows of both, which are read where they lie.
  [[nodiscard]] static Index checked_rows(const Tensor<T>& x, const Tensor<Y>& y) {
    const Index rows = detail::rows_of("StreamLoader", x, y);
    if (!x.is_contiguous() || !y.is_contiguous()) {
      detail::throw_not_contiguous("StreamLoader", x.is_contiguous() ? y.shape() : x.shape());
    }
    return rows;
  }

  Tensor<T> x_;
  Tensor<Y> y_;
  StreamOptions options_;
  detail::BatchCut cut_;
  Index blocks_ = 0;
  Index epoch_ = 0;
};

}  // namespace eigengrad
