// Catch2's main function, for versions 2 that do not ship it compiled. Compiled once per build.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
