# Configures the consumer against a package file that says it is Eigen VERSION: 3.4.x and 5.x will
# do, older ones are refused in words. Nothing is compiled.
# Defined by the caller: VERSION, SOURCE_DIR, WORK_DIR, COMPILER.

cmake_minimum_required(VERSION 3.17)
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

file(REMOVE_RECURSE ${WORK_DIR})
file(WRITE ${WORK_DIR}/eigen/Eigen3Config.cmake "add_library(Eigen3::Eigen INTERFACE IMPORTED)\n")
# As Eigen's own version file: only the same major version is compatible.
string(REGEX MATCH "^[0-9]+" major ${VERSION})
file(WRITE ${WORK_DIR}/eigen/Eigen3ConfigVersion.cmake "set(PACKAGE_VERSION ${VERSION})
if(NOT PACKAGE_FIND_VERSION OR PACKAGE_FIND_VERSION_MAJOR EQUAL ${major})
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
")

set(configure
  ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK_DIR}/build
  -DWAY=add_subdirectory -DEIGENGRAD_ROOT_DIR=${SOURCE_DIR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DEigen3_DIR:PATH=${WORK_DIR}/eigen)
if(VERSION VERSION_LESS 3.4)
  failing_step("eigengrad: needs Eigen >= 3.4, found ${VERSION} in ${WORK_DIR}/eigen" ${configure})
else()
  step(${configure})
  # This one was taken, not another of the machine.
  file(STRINGS ${WORK_DIR}/build/CMakeCache.txt taken REGEX "^Eigen3_DIR:")
  expect("the Eigen found" "${taken}" "Eigen3_DIR:PATH=${WORK_DIR}/eigen")
endif()
