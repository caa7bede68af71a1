#pragma once
// All functions of eigengrad::math for packets and scalars. Those for tensors are in ops/.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/error_function.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/gelu.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/kernels/math/power.hpp>
#include <eigengrad/kernels/math/trigonometric.hpp>
