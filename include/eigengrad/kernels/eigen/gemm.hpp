#pragma once
// The matrix product on Eigen's packing routines and block-panel kernel: the reference of the
// direct kernel, the backend of instruction sets without one, and of every product under
// EIGENGRAD_GEMM_EIGEN. Leaves out Eigen's own blocking, buffers and threads: blocks, scratch and
// tasks are ours, and no global setting of Eigen is read or changed.
//
// Units of one program may be compiled for different instruction sets, and the linker merges what
// they instantiate alike. Eigen is therefore entered only with mappers of ours among its template
// arguments, whose names hold the instruction set.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/memory/scratch.hpp>

#include <Eigen/Core>

#include <type_traits>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Where the block-panel kernel of Eigen 3.4 has the interface used below.
#if EIGEN_WORLD_VERSION == 3 && EIGEN_MAJOR_VERSION == 4
#define EIGENGRAD_EIGEN_PANELS 1
#else
#define EIGENGRAD_EIGEN_PANELS 0
#endif

/// Extents of what is packed at once, chosen for 32 KB of first- and 512 KB of second-level cache.
inline constexpr Index eigen_most_depth = 256;
inline constexpr Index eigen_most_rows = 192;
inline constexpr Index eigen_most_columns = 192;
/// Multiply-adds from which a product is given to several threads.
inline constexpr Index eigen_parallel_work = Index{1} << 21;

#if EIGENGRAD_EIGEN_PANELS

/// "Conjugate the left factor", which changes nothing for real numbers but the names of Eigen's
/// functions. Its madd overwrites an argument unless the instruction set fuses multiply-add, its
/// callers rely on what theirs does, and nothing else in its name tells the two apart.
#if defined(EIGEN_HAS_SINGLE_INSTRUCTION_MADD)
inline constexpr bool eigen_conjugates = false;
#else
inline constexpr bool eigen_conjugates = true;
#endif

/// A column of a matrix in Eigen's kernel.
template <class T>
class EigenColumn {
 public:
  explicit EigenColumn(T* data) noexcept : data_(data) {}
  EIGENGRAD_INLINE T& operator()(Eigen::Index i) const noexcept { return data_[i]; }
  EIGENGRAD_INLINE void prefetch(int i) const noexcept { __builtin_prefetch(data_ + i); }
  template <class P>
  EIGENGRAD_INLINE P loadPacket(Eigen::Index i) const noexcept {
    return Eigen::internal::ploadu<P>(data_ + i);
  }
  template <class P>
  EIGENGRAD_INLINE void storePacket(Eigen::Index i, const P& x) const noexcept {
    Eigen::internal::pstoreu(data_ + i, x);
  }

 private:
  T* data_;
};

/// A matrix in Eigen's kernel, contiguous along its columns (Eigen::ColMajor) or rows.
template <class T, int Order>
class EigenMapper {
 public:
  using LinearMapper = EigenColumn<T>;

  EigenMapper(T* data, Eigen::Index stride) noexcept : data_(data), stride_(stride) {}
  EIGENGRAD_INLINE T& operator()(Eigen::Index i, Eigen::Index j) const noexcept {
    return data_[Order == Eigen::RowMajor ? j + i * stride_ : i + j * stride_];
  }
  EIGENGRAD_INLINE LinearMapper getLinearMapper(Eigen::Index i, Eigen::Index j) const noexcept {
    return LinearMapper(&(*this)(i, j));
  }
  template <class P>
  EIGENGRAD_INLINE P loadPacket(Eigen::Index i, Eigen::Index j) const noexcept {
    return Eigen::internal::ploadu<P>(&(*this)(i, j));
  }
  template <class P>
  EIGENGRAD_INLINE P gatherPacket(Eigen::Index i, Eigen::Index j) const noexcept {
    return Eigen::internal::pgather<std::remove_const_t<T>, P>(&(*this)(i, j), stride_);
  }
  template <class P>
  EIGENGRAD_INLINE void scatterPacket(Eigen::Index i, Eigen::Index j, const P& x) const noexcept {
    Eigen::internal::pscatter<T, P>(&(*this)(i, j), x, stride_);
  }

