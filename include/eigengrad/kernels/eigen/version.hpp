#pragma once
// The version of the Eigen that is on the include path. Leaves Eigen itself out where its version
// can be had without.

#if __has_include(<Eigen/Version>)  // 5.0 and later
#include <Eigen/Version>
#elif __has_include(<Eigen/src/Core/InternalHeaderCheck.h>)  // between 3.4 and 5.0
#include <Eigen/Core>
#else
#include <Eigen/src/Core/util/Macros.h>
#endif

#include <string>

namespace eigengrad::detail {

/// "3.4.0". Eigen wrote its version as world, major and minor until 5.0.
[[nodiscard]] inline std::string eigen_version() {
#if defined(EIGEN_PATCH_VERSION)
  const int parts[] = {EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION, EIGEN_PATCH_VERSION};
#else
  const int parts[] = {EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION};
#endif
  return std::to_string(parts[0]) + "." + std::to_string(parts[1]) + "." + std::to_string(parts[2]);
}

}  // namespace eigengrad::detail
