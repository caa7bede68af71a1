#include "faults.hpp"

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <new>
#include <sys/types.h>
#include <unistd.h>

extern "C" {
int __real_open(const char* path, int flags, mode_t mode);
ssize_t __real_pwrite(int file, const void* from, std::size_t bytes, off_t at);
int __real_fsync(int file);
int __real_close(int file);
int __real_rename(const char* from, const char* to);
int __real_unlink(const char* path);
}

namespace faults {

namespace {

bool armed = false;
Fault fault;
int calls = 0;
int news = 0;
const char* names[1000];

void kill_me() {
  ::raise(SIGKILL);
}

/// Counts a system call; whether it is the one that goes wrong, or one after it in a mode that
/// lasts.
bool counted(const char* name) {
  if (calls < 1000) {
    names[calls] = name;
  }
  const int now = calls++;
  return !fault.heap && (now == fault.at || (now > fault.at && fault.mode == Mode::fail_on) ||
                         (now == fault.at + 1 && fault.mode == Mode::half_fail));
}

/// The call, with the fault if it is its turn.
template <class Call>
auto faulty(const char* name, const Call& call) -> decltype(call()) {
  if (!armed || !counted(name)) {
    return call();
  }
  switch (fault.mode) {
    case Mode::fail:
    case Mode::fail_on:
    case Mode::half_fail:
      errno = fault.error;
      return -1;
    case Mode::kill_before:
      kill_me();
      break;
    case Mode::kill_after:
      static_cast<void>(call());
      kill_me();
      break;
    default:
      break;
  }
  return call();
}

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (armed && news++ == fault.at && fault.heap) {
    if (fault.mode == Mode::kill_before) {
      kill_me();
    }
    throw std::bad_alloc();
  }
  void* block = nullptr;
  if (::posix_memalign(&block, alignment < sizeof(void*) ? sizeof(void*) : alignment,
                       bytes == 0 ? 1 : bytes) != 0) {
    throw std::bad_alloc();
  }
  return block;
}

}  // namespace

void arm(const Fault& what) {
  fault = what;
  calls = 0;
  news = 0;
  armed = true;
}
std::vector<std::string> disarm() {
  armed = false;
  return {names, names + calls};
}
int allocations() {
  return news;
}

}  // namespace faults

using faults::faulty;
using faults::Mode;

extern "C" {

int __wrap_open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>((flags & O_CREAT) != 0 ? va_arg(more, int) : 0);
  va_end(more);
  return faulty("open", [&] { return __real_open(path, flags, mode); });
}
ssize_t __wrap_pwrite(int file, const void* from, std::size_t bytes, off_t at) {
  using namespace faults;
  const bool here = armed && !fault.heap && calls == fault.at;
  if (here && (fault.mode == Mode::half || fault.mode == Mode::half_fail ||
               fault.mode == Mode::kill_within)) {
    static_cast<void>(counted("pwrite"));
    const ssize_t written = __real_pwrite(file, from, bytes / 2 + (bytes == 1 ? 1 : 0), at);
    if (fault.mode == Mode::kill_within) {
      kill_me();
    }
    return written;
  }
  return faulty("pwrite", [&] { return __real_pwrite(file, from, bytes, at); });
}
int __wrap_fsync(int file) {
  return faulty("fsync", [&] { return __real_fsync(file); });
}
int __wrap_close(int file) {
  return faulty("close", [&] { return __real_close(file); });
}
int __wrap_rename(const char* from, const char* to) {
  return faulty("rename", [&] { return __real_rename(from, to); });
}
int __wrap_unlink(const char* path) {
  return faulty("unlink", [&] { return __real_unlink(path); });
}

}  // extern "C"

// The heap. The array and nothrow forms of the standard library call these.
void* operator new(std::size_t bytes) {
  return faults::allocate(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return faults::allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t /*bytes*/) noexcept {
  std::free(block);
}
void operator delete(void* block, std::align_val_t /*alignment*/) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  std::free(block);
}
