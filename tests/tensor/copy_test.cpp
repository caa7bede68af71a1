// Copies, conversions and comparisons of whole tensors.

#include "support/catch.hpp"

#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace eg = eigengrad;
using eg::Shape;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("packed: the same handle, or a packed copy", "[tensor]") {
  const auto x = eg::tensor<float>({{1, 2, 3}, {4, 5, 6}});
  CHECK(&eg::detail::packed(x).body() == &x.body());
  const auto turned = eg::detail::permuted(x, {1, 0});
  const auto packed = eg::detail::packed(turned);
  CHECK(packed.is_contiguous());
  CHECK_FALSE(eg::is_same_storage(packed, x));
  CHECK(eg::to_vector(packed) == std::vector<float>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("copied: the elements of any layout", "[tensor]") {
  auto x = eg::arange<double>(10);
  const auto odd = eg::detail::copied(eg::detail::sliced(x, 0, 1, 10, 2));
  x.set({1}, 100);
  CHECK(eg::to_vector(odd) == std::vector<double>{1, 3, 5, 7, 9});
  CHECK(odd.is_contiguous());
  CHECK(eg::detail::copied(eg::zeros<float>({0, 2})).shape() == Shape{0, 2});
  CHECK(eg::detail::copied(eg::scalar(true)).item());
}

TEST_CASE("copy_into: writes through a view, converting the type", "[tensor]") {
  auto x = eg::zeros<float>({3, 3});
  eg::detail::copy_into(eg::detail::selected(x, 1, 1), eg::tensor<std::int32_t>({7, 8, 9}));
  CHECK(eg::to_vector(x) == std::vector<float>{0, 7, 0, 0, 8, 0, 0, 9, 0});
  CHECK_THROWS_TEXT(eg::detail::copy_into(x, eg::zeros<float>({3}), "load"), eg::ShapeError,
                    "load: shapes differ: (3, 3) and (3,)");
}

TEST_CASE("converted: as NumPy's astype", "[tensor]") {
  const auto x = eg::tensor<double>({-1.7, 0.0, 0.4, 2.9});
  CHECK(eg::to_vector(eg::detail::converted<std::int64_t>(x)) ==
        std::vector<std::int64_t>{-1, 0, 0, 2});
  CHECK(eg::to_vector(eg::detail::converted<bool>(x)) ==
        std::vector<bool>{true, false, true, true});
  CHECK(eg::to_vector(eg::detail::converted<float>(x)) ==
        std::vector<float>{-1.7F, 0.0F, 0.4F, 2.9F});
  CHECK(eg::to_vector(eg::detail::converted<double>(eg::tensor<bool>({true, false}))) ==
        std::vector<double>{1, 0});
  CHECK(&eg::detail::converted<double>(x).body() == &x.body());
  const auto turned = eg::detail::permuted(eg::tensor<std::uint8_t>({{1, 2}, {3, 255}}), {1, 0});
  CHECK(eg::to_vector(eg::detail::converted<std::int32_t>(turned)) ==
        std::vector<std::int32_t>{1, 3, 2, 255});
}

TEST_CASE("is_same_storage: views of one owner", "[tensor]") {
  const auto x = eg::zeros<float>({4});
  const auto a = eg::detail::sliced(x, 0, 0, 2);
  const auto b = eg::detail::sliced(x, 0, 2, 4);
  CHECK(eg::is_same_storage(a, b));
  CHECK(eg::is_same_storage(a, x));
  CHECK_FALSE(eg::is_same_storage(a, eg::detail::copied(a)));
}

TEST_CASE("equal: shape and elements, whatever the layout", "[tensor]") {
  const auto x = eg::tensor<double>({{1, 2}, {3, 4}});
  CHECK(eg::equal(x, eg::detail::copied(x)));
  CHECK_FALSE(eg::equal(x, eg::tensor<double>({{1, 2}, {3, 5}})));
  CHECK_FALSE(eg::equal(x, eg::tensor<double>({1, 2, 3, 4})));
  CHECK(eg::equal(eg::detail::permuted(x, {1, 0}), eg::tensor<double>({{1, 3}, {2, 4}})));
  CHECK_FALSE(eg::equal(eg::tensor<double>({not_a_number}), eg::tensor<double>({not_a_number})));
  CHECK(eg::equal(eg::tensor<double>({-0.0}), eg::tensor<double>({0.0})));
  CHECK(eg::equal(eg::zeros<float>({0, 2}), eg::zeros<float>({0, 2})));
  CHECK_FALSE(eg::equal(eg::zeros<float>({0, 2}), eg::zeros<float>({2, 0})));
  CHECK(eg::equal(eg::scalar(std::int64_t{3}), eg::scalar(std::int64_t{3})));
}

TEST_CASE("allclose: NumPy's tolerance, relative to the second argument", "[tensor]") {
  const auto one = eg::tensor<double>({1.0});
  CHECK(eg::allclose(one, eg::tensor<double>({1.0 + 1e-5})));
  CHECK_FALSE(eg::allclose(one, eg::tensor<double>({1.0 + 1.1e-5})));
  CHECK(eg::allclose(eg::tensor<double>({0.0}), eg::tensor<double>({1e-8})));
  CHECK_FALSE(eg::allclose(eg::tensor<double>({0.0}), eg::tensor<double>({1.1e-8})));
  CHECK(eg::allclose(one, eg::tensor<double>({1.5}), 0.5, 0.0));
  CHECK(eg::allclose(one, eg::tensor<double>({2.0}), 0.5, 0.0));        // 1 <= .5 * 2
  CHECK_FALSE(eg::allclose(eg::tensor<double>({2.0}), one, 0.5, 0.0));  // 1 > .5 * 1
}

TEST_CASE("allclose: infinities and NaN", "[tensor]") {
  const auto x = eg::tensor<double>({infinity, -infinity, 1.0});
  CHECK(eg::allclose(x, x));
  CHECK_FALSE(eg::allclose(x, eg::tensor<double>({infinity, infinity, 1.0})));
  CHECK_FALSE(eg::allclose(eg::tensor<double>({1e300}), eg::tensor<double>({infinity})));
  const auto y = eg::tensor<double>({not_a_number});
  CHECK_FALSE(eg::allclose(y, y));
  CHECK(eg::allclose(y, y, 1e-5, 1e-8, true));
  CHECK_FALSE(eg::allclose(y, eg::tensor<double>({0.0}), 1e-5, 1e-8, true));
}

TEST_CASE("allclose: broadcasts, and refuses what does not", "[tensor]") {
  const auto x = eg::tensor<float>({{1, 2}, {1, 2}});
  CHECK(eg::allclose(x, eg::tensor<float>({1, 2})));
  CHECK_FALSE(eg::allclose(x, eg::tensor<float>({{1}, {2}})));
  CHECK(eg::allclose(eg::zeros<float>({0, 2}), eg::tensor<float>({1, 2})));
  CHECK(eg::allclose(eg::tensor<std::int64_t>({5}), eg::tensor<std::int64_t>({5})));
  CHECK_THROWS_TEXT(eg::allclose(x, eg::zeros<float>({3})), eg::ShapeError,
                    "allclose: shapes do not broadcast: (2, 2) and (3,)");
}

TEST_CASE("to_vector: row-major, of every layout and type", "[tensor]") {
  CHECK(eg::to_vector(eg::tensor<bool>({true, false})) == std::vector<bool>{true, false});
  const auto x = eg::tensor<std::int64_t>({{1, 2}, {3, 4}});
  CHECK(eg::to_vector(eg::detail::permuted(x, {1, 0})) == std::vector<std::int64_t>{1, 3, 2, 4});
  CHECK(eg::to_vector(eg::scalar(2.0F)) == std::vector<float>{2});
}
