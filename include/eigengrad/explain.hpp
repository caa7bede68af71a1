#pragma once
// Why a model decides: attributions of its outputs to its inputs, and pictures of them. Asked for
// by name, beside the umbrella; PNG files need zlib and are in io/png.hpp.

#include <eigengrad/explain/gradients.hpp>
#include <eigengrad/explain/integrated_gradients.hpp>
#include <eigengrad/explain/layer_activation.hpp>
#include <eigengrad/explain/noise_tunnel.hpp>
#include <eigengrad/explain/occlusion.hpp>
#include <eigengrad/explain/partial_dependence.hpp>
#include <eigengrad/explain/permutation_importance.hpp>
#include <eigengrad/plot/bar_chart.hpp>
#include <eigengrad/plot/heat_map.hpp>
