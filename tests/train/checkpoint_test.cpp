// The files of checkpoints: which stay, what a damaged one does, and what is refused.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"
#include "train/checkpointed_run.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <string>
#include <sys/file.h>
#include <sys/resource.h>
#include <utility>
#include <vector>

using Catch::Matchers::ContainsSubstring;
using checkpointed::Process;
using checkpointed::Result;
namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

/// What the run warned of since warnings.clear().
std::vector<std::string> warnings;
const train::CheckpointOptions keeping_warnings{
    .warn = [](const char* text) { warnings.emplace_back(text); }};

/// The files of a folder in a scratch folder.
std::vector<std::string> files(const std::string& path) {
  auto names = eg::detail::names_in("test", path);
  std::sort(names.begin(), names.end());
  return names;
}
std::string file_of(int epoch) {
  return "/checkpoint-0000000" + std::to_string(epoch) + ".safetensors";
}

/// The bytes with the checksum that they should have.
std::string resealed(std::string bytes) {
  const std::size_t digits =
      bytes.find(eg::detail::checksum_mark) + eg::detail::checksum_mark.size();
  bytes.replace(digits, 16, eg::detail::checksum_zeros);
  eg::detail::Crc64 crc;
  crc.add(bytes.data(), static_cast<eg::Index>(bytes.size()));
  return bytes.replace(digits, 16, eg::detail::checksum_digits(crc.value()));
}

std::string message_of(const Process& process) {
  try {
    static_cast<void>(process.run());
  } catch (const eg::Error& error) {
    eg::set_num_threads(1);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("checkpoint: the last K of every N-th epoch stay, and the last epoch's",
          "[train][json]") {
  const ScratchFolder folder;
  const auto names = [&](const train::CheckpointOptions& options, const char* name) {
    static_cast<void>(Process{.epochs = 7, .folder = folder / name, .options = options}.run());
    return files(folder / name);
  };
  using Names = std::vector<std::string>;
  CHECK(names({.every = 1, .keep = 2}, "a") ==
        Names{"checkpoint-00000006.safetensors", "checkpoint-00000007.safetensors"});
  CHECK(names({.every = 3, .keep = 9}, "b") == Names{"checkpoint-00000003.safetensors",
                                                     "checkpoint-00000006.safetensors",
                                                     "checkpoint-00000007.safetensors"});
  CHECK(names({.every = 2, .every_steps = 5, .keep = 3}, "d") ==
        Names{"checkpoint-00000006.safetensors", "checkpoint-00000007-00000002.safetensors",
              "checkpoint-00000007.safetensors"});
  CHECK(names({.every = 100}, "c") == Names{"checkpoint-00000007.safetensors"});
}

TEST_CASE("checkpoint: a damaged one is passed over with a warning, the one before it used",
          "[train][json]") {
  const Result whole = Process{}.run();
  const ScratchFolder folder;
  const std::string run = folder / "run";
  REQUIRE(Process{.folder = run, .kill_after = 11}.dies());  // in the fourth epoch
  const std::string good = eg::read_file(run + file_of(3));
  const auto damaged_by = [&](const std::string& bytes) {
    eg::write_file(run + file_of(3), bytes);
    warnings.clear();
    CHECK(Process{.folder = run, .options = keeping_warnings}.run() == whole);
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], ContainsSubstring("Checkpoint: " + run + file_of(3) + ": "));
    CHECK_THAT(warnings[0], ContainsSubstring("; it is passed over"));
    // It was written again, better.
    CHECK(eg::read_file(run + file_of(3)) == good);
    std::remove((run + file_of(4)).c_str());
    std::remove((run + file_of(5)).c_str());
    REQUIRE(Process{.epochs = 2, .folder = folder / "two"}.run().steps == 6);
    eg::write_file(run + file_of(2), eg::read_file(folder / "two" + file_of(2)));
  };
  damaged_by("");
  damaged_by(good.substr(0, 7));
  damaged_by(good.substr(0, good.size() / 2));
  damaged_by(good.substr(0, good.size() - 1));
  damaged_by(good + '\0');
  damaged_by(std::string(good.size(), '\0'));  // a file system that lost the blocks
  std::string flipped = good;
  flipped[good.size() - 5] = static_cast<char>(flipped[good.size() - 5] ^ 1);
  damaged_by(flipped);
  CHECK_THAT(warnings[0], ContainsSubstring("is torn or damaged: its checksum is "));
}

