#pragma once
// The equation g(x, theta) = 0 as an op sees it, types erased: products with its Jacobians and
// systems J v = b at a solution x. Leaves out the op: implicit.hpp.

#include <eigengrad/memory/pool.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/ops/implicit/linear_system.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/transforms/functional.hpp>
#include <eigengrad/ops/transforms/tree.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <array>
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

/// A product with the Jacobian at x.
template <FloatScalar T>
struct Product {
  const Tensor<T>& x;
  const Tensor<T>& v;
  Side side;
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
  /// J v, or J^T v, at x, of which only what g reads beside theta is recorded.
  [[nodiscard]] virtual Tensor<T> product(const Tensor<T>& x, const Tensor<T>& v,
                                          Side side) const = 0;
  /// Adds u^T dg/dtheta at x to the gradients of operands 1, 2, ...
  virtual void add_gradients(Backward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const = 0;
  virtual void add_gradients(GraphBackward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const = 0;
  /// dg/dtheta at x times the tangents of operands 1, 2, ...; undefined if none has any.
  [[nodiscard]] virtual Tensor<T> tangent(const TangentForward<T>& f, const Tensor<T>& x) const = 0;

  // Of a system J v = b, whose operands are x as 1, b as 2 and theta as 3, 4, ...
  /// Adds the derivatives of u^T J v, or of u^T J^T v, to the gradients of x and theta.
  virtual void add_product_gradients(Backward<T>& b, const Product<T>& p,
                                     const Tensor<T>& u) const = 0;
  virtual void add_product_gradients(GraphBackward<T>& b, const Product<T>& p,
                                     const Tensor<T>& u) const = 0;
  /// The tangent of J v, or J^T v, by those of x and theta; undefined if none has any.
  [[nodiscard]] virtual Tensor<T> product_tangent(const TangentForward<T>& f,
                                                  const Product<T>& p) const = 0;
  virtual void list_theta(Buffer<const TensorBody*>& operands) const = 0;
  virtual void save_theta(Saver& save) const = 0;

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

/// theta as constants, where its tensors are operands.
template <class Theta>
[[nodiscard]] auto constants(const Theta& theta) {
  if constexpr (theta_is_operand<Theta>) {
    return Tree::map(theta, [](const auto& t) { return detach(t); });
  } else {
    return theta;
  }
}

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
    return product_at(x, constants(theta_), v, side);
  }
  void add_gradients(Backward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const override {
    pull(b, x, u);
  }
  void add_gradients(GraphBackward<T>& b, const Tensor<T>& x, const Tensor<T>& u) const override {
    pull(b, x, u);
  }
  [[nodiscard]] Tensor<T> tangent(const TangentForward<T>& f, const Tensor<T>& x) const override {
    if constexpr (theta_is_operand<Theta>) {
      bool any = false;
      const auto tangents = tangents_from(1, f, any);
      if (any) {
        const auto of_theta = [&](const Theta& theta) { return g_(x, theta); };
        return jvp_tree(op_, of_theta, theta_, tangents).tangent;
      }
    }
    return {};
  }

  void add_product_gradients(Backward<T>& b, const Product<T>& p,
                             const Tensor<T>& u) const override {
    pull_product(b, p, u);
  }
  void add_product_gradients(GraphBackward<T>& b, const Product<T>& p,
                             const Tensor<T>& u) const override {
    pull_product(b, p, u);
  }
  [[nodiscard]] Tensor<T> product_tangent(const TangentForward<T>& f,
                                          const Product<T>& p) const override {
    bool any = f.has(1);
    const auto product = product_of(p);
    const Tensor<T> of_x = any ? f.tangent(1) : zeros<T>(p.x.shape());
    if constexpr (theta_is_operand<Theta>) {
      const auto of_theta = tangents_from(3, f, any);
      if (any) {
        return jvp_tree(op_, product, std::tuple(p.x, theta_), std::tuple(of_x, of_theta)).tangent;
      }
    } else if (any) {
      return jvp_tree(op_, product, p.x, of_x).tangent;
    }
    return {};
  }
  void list_theta(Buffer<const TensorBody*>& operands) const override {
    each_of_theta([&operands](const auto& t) { operands.push_back(&t.body()); });
  }
  void save_theta(Saver& save) const override {
    each_of_theta([&save](const auto& t) { static_cast<void>(save(t)); });
  }

 private:
  [[nodiscard]] Tensor<T> product_at(const Tensor<T>& x, const Theta& theta, const Tensor<T>& v,
                                     Side side) const {
    const auto of_x = [&](const Tensor<T>& at) { return g_(at, theta); };
    return side == Side::plain ? jvp(of_x, x, v).tangent : vjp(of_x, x, v).gradients;
  }
  /// A product as a function of x and theta, or of x where theta is no operand.
  [[nodiscard]] auto product_of(const Product<T>& p) const {
    if constexpr (theta_is_operand<Theta>) {
      return [this, &p](const std::tuple<Tensor<T>, Theta>& at) {
        return product_at(std::get<0>(at), std::get<1>(at), p.v, p.side);
      };
    } else {
      return [this, &p](const Tensor<T>& at) { return product_at(at, theta_, p.v, p.side); };
    }
  }

  template <class Each>
  void each_of_theta(const Each& each) const {
    if constexpr (theta_is_operand<Theta>) {
      static_cast<void>(Tree::map(theta_, [&each](const auto& t) {
        each(t);
        return t;
      }));
    }
  }
  /// The tangents of theta, whose first tensor is operand `first`: zeros where there is none.
  [[nodiscard]] auto tangents_from(Index first, const TangentForward<T>& f, bool& any) const {
    Index i = first;
    return Tree::map(theta_, [&]<FloatScalar U>(const Tensor<U>& t) {
      const Index k = i++;
      any = any || f.has(k);
      return f.has(k) ? f.template tangent<U>(k) : zeros<U>(t.shape());
    });
  }
  /// Adds a gradient for each tensor of theta, the first of which is operand `first`.
  template <class B, class Gradients>
  static void add_from(Index first, B& b, const Gradients& gradients) {
    Index i = first;
    static_cast<void>(Tree::map(gradients, [&](const auto& gradient) {
      if (b.wants(i)) {
        b.add(i, gradient);
      }
      ++i;
      return gradient;
    }));
  }
  /// Whether an operand other than those in front of `first` wants its gradient.
  template <class B>
  [[nodiscard]] static bool wants_from(Index first, const B& b) {
    bool any = false;
    for (Index i = first; i < b.operand_count(); ++i) {
      any = any || b.wants(i);
    }
    return any;
  }

  template <class B>
  void pull(B& b, const Tensor<T>& x, const Tensor<T>& u) const {
    if constexpr (theta_is_operand<Theta>) {
      if (wants_from(1, b)) {
        const auto of_theta = [&](const Theta& theta) { return g_(x, theta); };
        const auto cotangent = [&u](const auto& /*value*/) -> const Tensor<T>& { return u; };
        add_from(1, b, vjp_tree(op_, of_theta, theta_, cotangent).gradients);
      }
    }
  }
  template <class B>
  void pull_product(B& b, const Product<T>& p, const Tensor<T>& u) const {
    const auto product = product_of(p);
    const auto cotangent = [&u](const auto& /*value*/) -> const Tensor<T>& { return u; };
    if constexpr (theta_is_operand<Theta>) {
      if (b.wants(1) || wants_from(3, b)) {
        add_from_product(b, vjp_tree(op_, product, std::tuple(p.x, theta_), cotangent).gradients);
      }
    } else if (b.wants(1)) {
      b.add(1, vjp_tree(op_, product, p.x, cotangent).gradients);
    }
  }
  template <class B, class Gradients>
  static void add_from_product(B& b, const Gradients& gradients) {
    if (b.wants(1)) {
      b.add(1, std::get<0>(gradients));
    }
    add_from(3, b, std::get<1>(gradients));
  }

  std::string_view op_;  // a literal
  G g_;
  Theta theta_;
  LinearOptions options_;
};

}  // namespace detail

}  // namespace eigengrad
