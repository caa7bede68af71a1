// Printing: every expected text is what str() of the NumPy 2.4.6 call in the comment gives.

#include "support/catch.hpp"

#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/print.hpp>
#include <eigengrad/tensor/view.hpp>

#include <cmath>
#include <cstdint>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>

namespace eg = eigengrad;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
eg::Tensor<T> counted(const eg::Shape& shape) {
  return eg::detail::reshape_view_or_copy(eg::arange<T>(static_cast<T>(shape.size())), shape);
}

}  // namespace

TEST_CASE("print: columns are as wide as the longest number", "[tensor]") {
  // np.array([1, 2, 3], np.float32)
  CHECK(to_string(eg::tensor<float>({1, 2, 3})) == "[1. 2. 3.]");
  // np.array([0.1, 0.25, 1 / 3], np.float32)
  CHECK(to_string(eg::tensor<float>({0.1F, 0.25F, 1.0F / 3})) ==
        "[0.1        0.25       0.33333334]");
  // np.array([0.1, 0.25, 1 / 3])
  CHECK(to_string(eg::tensor<double>({0.1, 0.25, 1.0 / 3})) ==
        "[0.1        0.25       0.33333333]");
  // np.array([[1, 2.5], [-3, 40]])
  CHECK(to_string(eg::tensor<double>({{1, 2.5}, {-3, 40}})) ==
        "[[ 1.   2.5]\n"
        " [-3.  40. ]]");
  // np.array([[1.0]], np.float32)
  CHECK(to_string(eg::tensor<float>({{1}})) == "[[1.]]");
  // np.array([0.999999999999, 0.5])
  CHECK(to_string(eg::tensor<double>({0.999999999999, 0.5})) == "[1.  0.5]");
  // np.array([-0.0, 0.0])
  CHECK(to_string(eg::tensor<double>({-0.0, 0.0})) == "[-0.  0.]");
}

TEST_CASE("print: scientific for large, small and widely spread numbers", "[tensor]") {
  // np.array([1e-5, 1], np.float32)
  CHECK(to_string(eg::tensor<float>({1e-5F, 1})) == "[1.e-05 1.e+00]");
  // np.array([123456.789, 0.001])
  CHECK(to_string(eg::tensor<double>({123456.789, 0.001})) == "[1.23456789e+05 1.00000000e-03]");
  // np.array([1e8, 2e8])
  CHECK(to_string(eg::tensor<double>({1e8, 2e8})) == "[1.e+08 2.e+08]");
  // np.array([99999999, 2e5])
  CHECK(to_string(eg::tensor<double>({99999999, 2e5})) == "[99999999.   200000.]");
  // np.array([999999, 1000], np.float32)
  CHECK(to_string(eg::tensor<float>({999999, 1000})) == "[999999.   1000.]");
  // np.array([1e6, 1001], np.float32)
  CHECK(to_string(eg::tensor<float>({1e6F, 1001})) == "[1.000e+06 1.001e+03]");
  // np.array([1e-300, -2.5e10])
  CHECK(to_string(eg::tensor<double>({1e-300, -2.5e10})) == "[ 1.0e-300 -2.5e+010]");
  // np.array([1 / 7, 1e-5], np.float32)
  CHECK(to_string(eg::tensor<float>({1.0F / 7, 1e-5F})) == "[1.4285715e-01 9.9999997e-06]");
}

TEST_CASE("print: nan and infinities are aligned too", "[tensor]") {
  // np.array([np.nan, np.inf, -np.inf, 1.5])
  CHECK(to_string(eg::tensor<double>({not_a_number, infinity, -infinity, 1.5})) ==
        "[ nan  inf -inf  1.5]");
  // np.array([np.nan, 1e-20], np.float32)
  CHECK(to_string(eg::tensor<float>({std::nanf(""), 1e-20F})) == "[   nan 1.e-20]");
  // np.array([np.nan, np.nan])
  CHECK(to_string(eg::tensor<double>({not_a_number, not_a_number})) == "[nan nan]");
  // np.array([-np.inf, 1])
  CHECK(to_string(eg::tensor<double>({-infinity, 1})) == "[-inf   1.]");
}

TEST_CASE("print: more axes are blocks between empty lines", "[tensor]") {
  // np.arange(12.0).reshape(2, 3, 2)
  CHECK(to_string(counted<double>({2, 3, 2})) ==
        "[[[ 0.  1.]\n"
        "  [ 2.  3.]\n"
        "  [ 4.  5.]]\n"
        "\n"
        " [[ 6.  7.]\n"
        "  [ 8.  9.]\n"
        "  [10. 11.]]]");
  // np.arange(4.0).reshape(1, 2, 1, 2)
  CHECK(to_string(counted<double>({1, 2, 1, 2})) ==
        "[[[[0. 1.]]\n"
        "\n"
        "  [[2. 3.]]]]");
}

TEST_CASE("print: lines end before 75 characters", "[tensor]") {
  // np.arange(30.0)
  CHECK(to_string(eg::arange<double>(30)) ==
        "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n"
        " 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]");
  // np.arange(0, 5.75, 0.125, np.float32).reshape(2, 23)
  CHECK(to_string(eg::detail::reshape_view_or_copy(eg::arange<float>(0, 5.75F, 0.125F), {2, 23})) ==
        "[[0.    0.125 0.25  0.375 0.5   0.625 0.75  0.875 1.    1.125 1.25  1.375\n"
        "  1.5   1.625 1.75  1.875 2.    2.125 2.25  2.375 2.5   2.625 2.75 ]\n"
        " [2.875 3.    3.125 3.25  3.375 3.5   3.625 3.75  3.875 4.    4.125 4.25\n"
        "  4.375 4.5   4.625 4.75  4.875 5.    5.125 5.25  5.375 5.5   5.625]]");
}

