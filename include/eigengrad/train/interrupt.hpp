#pragma once
// Interrupt: Ctrl-C ends a training at the end of its epoch instead of killing it.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/train/callback.hpp>

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace eigengrad::detail {

// The handler may touch nothing else.
inline volatile std::sig_atomic_t interrupt_requested = 0;

extern "C" inline void eigengrad_note_interrupt(int /*signal*/) {
  static constexpr char text[] = "\nfinishing the epoch; Ctrl-C again ends at once\n";
  const int kept = errno;
  interrupt_requested = 1;
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof text - 1);
  errno = kept;
}

/// Answers SIGINT while it lives, once: the handler removes itself, so that a second Ctrl-C is what
/// it always was. Where SIGINT is ignored (nohup, background jobs of a script) it stays so.
class InterruptHandler {
 public:
  InterruptHandler() {
    if (alive) {
      throw ValueError("Interrupt", "there is one already, and the process has one Ctrl-C");
    }
    alive = true;
    interrupt_requested = 0;
    sigaction(SIGINT, nullptr, &before_);
    if (before_.sa_handler != SIG_IGN) {
      struct sigaction action {};
      action.sa_handler = eigengrad_note_interrupt;
      sigemptyset(&action.sa_mask);
      action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
      sigaction(SIGINT, &action, nullptr);
    }
  }
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;
  ~InterruptHandler() {
    sigaction(SIGINT, &before_, nullptr);
    alive = false;
  }

 private:
  static inline bool alive = false;
  struct sigaction before_ {};
};

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// While it lives, the first Ctrl-C (SIGINT) lets fit() finish the epoch it is in, with its
/// validation and, where a Checkpoint is among the callbacks, its file, and then stop; a second one
/// ends the process as ever. A run resumed from that checkpoint goes on with the next epoch.
/// Several trainings may share it one after the other: each ends after its first epoch.
///
///     train::Interrupt<float> interrupt;
///     train::fit(model, data, adam, loss, {.epochs = 100, .callbacks = {&interrupt,
///     &checkpoint}}); if (interrupt.requested()) { ... }
///
/// Throws:    ValueError while another one lives, of any type
template <FloatScalar T>
class EIGENGRAD_API Interrupt final : public Callback<T> {
 public:
  /// Whether Ctrl-C was pressed since it was made.
  [[nodiscard]] bool requested() const noexcept {
    return eigengrad::detail::interrupt_requested != 0;
  }

  void on_epoch_end(TrainingState<T>& state) override {
    if (requested()) {
      state.stop_at_limit("interrupted");
    }
  }

 private:
  eigengrad::detail::InterruptHandler handler_;
};

}  // namespace eigengrad::train
