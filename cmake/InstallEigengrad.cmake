# Installs headers and package files; nothing in them depends on the machine.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(eigengrad_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/eigengrad)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/eigengradConfig.cmake.in
  ${PROJECT_BINARY_DIR}/eigengradConfig.cmake
  INSTALL_DESTINATION ${eigengrad_package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/eigengradConfigVersion.cmake
  COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/eigengrad
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS eigengrad EXPORT eigengradTargets)
install(EXPORT eigengradTargets NAMESPACE eigengrad:: DESTINATION ${eigengrad_package_dir})
install(FILES
  ${PROJECT_BINARY_DIR}/eigengradConfig.cmake
  ${PROJECT_BINARY_DIR}/eigengradConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindEigenForEigengrad.cmake
  DESTINATION ${eigengrad_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
