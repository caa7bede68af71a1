#pragma once
// recompute: activation checkpointing. A function keeps its inputs instead of what it makes, and is
// run again in the backward pass. Not in the umbrella. A whole Sequential in segments is in
// nn/recompute.hpp; docs/recomputation.md says what it saves and costs.

#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/tape/probe.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tape/rerun.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <new>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace eigengrad {

/// The tape's view of a segment.
struct Recompute {
  static constexpr std::string_view name = "recompute";
  static constexpr std::string_view doc =
      "f(x...), of which only x is kept: f is run again in the backward pass.";

  template <class Cases>
  static void samples(Cases& cases) {
    const auto product = [](const auto& a, const auto& b) { return sigmoid(a * b) * a; };
    cases.vary("a product of (3, 4)", {{3, 4}, {3, 4}},
               [product](const auto& in) { return recompute(product, in[0], in[1]); });
    cases.vary("a captured tensor", {{5}, {5}}, [product](const auto& in) {
      return recompute([product, b = in[1]](const auto& a) { return product(a, b); }, in[0]);
    });
    cases.vary("nested", {{2, 3}, {2, 3}}, [product](const auto& in) {
      return recompute(
          [product](const auto& a, const auto& b) { return b * recompute(product, a, b); }, in[0],
          in[1]);
    });
    cases.add("no elements", {{0, 3}, {0, 3}},
              [product](const auto& in) { return recompute(product, in[0], in[1]); });
  }
};

namespace detail {

template <class R>
inline constexpr bool is_tensors = false;
template <FloatScalar T>
inline constexpr bool is_tensors<Tensor<T>> = true;
template <FloatScalar... T>
inline constexpr bool is_tensors<std::tuple<Tensor<T>...>> = sizeof...(T) > 0;

template <FloatScalar T>
void hold_results(HeldTensors& results, const Tensor<T>& y) {
  if (!results.holds(y.body())) {
    results.hold(y.body());
  }
}
template <FloatScalar... T>
void hold_results(HeldTensors& results, const std::tuple<Tensor<T>...>& list) {
  std::apply([&](const auto&... y) { (hold_results(results, y), ...); }, list);
}

/// A copy of a function, or where one lies that cannot be copied, as a model cannot.
template <class F>
class KeptFunction {
  using Function = std::remove_cvref_t<F>;
  static constexpr bool by_address =
      std::is_lvalue_reference_v<F> && !std::is_copy_constructible_v<Function>;
  using Kept = std::conditional_t<by_address, std::remove_reference_t<F>*, Function>;

 public:
  explicit KeptFunction(F&& f) : kept_(keep(std::forward<F>(f))) {}
  [[nodiscard]] auto& get() noexcept {
    if constexpr (by_address) {
      return *kept_;
    } else {
      return kept_;
    }
  }

 private:
  static Kept keep(F&& f) {
    if constexpr (by_address) {
      return &f;
    } else {
      return Kept(std::forward<F>(f));
    }
  }
  Kept kept_;
};

template <class F, FloatScalar... X>
struct SegmentOf : Segment {
  explicit SegmentOf(F&& f, const Tensor<X>&... x)
      : Segment{&run_again, &destroy_this, {}, {}, 1}, function(std::forward<F>(f)), in(x...) {
    (inputs.hold(x.body()), ...);
  }
  [[nodiscard]] static SegmentOf* make(F&& f, const Tensor<X>&... x) {
    void* const memory = pool_allocate(sizeof(SegmentOf));
    try {
      return new (memory) SegmentOf(std::forward<F>(f), x...);
    } catch (...) {
      pool_release(memory, sizeof(SegmentOf));
      throw;
    }
  }
  [[nodiscard]] auto call() {
    return std::apply([this](const auto&... x) { return function.get()(x...); }, in);
  }
  static void run_again(Segment& segment, HeldTensors& results) {
    hold_results(results, static_cast<SegmentOf&>(segment).call());
  }
  static void destroy_this(Segment& segment) noexcept {
    auto* const self = static_cast<SegmentOf*>(&segment);
    self->~SegmentOf();
    pool_release(self, sizeof(SegmentOf));
  }