 private:
  T* data_;
  Eigen::Index stride_;
};

/// Packs the left factor of Eigen's product, rows x depth.
template <FloatScalar T, int Order>
void eigen_pack_left(T* packed, const T* from, Index stride, Index depth, Index rows) noexcept {
  using Traits = Eigen::internal::gebp_traits<T, T>;
  using Mapper = EigenMapper<const T, Order>;
  Eigen::internal::gemm_pack_lhs<T, Eigen::Index, Mapper, Traits::mr, Traits::LhsProgress,
                                 typename Traits::LhsPacket4Packing, Order>()(
      packed, Mapper(from, stride), depth, rows);
}

/// Packs the right factor of Eigen's product, depth x columns.
template <FloatScalar T, int Order>
void eigen_pack_right(T* packed, const T* from, Index stride, Index depth, Index columns) noexcept {
  using Traits = Eigen::internal::gebp_traits<T, T>;
  using Mapper = EigenMapper<const T, Order>;
  Eigen::internal::gemm_pack_rhs<T, Eigen::Index, Mapper, Traits::nr, Order>()(
      packed, Mapper(from, stride), depth, columns);
}

/// Adds alpha A B to rows [i, i + rows) and columns [j, j + columns) of C. Eigen's kernel writes
/// columns, so it computes the transpose: its left factor is B's, its right factor A's.
template <FloatScalar T>
void eigen_add_block(const GemmArguments<T>& p, Index i, Index rows, Index j, Index columns,
                     T* scratch) noexcept {
  using Traits = Eigen::internal::gebp_traits<T, T>;
  using Mapper = EigenMapper<T, Eigen::ColMajor>;
  T* const left = scratch;
  T* const right = scratch + eigen_most_columns * eigen_most_depth;
  for (Index l = 0; l < p.k; l += eigen_most_depth) {
    const Index depth = p.k - l < eigen_most_depth ? p.k - l : eigen_most_depth;
    const T* const a = p.a + i * p.a_row_stride + l * p.a_column_stride;
    const T* const b = p.b + l * p.b_row_stride + j * p.b_column_stride;
    if (p.a_column_stride == 1) {
      eigen_pack_right<T, Eigen::ColMajor>(right, a, p.a_row_stride, depth, rows);
    } else {
      eigen_pack_right<T, Eigen::RowMajor>(right, a, p.a_column_stride, depth, rows);
    }
    if (p.b_column_stride == 1) {
      eigen_pack_left<T, Eigen::ColMajor>(left, b, p.b_row_stride, depth, columns);
    } else {
      eigen_pack_left<T, Eigen::RowMajor>(left, b, p.b_column_stride, depth, columns);
    }
    Eigen::internal::gebp_kernel<T, T, Eigen::Index, Mapper, Traits::mr, Traits::nr,
                                 eigen_conjugates, false>()(
        Mapper(p.c + i * p.c_row_stride + j, p.c_row_stride), left, right, columns, depth, rows,
        p.alpha);
  }
}

#else

/// The same through Eigen's public expressions, for versions whose kernel has another interface.
/// Units of one program must then share their instruction set.
template <FloatScalar T>
void eigen_add_block(const GemmArguments<T>& p, Index i, Index rows, Index j, Index columns,
                     T*) noexcept {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Row = Eigen::OuterStride<>;
  using Contiguous = Eigen::Map<const Matrix, 0, Row>;
  using Transposed = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>, 0, Row>;
  Eigen::Map<Matrix, 0, Row> c(p.c + i * p.c_row_stride + j, rows, columns, Row(p.c_row_stride));
  const T* const a = p.a + i * p.a_row_stride;
  const T* const b = p.b + j * p.b_column_stride;
  const auto add = [&](const auto& left) {
    if (p.b_column_stride == 1) {
      c.noalias() += p.alpha * left * Contiguous(b, p.k, columns, Row(p.b_row_stride));
    } else {
      c.noalias() += p.alpha * left * Transposed(b, p.k, columns, Row(p.b_column_stride));
    }
  };
  if (p.a_column_stride == 1) {
    add(Contiguous(a, rows, p.k, Row(p.a_row_stride)));
  } else {
    add(Transposed(a, rows, p.k, Row(p.a_column_stride)));
  }
}

