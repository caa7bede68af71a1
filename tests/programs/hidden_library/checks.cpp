// The checks of checks.hpp: one tape, one pool and one thread count for program and library, and
// exceptions that keep their type on the way between them.

#include "checks.hpp"

#include "state.hpp"

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace programs {

namespace {

int findings = 0;

void expect(bool holds, const char* what) {
  if (!holds) {
    std::printf("%s\n", what);
    ++findings;
  }
}

/// A layer and its input; the same values each time.
struct Layer {
  eg::Tensor<float> x = eg::tensor<float>({{1, -2, 3}, {0.5F, 0.25F, -1}});
  eg::Parameter<float> w;
  eg::Parameter<float> b;
};

Layer layer_of(eg::Parameter<float> (*parameter)(const char*, const eg::Tensor<float>&)) {
  Layer layer;
  layer.w = parameter("w", eg::tensor<float>({{0.5F, -0.25F}, {0.125F, 1}, {-0.5F, 0.75F}}));
  layer.b = parameter("b", eg::tensor<float>({0.25F, -0.5F}));
  return layer;
}

eg::Parameter<float> parameter_here(const char* name, const eg::Tensor<float>& value) {
  return eg::Parameter<float>(name, value);
}

eg::Tensor<float> forward_here(const eg::Tensor<float>& x, const eg::Parameter<float>& w,
                               const eg::Parameter<float>& b) {
  return eg::tanh(eg::linear<float>(x, w, b));
}

/// What all must give: everything in the program itself.
Layer expected() {
  Layer layer = layer_of(parameter_here);
  eg::Tape tape;
  tape.backward(eg::sum(forward_here(layer.x, layer.w, layer.b) * eg::scalar(2.0F)));
  return layer;
}

void expect_gradients(const Layer& layer, const char* what) {
  const Layer right = expected();
  // One compiler, one set of flags: the same bits.
  expect(layer.w.has_gradient() && eg::equal(layer.w.gradient(), right.w.gradient()) &&
             layer.b.has_gradient() && eg::equal(layer.b.gradient(), right.b.gradient()),
         what);
}

void check_tapes(const Library& library) {
  for (auto* const parameter : {library.parameter, parameter_here}) {
    const Layer layer = layer_of(parameter);
    eg::Tape tape;
    const eg::Tensor<float> y = library.forward(layer.x, layer.w, layer.b);
    expect(tape.size() == 2, "tape here, ops there: an op is lost");
    tape.backward(eg::sum(y * eg::scalar(2.0F)));
    expect(tape.size() == 4, "tape here, ops on both sides: an op is lost");
    expect_gradients(layer, "tape here, ops there: wrong gradients");
  }
  for (auto* const parameter : {library.parameter, parameter_here}) {
    const Layer layer = layer_of(parameter);
    const auto record = [](const void* argument) {
      const auto& from = *static_cast<const Layer*>(argument);
      return eg::sum(forward_here(from.x, from.w, from.b) * eg::scalar(2.0F));
    };
    expect(library.with_tape(record, &layer) == 4, "tape there, ops here: an op is lost");
    expect_gradients(layer, "tape there, ops here: wrong gradients");
  }
  {
    // A tape of the library inside one of the program: both record.
    const Layer layer = layer_of(parameter_here);
    eg::Tape tape;
    const auto record = [](const void* argument) {
      const auto& from = *static_cast<const Layer*>(argument);
      return eg::sum(from.w);
    };
    expect(library.with_tape(record, &layer) == 1 && tape.size() == 1,
           "nested tapes on both sides: an op is lost");
  }
  {
    const Layer layer = layer_of(library.parameter);
    eg::Tape tape;
    static_cast<void>(library.without_grad(layer.w));
    expect(tape.size() == 0, "NoGrad there: an op is recorded here");
    const eg::NoGrad no_grad;
    static_cast<void>(library.forward(layer.x, layer.w, layer.b));
    expect(tape.size() == 0, "NoGrad here: an op is recorded there");
  }
  {
    // The tape is told when a parameter goes away, wherever it was made.
    eg::Tape tape;
    Layer layer = layer_of(library.parameter);
    const eg::Tensor<float> loss = eg::sum(library.forward(layer.x, layer.w, layer.b));
    layer = {};
    std::string text;
    try {
      tape.backward(loss);
    } catch (const eg::TapeError& error) {
      text = error.what();
    }
    expect(text.find("was destroyed before the tape") != std::string::npos,
           "a parameter of the library is gone, and the tape does not know");
  }
}

template <class E>
bool caught_as(const Library& library, Kind kind) {
  try {
    library.throw_error(kind);
  } catch (const E& error) {
    return error.op() == "library";
  } catch (...) {
  }
  return false;
}

void check_exceptions(const Library& library) {
  expect(caught_as<eg::ShapeError>(library, Kind::shape), "ShapeError is not caught by its type");
  expect(caught_as<eg::IndexError>(library, Kind::index), "IndexError is not caught by its type");
  expect(caught_as<eg::ValueError>(library, Kind::value), "ValueError is not caught by its type");
  expect(caught_as<eg::TapeError>(library, Kind::tape), "TapeError is not caught by its type");
  expect(caught_as<eg::FileError>(library, Kind::file), "FileError is not caught by its type");
  expect(caught_as<eg::Error>(library, Kind::shape), "ShapeError is not caught by its base");
  expect(!caught_as<eg::IndexError>(library, Kind::shape), "ShapeError is caught as IndexError");
  const auto thrower = [] {
    throw eg::ShapeError("here", "shapes", eg::Shape{2, 3}, eg::Shape{4, 5});
  };
  expect(library.catches_shape_error(thrower), "ShapeError of the program is lost in the library");
  const Layer layer = layer_of(parameter_here);
  const eg::Tensor<float> narrow = eg::zeros<float>({2, 2});
  try {
    static_cast<void>(library.forward(narrow, layer.w, layer.b));
    expect(false, "the library accepts a wrong shape");
  } catch (const eg::ShapeError& error) {
    expect(error.lhs() == eg::Shape{2, 2}, "ShapeError of an op has lost its facts");
  }
}

void check_pool_and_threads(const Library& library) {
  expect(library.addresses() == state_addresses_here(), "program and library have their own state");
  constexpr eg::Index size = 12345;
  eg::Tensor<float> x = library.make(size);
  const float* const memory = x.data();
  x = {};
  expect(library.cached() == eg::cached_memory_bytes() && library.cached() > 0,
         "program and library have their own pool");
  x = eg::zeros<float>({size});
  expect(x.data() == memory, "freed here, made there: not used again");
  library.drop(std::move(x));
  expect(eg::zeros<float>({size}).data() == memory, "freed there, made here: not used again");

  const int before = eg::detail::requested_threads.load();
  library.set_threads(3);
  expect(eg::detail::requested_threads.load() == 3, "set_num_threads there is not heard here");
  eg::detail::requested_threads.store(before);
}

}  // namespace

int check_library(const Library& library) {
  check_tapes(library);
  check_exceptions(library);
  check_pool_and_threads(library);
  std::printf("%d findings\n", findings);
  return findings;
}

}  // namespace programs
