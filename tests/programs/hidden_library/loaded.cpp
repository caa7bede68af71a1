// The program that loads the library, whose path is its argument, while it runs.

#include "checks.hpp"

#include <cstdio>
#include <dlfcn.h>

int main(int count, char** arguments) {
  void* const handle = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (handle == nullptr) {
    std::printf("cannot load the library: %s\n", count == 2 ? dlerror() : "no path given");
    return 1;
  }
  using Entry = const programs::Library*();
  auto* const entry = reinterpret_cast<Entry*>(dlsym(handle, "hidden_library"));
  return entry != nullptr && programs::check_library(*entry()) == 0 ? 0 : 1;
}