TEST_CASE("checkpoint: every flipped bit and every shorter file is recognised", "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  eg::detail::write_checkpoint("test", path, {{"a", eg::arange<float>(20)}}, {{"key", "value"}});
  const std::string good = eg::read_file(path);
  CHECK_NOTHROW(eg::detail::verify_checkpoint("test", path));
  std::size_t missed = 0;
  const auto expect_error = [&](const std::string& bytes) {
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
    try {
      eg::detail::verify_checkpoint("test", path);
      ++missed;
    } catch (const eg::FileError& error) {
      missed += error.file() == path ? 0 : 1;
    }
  };
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    expect_error(bytes);
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    expect_error(good.substr(0, size));
  }
  CHECK(missed == 0);
  eg::save_safetensors(path, {{"a", eg::arange<float>(20)}});
  CHECK_THROWS_TEXT(eg::detail::verify_checkpoint("test", path), eg::FileError,
                    "test: " + path + ": has no checksum: torn, or no checkpoint");
}

TEST_CASE("checkpoint: a folder of damaged ones only is refused", "[train][json]") {
  const ScratchFolder folder;
  const std::string run = folder / "run";
  REQUIRE(Process{.folder = run, .kill_after = 5}.dies());
  eg::write_file(run + file_of(1), "torn");
  warnings.clear();
  CHECK(message_of({.folder = run, .options = keeping_warnings}) ==
        "Checkpoint: " + run + ": none of its 1 checkpoints is whole: remove them to begin afresh");
  CHECK(warnings.size() == 1);
}

TEST_CASE("checkpoint: what a killed process left half written is removed", "[train][json]") {
  const ScratchFolder folder;
  const std::string run = folder / "run";
  REQUIRE(Process{.folder = run, .kill_after = 5}.dies());
  eg::write_file(run + file_of(2) + ".part-1234-0", "half");
  eg::write_file(run + "/notes.txt", "mine");
  static_cast<void>(Process{.folder = run, .options = {.keep = 1}}.run());
  CHECK(files(run) == std::vector<std::string>{"checkpoint-00000005.safetensors", "notes.txt"});
}

TEST_CASE("checkpoint: another run's are refused, and no weight is touched", "[train][json]") {
  const ScratchFolder folder;
  const std::string run = folder / "run";
  REQUIRE(Process{.folder = run, .kill_after = 5}.dies());
  const std::string begin = "Checkpoint: " + run + file_of(1) + ": is not of this run: ";
  CHECK(message_of({.batch_size = 128, .folder = run}) ==
        begin + "batches.batch_size is 256 in it, 128 in this run");
  CHECK(message_of({.validates = false, .folder = run}) ==
        begin + "batches.rows is 540 in it, 600 in this run");
  CHECK(message_of({.optimizer = "Lion", .folder = run}) ==
        begin + "optimizer.kind is Adam in it, Lion in this run");
  CHECK(message_of({.width = 32, .folder = run}) ==
        begin + "optimizer: 'exp_avg.0.weight' is (32, 64) in the state, (32, 32) in Adam");
  train::EarlyStopping<float> early;
  CHECK(message_of({.callbacks = {&early}, .folder = run}) ==
        begin + "'callbacks.1.early_stopping.best_epoch' is missing");
  train::EarlyStopping<float> other;
  REQUIRE(Process{.callbacks = {&other}, .folder = folder / "early", .kill_after = 5}.dies());
  CHECK_THAT(message_of({.folder = folder / "early"}),
             ContainsSubstring("is not of this run: this run has no "
                               "'callbacks.1.early_stopping.best', "));

  eg::nn::Sequential<double> model({eg::nn::Dense(32, 1), eg::nn::Sigmoid()});
  eg::optim::Adam<double> adam(model.parameters());
  const eg::Tensor<double> before = eg::detail::copied<double>(model.parameter("0.weight"));
  train::Checkpoint<double> checkpoint(model, run);
  train::History history;
  const std::vector<train::CallbackPointer<double>> list{&checkpoint};
  train::TrainingState<double> state(
      adam, history, 5, 3,
      {.rows = 540, .batch_size = 256, .seed = 42, .shuffle = true, .own_order = false}, &list);
  CHECK_THROWS_TEXT(checkpoint.on_train_ready(state), eg::FileError,
                    begin + "'model.0.bias' is F32 in it, F64 in this run");
  CHECK(eg::to_vector<double>(model.parameter("0.weight")) == eg::to_vector<double>(before));
}

