#pragma once
// Gradients of gradients. A program asks for them by including this header beside the umbrella, in
// the units that apply ops whose gradients are to be differentiated: it gives those ops the rules
// that create_graph needs. Not in the umbrella, because the rules of an op instantiate other ops.

#include <eigengrad/losses/second_order.hpp>
#include <eigengrad/ops/transforms/elementwise_rules.hpp>
#include <eigengrad/ops/transforms/functional.hpp>
#include <eigengrad/ops/transforms/gradients.hpp>
#include <eigengrad/ops/transforms/graph.hpp>
#include <eigengrad/ops/transforms/jacobian.hpp>
#include <eigengrad/ops/transforms/product_rules.hpp>
#include <eigengrad/ops/transforms/recompute_rule.hpp>
#include <eigengrad/ops/transforms/reduction_rules.hpp>
#include <eigengrad/ops/transforms/rule.hpp>
#include <eigengrad/ops/transforms/shape_rules.hpp>
