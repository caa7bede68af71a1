# Builds, runs and installs the consumer in consumer/ against the library found by way of WAY.
# Defined by the caller: WAY, SOURCE_DIR, BINARY_DIR, WORK_DIR, COMPILER, EIGEN_DIR.

cmake_minimum_required(VERSION 3.17)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

set(consumer ${CMAKE_CURRENT_LIST_DIR}/consumer)
file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR})
set(common
  -S ${consumer} -DWAY=${WAY} -DEIGENGRAD_ROOT_DIR=${SOURCE_DIR} -DEigen3_DIR=${EIGEN_DIR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)

if(WAY STREQUAL "find_package")
  # Installed, then moved: nothing in the package may remember where it was.
  step(${CMAKE_COMMAND} --install ${BINARY_DIR} --prefix ${WORK_DIR}/installed)
  file(RENAME ${WORK_DIR}/installed ${WORK_DIR}/moved)
  list(APPEND common -DCMAKE_PREFIX_PATH=${WORK_DIR}/moved)

  file(GLOB package_files ${WORK_DIR}/moved/share/cmake/eigengrad/*.cmake)
  list(LENGTH package_files count)
  expect("the number of package files" ${count} 5)
  foreach(file IN LISTS package_files)
    file(READ ${file} text)
    foreach(folder ${SOURCE_DIR} ${BINARY_DIR} ${EIGEN_DIR})
      string(FIND "${text}" "${folder}" position)
      expect("the position of ${folder} in ${file}" ${position} -1)
    endforeach()
  endforeach()

  # Every header is installed, and nothing else beside them.
  file(GLOB_RECURSE here RELATIVE ${SOURCE_DIR}/include ${SOURCE_DIR}/include/eigengrad/*.hpp)
  file(GLOB_RECURSE there RELATIVE ${WORK_DIR}/moved/include ${WORK_DIR}/moved/include/*)
  expect("the list of installed headers" "${there}" "${here}")

  failing_step("requested version \"99\"" ${CMAKE_COMMAND} ${common} -B ${WORK_DIR}/newer
               -DREQUESTED_VERSION=99)
endif()

# The consumer's own choices: no build type, no flags, its default standard.
step(${CMAKE_COMMAND} ${common} -B ${WORK_DIR}/build)
step(${CMAKE_COMMAND} --build ${WORK_DIR}/build --parallel 2)
step(${WORK_DIR}/build/consumer)
string(STRIP "${step_output}" step_output)
expect("the consumer's output" "${step_output}" "consumer: ok")

# eigengrad_compiled, which is not built, has flags of its own.
file(STRINGS ${WORK_DIR}/build/compile_commands.json commands REGEX "\"command\".*consumer\\.dir")
if(NOT commands)
  message(FATAL_ERROR "no command compiles the consumer")
endif()
if(commands MATCHES " (-O|-march|-mtune|-fopenmp|-W|-DE|-f)[^ ]*")
  message(FATAL_ERROR "the consumer is compiled with ${CMAKE_MATCH_0}, which it did not ask for")
endif()

# Its installation and its tests are its own.
step(${CMAKE_COMMAND} --install ${WORK_DIR}/build --prefix ${WORK_DIR}/consumer_installed)
file(GLOB_RECURSE installed RELATIVE ${WORK_DIR}/consumer_installed ${WORK_DIR}/consumer_installed/*)
expect("what the consumer installs" "${installed}" "bin/consumer")
step(${CMAKE_CTEST_COMMAND} --test-dir ${WORK_DIR}/build -N)
if(NOT step_output MATCHES "Total Tests: 1\n")
  message(FATAL_ERROR "the consumer declares one test, ctest lists:\n${step_output}")
endif()

# A later standard of the consumer stays.
step(${CMAKE_COMMAND} ${common} -B ${WORK_DIR}/later -DCMAKE_CXX_STANDARD=23)
file(READ ${WORK_DIR}/later/compile_commands.json commands)
if(NOT commands MATCHES "-std=(gnu|c)\\+\\+(23|2b)")
  message(FATAL_ERROR "the consumer asked for C++23 and got:\n${commands}")
endif()
