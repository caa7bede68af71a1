// The shapes of the whole-step benchmark and where their data comes from.

#include "contestant.hpp"

#include <eigengrad/base/error.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/memory/pool.hpp>
#include <eigengrad/tensor/random.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace eg = eigengrad;

namespace step_bench {
namespace {

struct Named {
  const char* name;
  std::vector<Index> widths;
  Index rows;
};

const std::vector<Named>& shapes() {
  static const std::vector<Named> all{{"a", {30, 128, 64, 1}, 32},
                                      {"b", {784, 512, 256, 10}, 128},
                                      {"c", {784, 2048, 2048, 10}, 256},
                                      {"tiny", {8, 16, 1}, 1},
                                      {"mnist", {784, 512, 10}, 1}};
  return all;
}

template <class T>
std::vector<T> first(const eg::Tensor<T>& x, Index count) {
  return {x.data(), x.data() + count};
}

/// The first `count` elements of a file that must have at least so many.
template <class T>
std::vector<T> read(const std::string& folder, const std::string& name, Index count) {
  const std::string path = folder + "/" + name + ".npy";
  const auto x = eg::load_npy<T>(path);
  if (x.size() < count) {
    throw eg::FileError(
        "step", path,
        "has " + std::to_string(x.size()) + " elements, the shape needs " + std::to_string(count));
  }
  return first(x, count);
}

void read_problem(Problem& p, const std::string& folder) {
  p.x = read<float>(folder, "x", p.rows * p.widths[0]);
  if (p.binary()) {
    p.y = read<float>(folder, "y", p.rows);
  } else {
    p.classes = read<std::int64_t>(folder, "y", p.rows);
  }
  for (std::size_t l = 0; l < p.layers(); ++l) {
    const std::string number = std::to_string(l + 1);
    p.weights.push_back(read<float>(folder, "w" + number, p.widths[l] * p.widths[l + 1]));
    p.biases.push_back(read<float>(folder, "b" + number, p.widths[l + 1]));
  }
}

/// Normal features, glorot_uniform weights, zero biases. Every row stands twice, with two labels:
/// no network can learn that, so gradients never sink to subnormal numbers, which are slow.
void invent_problem(Problem& p) {
  const auto key = [](const std::string& name) { return eg::RandomKey::named(1, name); };
  const Index features = p.widths[0];
  p.x = first(eg::normal<float>({p.rows, features}, 0.0, 1.0, key("x")), p.rows * features);
  for (Index row = 0; row < p.rows; ++row) {
    if (row % 2 == 1) {
      const auto twin = p.x.begin() + (row - 1) * features;
      std::copy(twin, twin + features, twin + features);
    }
    p.y.push_back(static_cast<float>(row % 2));
    p.classes.push_back((row / 2 + row % 2) % p.widths.back());
  }
  for (std::size_t l = 0; l < p.layers(); ++l) {
    const Index in = p.widths[l];
    const Index out = p.widths[l + 1];
    const double bound = std::sqrt(6.0 / static_cast<double>(in + out));
    const auto w = eg::uniform<float>({in, out}, -bound, bound, key("w" + std::to_string(l)));
    p.weights.push_back(first(w, in * out));
    p.biases.emplace_back(static_cast<std::size_t>(out), 0.0F);
  }
}

}  // namespace

Problem make_problem(const std::string& shape, Work work, const std::string& folder) {
  for (const Named& named : shapes()) {
    if (shape == named.name) {
      Problem problem;
      problem.name = shape;
      problem.widths = named.widths;
      problem.rows = work == Work::inference || work == Work::online ? 1 : named.rows;
      if (folder.empty()) {
        invent_problem(problem);
      } else {
        read_problem(problem, folder);
      }
      eg::release_cached_memory();  // or the tensors above would count in peak memory
      return problem;
    }
  }
  throw eg::ValueError("step", "unknown shape '" + shape + "', expected a, b, c, tiny or mnist");
}

}  // namespace step_bench
