#pragma once
// dropout: zeroes elements at random in training. The mask is a function of a key: there is no
// generator to advance. The layer that knows when to is nn/dropout.hpp.

#include <eigengrad/kernels/dropout.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/random.hpp>

#include <cmath>
#include <cstdint>
#include <string_view>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_dropout_rate(std::string_view op, double rate) {
  throw_error<ValueError>(op, {"rate is outside [0, 1): ", rate});
}

}  // namespace detail

struct Dropout {
  static constexpr std::string_view name = "dropout";
  static constexpr std::string_view doc =
      "0 with probability `rate`, else x / (1 - rate); the mask depends on the key alone.";

  template <class T>
  struct Payload {
    detail::Saved<std::uint8_t> bits;  // one for each element in row-major order
    Shape shape;
    T scale;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T> g = detail::packed(b.gradient());
    const auto target = b.template target<T>(0, saved.shape);
    if (target.add) {
      kernels::apply_mask<true>(saved.bits->data(), saved.scale, g.size(), g.data(), target.data);
    } else {
      kernels::apply_mask<false>(saved.bits->data(), saved.scale, g.size(), g.data(), target.data);
    }
  }

  template <class Cases>
  static void samples(Cases& cases) {
    const auto with = [](double rate) {
      return
          [rate](const auto& in) { return dropout(in[0], rate, RandomKey::named(7, "op suite")); };
    };
    cases.vary("a tenth of (5, 7)", {{5, 7}}, with(0.1));
    cases.vary("half of (137,)", {{137}}, with(0.5));
    cases.add("nearly all of (19,)", {{19}}, with(0.95));
    cases.add("a scalar", {{}}, with(0.3));
    cases.add("no elements", {{0, 3}}, with(0.3));
    cases.rejects("dropout: rate is outside [0, 1): 1", {{2}}, with(1.0));
    cases.rejects("dropout: rate is outside [0, 1): -0.5", {{2}}, with(-0.5));
  }
};

namespace detail {

/// x times `scale` where the mask has a bit, in row-major order, else 0: recorded as dropout.
template <FloatScalar T>
[[nodiscard]] Tensor<T> masked(const Tensor<T>& x, const Tensor<std::uint8_t>& bits, T scale) {
  Tensor<T> y = uninitialized<T>(x.shape());
  const Tensor<T> row_major = packed(x);
  kernels::apply_mask<false>(bits.data(), scale, x.size(), row_major.data(),
                             static_cast<T*>(y.body().data));
  if (must_record(x)) {
    record<Dropout>(
        y,
        [&](Saver& save) {
          return Dropout::Payload<T>{save(bits), x.shape(), scale};
        },
        x);
  }
  return y;
}

}  // namespace detail

/// Each element is 0 with probability `rate`, else x / (1 - rate), so that the mean stays; x itself
/// when not training or at rate 0. Which ones depends on the key and the position in row-major
/// order alone, as bernoulli(shape, 1 - rate, key) has it: give every layer and every step a key of
/// its own (RandomKey::fold). A dropped infinity or NaN is NaN.
///
/// Shapes:    any -> the same
/// Gradient:  g / (1 - rate) where x was kept, else 0
/// Throws:    ValueError if rate is outside [0, 1)
/// Cost:      one pass and 32 random bits an element; saves one bit an element
/// Reference: Srivastava et al. 2014; PyTorch `dropout`, which also takes rate 1
template <FloatScalar T>
[[nodiscard]] Tensor<T> dropout(const Tensor<T>& x, double rate, const RandomKey& key,
                                bool training = true) {
  if (!(rate >= 0 && rate < 1)) {
    detail::throw_dropout_rate(Dropout::name, rate);
  }
  if (!training || rate == 0) {
    return x;
  }
  const Index n = x.size();
  Tensor<std::uint8_t> bits = detail::uninitialized<std::uint8_t>({(n + 7) / 8});
  const auto bound = static_cast<std::uint64_t>(std::nearbyint((1 - rate) * 0x1p32));
  kernels::random_mask(key.seed, key.stream, bound, n,
                       static_cast<std::uint8_t*>(bits.body().data));
  return detail::masked(x, bits, static_cast<T>(1 / (1 - rate)));
}
EIGENGRAD_LIST_OP(Dropout);

}  // namespace eigengrad
