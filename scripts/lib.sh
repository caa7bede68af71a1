# shellcheck shell=bash
# Shared by scripts/train, scripts/test, scripts/docs, scripts/bench and .ci/run: finds what a build
# needs, installs what is missing where apt is at hand, configures and builds quietly. Sourced, never
# run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
program=${0##*/}

say() { printf '%s: %s\n' "$program" "$*" >&2; }
stop() { say "$*"; exit 1; }
# A line for somebody who waits; nothing when nobody watches.
note() { if [ -t 2 ]; then say "$*"; fi; }

# quietly LOG COMMAND...: the command's output goes to LOG, and to the user only when it fails.
quietly() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    say "failed ($status): $*"
    say "the log is $log"
  fi
  return "$status"
}

# have_file PATTERN...: one of the patterns names a file.
have_file() {
  local pattern
  for pattern in "$@"; do
    if compgen -G "$pattern" >/dev/null; then return 0; fi
  done
  return 1
}

# have_package NAME: NAMEConfig.cmake lies where find_package looks.
have_package() {
  local name=$1 prefix prefixes
  IFS=':;' read -r -a prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in "${prefixes[@]}" /usr /usr/local /opt/homebrew /opt/local; do
    have_file "$prefix"/{lib,lib64,lib/*,share,share/*}/cmake/"$name"*/"$name"Config.cmake \
      "$prefix"/{share,lib,lib64}/{"${name,,}","${name,,}"/cmake,cmake}/"$name"Config.cmake \
      "$prefix"/{share,lib,lib64}/cmake/"${name,,}"*/"$name"Config.cmake && return 0
  done
  return 1
}

# compiler_is_new_enough COMMAND: GCC >= 12 or clang >= 14.
compiler_is_new_enough() {
  local macros clang gcc
  macros=$("$1" -x c++ -std=c++20 -dM -E - </dev/null 2>/dev/null) || return 1
  clang=$(sed -n 's/^#define __clang_major__ //p' <<<"$macros")
  gcc=$(sed -n 's/^#define __GNUC__ //p' <<<"$macros")  # clang says 4 here
  [ "${clang:-0}" -ge 14 ] || { [ -z "$clang" ] && [ "${gcc:-0}" -ge 12 ]; }
}

# find_compiler: sets compiler to the first one that will do; CXX decides alone when it is set.
find_compiler() {
  local candidate
  for candidate in ${CXX:-c++ g++ g++-14 g++-13 g++-12 clang++ clang++-18 clang++-16 clang++-14}; do
    if command -v "$candidate" >/dev/null && compiler_is_new_enough "$candidate"; then
      compiler=$candidate
      return 0
    fi
  done
  return 1
}

cmake_is_new_enough() {
  local version
  version=$(cmake --version 2>/dev/null | sed -n '1s/^cmake version //p')
  [ -n "$version" ] && [ "$(printf '3.20\n%s\n' "$version" | sort -V | head -n 1)" = 3.20 ]
}

venv_is_new_enough() {
  python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# have_library NAME: the linker finds it where it looks by itself, or on macOS in Homebrew's folders.
have_library() {
  have_file /{usr,usr/local,opt/homebrew}/{lib,lib64,lib/*,opt/"$1"/lib}/lib"$1".{so,dylib,a}
}

# have_header PATH: the compiler finds it where it looks by itself, or in Homebrew's folders.
have_header() { have_file /{usr,usr/local,opt/homebrew}/include/"$1"; }

# find_missing NEED...: fills missing (in words) and missing_packages (Debian's names).
find_missing() {
  local need
  missing=()
  missing_packages=()
  for need in "$@"; do
    case $need in
      compiler) find_compiler || lack 'a C++20 compiler (GCC >= 12 or clang >= 14)' g++ ;;
      cmake) cmake_is_new_enough || lack 'CMake >= 3.20' cmake ;;
      make) command -v make >/dev/null || lack 'make' make ;;
      eigen) have_package Eigen3 || lack 'Eigen >= 3.4' libeigen3-dev ;;
      cli11) have_package CLI11 || lack 'CLI11 >= 2' libcli11-dev ;;
      catch2) have_package Catch2 || lack 'Catch2 >= 2.13' catch2 ;;
      json) have_header nlohmann/json.hpp || lack 'nlohmann-json' nlohmann-json3-dev ;;
      zlib) have_header zlib.h || lack 'zlib' zlib1g-dev ;;
      doxygen) command -v doxygen >/dev/null || lack 'Doxygen' doxygen ;;
      python) command -v python3 >/dev/null || lack 'Python 3' python3 ;;
      venv) venv_is_new_enough || lack 'Python >= 3.10 with venv' python3-venv ;;
      benchmark) have_package benchmark || lack 'Google Benchmark' libbenchmark-dev ;;
      openblas) have_library openblas || lack 'OpenBLAS' libopenblas-dev ;;
      onednn) have_library dnnl || lack 'oneDNN' libdnnl-dev ;;
      dlib) have_package dlib || lack 'dlib' libdlib-dev ;;
      libtorch) have_package Torch || lack 'libtorch' libtorch-dev ;;
      *) stop "internal: unknown need '$need'" ;;
    esac
  done
}
lack() {
  missing+=("$1")
  missing_packages+=("$2")
}

joined() {
  local text
  printf -v text '%s, ' "$@"
  echo "${text%, }"
}

# as_root COMMAND...: runs it as root, or fails when there is no way to.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo "$@"
  else
    return 1
  fi
}

# apt_install PACKAGE...: installs them, refreshing apt's lists once per run.
apt_install() {
  local log=$root/build/logs
  command -v apt-get >/dev/null || return 1
  as_root true || return 1
  note "installing $*"
  if [ -z "${apt_lists_are_fresh:-}" ]; then
    quietly "$log/apt-update.log" as_root apt-get update || return 1
    apt_lists_are_fresh=1
  fi
  quietly "$log/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "$@"
}

# require NEED...: all of them are there when it returns.
require() {
  find_missing "$@"
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  local wanted=("${missing[@]}") packages=("${missing_packages[@]}")
  if apt_install "${packages[@]}"; then
    find_missing "$@"
    # Ubuntu 22.04's g++ is version 11; 12 has a package of its own.
    if [ "${#missing[@]}" -eq 1 ] && [ "${missing_packages[0]}" = g++ ] && [ -z "${CXX:-}" ]; then
      apt_install g++-12 || true
      find_missing "$@"
    fi
    wanted=("${missing[@]}")
    packages=("${missing_packages[@]}")
  fi
  if [ "${#wanted[@]}" -gt 0 ]; then
    say "missing: $(joined "${wanted[@]}")"
    stop "install them and run again (Debian, Ubuntu: apt-get install ${packages[*]})"
  fi
}

# want NEED...: installs those that are missing where it can, and goes on without the others.
want() {
  local need
  for need in "$@"; do
    find_missing "$need"
    if [ "${#missing[@]}" -eq 0 ]; then continue; fi
    if ! apt_install "${missing_packages[@]}"; then
      say "goes on without ${missing[0]} (Debian, Ubuntu: apt-get install ${missing_packages[0]})"
    fi
  done
}

# jobs: one compiler per core, each with 1.5 GB of the memory that is free.
jobs() {
  local cores memory
  cores=$(nproc 2>/dev/null || echo 1)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo 2>/dev/null)
  memory=${memory:-$cores}
  if [ "$memory" -lt 1 ]; then memory=1; fi
  echo $((cores < memory ? cores : memory))
}

# cached PRESET NAME: the value of NAME in the cache of the preset; nothing where it is not configured.
cached() { sed -n "s/^$2:[A-Z]*=//p" "$root/build/$1/CMakeCache.txt" 2>/dev/null || true; }

# configure PRESET [-D...]: once; again when the tree was moved or an argument is new to the cache.
configure() {
  local preset=$1 folder=$root/build/$1 argument name
  shift
  if [ "$(cached "$preset" CMAKE_HOME_DIRECTORY)" != "$root" ]; then rm -rf "$folder"; fi
  if [ -f "$folder/Makefile" ]; then
    local known=1
    for argument in "$@"; do
      name=${argument#-D}
      if [ "$(cached "$preset" "${name%%=*}")" != "${name#*=}" ]; then known=; fi
    done
    if [ -n "$known" ]; then return 0; fi
  elif [ -n "${compiler:-}" ]; then
    set -- "-DCMAKE_CXX_COMPILER=$compiler" "$@"
  fi
  (cd "$root" && quietly "build/logs/$preset-configure.log" cmake --preset "$preset" "$@")
}

# build PRESET [--target T]
build() {
  local preset=$1
  shift
  note "building (a few minutes the first time)"
  quietly "$root/build/logs/$preset-build.log" \
    cmake --build "$root/build/$preset" --parallel "$(jobs)" "$@"
}

# run_tests PRESET [CTEST ARGUMENTS]: ctest's closing lines when all is well, all its lines when not
# or when somebody watches or asks for something in particular.
run_tests() {
  local preset=$1 log=$root/build/logs/$1-ctest.log status=0
  shift
  local command=(ctest --test-dir "$root/build/$preset" --output-on-failure --no-label-summary
    --no-tests=error --parallel "$(jobs)")
  if [ "$#" -gt 0 ]; then
    "${command[@]}" "$@"
  elif [ -t 1 ]; then
    "${command[@]}" --progress
  else
    "${command[@]}" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 0 ]; then
      sed -n '/% tests passed/,$p' "$log"
    else
      cat "$log"
    fi
  fi
  return "$status"
}
