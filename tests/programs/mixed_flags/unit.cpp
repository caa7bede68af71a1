// One unit of a mixed program: the library compiled with the flags of this compilation. UNIT_NAME
// names it. To keep the compilation short it computes in float; with UNIT_PRODUCTS it only
// multiplies, in double.

#include "unit.hpp"

#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/tensor/creation.hpp>

#if !defined(UNIT_PRODUCTS)
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/machinery/unary.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/optim/adam.hpp>
#endif

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace programs {

namespace {

/// What the unit does not share with others: with internal linkage in all of them.
struct Negate {
  template <class S>
  S operator()(S x) const noexcept {
    return -x;
  }
};

#if !defined(UNIT_PRODUCTS)
struct Cube {
  static constexpr std::string_view name = "cube";
  static constexpr eg::Save saves = eg::Save::input;
  template <class S>
  static S f(S x) {
    return x * x * x;
  }
  template <class S>
  static S df(S x) {
    return eg::constant<S>(3) * x * x;
  }
};
#endif

/// What gemm() gives for two row-major matrices, either of them transposed first.
template <class T>
eg::Tensor<T> product(const eg::Tensor<T>& x, const eg::Tensor<T>& y, bool x_transposed,
                      bool y_transposed, eg::kernels::GemmActivation<T> activation) {
  eg::kernels::GemmArguments<T> p;
  p.m = x.extent(x_transposed ? 1 : 0);
  p.k = x.extent(x_transposed ? 0 : 1);
  p.n = y.extent(y_transposed ? 0 : 1);
  eg::Tensor<T> z = eg::zeros<T>({p.m, p.n});
  p.a = x.data();
  p.a_row_stride = x_transposed ? 1 : p.k;
  p.a_column_stride = x_transposed ? p.m : 1;
  p.b = y.data();
  p.b_row_stride = y_transposed ? 1 : p.n;
  p.b_column_stride = y_transposed ? p.k : 1;
  p.c = z.mutable_data();
  p.c_row_stride = p.n;
  p.activation = activation;
  eg::kernels::gemm(p);
  return z;
}

template <class T>
Functions<T> functions() {
  Functions<T> f{};
  f.negated_matmul = [](const eg::Tensor<T>& x, const eg::Tensor<T>& y) {
    return product<T>(x, y, false, false, &eg::kernels::gemm_activation<T, Negate>);
  };
#if defined(UNIT_PRODUCTS)
  f.matmul = [](const eg::Tensor<T>& x, const eg::Tensor<T>& y, bool x_transposed,
                bool y_transposed) {
    return product<T>(x, y, x_transposed, y_transposed, nullptr);
  };
#else
  f.matmul = [](const eg::Tensor<T>& x, const eg::Tensor<T>& y, bool x_transposed,
                bool y_transposed) {
    return eg::matmul(x_transposed ? eg::transpose(x) : x, y_transposed ? eg::transpose(y) : y);
  };
  f.cube = [](const eg::Tensor<T>& x) { return eg::detail::unary<Cube>(x); };
  f.exp = [](const eg::Tensor<T>& x) { return eg::exp(x); };
  f.tanh = [](const eg::Tensor<T>& x) { return eg::tanh(x); };
  f.sigmoid = [](const eg::Tensor<T>& x) { return eg::sigmoid(x); };
  f.sum = [](const eg::Tensor<T>& x, eg::Index axis) { return eg::sum(x, {axis}); };
  f.mean = [](const eg::Tensor<T>& x) { return eg::mean(x); };
  f.parameters = [](const std::vector<eg::Tensor<T>>& values) {
    Parameters<T> model;
    for (const eg::Tensor<T>& value : values) {
      model.emplace_back("p" + std::to_string(model.size()), value);
    }
    return model;
  };
  f.loss = [](const Parameters<T>& model, const eg::Tensor<T>& x, const eg::Tensor<T>& y) {
    const eg::Tensor<T> hidden = eg::tanh(eg::linear<T>(x, model[0], model[1]));
    const eg::Tensor<T> error = eg::sigmoid(eg::linear<T>(hidden, model[2], model[3])) - y;
    return eg::mean(error * error);
  };
  f.backward = [](eg::Tape& tape, const eg::Tensor<T>& loss) { tape.backward(loss); };
  f.adam = [](const Parameters<T>& model, double rate) {
    return std::unique_ptr<eg::optim::Optimizer<T>>(
        new eg::optim::Adam<T>(model, {.learning_rate = rate}));
  };
  f.step = [](eg::optim::Optimizer<T>& optimizer) { optimizer.step(); };
#endif
  return f;
}

/// Sizes and alignments: an instruction set must not show in them.
std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all;
  const auto add = [&all]<class... X>(std::type_identity<X>...) {
    (all.insert(all.end(), {sizeof(X), alignof(X)}), ...);
  };
  add(std::type_identity<eg::Shape>{}, std::type_identity<eg::Tensor<float>>{},
      std::type_identity<eg::Parameter<float>>{}, std::type_identity<eg::Tape>{},
      std::type_identity<eg::optim::Optimizer<float>>{},
      std::type_identity<eg::detail::TensorBody>{}, std::type_identity<eg::detail::Record>{},
      std::type_identity<eg::detail::ParameterState<float>>{},
      std::type_identity<eg::detail::PoolState>{}, std::type_identity<eg::detail::Arena>{});
  return all;
}

#define UNIT_TEXT_(name) #name
#define UNIT_TEXT(name) UNIT_TEXT_(name)

[[maybe_unused]] const bool added = [] {
  Unit unit{UNIT_TEXT(UNIT_NAME), EIGENGRAD_TEXT(EIGENGRAD_KERNELS_KEY), sizes(), {}, {}};
#if defined(UNIT_PRODUCTS)
  unit.in_double = functions<double>();
#else
  unit.in_float = functions<float>();
#endif
  units().push_back(unit);
  return true;
}();

}  // namespace

}  // namespace programs
