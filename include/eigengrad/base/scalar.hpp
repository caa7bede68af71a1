#pragma once
// The element types of tensors, as concepts and as names. Leaves out conversions: those are in
// kernels/.

#include <concepts>
#include <cstdint>
#include <string_view>

namespace eigengrad {

/// Element types that have gradients.
template <class T>
concept FloatScalar = std::same_as<T, float> || std::same_as<T, double>;

/// Element types of index and label tensors.
template <class T>
concept IndexScalar = std::same_as<T, std::int64_t> || std::same_as<T, std::int32_t>;

/// Element types of masks and raw bytes.
template <class T>
concept MaskScalar = std::same_as<T, bool> || std::same_as<T, std::uint8_t>;

/// Every element type a Tensor may have.
template <class T>
concept AnyScalar = FloatScalar<T> || IndexScalar<T> || MaskScalar<T>;

/// Element type as a runtime tag.
enum class DType : std::uint8_t { float32, float64, int64, int32, uint8, boolean };

/// The tag of T: dtype_of<float> is DType::float32.
template <AnyScalar T>
inline constexpr DType dtype_of = std::same_as<T, float>          ? DType::float32
                                  : std::same_as<T, double>       ? DType::float64
                                  : std::same_as<T, std::int64_t> ? DType::int64
                                  : std::same_as<T, std::int32_t> ? DType::int32
                                  : std::same_as<T, std::uint8_t> ? DType::uint8
                                                                  : DType::boolean;

/// NumPy's name of an element type: "float32", "bool", ...
[[nodiscard]] constexpr std::string_view dtype_name(DType type) noexcept {
  constexpr std::string_view names[] = {"float32", "float64", "int64", "int32", "uint8", "bool"};
  return names[static_cast<unsigned>(type)];
}

}  // namespace eigengrad
