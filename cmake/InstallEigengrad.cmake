# Installs headers and package files; nothing in them depends on the machine.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(eigengrad_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/eigengrad)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/eigengradConfig.cmake.in
  ${PROJECT_BINARY_DIR}/eigengradConfig.cmake
  INSTALL_DESTINATION ${eigengrad_package_dir}
  NO_SET_AND_CHECK_MACRO)
set(eigengrad_architectures ARCH_INDEPENDENT)
set(eigengrad_targets eigengrad)
if(EIGENGRAD_COMPILED)
  set(eigengrad_architectures)
  list(APPEND eigengrad_targets eigengrad_compiled)
endif()
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/eigengradConfigVersion.cmake
  COMPATIBILITY SameMinorVersion
  ${eigengrad_architectures})

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/eigengrad
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS ${eigengrad_targets} EXPORT eigengradTargets)
install(EXPORT eigengradTargets NAMESPACE eigengrad:: DESTINATION ${eigengrad_package_dir})
install(FILES
  ${PROJECT_BINARY_DIR}/eigengradConfig.cmake
  ${PROJECT_BINARY_DIR}/eigengradConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindEigenForEigengrad.cmake
  ${CMAKE_CURRENT_LIST_DIR}/BackendsForEigengrad.cmake
  DESTINATION ${eigengrad_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
