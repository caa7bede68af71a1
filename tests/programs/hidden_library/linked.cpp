// The program that is linked with the library.

#include "checks.hpp"

int main() {
  return programs::check_library(*hidden_library()) == 0 ? 0 : 1;
}