#endif

/// One block of C: its old values scaled, the product added, bias and activation last.
template <FloatScalar T>
void eigen_block(const GemmArguments<T>& p, Index i, Index rows, Index j, Index columns,
                 T* scratch) noexcept {
  for (Index r = i; r < i + rows; ++r) {
    T* const c = p.c + r * p.c_row_stride + j;
    for (Index q = 0; q < columns; ++q) {
      c[q] = p.beta == T(0) ? T(0) : p.beta * c[q];
    }
  }
  eigen_add_block(p, i, rows, j, columns, scratch);
  if (p.bias != nullptr) {
    for (Index r = i; r < i + rows; ++r) {
      T* const c = p.c + r * p.c_row_stride + j;
      for (Index q = 0; q < columns; ++q) {
        c[q] += p.bias[j + q];
      }
    }
  }
  if (p.activation != nullptr) {
    p.activation(rows, columns, p.c + i * p.c_row_stride + j, p.c_row_stride);
  }
}

/// Copies a matrix without a unit stride, row by row.
template <FloatScalar T>
void eigen_copy(Index rows, Index columns, const T* from, Index row_stride, Index column_stride,
                T* to) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index q = 0; q < columns; ++q) {
      to[r * columns + q] = from[r * row_stride + q * column_stride];
    }
  }
}

/// What gemm() computes, with Eigen's kernel.
///
/// Shapes: A (m, k), B (k, n), bias (n,) -> C (m, n)
/// Throws: std::bad_alloc when there is no memory for packing
/// Cost:   2 m n k flops; one pass over C before and, with bias or activation, one after; no heap
///         call when warm; the same bits at any number of threads
template <FloatScalar T>
void gemm_eigen(const GemmArguments<T>& arguments) {
  GemmArguments<T> p = arguments;
  if (p.m <= 0 || p.n <= 0) {
    return;
  }
  // The kernel takes operands with a unit stride in one direction.
  const bool copies_a = p.a_column_stride != 1 && p.a_row_stride != 1;
  const bool copies_b = p.b_column_stride != 1 && p.b_row_stride != 1;
  detail::Scratch<T> a_copy(copies_a ? p.m * p.k : 0);
  detail::Scratch<T> b_copy(copies_b ? p.k * p.n : 0);
  if (copies_a) {
    eigen_copy(p.m, p.k, p.a, p.a_row_stride, p.a_column_stride, a_copy.data());
    p.a = a_copy.data();
    p.a_row_stride = p.k;
    p.a_column_stride = 1;
  }
  if (copies_b) {
    eigen_copy(p.k, p.n, p.b, p.b_row_stride, p.b_column_stride, b_copy.data());
    p.b = b_copy.data();
    p.b_row_stride = p.n;
    p.b_column_stride = 1;
  }
  const Index row_tasks = (p.m + eigen_most_rows - 1) / eigen_most_rows;
  const Index tasks = row_tasks * ((p.n + eigen_most_columns - 1) / eigen_most_columns);
  const int threads = p.m * p.n * p.k >= eigen_parallel_work ? threads_for(tasks) : 1;
  constexpr Index share = eigen_most_depth * (eigen_most_rows + eigen_most_columns);
  detail::Scratch<T> scratch(share * threads);
  parallel_tasks(tasks, threads, [&](Index task, int thread) noexcept {
    const Index i = task % row_tasks * eigen_most_rows;
    const Index j = task / row_tasks * eigen_most_columns;
    eigen_block(p, i, p.m - i < eigen_most_rows ? p.m - i : eigen_most_rows, j,
                p.n - j < eigen_most_columns ? p.n - j : eigen_most_columns,
                scratch.data() + thread * share);
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
