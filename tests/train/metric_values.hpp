#pragma once
// Values of a metric against those of a reference file.

#include "support/catch.hpp"

#include <support/reference.hpp>

#include <cstddef>
#include <vector>

namespace train_tests {

/// NaN where NaN is expected; else equal but for the last digits.
inline void check_values(const std::vector<double>& found, const reference::Values& expected,
                         double relative) {
  REQUIRE(found.size() == expected.values.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO(i << ": " << found[i] << ", expected " << expected.values[i]);
    CHECK(reference::close(found[i], expected.values[i], relative, 0));
  }
}

}  // namespace train_tests
