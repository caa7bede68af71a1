// Values and gradients against PyTorch's own sample inputs, its OpInfo records, for every op that
// both libraries have. The numbers are tests/reference/opinfo/; the table of what was compared, how
// closely, and what was left out is docs/pytorch_samples.md (opinfo_markdown.cpp).

#include <eigengrad/io/npz.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <ops/opinfo_calls.hpp>
#include <ops/opinfo_samples.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::Tensor;

namespace {

const std::string folder = EIGENGRAD_TEST_DATA_DIR "/opinfo";

/// The numbers of all samples. They begin with the weights of the results.
const std::vector<double>& numbers() {
  static const std::vector<double> all =
      eg::to_vector(eg::NpzFile(folder + "/values.npz").load<double>("values"));
  return all;
}

Tensor<double> stored(Index at, const eg::Shape& shape) {
  const auto first = numbers().begin() + at;
  return eg::from_vector(std::vector<double>(first, first + shape.size()), shape);
}

/// The greatest difference relative to max(1, |expected|); infinite where only one is NaN or
/// infinite.
double difference(const Tensor<double>& found, const Tensor<double>& expected) {
  REQUIRE(found.shape() == expected.shape());
  const std::vector<double> a = eg::to_vector(found);
  const std::vector<double> b = eg::to_vector(expected);
  double greatest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) {
      continue;
    }
    const double d = std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i]));
    greatest = std::max(greatest, std::isfinite(d) ? d : std::numeric_limits<double>::infinity());
  }
  return greatest;
}

struct Differences {
  double value = 0;
  double gradient = 0;
};

/// Runs a sample forwards and backwards. The gradients are those of the sum of the results, each
/// element times a weight.
Differences run(const opinfo::Call& call, const opinfo::Sample& sample) {
  eg::Tape tape;
  std::vector<Tensor<double>> tensors;
  std::vector<Tensor<double>> wanted;
  for (const opinfo::Stored& tensor : sample.tensors) {
    tensors.push_back(stored(tensor.at, tensor.shape));
    if (tensor.wanted) {
      tensors.back() = tape.watch(tensors.back());
      wanted.push_back(tensors.back());
    }
  }
  const opinfo::Results results = call.apply(opinfo::Arguments(sample, tensors));
  REQUIRE(results.size() == sample.results.size());
  REQUIRE(wanted.size() == sample.gradients.size());
  Differences found;
  Tensor<double> total = eg::scalar(0.0);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Tensor<double> expected = stored(sample.results[i].at, sample.results[i].shape);
    found.value = std::max(found.value, difference(results[i], expected));
    total = total + eg::sum(results[i] * stored(0, results[i].shape()));
  }
  const std::vector<Tensor<double>> gradients =
      tape.gradients(total, std::span<const Tensor<double>>(wanted));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Tensor<double> expected = stored(sample.gradients[i], wanted[i].shape());
    found.gradient = std::max(found.gradient, difference(gradients[i], expected));
  }
  return found;
}

const opinfo::Call& call_of(std::string_view op) {
  for (const opinfo::Call& call : opinfo::calls()) {
    if (call.op == op) {
      return call;
    }
  }
  FAIL("no call answers to '" << op << "'");
  throw std::runtime_error("not reached");
}

}  // namespace

TEST_CASE("opinfo: values and gradients of PyTorch's samples", "[ops][reference][zlib]") {
  for (const opinfo::Sample& sample : opinfo::read_records(folder).samples) {
    INFO(sample.text);
    const opinfo::Call& call = call_of(sample.op);
    const Differences found = run(call, sample);
    CHECK(found.value <= call.bounds.value);
    CHECK(found.gradient <= call.bounds.gradient);
  }
}

TEST_CASE("opinfo: no bound is wider than 1e-10, the calls have samples",
          "[ops][reference][zlib]") {
  const opinfo::Records records = opinfo::read_records(folder);
  std::vector<std::string> without;
  for (const opinfo::Call& call : opinfo::calls()) {
    INFO(call.op);
    CHECK(call.bounds.value <= 1e-10);
    CHECK(call.bounds.gradient <= 1e-10);
    const auto of_call = [&call](const opinfo::Sample& sample) { return sample.op == call.op; };
    if (std::none_of(records.samples.begin(), records.samples.end(), of_call)) {
      without.emplace_back(call.op);
    }
  }
  // The bounds of clamp's samples are tensors; the one of bmm is larger than what is stored.
  CHECK(without == std::vector<std::string>{"clamp", "bmm"});
  CHECK(records.samples.size() > 1000);
}

// Run it by its tag to set the bounds: the greatest differences on this machine.
TEST_CASE("opinfo: the greatest differences, printed", "[.][differences][zlib]") {
  std::map<std::string, Differences> greatest;
  for (const opinfo::Sample& sample : opinfo::read_records(folder).samples) {
    const Differences found = run(call_of(sample.op), sample);
    Differences& of = greatest[sample.op];
    of.value = std::max(of.value, found.value);
    of.gradient = std::max(of.gradient, found.gradient);
  }
  for (const auto& [op, of] : greatest) {
    std::cout << op << ": value " << of.value << ", gradient " << of.gradient << '\n';
  }
  SUCCEED();
}
