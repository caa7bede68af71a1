#pragma once
// The umbrella: all of eigengrad but what a program opts into by name (data/datasets.hpp, testing/).

#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
