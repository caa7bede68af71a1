#pragma once
// The functions of eigengrad::math for Traced, a whole tensor that an elementwise op takes for a
// number. Declared here because calls that name `math::` find only what stands before them; defined
// by ops/transforms/traced.hpp in units that trace.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>

#include <type_traits>

namespace eigengrad::detail {

template <FloatScalar T>
class Traced;
template <FloatScalar T>
class TracedMask;

}  // namespace eigengrad::detail

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

using eigengrad::detail::Traced;
using eigengrad::detail::TracedMask;

template <FloatScalar T>
Traced<T> select(const TracedMask<T>& mask, const std::type_identity_t<Traced<T>>& a,
                 const std::type_identity_t<Traced<T>>& b);
template <FloatScalar T>
TracedMask<T> isnan(const Traced<T>& x);
template <FloatScalar T>
TracedMask<T> isinf(const Traced<T>& x);
template <FloatScalar T>
Traced<T> abs(const Traced<T>& x);
template <FloatScalar T>
Traced<T> sign(const Traced<T>& x);
template <FloatScalar T>
Traced<T> copysign(const Traced<T>& magnitude, const std::type_identity_t<Traced<T>>& sign_of);
template <FloatScalar T>
Traced<T> minimum(const Traced<T>& a, const std::type_identity_t<Traced<T>>& b);
template <FloatScalar T>
Traced<T> maximum(const Traced<T>& a, const std::type_identity_t<Traced<T>>& b);
template <FloatScalar T>
Traced<T> sqrt(const Traced<T>& x);
template <FloatScalar T>
Traced<T> rsqrt(const Traced<T>& x);
template <FloatScalar T>
Traced<T> pow(const Traced<T>& x, const std::type_identity_t<Traced<T>>& y);
template <FloatScalar T>
Traced<T> exp(const Traced<T>& x);
template <FloatScalar T>
Traced<T> expm1(const Traced<T>& x);
template <FloatScalar T>
Traced<T> log(const Traced<T>& x);
template <FloatScalar T>
Traced<T> log1p(const Traced<T>& x);
template <FloatScalar T>
Traced<T> sigmoid(const Traced<T>& x);
template <FloatScalar T>
Traced<T> softplus(const Traced<T>& x);
template <FloatScalar T>
Traced<T> tanh(const Traced<T>& x);
template <FloatScalar T>
Traced<T> sin(const Traced<T>& x);
template <FloatScalar T>
Traced<T> cos(const Traced<T>& x);
template <FloatScalar T>
Traced<T> erf(const Traced<T>& x);
template <FloatScalar T>
Traced<T> erfc(const Traced<T>& x);
template <FloatScalar T>
Traced<T> gelu_erf(const Traced<T>& x);
template <FloatScalar T>
Traced<T> gelu_tanh(const Traced<T>& x);

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
