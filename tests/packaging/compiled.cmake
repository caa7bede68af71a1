# eigengrad::compiled: built and installed when asked for, linked by a program, and refused by the
# linker, in words, when the program is compiled for another instruction set.
# Defined by the caller: SOURCE_DIR, WORK_DIR, COMPILER, EIGEN_DIR, OTHER_FLAGS (an instruction set
# that is not the compiler's default; may be empty).

cmake_minimum_required(VERSION 3.17)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

file(REMOVE_RECURSE ${WORK_DIR})
set(ENV{CXXFLAGS} "")
set(common -DCMAKE_CXX_COMPILER=${COMPILER} -DEigen3_DIR=${EIGEN_DIR})
set(consumer -S ${CMAKE_CURRENT_LIST_DIR}/compiled ${common}
    -DCMAKE_PREFIX_PATH=${WORK_DIR}/moved -DWAY=find_package)

# Without optimisation, to be quick: what the linker sees is the same.
step(${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR}/library ${common} -DEIGENGRAD_COMPILED=ON
     -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DEIGENGRAD_TESTS=OFF
     -DEIGENGRAD_EXAMPLES=OFF -DEIGENGRAD_BENCHMARKS=OFF)
step(${CMAKE_COMMAND} --build ${WORK_DIR}/library)
step(${CMAKE_COMMAND} --install ${WORK_DIR}/library --prefix ${WORK_DIR}/installed)
file(RENAME ${WORK_DIR}/installed ${WORK_DIR}/moved)

step(${CMAKE_COMMAND} ${consumer} -B ${WORK_DIR}/build)
step(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
step(${WORK_DIR}/build/consumer)
string(STRIP "${step_output}" step_output)
expect("the consumer's output" "${step_output}" "consumer: ok")

# In a source tree the target is there as well, and is not built unless something links to it.
step(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/compiled -B ${WORK_DIR}/subdirectory ${common}
     -DWAY=add_subdirectory -DEIGENGRAD_ROOT_DIR=${SOURCE_DIR})

if(OTHER_FLAGS)
  step(${CMAKE_COMMAND} ${consumer} -B ${WORK_DIR}/other -DCMAKE_CXX_FLAGS=${OTHER_FLAGS})
  set(build ${CMAKE_COMMAND} --build ${WORK_DIR}/other)
  failing_step("eigengrad_compiled_was_built_for_avx2_serial" ${build})
  failing_step("eigengrad_compiled_needs_users_built_for_sse2_serial" ${build})
endif()
