#pragma once
// The checks that every program of this folder makes of the library, however it came by it.

#include "library.hpp"

namespace programs {

/// Prints one line per finding and a last line; returns their number.
int check_library(const Library& library);

}  // namespace programs
