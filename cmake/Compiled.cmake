# eigengrad::compiled: the library's instantiations for float and double as a static library of one
# unit, so that programs compile faster. Built when a target links to it, or by EIGENGRAD_COMPILED.
# Its users need the flags that it was compiled with: another instruction set, or OpenMP in only one
# of the two, is an error of the linker that names both.

add_library(eigengrad_compiled STATIC EXCLUDE_FROM_ALL cmake/compiled.cpp)
add_library(eigengrad::compiled ALIAS eigengrad_compiled)
set_target_properties(eigengrad_compiled PROPERTIES
  EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON)
target_link_libraries(eigengrad_compiled PUBLIC eigengrad)
target_compile_definitions(eigengrad_compiled INTERFACE EIGENGRAD_COMPILED)
target_compile_options(eigengrad_compiled PRIVATE
  $<$<CONFIG:>:-O2>   # a build without a type, which programs may be, is no reason for slow kernels
  -fno-math-errno
  -ffunction-sections -fdata-sections)  # for programs that link with --gc-sections: a third of the size
# GCC's tuning for the newest processor that it knows costs on a newer one.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|aarch64")
  target_compile_options(eigengrad_compiled PRIVATE -mtune=generic)
endif()