  KeptFunction<F> function;
  std::tuple<Tensor<X>...> in;
};

/// What a segment draws goes into its log while it runs first.
class Drawing {
 public:
  explicit Drawing(DrawLog& log) noexcept : outer_(std::exchange(tape_thread.draws, &log)) {
    log.outer = outer_;
  }
  Drawing(const Drawing&) = delete;
  Drawing& operator=(const Drawing&) = delete;
  ~Drawing() { tape_thread.draws = outer_; }

 private:
  DrawLog* outer_;
};

/// The same for every T. A template, as the tables of all ops are: whether a unit knows the rules
/// of create_graph shows when it is instantiated.
template <class T>
inline constexpr OpTable recompute_table{
    Recompute::name, &rerun_segment, &destroy_payload<SegmentPayload>, rules_of<Recompute, T>()};

template <class R>
struct FirstTensor;
template <FloatScalar T>
struct FirstTensor<Tensor<T>> {
  using Element = T;
};
template <FloatScalar T, FloatScalar... Others>
struct FirstTensor<std::tuple<Tensor<T>, Tensor<Others>...>> {
  using Element = T;
};

}  // namespace detail

/// f(x...), with the same bits and the same gradients, but a tape keeps only x... until its
/// backward pass, which runs f again for what its derivatives read. A model of n layers in segments
/// of about sqrt(n) layers needs memory for about 2 sqrt(n) of them, and one forward pass more.
/// Segments nest.
///
/// f may use parameters and recorded tensors beside its inputs, and gets their gradients right. It
/// must do the same when it is run again: what differs in ops, shapes or tensors is an error. What
/// nn::Dropout drew is drawn again (next_draw). f is copied, with what it captures; one that cannot
/// be copied, as a model cannot, is used where it is. That, and what f captures by reference, must
/// outlive the backward pass.
///
/// With create_graph what f recorded stays, and in forward mode (jvp, hvp) f is called as it is, so
/// that these save no memory.
///
/// Shapes:    f gives a tensor or a std::tuple of tensors of float or double
/// Throws:    TapeError if f destroys a parameter that it used, or opens no tape of its own but
///            calls watch(), backward(), gradient(), gradients() or clear() on one around it; in
///            the backward pass, if f did not repeat itself; what f throws
/// Cost:      f, and f again in the backward pass
/// Reference: Chen et al. 2016; PyTorch `torch.utils.checkpoint`; JAX `checkpoint`
template <class F, FloatScalar... X>
requires std::is_invocable_v < std::remove_reference_t<F>
&, const Tensor<X>&... > [[nodiscard]] auto recompute(F&& f, const Tensor<X>&... x) {
  using Result =
      std::remove_cvref_t<std::invoke_result_t<std::remove_reference_t<F>&, const Tensor<X>&...>>;
  static_assert(detail::is_tensors<Result>,
                "recompute: f must give a Tensor or a std::tuple of tensors");
  const detail::Folding folding;
  if (!detail::Probing::is_needed()) {
    return Result(f(x...));
  }
  using Segment = detail::SegmentOf<F, X...>;
  auto* const segment = Segment::make(std::forward<F>(f), x...);
  const detail::SegmentHandle handle(segment);
  detail::Probing probing;
  Result result = [&] {
    const detail::Drawing drawing(segment->draws);
    return Result(segment->call());
  }();
  detail::HeldTensors results;
  detail::hold_results(results, result);
  probing.finish(handle, results,
                 detail::recompute_table<typename detail::FirstTensor<Result>::Element>);
  return result;
}

EIGENGRAD_LIST_OP(Recompute);

}  // namespace eigengrad
