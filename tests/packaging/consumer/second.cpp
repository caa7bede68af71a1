#include <eigengrad/eigengrad.hpp>

eigengrad::Shape broadcast_in_second_unit();

eigengrad::Shape broadcast_in_second_unit() {
  return eigengrad::broadcast_shapes("consumer", {4, 1}, {3});
}
