# The libraries that can compute our matrix products, for the build tree and for the installed
# package alike.
#
# eigengrad_find_backend(NAME): NAME is blas or onednn. Sets eigengrad_backend_problem (empty, or
# what is missing, in words), eigengrad_backend_include_dir and eigengrad_backend_libraries.
function(eigengrad_find_backend name)
  set(problem "")
  if(name STREQUAL "blas")
    # BLA_VENDOR chooses one: OpenBLAS, FLAME (which is BLIS), Intel10_64lp (MKL), ...
    find_path(CBLAS_INCLUDE_DIR NAMES cblas.h mkl_cblas.h PATH_SUFFIXES openblas blis mkl)
    find_package(BLAS QUIET)
    set(include_dir ${CBLAS_INCLUDE_DIR})
    set(libraries ${BLAS_LINKER_FLAGS} ${BLAS_LIBRARIES})
    if(CBLAS_INCLUDE_DIR AND BLAS_FOUND)
      # Some have the Fortran functions alone.
      include(CheckCXXSourceCompiles)
      set(CMAKE_REQUIRED_LIBRARIES ${libraries})
      set(CMAKE_REQUIRED_QUIET TRUE)
      check_cxx_source_compiles(
        "extern \"C\" void cblas_sgemm(); int main() { cblas_sgemm(); }" BLAS_HAS_CBLAS)
    endif()
    if(NOT CBLAS_INCLUDE_DIR OR NOT BLAS_FOUND OR NOT BLAS_HAS_CBLAS)
      set(problem "no BLAS with the functions and the header of CBLAS found; install one (Debian, Ubuntu: libopenblas-dev) or set BLA_VENDOR and CMAKE_PREFIX_PATH")
    endif()
    mark_as_advanced(CBLAS_INCLUDE_DIR)
  else()
    # oneDNN's own package file demands OpenCL even where the library was built without it.
    find_path(ONEDNN_INCLUDE_DIR dnnl.h)
    find_library(ONEDNN_LIBRARY dnnl)
    set(include_dir ${ONEDNN_INCLUDE_DIR})
    set(libraries ${ONEDNN_LIBRARY})
    if(NOT ONEDNN_INCLUDE_DIR OR NOT ONEDNN_LIBRARY)
      set(problem "oneDNN not found; install it (Debian, Ubuntu: libdnnl-dev) or set CMAKE_PREFIX_PATH")
    endif()
    mark_as_advanced(ONEDNN_INCLUDE_DIR ONEDNN_LIBRARY)
  endif()
  set(eigengrad_backend_problem "${problem}" PARENT_SCOPE)
  set(eigengrad_backend_include_dir "${include_dir}" PARENT_SCOPE)
  set(eigengrad_backend_libraries "${libraries}" PARENT_SCOPE)
endfunction()

# eigengrad_add_backend(NAME): the target eigengrad::NAME, which is eigengrad::eigengrad with the
# macro that chooses the library, and the library. Sets eigengrad_backend_problem.
function(eigengrad_add_backend name)
  eigengrad_find_backend(${name})
  set(eigengrad_backend_problem "${eigengrad_backend_problem}" PARENT_SCOPE)
  if(NOT eigengrad_backend_problem STREQUAL "" OR TARGET eigengrad::${name})
    return()
  endif()
  string(TOUPPER ${name} macro)
  add_library(eigengrad::${name} INTERFACE IMPORTED GLOBAL)
  set_target_properties(eigengrad::${name} PROPERTIES
    INTERFACE_COMPILE_DEFINITIONS EIGENGRAD_GEMM_${macro}
    INTERFACE_INCLUDE_DIRECTORIES "${eigengrad_backend_include_dir}"
    INTERFACE_LINK_LIBRARIES "eigengrad::eigengrad;${eigengrad_backend_libraries}")
endfunction()
