# eigengrad_own_flags: the flags of our own tests, examples and benchmarks. Users never see them.

option(EIGENGRAD_WERROR "Warnings are errors" OFF)
option(EIGENGRAD_NATIVE "Compile for this machine's instruction set" OFF)
option(EIGENGRAD_OPENMP "Compile with OpenMP where the compiler has it" ON)
option(EIGENGRAD_COVERAGE "Count executed lines, for gcovr" OFF)
set(EIGENGRAD_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

add_library(eigengrad_own_flags INTERFACE)
target_compile_options(eigengrad_own_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  -fno-math-errno)  # lets loops over sqrt vectorise
# GCC 12 and 13 see overlap in every inlined `"text" + std::string` (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  target_compile_options(eigengrad_own_flags INTERFACE -Wno-restrict)
endif()
# GCC's manual warns of it: a sanitizer's checks hide from this warning that a variable is set. And
# GCC 12 finds the undefined vectors of its own <avx512fintrin.h> (GCC bug 105593), which Eigen uses.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND
   (EIGENGRAD_SANITIZE OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13))
  target_compile_options(eigengrad_own_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(EIGENGRAD_WERROR)
  target_compile_options(eigengrad_own_flags INTERFACE -Werror)
endif()

string(TOUPPER "${CMAKE_BUILD_TYPE}" eigengrad_configuration)
if(EIGENGRAD_NATIVE)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-march=native EIGENGRAD_HAS_MARCH_NATIVE)
  if(EIGENGRAD_HAS_MARCH_NATIVE)
    target_compile_options(eigengrad_own_flags INTERFACE -march=native)
    # GCC tunes for the newest processor it knows, which on a newer one costs Eigen's product 25 %.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      check_cxx_compiler_flag("-march=native -mtune=generic" EIGENGRAD_HAS_MTUNE_GENERIC)
      if(EIGENGRAD_HAS_MTUNE_GENERIC)
        target_compile_options(eigengrad_own_flags INTERFACE -mtune=generic)
      endif()
    endif()
  endif()
elseif(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${eigengrad_configuration}}" MATCHES
       "-m(arch|cpu)=|-mavx|-mfma|-msse4")
  message(STATUS "eigengrad: compiling for the compiler's oldest processor. For this machine's "
                 "instruction set add -DEIGENGRAD_NATIVE=ON (-march=native)")
endif()

if(EIGENGRAD_OPENMP)
  find_package(OpenMP COMPONENTS CXX QUIET)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(eigengrad_own_flags INTERFACE OpenMP::OpenMP_CXX)
  endif()
endif()
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
target_link_libraries(eigengrad_own_flags INTERFACE Threads::Threads)

if(EIGENGRAD_SANITIZE)
  target_compile_options(eigengrad_own_flags INTERFACE
    -fsanitize=${EIGENGRAD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(eigengrad_own_flags INTERFACE -fsanitize=${EIGENGRAD_SANITIZE})
endif()
if(EIGENGRAD_COVERAGE)
  target_compile_options(eigengrad_own_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(eigengrad_own_flags INTERFACE --coverage)
endif()

# eigengrad_own_backend: eigengrad::blas with EIGENGRAD_BLAS, eigengrad::onednn with EIGENGRAD_ONEDNN,
# else nothing. Not among our flags, for some units link to those without the library.
add_library(eigengrad_own_backend INTERFACE)
target_link_libraries(eigengrad_own_backend INTERFACE
  $<TARGET_NAME_IF_EXISTS:eigengrad::blas> $<TARGET_NAME_IF_EXISTS:eigengrad::onednn>)

# eigengrad_executable(NAME SOURCES...): a program of ours, with the library and our flags.
function(eigengrad_executable name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE
    eigengrad::eigengrad eigengrad_own_flags eigengrad_own_backend)
endfunction()
