#pragma once
// Solutions of equations as differentiable functions: fixed_point, root and linear_solve. A program
// asks for them by including this header beside the umbrella; with it come the transforms
// (transforms.hpp), so that their gradients can be differentiated too.

#include <eigengrad/ops/implicit/fixed_point.hpp>
#include <eigengrad/ops/implicit/linear_system.hpp>
#include <eigengrad/ops/implicit/root.hpp>
#include <eigengrad/ops/implicit/system.hpp>
#include <eigengrad/transforms.hpp>
