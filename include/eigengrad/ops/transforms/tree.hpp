#pragma once
// Tree: the structures that transforms take and give, a tensor, a std::vector or std::tuple of
// structures, or a list of parameters; and what is done with each of their tensors.

#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/tape.hpp>

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_tree_count(std::string_view op, std::string_view what,
                                                         std::size_t count, std::size_t expected) {
  throw ValueError(op, concat("expected ", expected, " ", what, ", got ", count));
}
[[noreturn]] EIGENGRAD_COLD inline void throw_tree_shape(std::string_view op, std::string_view what,
                                                         Index i, const Shape& shape,
                                                         const Shape& expected) {
  throw ShapeError(op, concat(what, " ", i, " is ", shape, ", expected ", expected), shape,
                   expected);
}

struct Tree {
  /// The same structure with f of each tensor in place of it.
  template <FloatScalar T, class F>
  [[nodiscard]] static auto map(const Tensor<T>& x, const F& f) {
    return f(x);
  }
  template <FloatScalar T, class F>
  [[nodiscard]] static auto map(const Parameter<T>& x, const F& f) {
    return f(static_cast<const Tensor<T>&>(x));
  }
  template <class X, class F>
  [[nodiscard]] static auto map(const std::vector<X>& list, const F& f) {
    std::vector<decltype(map(list[0], f))> results;
    results.reserve(list.size());
    for (const X& x : list) {
      results.push_back(map(x, f));
    }
    return results;
  }
  template <class... X, class F>
  [[nodiscard]] static auto map(const std::tuple<X...>& list, const F& f) {
    return map_tuple(list, f, std::index_sequence_for<X...>());
  }

  /// Calls f(a, b) for the tensors in the same place of two structures.
  /// Throws: ValueError if lists differ in length
  template <FloatScalar T, class F>
  static void zip(std::string_view op, std::string_view what, const Tensor<T>& a,
                  const std::type_identity_t<Tensor<T>>& b, const F& f) {
    static_cast<void>(op);
    static_cast<void>(what);
    f(a, b);
  }
  template <class A, class B, class F>
  static void zip(std::string_view op, std::string_view what, const std::vector<A>& a,
                  const std::vector<B>& b, const F& f) {
    if (a.size() != b.size()) {
      throw_tree_count(op, what, b.size(), a.size());
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      zip(op, what, a[i], b[i], f);
    }
  }
  template <class... A, class... B, class F>
  requires(sizeof...(A) == sizeof...(B)) static void zip(std::string_view op, std::string_view what,
                                                         const std::tuple<A...>& a,
                                                         const std::tuple<B...>& b, const F& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (zip(op, what, std::get<I>(a), std::get<I>(b), f), ...);
    }
    (std::index_sequence_for<A...>());
  }

  /// The same, and the shapes agree. Throws: ShapeError
  template <class A, class B, class F>
  static void zip_shapes(std::string_view op, std::string_view what, const A& a, const B& b,
                         const F& f) {
    Index i = 0;
    zip(op, what, a, b, [&](const auto& x, const auto& y) {
      if (!(x.shape() == y.shape())) {
        throw_tree_shape(op, what, i, y.shape(), x.shape());
      }
      ++i;
      f(x, y);
    });
  }

 private:
  template <class... X, class F, std::size_t... I>
  [[nodiscard]] static auto map_tuple(const std::tuple<X...>& list, const F& f,
                                      std::index_sequence<I...> /*places*/) {
    return std::tuple<decltype(map(std::get<I>(list), f))...>{map(std::get<I>(list), f)...};
  }
};

/// f of inputs: of the elements of a tuple, of nothing for a list of parameters, else of the inputs
/// as they are.
template <class F, class Inputs>
[[nodiscard]] auto apply_to(F& f, const Inputs& inputs) {
  return f(inputs);
}
template <class F, class... X>
[[nodiscard]] auto apply_to(F& f, const std::tuple<X...>& inputs) {
  return std::apply(f, inputs);
}
template <class F, FloatScalar T>
[[nodiscard]] auto apply_to(F& f, const std::vector<Parameter<T>>& /*parameters*/) {
  return f();
}

/// The inputs as the tape knows them: parameters as they are, other tensors watched.
template <class Inputs>
[[nodiscard]] auto watch_inputs(Tape& tape, const Inputs& inputs) {
  return Tree::map(inputs, [&tape](const auto& x) { return tape.watch(x); });
}
template <FloatScalar T>
[[nodiscard]] const std::vector<Parameter<T>>& watch_inputs(
    Tape& /*tape*/, const std::vector<Parameter<T>>& parameters) {
  return parameters;
}

/// A structure of results after the tape of a transform has ended.
template <class Results>
[[nodiscard]] auto without_tapes(const Results& results) {
  return Tree::map(results, [](const auto& y) { return without_tape(y); });
}

struct ItsTensor {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return x;
  }
};
/// A structure with a tensor for each of `Inputs`: what gradients and tangents are.
template <class Inputs>
using TensorsLike = decltype(Tree::map(std::declval<const Inputs&>(), ItsTensor{}));

}  // namespace eigengrad::detail
