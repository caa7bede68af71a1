// Places in the program, which the errors of a tape in anomaly mode name. This file is compiled
// with debug information in every build.

#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

using namespace eigengrad;

namespace {

template <class F>
std::string text_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string line(int number) {
  return "trace_test.cpp:" + std::to_string(number) + " in ";
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
/// Where `part` begins to be said, to the end of the text.
std::string from(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  return at == std::string::npos ? "" : text.substr(at);
}

/// A model of a user's: the op that goes wrong is here, three calls below the test.
constexpr int line_of_log = __LINE__ + 2;
__attribute__((noinline)) Tensor<double> logarithm(const Tensor<double>& x) {
  Tensor<double> y = log(x);
  return y + 1.0;
}

/// Programs without addr2line, for the length of a scope.
class EmptyPath {
 public:
  EmptyPath() : path_(std::getenv("PATH")) { setenv("PATH", "/nonexistent", 1); }
  EmptyPath(const EmptyPath&) = delete;
  EmptyPath& operator=(const EmptyPath&) = delete;
  ~EmptyPath() { setenv("PATH", path_.c_str(), 1); }

 private:
  std::string path_;
};

}  // namespace

#if defined(EIGENGRAD_TRACES)

TEST_CASE("trace: an op that gives an infinity is named with its line and the call's",
          "[tape][trace]") {
  Parameter<double> w("w", zeros<double>({2}));
  Tape tape({.detect_anomaly = true});
  const int call = __LINE__ + 1;
  const std::string text = text_of([&] { static_cast<void>(logarithm(w)); });
  CAPTURE(text);
  CHECK(has(text, "of its result (2,); called at "));
  CHECK(has(text, line(line_of_log)));
  CHECK(has(text, "logarithm"));
  CHECK(has(text, "trace_test.cpp:" + std::to_string(call)));
  CHECK_FALSE(has(text, "include/eigengrad/"));
}

TEST_CASE("trace: an op inside the library's layers is named by the line that called the model",
          "[tape][trace]") {
  const nn::Sequential<double> model({nn::Dense(3, 2), nn::ReLU(), nn::Dense(2, 1)}, {.seed = 1});
  model.parameters()[0].assign(full<double>({3, 2}, 1e308));
  Tape tape({.detect_anomaly = true});
  const auto x = full<double>({4, 3}, 1e10);
  const int call = __LINE__ + 1;
  const std::string text = text_of([&] { static_cast<void>(model(x)); });
  CAPTURE(text);
  CHECK(has(text, line(call)));
}

TEST_CASE("trace: a derivative is named by where its op was recorded", "[tape][trace]") {
  Parameter<double> w("w", zeros<double>({2}));
  Tape tape({.detect_anomaly = true});
  const int recorded = __LINE__ + 1;
  const auto root = sqrt(w * 1.0);
  const auto loss = sum(root);
  const std::string text = text_of([&] { tape.backward(loss); });
  CAPTURE(text);
  CHECK(has(from(text, "of the gradient of operand 0; recorded at "), line(recorded)));

  tape.clear();
  const int inner = __LINE__ + 1;
  const auto segment = [](const Tensor<double>& x) { return sqrt(x * 1.0) + 1.0; };
  const auto again = sum(recompute(segment, w));
  const std::string second = text_of([&] { tape.backward(again); });
  CAPTURE(second);
  CHECK(has(from(second, "; recorded at "), line(inner)));
}

TEST_CASE("trace: a changed tensor is named with both places", "[tape][trace]") {
  Parameter<double> w("w", full<double>({2}, 2.0));
  Tape tape({.detect_anomaly = true});
  const int saved = __LINE__ + 1;
  const auto y = w * w;
  const auto loss = sum(y);
  tape.backward(loss, {.retain = true});
  optim::SGD<double> sgd({w}, {.learning_rate = 0.1});
  const int changed = __LINE__ + 1;
  sgd.step();
  w.set({0}, 1.0);  // the first change is the one that is named
  const std::string text = text_of([&] { tape.backward(loss); });
  CAPTURE(text);
  CHECK(has(from(text, "; saved at "), line(saved)));
  CHECK(has(from(text, "; changed at "), line(changed)));
  CHECK_FALSE(has(from(text, "; changed at "), line(saved)));

  tape.clear();
  auto e = exp(w);
  const auto view_loss = sum(e);
  const int written = __LINE__ + 1;
  e.set({0}, 7.0);
  const std::string second = text_of([&] { tape.backward(view_loss); });
  CAPTURE(second);
  CHECK(has(from(second, "; changed at "), line(written)));
}

TEST_CASE("trace: what another tape saved, and one that is gone, is left alone", "[tape][trace]") {
  Parameter<double> w("w", full<double>({2}, 2.0));
  {
    const Tape gone({.detect_anomaly = true});
    static_cast<void>(sum(w * w));
  }
  w.set({0}, 1.0);
  Tape plain;
  const auto loss = sum(w * w);
  w.set({1}, 1.0);
  CHECK_THROWS_TEXT(plain.backward(loss), TapeError,
                    "backward: a tensor that 'mul' saved was changed after it was recorded: "
                    "parameter 'w' (2,), by a write to its elements (mutable_data, set, ...)");
}

TEST_CASE("trace: const memory stays read-only where anomaly mode has saved it", "[tape][trace]") {
  const std::vector<double> elements{1, 2};
  Parameter<double> w("w", full<double>({2}, 2.0));
  Tape tape({.detect_anomaly = true});
  auto x = view_of(elements, {2});
  const auto y = w * x;
  CHECK_THROWS_TEXT(x.set({0}, 1.0), ValueError,
                    "mutable_data: the tensor views const memory of the user");
}

TEST_CASE("trace: without addr2line the addresses are said", "[tape][trace]") {
  Parameter<double> w("w", zeros<double>({2}));
  Tape tape({.detect_anomaly = true});
  const EmptyPath nothing;
  const std::string text = text_of([&] { static_cast<void>(logarithm(w)); });
  CAPTURE(text);
  CHECK(has(text, "; called at test_tape+0x"));
  CHECK(has(text, " (lines need -g and addr2line)"));
  CHECK_FALSE(has(text, "trace_test.cpp"));
  std::size_t addresses = 0;
  for (std::size_t at = text.find("+0x"); at != std::string::npos; at = text.find("+0x", at + 1)) {
    ++addresses;
  }
  CHECK(addresses == 8);
}

TEST_CASE("trace: files of the library and of the standard library are not the user's",
          "[tape][trace]") {
  const std::string installed = "/usr/include/eigengrad/tape/trace.hpp";
  CHECK(detail::is_users_file("/src/eigengrad/app.cpp", installed));
  CHECK(detail::is_users_file("/src/c++/app.cpp", installed));
  CHECK_FALSE(detail::is_users_file("/opt/include/eigengrad/ops/sum.hpp", installed));
  CHECK_FALSE(detail::is_users_file("/usr/include/c++/12/bits/stl_vector.h", installed));
  CHECK_FALSE(detail::is_users_file("/usr/lib/llvm-14/include/c++/v1/vector", installed));
  CHECK_FALSE(detail::is_users_file("??:0", installed));
  // What -ffile-prefix-map and relative include paths leave of the header's path.
  for (const std::string mapped :
       {"eigengrad/tape/trace.hpp", "/eigengrad/tape/trace.hpp", "tape/trace.hpp", "trace.hpp"}) {
    CAPTURE(mapped);
    CHECK(detail::is_users_file("/src/app.cpp", mapped));
  }
  CHECK_FALSE(detail::is_users_file("/src/eigengrad/ops/sum.hpp", "eigengrad/tape/trace.hpp"));
  CHECK_FALSE(detail::is_users_file("/eigengrad/ops/sum.hpp", "/eigengrad/tape/trace.hpp"));
}

TEST_CASE("trace: a function of the library's inside is not the user's, whatever its file",
          "[tape][trace]") {
  CHECK(detail::users_calls("eigengrad::detail::f(int)\n/src/a.cpp:7\nencode(int)\n/src/a.cpp:3\n"
                            "main\n/src/a.cpp:9 (discriminator 4)\n") ==
        "/src/a.cpp:3 in encode(int), from /src/a.cpp:9");
  CHECK(detail::users_calls("??\n??:0\n").empty());
}

TEST_CASE("trace: a program whose output is not read to its end is awaited", "[tape][trace]") {
  std::string tool = "yes";
  std::array<char*, 2> arguments{tool.data(), nullptr};
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  pid_t id = 0;
  {
    detail::Child child(ends[0]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    REQUIRE(posix_spawnp(&child.id, arguments[0], &actions, nullptr, arguments.data(), environ) ==
            0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    id = child.id;
  }
  CHECK(waitpid(id, nullptr, WNOHANG) == -1);  // no child any more
  CHECK(fcntl(ends[0], F_GETFD) == -1);        // no file any more
}

#endif
