#pragma once
// What a shared library that hides its symbols offers to the programs of this folder: functions
// that record, throw, allocate and set state there.

#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <vector>

namespace programs {

namespace eg = eigengrad;

/// Addresses of the state that a program must have once.
struct StateAddresses {
  const void* pool;
  const void* pool_threads;
  const void* tape_thread;
  const void* tape_threads;
  const void* requested_threads;
  bool operator==(const StateAddresses&) const = default;
};

enum class Kind { shape, index, value, tape, file };

struct Library {
  StateAddresses (*addresses)();
  eg::Parameter<float> (*parameter)(const char* name, const eg::Tensor<float>& value);
  /// tanh(x w + b): two records.
  eg::Tensor<float> (*forward)(const eg::Tensor<float>& x, const eg::Parameter<float>& w,
                               const eg::Parameter<float>& b);
  /// Opens a tape there, calls `record`, runs the result backwards; returns tape.size().
  eg::Index (*with_tape)(eg::Tensor<float> (*record)(const void*), const void* argument);
  /// exp(x), recorded, under a NoGrad scope of the library.
  eg::Tensor<float> (*without_grad)(const eg::Tensor<float>& x);
  void (*throw_error)(Kind kind);
  /// Whether what `thrower` throws is caught there as a ShapeError of (2, 3) and (4, 5).
  bool (*catches_shape_error)(void (*thrower)());
  eg::Tensor<float> (*make)(eg::Index size);
  void (*drop)(eg::Tensor<float> x);
  eg::Index (*cached)();
  void (*set_threads)(int threads);
};

}  // namespace programs

/// The entry of the library, by a name that dlsym finds.
extern "C" __attribute__((visibility("default"))) const programs::Library* hidden_library();
