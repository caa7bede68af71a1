#pragma once
// What the snippets of the pages take for granted, by the names that they use. snippets.sh compiles
// them with it; nothing is run.

#include <eigengrad/data/describe.hpp>
#include <eigengrad/data/inspect.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/explain.hpp>
#include <eigengrad/io/png.hpp>
#include <eigengrad/train/checkpoint.hpp>
#include <eigengrad/train/interrupt.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace eg = eigengrad;

extern eg::nn::Sequential<float> model;
extern eg::nn::Sequential<float> encoder;
extern eg::optim::Adam<float> adam;
extern eg::Tensor<float> x;
extern eg::Parameter<float> w;
extern eg::Dataset<float, float> data;
extern eg::Dataset<float, float> train;
extern eg::Dataset<float, float> test;
extern eg::DataLoader<float, float> loader;
extern eg::train::BinaryCrossEntropy loss;
extern eg::train::EarlyStopping<float> early;
extern eg::train::Checkpoint<float> checkpoint;

extern eg::Tensor<float> table;
extern eg::Tensor<std::int64_t> matrix;
extern std::vector<std::string> class_names;
extern std::vector<eg::ClassCount> classes;
extern std::vector<eg::plot::Bar> bars;
extern eg::Tensor<float> image;
extern eg::Tensor<float> attributions;

/// Around a snippet that is a member of a callback.
struct UserCallback : eg::train::Callback<float> {
  eg::Index waited_ = 0;
};
