# Finds Eigen >= 3.4 for the build tree and for the installed package alike.
# Sets eigengrad_eigen_problem: empty, or what is wrong, in words.
#
# The version is compared here and not by find_package(Eigen3 3.4), because Eigen's version file
# says that 5.x does not satisfy a request for 3.x.

set(eigengrad_eigen_problem "")
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 CONFIG QUIET)
  if(NOT Eigen3_FOUND)
    set(eigengrad_eigen_problem
        "Eigen >= 3.4 not found; install it (Debian, Ubuntu: libeigen3-dev) or set CMAKE_PREFIX_PATH")
  elseif(Eigen3_VERSION VERSION_LESS 3.4)
    set(eigengrad_eigen_problem "needs Eigen >= 3.4, found ${Eigen3_VERSION} in ${Eigen3_DIR}")
  endif()
endif()
