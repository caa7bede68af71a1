// Prints docs/pytorch_samples.md from the table of calls and tests/reference/opinfo/samples.txt.
// With --check FILE it compares instead, and fails if FILE is not what it would print.
//
//   opinfo_markdown > docs/pytorch_samples.md

#include <eigengrad/testing/op_list.hpp>

#include <algorithm>
#include <cstdio>
#include <every_op_header.hpp>
#include <fstream>
#include <iterator>
#include <ops/opinfo_calls.hpp>
#include <ops/opinfo_samples.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view introduction =
    R"(# PyTorch's own samples

Written by `opinfo_markdown` (`tests/ops/opinfo_markdown.cpp`); do not edit. PyTorch tests its ops with sample inputs that
it keeps for each of them, its OpInfo records. `tests/reference/make_opinfo_values.py` runs those of every op that both
libraries have through PyTorch in float64 and stores values and gradients; `tests/ops/opinfo_test.cpp` asks eigengrad the
same. The gradients are those of the sum of the result, each element times a random weight.

*within* is what the test allows for values and gradients: a difference relative to max(1, |PyTorch's number|); *equal* is
the same number. *left* counts the samples that eigengrad was not asked for, with the reason.

)";

/// 1e-13 as it is written; 0 as "equal".
std::string bound_text(double bound) {
  if (bound == 0) {
    return "equal";
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.0e", bound);
  return text;
}

/// "21 samples", "1 sample".
std::string counted(eigengrad::Index n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

/// "3: a memory format; 1: more than 500 elements".
std::string left_text(const opinfo::Records& records, std::string_view op) {
  std::string text;
  for (const opinfo::Left& left : records.left) {
    if (left.op == op) {
      text += (text.empty() ? "" : "; ") + std::to_string(left.count) + ": " + left.reason;
    }
  }
  return text;
}

eigengrad::Index samples_of(const opinfo::Records& records, std::string_view op) {
  return std::count_if(records.samples.begin(), records.samples.end(),
                       [op](const opinfo::Sample& sample) { return sample.op == op; });
}

std::string row(const opinfo::Records& records, const opinfo::Call& call) {
  std::string ours;
  for (const std::string& name : opinfo::parts_of(call.ours, ',')) {
    ours += (ours.empty() ? "`" : ", `") + name.substr(name.find_first_not_of(' ')) + "`";
  }
  return "| `" + std::string(call.op) + "` | " + ours + " | " +
         std::to_string(samples_of(records, call.op)) + " | " + bound_text(call.bounds.value) +
         " | " + bound_text(call.bounds.gradient) + " | " + left_text(records, call.op) + " | " +
         std::string(call.note) + " |\n";
}

/// The ops of the list that no call records.
std::string without_samples() {
  std::string all;
  for (const opinfo::Call& call : opinfo::calls()) {
    all += ", " + std::string(call.ours);
  }
  all += ",";
  std::string text;
  for (const eigengrad::testing::OpEntry& op : eigengrad::testing::listed_ops()) {
    if (all.find(" " + std::string(op.name) + ",") == std::string::npos) {
      text += (text.empty() ? "`" : ", `") + std::string(op.name) + "`";
    }
  }
  return text;
}

std::string markdown(const opinfo::Records& records) {
  std::string text(introduction);
  for (const std::string& line : records.header) {
    if (line.starts_with("versions: ") || line.starts_with("records: ")) {
      text += "- " + line + "\n";
    }
  }
  eigengrad::Index left = 0;
  for (const opinfo::Left& entry : records.left) {
    left += entry.count;
  }
  text +=
      "- compared: " + counted(static_cast<eigengrad::Index>(records.samples.size()), "sample") +
      ", left: " + std::to_string(left) +
      "\n\n| PyTorch's op | ops of eigengrad | samples | values within | gradients within | left "
      "| convention |\n|---|---|---|---|---|---|---|\n";
  for (const opinfo::Call& call : opinfo::calls()) {
    text += row(records, call);
  }
  text +=
      "\nOps of eigengrad that no sample of PyTorch's reaches, because PyTorch has none of that "
      "kind, "
      "draws random numbers\nthere, or samples only tensors where ours is the form with a "
      "number: " +
      without_samples() + ".\n";
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string text = markdown(opinfo::read_records(EIGENGRAD_TEST_DATA_DIR "/opinfo"));
  if (argc == 3 && std::string_view(argv[1]) == "--check") {
    std::ifstream file(argv[2], std::ios::binary);
    if (std::string(std::istreambuf_iterator<char>(file), {}) == text) {
      return 0;
    }
    std::fprintf(stderr, "%s is not what was compared: write it anew with opinfo_markdown > %s\n",
                 argv[2], "docs/pytorch_samples.md");
    return 1;
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}
