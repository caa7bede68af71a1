#pragma once
// The umbrella: all of eigengrad but what a program opts into by name (data/datasets.hpp, testing/).

#include <eigengrad/ops/absolute.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/cast.hpp>
#include <eigengrad/ops/clamp.hpp>
#include <eigengrad/ops/compare.hpp>
#include <eigengrad/ops/error_function.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/extrema.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/ops/trigonometric.hpp>
#include <eigengrad/ops/where.hpp>
