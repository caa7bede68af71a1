// The first of two units that include the umbrella: a function of the library that is neither a
// template nor inline fails to link here.

#include <eigengrad/eigengrad.hpp>

#include <cstdio>

eigengrad::Shape broadcast_in_second_unit();

int main() {
  const eigengrad::Shape here = eigengrad::broadcast_shapes("consumer", {4, 1}, {3});
  if (!(here == broadcast_in_second_unit()) || here.size() != 12) {
    std::puts("consumer: the units disagree");
    return 1;
  }
  std::puts("consumer: ok");
  return 0;
}
