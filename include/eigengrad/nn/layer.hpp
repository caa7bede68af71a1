#pragma once
// LayerSpec<T>: any layer specification, ready to become a layer of element type T. What a layer
// is, for users who write their own, is said here; the built-in ones are in dense.hpp,
// activations.hpp, dropout.hpp and flatten.hpp.
//
// A layer without parameters is a callable, used as it is:
//
//   struct Square {
//     template <eg::FloatScalar T>
//     eg::Tensor<T> operator()(const eg::Tensor<T>& x) const { return x * x; }
//   };
//
// A layer with parameters is a specification with a template Layer, which makes them:
//
//   struct Scale {
//     eg::Index features;
//     template <class T>
//     struct Layer {
//       eg::Parameter<T> factor;
//       Layer(const Scale& spec, eg::nn::Builder<T>& builder)
//           : factor(builder.parameter("factor", {spec.features}, "ones")) {}
//       eg::Tensor<T> operator()(const eg::Tensor<T>& x) const { return x * factor; }
//     };
//   };
//
// A specification may also say: `static constexpr std::string_view kind` (by default the type's
// name); `name()`, which replaces the position in parameter names; `in_features()` and
// `out_features()`, the last extents that it takes and gives; `static constexpr bool keeps_width =
// true` if it leaves that extent as it is; `static constexpr bool is_relu = true` if it is max(x,
// 0); `attributes()`, the numbers that it was made from, as a vector of LayerAttribute, so that a
// model file can describe it (a specification without members needs none). A layer may have `bool
// absorb_relu()`, see AnyLayer, and then has `without_relu(x)` too.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/nn/module.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad::nn {

/// One of the numbers that a layer was made from: {"rate", 0.5}.
struct LayerAttribute {
  std::string_view name;  ///< of static storage
  double value = 0;
};

}  // namespace eigengrad::nn

namespace eigengrad::detail {

/// The name of a type without its namespaces, as the compiler spells it; "lambda" for closures.
template <class S>
[[nodiscard]] consteval std::string_view type_name() noexcept {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("S = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  if (text.find("lambda") != std::string_view::npos) {
    return "lambda";
  }
  const std::string_view plain = text.substr(0, text.find('<'));
  const std::size_t colon = plain.rfind("::");
  return colon == std::string_view::npos ? plain : plain.substr(colon + 2);
}

template <class S, class T>
concept BuildsLayer = requires {
  typename S::template Layer<T>;
};
template <class S, class T>
concept CallableLayer = requires(const S& spec, const Tensor<T>& x) {
  { spec(x) } -> std::convertible_to<Tensor<T>>;
};

/// A layer of some type.
template <FloatScalar T>
class AnyLayer {
 public:
  AnyLayer() = default;
  AnyLayer(const AnyLayer&) = delete;
  AnyLayer& operator=(const AnyLayer&) = delete;
  virtual ~AnyLayer() = default;
  [[nodiscard]] virtual Tensor<T> forward(const Tensor<T>& x) = 0;
  /// Asks the layer to apply a following relu in its own pass: whether it will.
  virtual bool absorb_relu() = 0;
  /// The same without a relu that it absorbed.
  [[nodiscard]] virtual Tensor<T> forward_without_relu(const Tensor<T>& x) = 0;
};

template <class L, FloatScalar T>
class LayerOf final : public AnyLayer<T> {
 public:
  template <class... Arguments>
  explicit LayerOf(Arguments&&... arguments) : layer_(std::forward<Arguments>(arguments)...) {}
  [[nodiscard]] Tensor<T> forward(const Tensor<T>& x) override { return layer_(x); }
  bool absorb_relu() override {
    if constexpr (requires { bool{layer_.absorb_relu()}; }) {
      return layer_.absorb_relu();
    } else {
      return false;
    }
  }
  [[nodiscard]] Tensor<T> forward_without_relu(const Tensor<T>& x) override {
    if constexpr (requires { layer_.without_relu(x); }) {
      return layer_.without_relu(x);
    } else {
      return forward(x);
    }
  }

