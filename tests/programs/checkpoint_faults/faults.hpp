#pragma once
// Faults of the system calls that write a file, and of the heap: which operation, counted from
// arm(), goes wrong, and how.

#include <string>
#include <vector>

namespace faults {

enum class Mode {
  none,
  fail,         // with an error number, once
  fail_on,      // and every operation after it, as when the disk is gone
  half,         // a write of half the bytes, which is no error
  half_fail,    // the same, and the next write fails
  kill_before,  // the process is killed instead of it,
  kill_after,   // after it,
  kill_within,  // or in the midst of a write
};

struct Fault {
  Mode mode = Mode::none;
  bool heap = false;  // of an allocation, not of a system call
  int at = -1;        // which one, from 0
  int error = 0;      // errno
};

/// From here on operations are counted, and the fault happens.
void arm(const Fault& what);
/// No more faults; gives the names of the system calls since arm().
std::vector<std::string> disarm();
/// Allocations between the last arm() and disarm().
int allocations();

}  // namespace faults
