// The definition that eigengrad/testing/heap_counter.hpp asks for once per program. In a static
// library, so that only the test programs that call heap_calls() replace the allocator.

#include <eigengrad/testing/heap_counter.hpp>

EIGENGRAD_COUNT_HEAP_CALLS;
