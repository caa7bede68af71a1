#pragma once
// Which ops a unit makes the sample cases of, for the meaning that op_suite.hpp gives to
// EIGENGRAD_LIST_OP. Includes no op.

#include <eigengrad/testing/op_list.hpp>

#include <string_view>

namespace eigengrad::testing::detail {

template <class Op, FloatScalar T>
void fill_cases(Cases<T>& cases);  // cases.hpp

/// Whether this unit makes the cases of the ops in a header.
[[nodiscard]] consteval bool makes_cases_of([[maybe_unused]] std::string_view file) {
#if defined(EIGENGRAD_SUITE_HEADERS)
  constexpr std::string_view headers = EIGENGRAD_SUITE_HEADERS;
  const std::string_view header = header_of(file);
  const std::size_t at = headers.find(header);
  return at != std::string_view::npos && at > 0 && headers[at - 1] == ':' &&
         headers[at + header.size()] == ':';
#else
  return true;
#endif
}

/// Makes the cases of Op when the suite runs.
struct SampleCases {
  template <class Op, FloatScalar T>
  static void fill(Cases<T>& cases) {
    fill_cases<Op>(cases);
  }
};

}  // namespace eigengrad::testing::detail
