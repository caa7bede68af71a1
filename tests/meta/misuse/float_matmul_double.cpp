// A product of tensors of different element types.
// says: tensors of different element types: cast<T>() one first

#include <eigengrad/eigengrad.hpp>

namespace eg = eigengrad;

int main() {
  const auto x = eg::ones<float>({2, 2});
  const auto y = eg::ones<double>({2, 2});
  return eg::matmul(x, y).rank();
}
