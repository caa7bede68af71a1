// Every system call and every allocation of a checkpoint is made to fail, to be cut short and to
// kill the process, one after the other, in a process of its own each. Whatever happens, the last
// good checkpoint must be there, byte for byte; a training that was not killed goes on, and one
// that was killed is resumed: both end with the bits of a training that nothing happened to. At
// last a disk of 64 KB fills up, where the user may mount one. Prints what failed, and how many
// cases there were.

#include "faults.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/train/checkpoint.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using faults::Fault;
using faults::Mode;

namespace {

constexpr eg::Index epochs = 4;
constexpr eg::Index bad_epoch = 3;  // the one whose checkpoint is interfered with

struct Outcome {
  std::vector<float> weights;
  eg::Index failures = 0;
  std::vector<std::string> calls;
  std::string problem;  // right after the fault
};

std::string file_in(const std::string& folder, eg::Index epoch) {
  return folder + "/checkpoint-0000000" + std::to_string(epoch) + ".safetensors";
}

/// The training that nothing happens to, and its files.
struct Whole {
  Outcome outcome;
  int allocations = 0;
  std::vector<std::string> files;  // by epoch, from 1
};

/// What is wrong with a folder after a case; empty if nothing is. `ended`: the training came to its
/// end there.
std::string problem_in(const std::string& folder, const Whole& whole, bool ended, bool parts) {
  eg::Index newest = 0;
  for (const std::string& name : eg::detail::names_in("test", folder)) {
    if (name.find(".part-") != std::string::npos) {
      if (!parts) {
        return "left " + name;
      }
      continue;
    }
    const eg::Index epoch = name.size() > 18 ? name[18] - '0' : 0;
    if (epoch < 1 || epoch > epochs || file_in(folder, epoch) != folder + "/" + name) {
      return "there is " + name;
    }
    newest = std::max(newest, epoch);
    if (eg::read_file(folder + "/" + name) != whole.files[static_cast<std::size_t>(epoch - 1)]) {
      return name + " has other bytes";
    }
  }
  const eg::Index least = ended ? epochs : bad_epoch - 1;
  return newest < least ? "the newest checkpoint is of epoch " + std::to_string(newest) : "";
}

/// Arms and disarms the fault, before and after the checkpoint in the list of callbacks.
struct Switch final : train::Callback<float> {
  Switch(const Fault& what, bool turns_on) : fault(what), on(turns_on) {}
  void on_epoch_done(train::TrainingState<float>& state) override {
    if (state.epoch == bad_epoch && on) {
      faults::arm(fault);
    } else if (state.epoch == bad_epoch) {
      calls = faults::disarm();
      if (whole != nullptr) {  // a part may stay when it could not be removed either
        problem = problem_in(folder, *whole, false, fault.mode == Mode::fail_on);
      }
    }
  }
  Fault fault;
  bool on;
  std::vector<std::string> calls;
  const Whole* whole = nullptr;  // to look at the folder right after the fault
  std::string folder = {};
  std::string problem = {};
};

/// Trains with checkpoints in that folder, and with the fault.
Outcome train_in(const std::string& folder, const Fault& fault = {}, eg::Index keep = 2,
                 eg::Index until = epochs, const Whole* whole = nullptr) {
  eg::nn::Sequential<float> model({eg::nn::Dense(4, 8), eg::nn::ReLU(), eg::nn::Dropout(0.2),
                                   eg::nn::Dense(8, 1), eg::nn::Sigmoid()},
                                  {.seed = 3});
  eg::optim::Adam<float> adam(model.parameters());
  const eg::Dataset<float, float> data{
      eg::normal<float>({24, 4}, 0.0, 1.0, eg::RandomKey::named(1, "x")),
      eg::cast<float>(eg::bernoulli({24, 1}, 0.5, eg::RandomKey::named(1, "y")))};
  train::Checkpoint<float> checkpoint(model, folder,
                                      {.keep = keep, .warn = [](const char* /*text*/) {}});
  Switch before(fault, true);
  Switch after(fault, false);
  after.whole = whole;
  after.folder = folder;
  static_cast<void>(train::fit(model, data, adam, train::BinaryCrossEntropy{},
                               {.epochs = until,
                                .batch_size = 8,
                                .callbacks = {&before, &checkpoint, &after},
                                .verbose = train::Verbosity::silent}));
  Outcome outcome{{}, checkpoint.failures(), after.calls, after.problem};
  for (const auto& parameter : model.parameters()) {
    outcome.weights.insert(outcome.weights.end(), parameter.data(),
                           parameter.data() + parameter.size());
  }
  return outcome;
}

std::string text_of(const Fault& fault, const Whole& whole) {
  const char* const modes[] = {"none",
                               "fails",
                               "fails, and all after it",
                               "half",
                               "half, then fails",
                               "kills before",
                               "kills after",
                               "kills within"};
  const auto at = static_cast<std::size_t>(fault.at);
  return (fault.heap ? "allocation " : whole.outcome.calls[at] + ", call ") +
         std::to_string(fault.at) + ": " + modes[static_cast<int>(fault.mode)] +
         (fault.error != 0 ? std::string(", ") + std::generic_category().message(fault.error) : "");
}

/// Runs one case in a process of its own. Gives what is wrong, or nothing.
std::string problem_of(const Fault& fault, const Whole& whole, const std::string& folder) {
  const bool kills = fault.mode == Mode::kill_before || fault.mode == Mode::kill_after ||
                     fault.mode == Mode::kill_within;
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const Outcome outcome = train_in(folder, fault, 2, epochs, &whole);
      if (!outcome.problem.empty()) {
        std::printf("right after it: %s\n", outcome.problem.c_str());
        std::fflush(stdout);
        ::_exit(102);
      }
      ::_exit(outcome.weights == whole.outcome.weights ? static_cast<int>(outcome.failures) : 100);
    } catch (...) {
      ::_exit(101);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status) != kills || (kills && WTERMSIG(status) != SIGKILL)) {
    return "ended by signal " + std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  }
  if (!kills && WEXITSTATUS(status) > 1) {
    return WEXITSTATUS(status) == 100   ? "the training ended with other weights"
           : WEXITSTATUS(status) == 102 ? "not what it should be"
                                        : "the training threw";
  }
  if (std::string problem = problem_in(folder, whole, !kills, kills); !problem.empty()) {
    return problem;
  }
  if (train_in(folder).weights != whole.outcome.weights) {
    return "resumed, it ended with other weights";
  }
  return problem_in(folder, whole, true, false);
}