 private:
  L layer_;
};

/// What a specification says about its layer, see the top of this file.
struct LayerFacts {
  std::string_view kind;
  std::string name;
  Index in_features = -1;
  Index out_features = -1;
  bool keeps_width = false;
  bool is_relu = false;
  bool describes_itself = false;
  std::vector<nn::LayerAttribute> attributes;
};

template <class S>
[[nodiscard]] LayerFacts facts_of(const S& spec) {
  LayerFacts facts;
  facts.kind = type_name<S>();
  if constexpr (requires { std::string_view(S::kind); }) {
    facts.kind = S::kind;
  }
  if constexpr (requires { std::string(spec.name()); }) {
    facts.name = spec.name();
  }
  if constexpr (requires { Index{spec.in_features()}; }) {
    facts.in_features = spec.in_features();
  }
  if constexpr (requires { Index{spec.out_features()}; }) {
    facts.out_features = spec.out_features();
  }
  if constexpr (requires { bool{S::keeps_width}; }) {
    facts.keeps_width = S::keeps_width;
  }
  if constexpr (requires { bool{S::is_relu}; }) {
    facts.is_relu = S::is_relu;
  }
  facts.describes_itself = std::is_empty_v<S>;
  if constexpr (requires { spec.attributes(); }) {
    facts.attributes = spec.attributes();
    facts.describes_itself = true;
  }
  return facts;
}

/// A specification of some type.
template <FloatScalar T>
class AnySpec {
 public:
  explicit AnySpec(LayerFacts said) noexcept : facts(std::move(said)) {}
  AnySpec(const AnySpec&) = delete;
  AnySpec& operator=(const AnySpec&) = delete;
  virtual ~AnySpec() = default;
  [[nodiscard]] virtual std::unique_ptr<AnyLayer<T>> build(nn::Builder<T>& builder) const = 0;

  const LayerFacts facts;
};

template <class S, FloatScalar T>
class SpecOf final : public AnySpec<T> {
 public:
  explicit SpecOf(S&& spec) : AnySpec<T>(facts_of(spec)), spec_(std::move(spec)) {}
  [[nodiscard]] std::unique_ptr<AnyLayer<T>> build(nn::Builder<T>& builder) const override {
    if constexpr (BuildsLayer<S, T>) {
      return std::unique_ptr<AnyLayer<T>>(
          new LayerOf<typename S::template Layer<T>, T>(spec_, builder));
    } else {
      return std::unique_ptr<AnyLayer<T>>(new LayerOf<S, T>(spec_));
    }
  }

 private:
  S spec_;
};

}  // namespace eigengrad::detail

namespace eigengrad::nn {

/// A layer specification for models of element type T; copies share it. Converts from anything
/// that is a layer, see the top of this file.
template <FloatScalar T>
class LayerSpec {
 public:
  template <class S>
  requires(!std::same_as<S, LayerSpec>) LayerSpec(S spec) {  // NOLINT: implicit on purpose
    static_assert(detail::BuildsLayer<S, T> || detail::CallableLayer<S, T>,
                  "a layer is a callable Tensor<T> -> Tensor<T>, or has a template Layer<T>: see "
                  "nn/layer.hpp");
    if constexpr (detail::BuildsLayer<S, T> || detail::CallableLayer<S, T>) {
      // As its base, so that one kind of shared pointer is compiled, not one for each layer.
      spec_.reset(static_cast<detail::AnySpec<T>*>(new detail::SpecOf<S, T>(std::move(spec))));
    }
  }

  /// "Dense", "ReLU", ...: the specification's `kind`, else its type's name.
  [[nodiscard]] std::string_view kind() const noexcept { return spec_->facts.kind; }
  /// The name that the user gave; empty if none.
  [[nodiscard]] const std::string& name() const noexcept { return spec_->facts.name; }
  /// The last extent that the layer takes and gives; -1 if it does not say.
  [[nodiscard]] Index in_features() const noexcept { return spec_->facts.in_features; }
  [[nodiscard]] Index out_features() const noexcept { return spec_->facts.out_features; }
  /// Whether the layer leaves the last extent as it is.
  [[nodiscard]] bool keeps_width() const noexcept { return spec_->facts.keeps_width; }

  /// The numbers that the layer was made from.
  [[nodiscard]] const std::vector<LayerAttribute>& attributes() const noexcept {
    return spec_->facts.attributes;
  }
  /// Whether kind, name and attributes are all that there is to know of the layer.
  [[nodiscard]] bool describes_itself() const noexcept { return spec_->facts.describes_itself; }

  /// Whether the layer is max(x, 0), which the layer before it may apply in its own pass.
  [[nodiscard]] bool is_relu() const noexcept { return spec_->facts.is_relu; }

  /// A new layer with new parameters.
  [[nodiscard]] std::unique_ptr<detail::AnyLayer<T>> build(Builder<T>& builder) const {
    return spec_->build(builder);
  }

 private:
  std::shared_ptr<detail::AnySpec<T>> spec_;
};

}  // namespace eigengrad::nn
