#pragma once
// Catch2, version 2 or 3, under one spelling: that of version 3. Includes the assertion macros,
// templated cases, generators and matchers; leaves out Approx (use WithinRel and WithinAbs).

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_predicate.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>
#else
#include <catch2/catch.hpp>

namespace Catch::Matchers {

/// Version 3's name of the matcher that looks for a text inside a text.
inline auto ContainsSubstring(const std::string& text) {
  return Contains(text);
}

}  // namespace Catch::Matchers
#endif

/// The expression throws exactly this type or one derived from it, with exactly this text.
#define CHECK_THROWS_TEXT(expression, type, text) \
  CHECK_THROWS_MATCHES(expression, type, Catch::Matchers::Message(text))
#define REQUIRE_THROWS_TEXT(expression, type, text) \
  REQUIRE_THROWS_MATCHES(expression, type, Catch::Matchers::Message(text))
