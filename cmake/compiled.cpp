// The one unit of eigengrad::compiled: instantiates what compiled.hpp lists.

#define EIGENGRAD_COMPILED_SOURCE
#define EIGENGRAD_INSTANTIATE template

// The definitions first, which clang wants before their instantiations.
// clang-format off
#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/transforms.hpp>
#include <eigengrad/compiled.hpp>
// clang-format on

extern "C" {
constinit const char EIGENGRAD_COMPILED_LIBRARY = 0;
[[maybe_unused]] __attribute__((used)) static const char* const eigengrad_compiled_user =
    &EIGENGRAD_COMPILED_USER;
}
