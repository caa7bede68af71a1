#pragma once
// Implicit: a solution x of g(x, theta) = 0 as a function of theta. Its derivatives come from the
// implicit function theorem, dx = -(dg/dx)^-1 dg, by products with the Jacobian at x alone; how x
// was found plays no part. Leaves out who finds x: fixed_point.hpp, root.hpp.

#include <eigengrad/memory/pool.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/implicit/linear_system.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/transforms/functional.hpp>
#include <eigengrad/ops/transforms/tree.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_implicit_shape(std::string_view op, const Shape& x,
                                                             const Shape& y) {
  throw_shape_error(op, {"f gives ", y, " for x ", x, ", not the same shape"}, y, x);
}

[[noreturn]] EIGENGRAD_COLD inline void throw_captured() {
  throw_error<TapeError>("implicit",
                         {"not twice differentiable by what f reads beside theta, nor by "
                          "parameters; hand tensors over as theta"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_third_order() {
  throw_error<TapeError>("implicit", {"not three times differentiable"});
}

/// Which products a linearization makes: v^T J or J v.
enum class Side { transposed, plain };

/// g, run once at x on a tape of its own, and products with its Jacobian there. The tapes around
/// record nothing of it.
template <FloatScalar T>
class Linearization final : public LinearMap<T> {
 public:
  template <class G>
  Linearization(std::string_view op, const G& g, const Tensor<T>& x, Side side)
      : op_(op), shape_(x.shape()) {
    if (side == Side::plain) {
      forward_.emplace(tape_);
    }
    x_ = tape_.watch(x);
    y_ = g(x_);
    if (!(y_.shape() == shape_)) {
      throw_implicit_shape(op, shape_, y_.shape());
    }
    output_ = RecordingAccess::record_of(tape_, y_.body());
  }

  [[nodiscard]] const Tensor<T>& value() const noexcept { return y_; }

  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& v) override {
    if (output_ == no_record) {
      return zeros<T>(shape_);
    }
    if (forward_.has_value()) {
      const RecordingAccess::SetAside aside(tape_);
      forward_->restart();
      forward_->seed(x_, v);
      forward_->run({output_});
      return forward_->tangent_of(y_);
    }
    GradientSink sink;
    sink.ask(x_.body(), RecordingAccess::record_of(tape_, x_.body()));
    const std::array<Seed, 1> seeds{{{output_, &v.body(), &y_.body()}}};
    return sink.take<T>(0, shape_, pull_back(tape_, op_, sink, seeds, true));
  }

 private:
  std::string_view op_;
  Shape shape_;
  NoGrad no_grad_;  // before the tape, which records
  Tape tape_;
  std::optional<TangentPass> forward_;
  Tensor<T> x_;
  Tensor<T> y_;
  std::uint32_t output_ = no_record;
};

/// g with the types of function and theta erased. In pooled memory; counted by SystemHandle.
template <FloatScalar T>
class ImplicitSystem {
 public:
  ImplicitSystem() = default;
  ImplicitSystem(const ImplicitSystem&) = delete;
  ImplicitSystem& operator=(const ImplicitSystem&) = delete;
  virtual ~ImplicitSystem() = default;

  /// v with J v = b, or J^T v = b, at x; a constant.
  [[nodiscard]] virtual Tensor<T> solve(const Tensor<T>& x, const Tensor<T>& b,
                                        Side side) const = 0;
  /// J v, or J^T v, at x: recorded.
  [[nodiscard]] virtual Tensor<T> product(const Tensor<T>& x, const Tensor<T>& v,
                                          Side side) const = 0;
  /// Adds u^T dg/dtheta at x to the gradients of operands 1, 2, ...
  virtual void add_gradients(Backward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const = 0;
  virtual void add_gradients(GraphBackward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const = 0;
  /// dg/dtheta at x times the tangents of operands 1, 2, ...; undefined if none has any.
  [[nodiscard]] virtual Tensor<T> tangent(const TangentForward<T>& f, const Tensor<T>& x) const = 0;

  static void* operator new(std::size_t bytes) { return pool_allocate(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept {
    pool_release(memory, bytes);
  }

  Index count = 0;
};

template <FloatScalar T>
class SystemHandle {
 public:
  explicit SystemHandle(ImplicitSystem<T>* system) noexcept : system_(system) { ++system_->count; }
  SystemHandle(const SystemHandle& other) noexcept : SystemHandle(other.system_) {}
  SystemHandle& operator=(const SystemHandle&) = delete;
  ~SystemHandle() {
    if (--system_->count == 0) {
      delete system_;
    }
  }
  [[nodiscard]] const ImplicitSystem<T>* operator->() const noexcept { return system_; }

 private:
  ImplicitSystem<T>* system_;
};

/// Whether theta's tensors are operands: parameters are not, since a model that f calls reads them
/// without being handed them.
template <class Theta>
inline constexpr bool theta_is_operand = true;
template <FloatScalar T>
inline constexpr bool theta_is_operand<Parameter<T>> = false;
template <class X>
inline constexpr bool theta_is_operand<std::vector<X>> = theta_is_operand<X>;
template <class... X>
inline constexpr bool theta_is_operand<std::tuple<X...>> = (theta_is_operand<X> && ...);

template <FloatScalar T, class G, class Theta>
class SystemOf final : public ImplicitSystem<T> {
 public:
  SystemOf(std::string_view op, G g, Theta theta, const LinearOptions& options)
      : op_(op), g_(std::move(g)), theta_(std::move(theta)), options_(options) {}

  [[nodiscard]] Tensor<T> solve(const Tensor<T>& x, const Tensor<T>& b, Side side) const override {
    const auto of_x = [this](const Tensor<T>& at) { return g_(at, theta_); };
    Linearization<T> jacobian(op_, of_x, x, side);
    return solve_by_products<T>(op_, jacobian, b, options_);
  }
  [[nodiscard]] Tensor<T> product(const Tensor<T>& x, const Tensor<T>& v,
                                  Side side) const override {
    const auto of_x = [this](const Tensor<T>& at) { return g_(at, theta_); };
    return side == Side::plain ? jvp(of_x, x, v).tangent : vjp(of_x, x, v).gradients;
  }
  void add_gradients(Backward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const override {
    pull(b, x, u);
  }
  void add_gradients(GraphBackward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const override {
    pull(b, x, u);
  }
  [[nodiscard]] Tensor<T> tangent(const TangentForward<T>& f, const Tensor<T>& x) const override {
    if constexpr (theta_is_operand<Theta>) {
      Index i = 1;
      bool any = false;
      const auto tangents = Tree::map(theta_, [&]<FloatScalar U>(const Tensor<U>& t) {
        const Index k = i++;
        any = any || f.has(k);
        return f.has(k) ? f.template tangent<U>(k) : zeros<U>(t.shape());
      });
      if (any) {
        const auto of_theta = [&](const Theta& theta) { return g_(x, theta); };
        return jvp_tree(op_, of_theta, theta_, tangents).tangent;
      }
    }
    return {};
  }

 private:
  template <class B>
  void pull(B& b, const Tensor<T>& x, const Tensor<T>& u) const {
    if constexpr (theta_is_operand<Theta>) {
      bool any = false;
      for (Index i = 1; i < b.operand_count(); ++i) {
        any = any || b.wants(i);
      }
      if (!any) {
        return;
      }
      const auto of_theta = [&](const Theta& theta) { return g_(x, theta); };
      const auto cotangent = [&u](const auto& /*value*/) -> const Tensor<T>& { return u; };
      const auto pulled = vjp_tree(op_, of_theta, theta_, cotangent);
      Index i = 1;
      static_cast<void>(Tree::map(pulled.gradients, [&](const auto& gradient) {
        if (b.wants(i)) {
          b.add(i, gradient);
        }
        ++i;
        return gradient;
      }));
    }
  }

  std::string_view op_;  // a literal
  G g_;
  Theta theta_;
  LinearOptions options_;
};

/// v with J v = b, or J^T v = b, at x; recorded where x or b is.
template <FloatScalar T>
[[nodiscard]] Tensor<T> solve_implicit(const SystemHandle<T>& system, const Tensor<T>& x,
                                       const Tensor<T>& b, Side side);

[[nodiscard]] constexpr Side other(Side side) noexcept {
  return side == Side::plain ? Side::transposed : Side::plain;
}

}  // namespace detail

/// Operand 0 is what g gives at the solution, where the solution is a constant: right for a first
/// derivative, not for what depends on that. The others are theta, for which g is run anew at the
/// solution as a tape knows it. Of a system J v = b all goes through operand 0.
struct Implicit {
  static constexpr std::string_view name = "implicit";
  static constexpr std::string_view doc =
      "A solution x of f(x, theta) = 0. dtheta = -u^T df/dtheta with (df/dx)^T u = g.";

  template <class T>
  struct Payload {
    detail::SystemHandle<T> system;
    detail::Saved<T> at;  // where J is taken: the result, or x in J v = b
    detail::Side side;
    bool linear;  // the result is v in J v = b
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    const auto u =
        -detail::solve_implicit(saved.system, *saved.at, b.gradient(), detail::other(saved.side));
    if (!saved.linear) {
      saved.system->add_gradients(b, *saved.at, u);
    }
    if (b.wants(0)) {
      refuse_recorded(b, saved.linear);
      b.add(0, u);
    }
  }

  template <class F, class P>
  static void jvp(F& f, P& saved) {
    auto moved = saved.linear ? decltype(f.tangent(0)){} : saved.system->tangent(f, *saved.at);
    if (f.has(0)) {
      if (detail::must_record(f.tangent(0), *saved.at)) {
        saved.linear ? detail::throw_third_order() : detail::throw_captured();
      }
      moved = moved.defined() ? moved + f.tangent(0) : f.tangent(0);
    }
    f.set(-detail::solve_implicit(saved.system, *saved.at, moved, saved.side));
  }

  template <class Cases>
  static void samples(Cases& cases);

 private:
  template <FloatScalar T>
  static void refuse_recorded(const Backward<T>& /*b*/, bool /*linear*/) noexcept {}
  template <FloatScalar T>
  static void refuse_recorded(const GraphBackward<T>& /*b*/, bool linear) {
    linear ? detail::throw_third_order() : detail::throw_captured();
  }
};

namespace detail {

template <FloatScalar T>
Tensor<T> solve_implicit(const SystemHandle<T>& system, const Tensor<T>& x, const Tensor<T>& b,
                         Side side) {
  Tensor<T> v = system->solve(detach(x), detach(b), side);
  if (!must_record(x, b)) {
    return v;
  }
  const Tensor<T> residual = system->product(x, v, side) - b;
  if (must_record(residual)) {
    record<Implicit>(
        v,
        [&](Saver& save) {
          return Implicit::Payload<T>{system, save(x), side, true};
        },
        residual);
  }
  return v;
}

/// theta as constants, where its tensors are operands.
template <class Theta>
[[nodiscard]] auto constants(const Theta& theta) {
  if constexpr (theta_is_operand<Theta>) {
    return Tree::map(theta, [](const auto& t) { return detach(t); });
  } else {
    return theta;
  }
}

/// The constant x, which solves g(x, theta) = 0, as a function of theta and of what else g reads
/// and a tape knows.
template <FloatScalar T, class G, class Theta>
[[nodiscard]] Tensor<T> implicit(std::string_view op, Tensor<T> x, const G& g, const Theta& theta,
                                 const LinearOptions& options) {
  const Tape* const tape = tape_thread.innermost;
  if (tape == nullptr || !RecordingAccess::records(*tape)) {
    return x;
  }
  const Tensor<T> residual = g(x, constants(theta));
  Buffer<const TensorBody*> operands;
  operands.push_back(&residual.body());
  bool live = is_live(residual.body());
  const auto visit = [&](const auto& each) {
    if constexpr (theta_is_operand<Theta>) {
      static_cast<void>(Tree::map(theta, each));
    }
  };
  visit([&](const auto& t) {
    live = live || is_live(t.body());
    operands.push_back(&t.body());
    return t;
  });
  if (live) {
    const SystemHandle<T> system(new SystemOf<T, G, Theta>(op, g, theta, options));
    record_list<Implicit>(x, operands.begin(), static_cast<std::size_t>(operands.size()),
                          [&](Saver& save) {
                            visit([&](const auto& t) {
                              static_cast<void>(save(t));  // its version; the system holds it
                              return t;
                            });
                            return Implicit::Payload<T>{system, save(x), Side::plain, false};
                          });
  }
  return x;
}

}  // namespace detail

}  // namespace eigengrad
