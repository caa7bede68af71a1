#pragma once
// Five small data sets, embedded: datasets::breast_cancer, diabetes, digits, iris, wine. No file
// and no path is needed. Not part of eigengrad.hpp: it brings 270 KB of numbers, unless the program
// is linked with eigengrad::compiled, which holds them. Origin and licences: data/ORIGIN.md, and
// each function's block.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>

#include <cstdint>

namespace eigengrad::datasets {

/// Breast Cancer Wisconsin (Diagnostic): measures of cell nuclei; class 0 is malignant, 1 benign.
///
/// Shapes:    x (569, 30), y (569,)
/// Cost:      17,639 numbers are read at every call, about a millisecond
/// Reference: Wolberg, Mangasarian, Street, Street 1993, UCI, DOI 10.24432/C5DW2B, CC BY 4.0; the
///            values of sklearn.datasets.load_breast_cancer
template <FloatScalar T>
[[nodiscard]] Dataset<T, std::int64_t> breast_cancer();

/// Diabetes patients in their own units; the target is the progression after one year, a number.
///
/// Shapes:    x (442, 10), y (442,)
/// Cost:      4,862 numbers are read at every call
/// Reference: Efron, Hastie, Johnstone, Tibshirani 2004, "Least Angle Regression"; the values of
///            sklearn.datasets.load_diabetes(scaled=False), 11 of them to the last digit of 2023
template <FloatScalar T>
[[nodiscard]] Dataset<T, T> diabetes();

/// Handwritten digits: 8 x 8 pixels from 0 to 16, row by row; the class is the digit.
///
/// Shapes:    x (1797, 64), y (1797,)
/// Cost:      116,805 letters are read at every call, less than a millisecond
/// Reference: Alpaydin, Kaynak 1998, UCI, DOI 10.24432/C50P49, CC BY 4.0; the values of
///            sklearn.datasets.load_digits
template <FloatScalar T>
[[nodiscard]] Dataset<T, std::int64_t> digits();

/// Iris flowers: sepals and petals in cm; three species of 50 flowers.
///
/// Shapes:    x (150, 4), y (150,)
/// Reference: Fisher 1936, UCI, DOI 10.24432/C56C76, CC BY 4.0; the values of
///            sklearn.datasets.load_iris
template <FloatScalar T>
[[nodiscard]] Dataset<T, std::int64_t> iris();

/// Wines of three growers, by chemical analysis.
///
/// Shapes:    x (178, 13), y (178,)
/// Reference: Forina, Aeberhard, Leardi 1991, UCI, DOI 10.24432/C5PC7J, CC BY 4.0; the values of
///            sklearn.datasets.load_wine
template <FloatScalar T>
[[nodiscard]] Dataset<T, std::int64_t> wine();

}  // namespace eigengrad::datasets

#if !defined(EIGENGRAD_COMPILED)
#include <eigengrad/data/embedded/datasets.hpp>
#endif