TEST_CASE("checkpoint: one of another version of the library warns", "[train][json]") {
  const Result whole = Process{}.run();
  const ScratchFolder folder;
  const std::string run = folder / "run";
  REQUIRE(Process{.folder = run, .kill_after = 5}.dies());
  std::string bytes = eg::read_file(run + file_of(1));
  const std::string version = "eigengrad.version\":\"" EIGENGRAD_VERSION_STRING;
  const std::size_t at = bytes.find(version) + version.size() - 1;
  REQUIRE(bytes.find(version) != std::string::npos);
  bytes[at] = '9';
  eg::write_file(run + file_of(1), resealed(bytes));
  warnings.clear();
  CHECK(Process{.folder = run, .options = keeping_warnings}.run() == whole);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "Checkpoint: " + run + file_of(1) +
                           ": written by eigengrad 0.1.9, this is 0.1.0: the bits may differ");
}

TEST_CASE("checkpoint: folders that cannot be used are refused at once", "[train][json]") {
  const ScratchFolder folder;
  const std::string nowhere = folder / "none/run";
  CHECK(message_of({.folder = nowhere}) ==
        "Checkpoint: " + nowhere + ": cannot create: No such file or directory");
  eg::write_file(folder / "file", "text");
  CHECK(message_of({.folder = folder / "file"}) ==
        "Checkpoint: " + (folder / "file") + ": cannot open: Not a directory");
  const std::string run = folder / "run/";  // with a slash
  REQUIRE(Process{.folder = run, .kill_after = 5}.dies());
  CHECK(message_of({.folder = run, .options = {.resume = false}}) ==
        "Checkpoint: " + (folder / "run") + ": holds checkpoints: resume them, or choose another");
  const eg::detail::Descriptor other(::open(run.c_str(), O_RDONLY | O_DIRECTORY));
  REQUIRE(::flock(other.number(), LOCK_EX) == 0);
  CHECK(message_of({.folder = run}) ==
        "Checkpoint: " + (folder / "run") + ": another training writes its checkpoints there");
  CHECK(message_of({.folder = folder / "x", .options = {.every = 0}}) ==
        "Checkpoint: every is not positive: 0");
  CHECK(message_of({.folder = folder / "x", .options = {.keep = 0}}) ==
        "Checkpoint: keep is not positive: 0");
  CHECK(message_of({.folder = folder / "x", .options = {.every_steps = -1}}) ==
        "Checkpoint: every_steps is negative: -1");
}

