// What a tape holds as a table, as a Graphviz graph and as a Mermaid flowchart.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tape/picture.hpp>
#include <eigengrad/tape/report.hpp>
#include <eigengrad/tape/scope.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

using namespace eigengrad;

TEST_CASE("memory report: records and saved bytes by op, each tensor once", "[tape][report]") {
  Parameter<float> w("w", full<float>({2, 3}, 1.F));
  Tape tape;
  const auto x = full<float>({2, 3}, 2.F);
  const auto a = x * w;       // saves x, 24 bytes, and w
  const auto b = exp(a) * x;  // saves exp(a), and x again
  const auto loss = sum(b);
  const MemoryReport report = memory_report(tape);
  CHECK(report.records == 4);
  CHECK(report.saved_bytes == 48);
  CHECK(report.parameter_bytes == 24);
  CHECK(to_string(report) ==
        "op     records  saved bytes\n"
        "exp          1           24\n"
        "mul          2           24\n"
        "sum          1            0\n"
        "total        4           48\n");
  tape.backward(loss);
  const MemoryReport after = memory_report(tape);
  CHECK(after.saved_bytes == 0);
  CHECK(after.parameter_bytes == 0);
  CHECK(after.ops[1].op == "mul");
  CHECK(after.ops[1].consumed == 2);
}

TEST_CASE("memory report: a recomputed segment saves its input alone", "[tape][report]") {
  Tape tape;
  const auto x = tape.watch(full<double>({4}, 2.0));
  const auto y = recompute([](const Tensor<double>& in) { return exp(exp(in * in)) * in; }, x);
  CHECK(to_string(memory_report(tape)) ==
        "op         records  saved bytes\n"
        "recompute        1           32\n"
        "watch            1            0\n"
        "total            2           32\n");
}

TEST_CASE("picture: ops, shapes, scopes, saved bytes and parameters", "[tape][picture]") {
  Parameter<float> w("a \"w\"", full<float>({3}, 1.F));
  Tape tape({.describe = true});
  const auto x = tape.watch(full<float>({2, 3}, 2.F));
  Tensor<float> y;
  {
    const Scope outer("model");
    const Scope inner("layer 0");
    y = exp(x * w);
  }
  const auto loss = sum(y);
  CHECK(to_dot(tape) ==
        "digraph tape {\n"
        "  node [shape=box];\n"
        "  r0 [label=\"0: watch\\n(2, 3)\"];\n"
        "  r1 [label=\"1: mul\\nin model/layer 0\\n(2, 3)\\nsaves (2, 3): 24 bytes\"];\n"
        "  p0 [label=\"parameter 'a \\\"w\\\"' (3,)\", shape=ellipse];\n"
        "  r2 [label=\"2: exp\\nin model/layer 0\\n(2, 3)\\nsaves (2, 3): 24 bytes\"];\n"
        "  r3 [label=\"3: sum\\n()\"];\n"
        "  r0 -> r1 [label=\"(2, 3)\"];\n"
        "  p0 -> r1 [label=\"(3,)\"];\n"
        "  r1 -> r2 [label=\"(2, 3)\"];\n"
        "  r2 -> r3 [label=\"(2, 3)\"];\n"
        "}\n");
  tape.backward(loss);
  CHECK(to_mermaid(tape) ==
        "flowchart TD\n"
        "  r0[\"0: watch<br/>(2, 3)\"]\n"
        "  r1[\"1: mul<br/>in model/layer 0<br/>(2, 3)<br/>consumed\"]\n"
        "  p0([\"parameter\"])\n"
        "  r2[\"2: exp<br/>in model/layer 0<br/>(2, 3)<br/>consumed\"]\n"
        "  r3[\"3: sum<br/>()<br/>consumed\"]\n"
        "  r0 -->|\"(2, 3)\"| r1\n"
        "  p0 -->|\"(3,)\"| r1\n"
        "  r1 -->|\"(2, 3)\"| r2\n"
        "  r2 -->|\"(2, 3)\"| r3\n");
}

TEST_CASE("picture: an ordinary tape knows no shapes of results", "[tape][picture]") {
  Tape tape;
  Tensor<float> y;
  {
    Parameter<float> gone("gone", full<float>({3}, 1.F));
    y = gone * 2.F;
  }
  CHECK(to_dot(tape) ==
        "digraph tape {\n"
        "  node [shape=box];\n"
        "  r0 [label=\"0: mul_scalar\"];\n"
        "  p0 [label=\"parameter\", shape=ellipse];\n"
        "  p0 -> r0;\n"
        "}\n");
  CHECK(to_mermaid(tape) ==
        "flowchart TD\n  r0[\"0: mul_scalar\"]\n  p0([\"parameter\"])\n  p0 --> r0\n");
  tape.clear();
  CHECK(to_dot(tape) == "digraph tape {\n  node [shape=box];\n}\n");
}
