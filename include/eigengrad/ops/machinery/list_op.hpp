#pragma once
// EIGENGRAD_LIST_OP: how an op enters the suite and docs/ops.md. Expands to nothing unless
// testing/op_suite.hpp was included before the ops; then it adds an entry. It never changes the
// body of anything else.

#ifndef EIGENGRAD_LIST_OP
#define EIGENGRAD_LIST_OP(Op) static_assert(true)
#endif
