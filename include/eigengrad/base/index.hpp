#pragma once
// The signed integer of every extent, stride and count.

#include <cstdint>

namespace eigengrad {

/// Extents, strides, counts and positions. Signed, so that differences and loops downwards are
/// safe.
using Index = std::int64_t;

}  // namespace eigengrad
