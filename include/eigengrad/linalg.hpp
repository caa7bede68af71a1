#pragma once
// Linear algebra: solve, inverse, cholesky, triangular_solve, slogdet, logdet, tril and triu. A
// program asks for them by including this header beside the umbrella, since Eigen's decompositions
// cost half a second of compile time.

#include <eigengrad/ops/linalg/cholesky.hpp>
#include <eigengrad/ops/linalg/determinant.hpp>
#include <eigengrad/ops/linalg/matrix.hpp>
#include <eigengrad/ops/linalg/solve.hpp>
#include <eigengrad/ops/linalg/triangular_solve.hpp>