std::vector<Fault> all_faults(const Whole& whole) {
  std::vector<Fault> list;
  for (int at = 0; at < static_cast<int>(whole.outcome.calls.size()); ++at) {
    for (const int error : {EIO, ENOSPC, EACCES, ENOENT, EDQUOT, EROFS}) {
      list.push_back({Mode::fail, false, at, error});
      list.push_back({Mode::fail_on, false, at, error});
    }
    list.push_back({Mode::kill_before, false, at});
    list.push_back({Mode::kill_after, false, at});
    if (whole.outcome.calls[static_cast<std::size_t>(at)] == "pwrite") {
      list.push_back({Mode::half, false, at});
      list.push_back({Mode::half_fail, false, at, ENOSPC});
      list.push_back({Mode::kill_within, false, at});
    }
  }
  for (int at = 0; at < whole.allocations; ++at) {
    list.push_back({Mode::fail, true, at});
    list.push_back({Mode::kill_before, true, at});
  }
  return list;
}

/// A disk of 64 KB, in a process that alone sees it: what is wrong, "skipped", or nothing.
std::string problem_of_full_disk(const std::string& folder) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mkdir(folder.c_str(), 0700) != 0 ||
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") != 0) {
      ::_exit(77);
    }
    try {
      // A checkpoint takes 4 KB or more, and none is given up.
      const std::string run = folder + "/run";
      const Outcome outcome = train_in(run, {}, 1000, 40);
      const Outcome elsewhere = train_in(folder + "-elsewhere", {}, 1, 40);
      const auto names = eg::detail::names_in("test", run);
      const auto saved = static_cast<eg::Index>(names.size());
      bool good = outcome.weights == elsewhere.weights && outcome.failures > 0 && saved >= 4 &&
                  outcome.failures + saved == 40;
      for (const std::string& name : names) {
        eg::detail::verify_checkpoint("test", run + "/" + name);  // throws for a part too
        good = good && name.find(".part-") == std::string::npos;
      }
      // Room again: it goes on from the last one that could be written.
      for (eg::Index epoch = 1; epoch < saved; ++epoch) {
        ::unlink(eg::detail::CheckpointFolder("test", run).file({epoch}).c_str());
      }
      const Outcome resumed = train_in(run, {}, 2, 40);
      good = good && resumed.weights == outcome.weights && resumed.failures == 0;
      std::printf("full disk: %lld of 40 checkpoints found room\n", static_cast<long long>(saved));
      std::fflush(stdout);
      ::_exit(good ? 0 : 1);
    } catch (const std::exception& error) {
      std::printf("full disk: %s\n", error.what());
      std::fflush(stdout);
      ::_exit(1);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? "" : WIFEXITED(status) && WEXITSTATUS(status) == 77 ? "skipped" : "failed";
}

int run() {
  std::string scratch = (std::filesystem::temp_directory_path() / "eigengrad-XXXXXX").string();
  if (::mkdtemp(scratch.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  Whole whole;
  whole.outcome = train_in(scratch + "/whole");
  whole.allocations = faults::allocations();
  static_cast<void>(train_in(scratch + "/all", {}, 1000));
  for (eg::Index epoch = 1; epoch <= epochs; ++epoch) {
    whole.files.push_back(eg::read_file(file_in(scratch + "/all", epoch)));
  }
  const std::vector<Fault> list = all_faults(whole);
  int failed = 0;
  int heap = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string folder = scratch + "/" + std::to_string(i);
    heap += list[i].heap ? 1 : 0;
    if (const std::string problem = problem_of(list[i], whole, folder); !problem.empty()) {
      ++failed;
      std::printf("%s: %s\n", text_of(list[i], whole).c_str(), problem.c_str());
    }
    eg::detail::remove_folder("test", folder);
  }
  const std::string disk = problem_of_full_disk(scratch + "/disk");
  if (disk == "skipped") {
    std::printf("full disk: skipped, this user may not mount one\n");
  } else if (!disk.empty()) {
    ++failed;
    std::printf("full disk: %s\n", disk.c_str());
  }
  for (const char* const name : {"/whole", "/all", "/disk", "/disk-elsewhere"}) {
    if (::access((scratch + name).c_str(), F_OK) == 0) {
      eg::detail::remove_folder("test", scratch + name);
    }
  }
  ::rmdir(scratch.c_str());
  std::printf(
      "%zu system calls and %d allocations in a checkpoint: %zu faults, %d of them of the "
      "heap; %d failed\n",
      whole.outcome.calls.size(), whole.allocations, list.size(), heap, failed);
  return failed == 0 && heap > 0 && list.size() > 100 ? 0 : 1;
}

}  // namespace

int main() try { return run(); } catch (const std::exception& error) {
  std::printf("checkpoint_faults: %s\n", error.what());
  return 1;
}