TEST_CASE("print: beyond 1000 elements only the edges are shown", "[tensor]") {
  // np.arange(1001.0)
  CHECK(to_string(eg::arange<double>(1001)) == "[   0.    1.    2. ...  998.  999. 1000.]");
  // np.arange(2000.0).reshape(40, 50)
  CHECK(to_string(counted<double>({40, 50})) ==
        "[[0.000e+00 1.000e+00 2.000e+00 ... 4.700e+01 4.800e+01 4.900e+01]\n"
        " [5.000e+01 5.100e+01 5.200e+01 ... 9.700e+01 9.800e+01 9.900e+01]\n"
        " [1.000e+02 1.010e+02 1.020e+02 ... 1.470e+02 1.480e+02 1.490e+02]\n"
        " ...\n"
        " [1.850e+03 1.851e+03 1.852e+03 ... 1.897e+03 1.898e+03 1.899e+03]\n"
        " [1.900e+03 1.901e+03 1.902e+03 ... 1.947e+03 1.948e+03 1.949e+03]\n"
        " [1.950e+03 1.951e+03 1.952e+03 ... 1.997e+03 1.998e+03 1.999e+03]]");
  // np.arange(1200).reshape(2, 8, 75)
  CHECK(to_string(counted<std::int64_t>({2, 8, 75})) ==
        "[[[   0    1    2 ...   72   73   74]\n"
        "  [  75   76   77 ...  147  148  149]\n"
        "  [ 150  151  152 ...  222  223  224]\n"
        "  ...\n"
        "  [ 375  376  377 ...  447  448  449]\n"
        "  [ 450  451  452 ...  522  523  524]\n"
        "  [ 525  526  527 ...  597  598  599]]\n"
        "\n"
        " [[ 600  601  602 ...  672  673  674]\n"
        "  [ 675  676  677 ...  747  748  749]\n"
        "  [ 750  751  752 ...  822  823  824]\n"
        "  ...\n"
        "  [ 975  976  977 ... 1047 1048 1049]\n"
        "  [1050 1051 1052 ... 1122 1123 1124]\n"
        "  [1125 1126 1127 ... 1197 1198 1199]]]");
  // np.arange(1000): 1000 elements are still shown in full
  CHECK(to_string(eg::arange<std::int32_t>(1000)).find("...") == std::string::npos);
  CHECK(to_string(eg::arange<std::int32_t>(1001)) == "[   0    1    2 ...  998  999 1000]");
}

TEST_CASE("print: integers, bytes and booleans", "[tensor]") {
  // np.array([1, -20, 300])
  CHECK(to_string(eg::tensor<std::int64_t>({1, -20, 300})) == "[  1 -20 300]");
  // np.array([[1, 200]], np.uint8)
  CHECK(to_string(eg::tensor<std::uint8_t>({{1, 200}})) == "[[  1 200]]");
  // np.array([[True, False], [True, True]])
  CHECK(to_string(eg::tensor<bool>({{true, false}, {true, true}})) ==
        "[[ True False]\n"
        " [ True  True]]");
}

TEST_CASE("print: a 0-d tensor is its number", "[tensor]") {
  // str(np.float32(...)) and str(np.float64(...))
  CHECK(to_string(eg::scalar(0.1F)) == "0.1");
  CHECK(to_string(eg::scalar(0.1)) == "0.1");
  CHECK(to_string(eg::scalar(1.0)) == "1.0");
  CHECK(to_string(eg::scalar(0.0)) == "0.0");
  CHECK(to_string(eg::scalar(1e-5)) == "1e-05");
  CHECK(to_string(eg::scalar(1e-4F)) == "1e-04");
  CHECK(to_string(eg::scalar(1e-4)) == "0.0001");
  CHECK(to_string(eg::scalar(1e16)) == "1e+16");
  CHECK(to_string(eg::scalar(123456789012345.0)) == "123456789012345.0");
  CHECK(to_string(eg::scalar(1e6F)) == "1e+06");
  CHECK(to_string(eg::scalar(123456.7F)) == "123456.7");
  CHECK(to_string(eg::scalar(-2.5e-300)) == "-2.5e-300");
  CHECK(to_string(eg::scalar(not_a_number)) == "nan");
  CHECK(to_string(eg::scalar(-infinity)) == "-inf");
  CHECK(to_string(eg::scalar(std::int64_t{-7})) == "-7");
  CHECK(to_string(eg::scalar(true)) == "True");
  CHECK(to_string(eg::scalar(false)) == "False");
}

TEST_CASE("print: without elements the shape says what it is", "[tensor]") {
  CHECK(to_string(eg::zeros<float>({0})) == "[] of shape (0,)");
  CHECK(to_string(eg::zeros<bool>({0, 3})) == "[] of shape (0, 3)");
}

TEST_CASE("print: a view prints its own elements", "[tensor]") {
  // np.arange(6).reshape(2, 3).T
  CHECK(to_string(eg::detail::permuted(counted<std::int64_t>({2, 3}), {1, 0})) ==
        "[[0 3]\n"
        " [1 4]\n"
        " [2 5]]");
  CHECK(to_string(eg::detail::expanded(eg::scalar(2.0), {3})) == "[2. 2. 2.]");
}

TEST_CASE("print: streams take tensors, whatever their flags", "[tensor]") {
  std::ostringstream stream;
  stream << std::hex << std::setprecision(1) << "x = " << eg::tensor<std::int64_t>({10, 255})
         << '\n'
         << eg::tensor<double>({0.125});
  CHECK(stream.str() == "x = [ 10 255]\n[0.125]");
}
