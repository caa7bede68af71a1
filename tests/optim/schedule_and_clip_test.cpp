// Learning-rate schedules and gradient clipping against PyTorch and Keras, by hand, and refusals.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/optim/clip.hpp>
#include <eigengrad/optim/schedule.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::optim::Schedule;

namespace {

/// The schedule of a line; false for those that are not offered.
bool make_schedule(const reference::Line& line, Schedule& schedule) {
  const double rate = line.inputs[0].values[0];
  if (line.name == "constant") {
    schedule = Schedule::constant(rate);
  } else if (line.name == "step") {
    schedule =
        Schedule::step(rate, static_cast<Index>(line.number("step_size")), line.number("gamma"));
  } else if (line.name == "exponential") {
    schedule = Schedule::exponential(rate, line.number("gamma"));
  } else if (line.name == "cosine") {
    schedule =
        Schedule::cosine(rate, static_cast<Index>(line.number("t_max")), line.number("eta_min"));
  } else if (line.name == "linear_warm_up" && !line.has("end_factor")) {
    schedule = Schedule::constant(rate).with_warm_up(static_cast<Index>(line.number("total_iters")),
                                                     line.number("start_factor"));
  } else {
    return false;
  }
  return true;
}

std::vector<eg::Parameter<double>> parameters_with_gradients(const reference::Line& line) {
  std::vector<eg::Parameter<double>> parameters;
  for (const reference::Values& gradient : line.inputs) {
    eg::Parameter<double> p("p", eg::zeros<double>(gradient.shape));
    eg::Tape tape;
    tape.backward(eg::sum(eg::add<double>(p, p)));
    eg::detail::copy_into(p.mutable_gradient(), gradient.tensor<double>());
    parameters.push_back(p);
  }
  return parameters;
}

void check_gradients(const reference::Line& line,
                     const std::vector<eg::Parameter<double>>& parameters, std::size_t first,
                     double relative) {
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const std::vector<double> found = eg::to_vector(parameters[k].gradient());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double expected = line.outputs[first + k].values[i];
      INFO(line.text << ", gradient " << k << ", element " << i << ": " << found[i] << ", expected "
                     << expected);
      CHECK(reference::close(found[i], expected, relative, 1e-15));
    }
  }
}

}  // namespace

TEST_CASE("schedule: rates equal PyTorch's", "[optim][reference]") {
  int compared = 0;
  for (const reference::Line& line : reference::read("schedules.txt")) {
    Schedule schedule;
    if (!make_schedule(line, schedule)) {
      continue;
    }
    ++compared;
    // PyTorch's cosine goes up again after t_max; ours stays at its floor, as its doc says.
    const auto last = line.name == "cosine" ? static_cast<Index>(line.number("t_max")) : Index{20};
    for (Index t = 0; t <= last; ++t) {
      INFO(line.text << ", t " << t);
      // PyTorch multiplies from step to step: 20 roundings.
      CHECK(reference::close(schedule(t), line.outputs[0].values[static_cast<std::size_t>(t)],
                             1e-14, 1e-17));
    }
    if (line.name == "cosine") {
      CHECK(schedule(last + 1) == line.number("eta_min"));
      CHECK(schedule(10 * last) == line.number("eta_min"));
    }
  }
  CHECK(compared == 7);
}

TEST_CASE("schedule: a warm-up multiplies another schedule", "[optim]") {
  const Schedule plain = Schedule::step(0.8, 4, 0.5);
  const Schedule warm = plain.with_warm_up(4, 0.25);
  using Catch::Matchers::WithinRel;
  CHECK_THAT(warm(0), WithinRel(0.8 * 0.25, 1e-15));
  CHECK_THAT(warm(2), WithinRel(0.8 * 0.625, 1e-15));
  CHECK_THAT(warm(4), WithinRel(0.4, 1e-15));
  CHECK_THAT(warm(9), WithinRel(0.2, 1e-15));
  CHECK(warm == plain.with_warm_up(4, 0.25));
  CHECK_FALSE(warm == plain);
}

