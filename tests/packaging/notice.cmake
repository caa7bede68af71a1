# Configures the library by itself: one line says when no flag asks for an instruction set, and only
# then. Nothing is compiled.
# Defined by the caller: SOURCE_DIR, WORK_DIR, COMPILER, EIGEN_DIR.

cmake_minimum_required(VERSION 3.17)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

# check_notice(COUNT OPTIONS...): a fresh configuration prints the notice COUNT times.
function(check_notice expected_count)
  file(REMOVE_RECURSE ${WORK_DIR})
  step(${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR} -DCMAKE_CXX_COMPILER=${COMPILER}
       -DEigen3_DIR=${EIGEN_DIR} -DEIGENGRAD_TESTS=OFF -DEIGENGRAD_EXAMPLES=OFF
       -DEIGENGRAD_BENCHMARKS=OFF ${ARGN})
  string(REGEX MATCHALL "[^\n]*oldest processor[^\n]*EIGENGRAD_NATIVE=ON[^\n]*-march=native"
         lines "${step_output}")
  list(LENGTH lines count)
  expect("the number of notices with '${ARGN}'" ${count} ${expected_count})
endfunction()

set(ENV{CXXFLAGS} "")
check_notice(1)
check_notice(0 -DEIGENGRAD_NATIVE=ON)
check_notice(0 -DCMAKE_CXX_FLAGS=-march=native)
check_notice(0 -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O2\ -mavx2)
