#pragma once
// pull_back: one backward pass from several outputs with their cotangents, recorded on the tapes
// around where these must know of it.

#include <eigengrad/ops/transforms/graph.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tape/recording.hpp>

#include <algorithm>
#include <span>
#include <string_view>

namespace eigengrad::detail {

/// An output that was recorded, and its cotangent, both borrowed.
struct Seed {
  std::uint32_t record;
  TensorBody* cotangent;
  TensorBody* output;
};

/// Fills the sink from all outputs. Returns whether the pass was recorded on a tape around `tape`:
/// when that knows an output or a cotangent. Cotangents and gradients have `lead` in front.
/// Throws: TapeError as Tape::backward
inline bool pull_back(Tape& tape, std::string_view op, GradientSink& sink,
                      std::span<const Seed> seeds, bool retain_records, const Lead& lead = {}) {
  std::uint32_t root = 0;
  bool recorded = false;
  for (const Seed& seed : seeds) {
    root = std::max(root, seed.record);
    recorded = recorded || must_record_pass(tape, op, *seed.output) ||
               must_record_pass(tape, op, *seed.cotangent);
  }
  if (seeds.empty()) {
    return false;
  }
  PassAccess::check_ready(tape, op, root);
  GraphPass pass(tape, &sink);
  const auto place = [&]<class T>(const Seed& seed, T /*element*/) {
    const Operand output{nullptr, seed.record};
    if (pass.wants(output)) {
      retain(seed.cotangent);
      Tensor<T> cotangent(seed.cotangent);
      recorded ? pass.add(output, std::move(cotangent))
               : pass.BackwardPass::add(output, std::move(cotangent));
    }
  };
  const auto place_all = [&] {
    for (const Seed& seed : seeds) {
      seed.output->dtype == DType::float32 ? place(seed, 0.F) : place(seed, 0.0);
    }
  };
  if (recorded) {
    const RecordingAccess::SetAside aside(tape);
    place_all();
    run_graph_pass(tape, &sink, root, lead);
  } else if (lead.axes() > 0) {
    const NoGrad no_grad;
    place_all();
    run_graph_pass(tape, &sink, root, lead);
  } else {
    place_all();
    PassAccess::run(tape, pass, root, {.retain = retain_records});
  }
  return recorded;
}

}  // namespace eigengrad::detail