TEST_CASE("schedule: refuses values that make no sense", "[optim][errors]") {
  using eg::ValueError;
  CHECK_THROWS_TEXT(Schedule::constant(0), ValueError, "Schedule: rate is not positive: 0");
  CHECK_THROWS_TEXT(Schedule::step(0.1, 0), ValueError, "Schedule: period is not positive: 0");
  CHECK_THROWS_TEXT(Schedule::step(0.1, 3, -1), ValueError, "Schedule: factor is not positive: -1");
  CHECK_THROWS_TEXT(Schedule::exponential(0.1, 0), ValueError,
                    "Schedule: factor is not positive: 0");
  CHECK_THROWS_TEXT(Schedule::cosine(0.1, -2), ValueError, "Schedule: period is not positive: -2");
  CHECK_THROWS_TEXT(Schedule::constant(0.1).with_warm_up(0), ValueError,
                    "Schedule: warm-up length is not positive: 0");
}

TEST_CASE("clip: norm and values equal PyTorch's", "[optim][reference]") {
  int compared = 0;
  for (const reference::Line& line : reference::read("clipping.txt")) {
    auto parameters = parameters_with_gradients(line);
    if (line.name == "clip_grad_norm" && line.attribute("norm_type") == "2.0") {
      ++compared;
      const double norm = eg::optim::clip_by_global_norm(parameters, line.number("max_norm"));
      INFO(line.text << ", norm " << norm);
      CHECK(reference::close(norm, line.outputs[0].values[0], 1e-15, 0));
      check_gradients(line, parameters, 1, 1e-15);
    } else if (line.name == "clip_grad_value" || line.has("clipvalue")) {
      // Keras clips as PyTorch does.
      ++compared;
      eg::optim::clip_by_value(
          parameters, line.has("clipvalue") ? line.number("clipvalue") : line.number("clip_value"));
      check_gradients(line, parameters, 0, line.has("precision") ? 1e-6 : 1e-15);
    } else if (line.has("global_clipnorm") && std::isfinite(line.inputs[0].values[0]) &&
               line.inputs[0].values[0] < 1e100) {
      // Keras divides by the norm itself: 1e-6 off. Its infinite norms give NaN, ours PyTorch's.
      ++compared;
      eg::optim::clip_by_global_norm(parameters, line.number("global_clipnorm"));
      check_gradients(line, parameters, 0, 2e-5);
    }
  }
  CHECK(compared >= 30);
}

TEST_CASE("clip: 3, 4 has norm 5, and is scaled to 1", "[optim]") {
  eg::Parameter<double> p("p", eg::zeros<double>({2}));
  eg::Parameter<double> unused("unused", eg::zeros<double>({2}));
  {
    eg::Tape tape;
    tape.backward(eg::sum(eg::mul<double>(p, eg::tensor<double>({3, 4}))));
  }
  CHECK(eg::optim::clip_by_global_norm<double>({p, unused}, 10) == 5);
  CHECK(eg::to_vector(p.gradient()) == std::vector{3.0, 4.0});
  CHECK(eg::optim::clip_by_global_norm<double>({p, unused}, 1) == 5);
  CHECK_THAT(p.gradient().at(0), Catch::Matchers::WithinRel(0.6, 1e-6));
  CHECK_THAT(p.gradient().at(1), Catch::Matchers::WithinRel(0.8, 1e-6));
  CHECK_FALSE(unused.has_gradient());
  CHECK_THROWS_TEXT(eg::optim::clip_by_global_norm<double>({p}, 0), eg::ValueError,
                    "clip_by_global_norm: max_norm is not positive: 0");
  CHECK_THROWS_TEXT(eg::optim::clip_by_value<double>({p}, -1), eg::ValueError,
                    "clip_by_value: limit is not positive: -1");
}
