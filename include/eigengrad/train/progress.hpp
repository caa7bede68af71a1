#pragma once
// Progress: what a person sees while fit() runs. On a terminal a bar that is redrawn in place, as
// Keras shows it; elsewhere one plain line an epoch. Writes to standard output; allocates nothing.

#include <eigengrad/base/index.hpp>
#include <eigengrad/train/history.hpp>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace eigengrad::train {

/// How fit() reports: not at all, one line an epoch, a bar, or the bar on a terminal and lines
/// elsewhere.
enum class Verbosity { silent, automatic, lines, bar };

}  // namespace eigengrad::train

namespace eigengrad::detail {

/// Seconds by a clock that is never set. Not <chrono>, which is a tenth of the umbrella's compile
/// time.
[[nodiscard]] inline double seconds_now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// One line of text of bounded length.
class Line {
 public:
  __attribute__((format(printf, 2, 3))) void print(const char* format, ...) noexcept {
    va_list arguments;
    va_start(arguments, format);
    const int written = std::vsnprintf(text_ + size_, sizeof text_ - size_, format, arguments);
    va_end(arguments);
    size_ = std::min(size_ + static_cast<std::size_t>(std::max(written, 0)), sizeof text_ - 1);
  }
  /// A duration: "0.25s", "12s", "3:05", "1:02:03".
  void print_seconds(double seconds) noexcept {
    const long whole = std::lround(seconds);
    if (seconds < 9.95) {
      print("%.2fs", seconds);
    } else if (whole < 60) {
      print("%lds", whole);
    } else if (whole < 3600) {
      print("%ld:%02ld", whole / 60, whole % 60);
    } else {
      print("%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    }
  }
  /// Cuts the line to `columns` characters; all of them are ASCII.
  void cut(std::size_t columns) noexcept { size_ = std::min(size_, columns); }
  [[nodiscard]] std::string_view text() const noexcept { return {text_, size_}; }

 private:
  char text_[1024];
  std::size_t size_ = 0;
};

/// Draws the progress of one fit().
class Progress {
 public:
  explicit Progress(train::Verbosity verbosity) noexcept : mode_(verbosity) {
    if (mode_ == train::Verbosity::automatic) {
      mode_ = can_redraw() ? train::Verbosity::bar : train::Verbosity::lines;
    }
  }

  void begin_epoch(Index epoch, Index epochs, Index steps) noexcept {
    epoch_ = epoch;
    epochs_ = epochs;
    steps_ = steps;
    started_ = seconds_now();
    drawn_ = started_;
  }

  /// Redraws the bar, at most ten times a second.
  void step(Index step, double loss) noexcept {
    if (mode_ != train::Verbosity::bar) {
      return;
    }
    const double now = seconds_now();
    if (now - drawn_ < 0.1) {
      return;
    }
    drawn_ = now;
    const double seconds = now - started_;
    Line line;
    start_line(line);
    bar(line, step);
    line.print(" ETA ");
    line.print_seconds(seconds / static_cast<double>(step) * static_cast<double>(steps_ - step));
    line.print(" - loss: %.4f", loss);
    draw(line, false);
  }

  /// The line that stays: time and every series' last value.
  void end_epoch(const train::History& history, Index step) noexcept {
    if (mode_ == train::Verbosity::silent) {
      return;
    }
    Line line;
    start_line(line);
    if (mode_ == train::Verbosity::bar) {
      bar(line, step);
      line.print(" ");
    } else {
      line.print(" - ");
    }
    line.print_seconds(seconds_now() - started_);
    for (const train::Series& series : history.series()) {
      line.print(" - %s: %.4f", series.name.c_str(), series.values.back());
    }
    draw(line, true);
  }

  /// A sentence of its own, for the reason of an early end.
  void say(std::string_view text) noexcept {
    if (mode_ != train::Verbosity::silent) {
      std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
      std::fflush(stdout);
    }
  }

 private:
  static constexpr Index bar_columns = 20;

  /// A terminal that can erase a line; TERM=dumb is how one says that it can't.
  [[nodiscard]] static bool can_redraw() noexcept {
    const char* const kind = std::getenv("TERM");
    return isatty(STDOUT_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
  }
  void start_line(Line& line) const noexcept {
    line.print("Epoch %lld/%lld", static_cast<long long>(epoch_), static_cast<long long>(epochs_));
  }
  void bar(Line& line, Index step) const noexcept {
    char drawing[bar_columns + 1];
    const Index full = steps_ > 0 ? bar_columns * step / steps_ : bar_columns;
    for (Index i = 0; i < bar_columns; ++i) {
      drawing[i] = i < full ? '=' : i == full ? '>' : '.';
    }
    drawing[bar_columns] = '\0';
    line.print(" [%s] %lld/%lld", drawing, static_cast<long long>(step),
               static_cast<long long>(steps_));
  }
  void draw(Line& line, bool last) noexcept {
    if (mode_ == train::Verbosity::bar) {
      winsize window{};
      const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
      if (!last) {
        // A redrawn line must not wrap, or it can't be overwritten; the last one may.
        line.cut(known ? window.ws_col - 1U : 79U);
      }
      std::fputs("\r\033[K", stdout);
    }
    std::fwrite(line.text().data(), 1, line.text().size(), stdout);
    if (last) {
      std::fputc('\n', stdout);
    }
    std::fflush(stdout);
  }

  train::Verbosity mode_;
  Index epoch_ = 0;
  Index epochs_ = 0;
  Index steps_ = 0;
  double started_ = 0;
  double drawn_ = 0;
};

}  // namespace eigengrad::detail
