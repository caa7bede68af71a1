#pragma once
// What create_graph does with a recomputed segment: it is run again and what it records stays, for
// the gradients of gradients lead through it. In forward mode a segment leaves no record.

#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/ops/transforms/graph.hpp>
#include <eigengrad/ops/transforms/rule.hpp>
#include <eigengrad/tape/rerun.hpp>

namespace eigengrad::detail {

inline void rerun_segment_recorded(GraphPass& pass, Record& record) {
  Rerun rerun(pass, record, false);
  try {
    rerun.seed();
    rerun.drop_results();
    run_graph_records(pass, rerun.begin(), rerun.end());
  } catch (...) {
    SegmentAccess::drop_gradients(pass.tape());
    throw;
  }
}

template <class T>
struct RuleRegistration<Recompute, T> {
  static const bool done;
  using Now = Instantiates<&done>;
};
template <class T>
const bool RuleRegistration<Recompute, T>::done =
    (op_rules<Recompute, T> = {&rerun_segment_recorded, nullptr, false}, true);

}  // namespace eigengrad::detail
