#pragma once
// Implicit: a solution x of g(x, theta) = 0 as a function of theta. Its derivatives come from the
// implicit function theorem, dx = -(dg/dx)^-1 dg, by products with the Jacobian at x alone; how x
// was found plays no part. Leaves out who finds x: fixed_point.hpp, root.hpp.

#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/implicit/linear_system.hpp>
#include <eigengrad/ops/implicit/system.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/transforms/tree.hpp>
#include <eigengrad/tape/recording.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_captured() {
  throw_error<TapeError>("implicit",
                         {"not twice differentiable by what f reads beside theta, nor by "
                          "parameters; hand tensors over as theta"});
}

/// v with J v = b, or J^T v = b, at x; recorded where x or b is.
template <FloatScalar T>
[[nodiscard]] Tensor<T> solve_implicit(const SystemHandle<T>& system, const Tensor<T>& x,
                                       const Tensor<T>& b, Side side);

[[nodiscard]] constexpr Side other(Side side) noexcept {
  return side == Side::plain ? Side::transposed : Side::plain;
}

}  // namespace detail

/// Operand 0 is what g gives at the solution, where solution and theta are constants: for what else
/// g reads, right for a first derivative, not for what depends on that. The others are theta, for
/// which g is run anew at the solution as a tape knows it; of a system J v = b they are x, b and
/// theta.
struct Implicit {
  static constexpr std::string_view name = "implicit";
  static constexpr std::string_view doc =
      "A solution x of f(x, theta) = 0. dtheta = -u^T df/dtheta with (df/dx)^T u = g.";

  template <class T>
  struct Payload {
    detail::SystemHandle<T> system;
    detail::Saved<T> at;        // where J is taken: the result, or x in J v = b
    detail::Saved<T> solution;  // v in J v = b, the result; nothing of others
    detail::Side side;
    bool linear;
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    const auto u =
        -detail::solve_implicit(saved.system, *saved.at, b.gradient(), detail::other(saved.side));
    if (saved.linear) {
      saved.system->add_product_gradients(b, {*saved.at, *saved.solution, saved.side}, u);
      if (b.wants(2)) {
        b.add(2, -u);
      }
    } else {
      saved.system->add_gradients(b, *saved.at, u);
    }
    if (b.wants(0)) {
      refuse_recorded(b);
      b.add(0, u);
    }
  }

  template <class F, class P>
  static void jvp(F& f, P& saved) {
    auto moved = saved.linear
                     ? saved.system->product_tangent(f, {*saved.at, *saved.solution, saved.side})
                     : saved.system->tangent(f, *saved.at);
    if (saved.linear && f.has(2)) {
      moved = moved.defined() ? moved - f.tangent(2) : -f.tangent(2);
    }
    if (f.has(0)) {
      if (detail::must_record(f.tangent(0), *saved.at)) {
        detail::throw_captured();
      }
      moved = moved.defined() ? moved + f.tangent(0) : f.tangent(0);
    }
    f.set(-detail::solve_implicit(saved.system, *saved.at, moved, saved.side));
  }

  template <class Cases>
  static void samples(Cases& cases);

 private:
  template <FloatScalar T>
  static void refuse_recorded(const Backward<T>& /*b*/) noexcept {}
  template <FloatScalar T>
  static void refuse_recorded(const GraphBackward<T>& /*b*/) {
    detail::throw_captured();
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
  const Tensor<T> residual = system->product(detach(x), v, side);
  Buffer<const TensorBody*> operands;
  operands.push_back(&residual.body());
  operands.push_back(&x.body());
  operands.push_back(&b.body());
  system->list_theta(operands);
  record_list<Implicit>(v, operands.begin(), static_cast<std::size_t>(operands.size()),
                        [&](Saver& save) {
                          system->save_theta(save);
                          return Implicit::Payload<T>{system, save(x), save(v), side, true};
                        });
  return v;
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
                            return Implicit::Payload<T>{system, save(x), {}, Side::plain, false};
                          });
  }
  return x;
}

}  // namespace detail

}  // namespace eigengrad