TEST_CASE("checkpoint: when one cannot be written the training goes on or ends, as chosen",
          "[train][json]") {
  const Result whole = Process{}.run();
  const ScratchFolder folder;
  const std::string run = folder / "run";
  // Renames the folder away, or back, before an epoch.
  struct Mover final : train::Callback<float> {
    Mover(std::string a, std::string b) : from(std::move(a)), to(std::move(b)) {}
    void on_epoch_begin(train::TrainingState<float>& state) override {
      if (state.epoch == 3) {
        std::rename(from.c_str(), to.c_str());
      } else if (state.epoch == 5) {
        std::rename(to.c_str(), from.c_str());
      }
    }
    std::string from, to;
  } mover(run, folder / "away");
  warnings.clear();
  CHECK(Process{.callbacks = {&mover}, .folder = run, .options = keeping_warnings}.run() == whole);
  CHECK(warnings ==
        std::vector<std::string>{
            "Checkpoint: " + run + file_of(3) + ": cannot create: No such file or directory",
            "Checkpoint: " + run + file_of(4) + ": cannot create: No such file or directory"});
  CHECK(files(run) == std::vector<std::string>{"checkpoint-00000001.safetensors",
                                               "checkpoint-00000002.safetensors",
                                               "checkpoint-00000005.safetensors"});

  const std::string second = folder / "second";
  Mover again(second, folder / "gone");
  CHECK(message_of({.callbacks = {&again},
                    .folder = second,
                    .options = {.on_failure = train::OnFailure::raise}}) ==
        "Checkpoint: " + second + file_of(3) + ": cannot create: No such file or directory");
}

TEST_CASE("checkpoint: a full disk leaves the old ones and nothing half written", "[train][json]") {
  const Result whole = Process{}.run();
  const ScratchFolder folder;
  const std::string run = folder / "run";
  // A limit on the size of files stands for the full disk, from the third epoch on.
  struct Filler final : train::Callback<float> {
    void on_epoch_begin(train::TrainingState<float>& state) override {
      if (state.epoch == 3) {
        const rlimit little{9000, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &little);
      }
    }
    rlimit before{};
  } filler;
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &filler.before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  warnings.clear();
  const Result result =
      Process{.callbacks = {&filler}, .folder = run, .options = keeping_warnings}.run();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &filler.before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(result == whole);
  REQUIRE(warnings.size() == 3);
  CHECK(warnings[0] == "Checkpoint: " + run + file_of(3) + ": cannot write: File too large");
  CHECK(files(run) == std::vector<std::string>{"checkpoint-00000001.safetensors",
                                               "checkpoint-00000002.safetensors"});
  CHECK(Process{.folder = run}.run() == whole);
}

TEST_CASE("checkpoint: a callback that shows two states under one name is refused",
          "[train][json]") {
  struct Twice final : train::Callback<float> {
    void visit_state(train::StateVisitor<float>& state) override {
      state.integer("twice.n", n);
      state.integer("twice.n", n);
    }
    eg::Index n = 0;
  } twice;
  const ScratchFolder folder;
  CHECK(message_of({.callbacks = {&twice},
                    .folder = folder / "run",
                    .options = {.on_failure = train::OnFailure::raise}}) ==
        "Checkpoint: two states are named 'callbacks.1.twice.n'");
}

TEST_CASE("checkpoint: numbers come back to the bit, whatever they are", "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  std::vector<double> numbers{
      0.0,     -0.0,     0.1,       -1.0 / 3, 5e-324,    2.2250738585072014e-308,
      1.7e308, HUGE_VAL, -HUGE_VAL, 1e-300,   12345678.9};
  eg::detail::CheckpointWriter<float> writer;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    writer.real("n" + std::to_string(i), numbers[i]);
  }
  double nan = -std::nan("7");
  writer.real("nan", nan);
  writer.reals("all", numbers);
  eg::Index least = std::numeric_limits<eg::Index>::min();
  writer.integer("least", least);
  eg::save_safetensors(path, writer.tensors(), writer.metadata());
  eg::detail::CheckpointReader<float> reader(path);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    double back = 1;
    reader.real("n" + std::to_string(i), back);
    CHECK(std::memcmp(&back, &numbers[i], sizeof back) == 0);
  }
  double back = 1;
  reader.real("nan", back);
  CHECK(back != back);
  std::vector<double> all;
  reader.reals("all", all);
  CHECK(std::memcmp(all.data(), numbers.data(), sizeof(double) * numbers.size()) == 0);
  eg::Index other = 0;
  reader.integer("least", other);
  CHECK(other == least);
  CHECK_NOTHROW(reader.finish());
  CHECK_THROWS_TEXT(reader.integer("n2", other), eg::FileError,
                    "Checkpoint: " + path +
                        ": is not of this run: 'n2' is no number: "
                        "'1.999999999999ap-4'");
}
