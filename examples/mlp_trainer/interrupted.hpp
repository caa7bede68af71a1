#pragma once
// What the trainer says after Ctrl-C.

#include "options.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace trainer {

/// What shells report for a program that SIGINT ended.
inline constexpr int interrupted_exit_code = 130;

/// A word as a shell reads it back.
[[nodiscard]] inline std::string shell_quoted(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
    return word;
  }
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

/// Prints the command that goes on where this one, of these words, was interrupted.
inline void print_how_to_resume(const Options& options, const std::vector<std::string>& words) {
  if (options.checkpoint.empty()) {
    std::printf("interrupted; with --checkpoint FOLDER a training can be resumed\n");
    return;
  }
  std::string command;
  for (const std::string& word : words) {
    command += (command.empty() ? "" : " ") + shell_quoted(word);
  }
  if (!options.resume) {
    command += " --resume";
  }
  std::printf("interrupted; to go on:\n  %s\n", command.c_str());
}

}  // namespace trainer
