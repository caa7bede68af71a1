"""Long-lived processes that run one workload again and again, and rounds interleaved among them.

A contestant says in one line of JSON that it is ready (or what it misses), then answers `run N` with seconds and
`stats` with its memory. Who waits is stopped: threads that spin for more work would slow down whoever runs.
"""

import json
import os
import select
import signal
import subprocess
import time

# They pin a library to an older kernel, or change what it computes with.
PINS = ["OPENBLAS_CORETYPE", "OPENBLAS_VERBOSE", "OPENBLAS_MAIN_FREE", "BLIS_ARCH_TYPE", "NVPL_BLAS_DEBUG_CPU_TYPE",
        "MKL_DEBUG_CPU_TYPE", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR", "MKL_VERBOSE", "DNNL_MAX_CPU_ISA",
        "ONEDNN_MAX_CPU_ISA", "DNNL_VERBOSE", "ONEDNN_VERBOSE", "TF_ENABLE_ONEDNN_OPTS", "ATEN_CPU_CAPABILITY",
        "NPY_DISABLE_CPU_FEATURES", "XLA_FLAGS", "GLIBC_TUNABLES", "OMP_PROC_BIND", "OMP_PLACES", "OMP_WAIT_POLICY",
        "GOMP_CPU_AFFINITY", "KMP_AFFINITY"]
THREADS = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
           "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]


def environment(threads, cache=None):
    """The environment of a contestant: nothing pinned, `threads` threads for every library."""
    result = {name: value for name, value in os.environ.items() if name not in PINS}
    result.update({name: str(threads) for name in THREADS})
    if cache:
        result["TORCHINDUCTOR_CACHE_DIR"] = str(cache)
    return result


class Gone(Exception):
    """A contestant that cannot run, and why."""


class Contestant:
    """One process. `info` is what it said when it was ready."""

    def __init__(self, name, command, log, threads, cache=None):
        self.name, self.log, self.info, self.steps, self.seconds = name, log, {}, 1, 0.0
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "wb") as errors:
            try:
                self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                                env=environment(threads, cache))
            except OSError as error:
                self.process = None
                raise Gone(f"{command[0]}: {error.strerror}") from None

    def wait_until_ready(self, seconds=600):
        try:
            self.info = json.loads(self.reply(seconds))
        except ValueError as error:
            raise Gone(f"not the protocol: {error}") from None
        if "missing" in self.info:
            raise Gone(self.info["missing"])
        self.process.send_signal(signal.SIGSTOP)

    def reply(self, seconds):
        """Its next line. Every reply is one line and nothing is asked before it came, so none waits in a buffer."""
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise Gone(f"no answer within {seconds} s")
        line = self.process.stdout.readline()
        if not line:
            last = self.log.read_text(errors="replace").strip().splitlines()
            raise Gone(f"ended with status {self.process.wait()}" + (f": {last[-1]}" if last else ""))
        return line.decode()

    def ask(self, question):
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(question.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # reply() says why it ended
        answer = self.reply(600)
        self.process.send_signal(signal.SIGSTOP)
        return answer

    def run(self, steps):
        """Seconds that `steps` steps took, by its own clock."""
        return float(self.ask(f"run {steps}"))

    def calibrate(self, seconds):
        """Chooses how many steps make a round of about `seconds`."""
        steps = 1
        while (took := self.run(steps)) < seconds / 8 and steps < 1 << 30:
            steps *= 2 if took > seconds / 100 else 8
        self.steps, self.seconds = max(1, round(steps * seconds / took)), seconds

    def round(self):
        """Seconds a step, over one round. After one far too long the next makes fewer steps."""
        took, steps = self.run(self.steps), self.steps
        if took > 8 * self.seconds:
            self.steps = max(1, round(steps * self.seconds / took))
        return took / steps

    def stats(self):
        return json.loads(self.ask("stats"))

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()


class Disturbed(Contestant):
    """A contestant that runs while another process keeps one core busy."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.burner = subprocess.Popen(["sh", "-c", "while :; do :; done"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.burner.send_signal(signal.SIGSTOP)

    def run(self, steps):
        self.burner.send_signal(signal.SIGCONT)
        try:
            return super().run(steps)
        finally:
            self.burner.send_signal(signal.SIGSTOP)

    def stop(self):
        super().stop()
        self.burner.kill()
        self.burner.wait()


def start_all(starters):
    """Starts {name: function that makes a contestant} side by side. Gives (those that run, {name: why not})."""
    running, missing = [], {}
    try:
        for name, start in starters.items():
            try:
                running.append(start())
            except Gone as reason:
                missing[name] = str(reason)
        for contestant in list(running):
            try:
                contestant.wait_until_ready()
            except Gone as reason:
                missing[contestant.name] = str(reason)
                running.remove(contestant)
                contestant.stop()
    except BaseException:  # an interrupt too: nobody may stay behind, stopped for ever
        stop_all(running)
        raise
    return running, missing


def stop_all(contestants):
    for contestant in contestants:
        contestant.stop()


def interleave(contestants, rounds, seconds):
    """Rounds A B C A B C ... of about `seconds` each. Gives ({name: seconds a step, round by round}, {name: why it
    broke down}); who breaks down is stopped and has no times."""
    times, broken = {c.name: [] for c in contestants}, {}

    def attempt(contestant, action):
        if contestant.name in broken:
            return None
        try:
            return action()
        except (Gone, ValueError) as reason:
            broken[contestant.name] = str(reason)
            times.pop(contestant.name)
            contestant.stop()
            return None

    for contestant in contestants:
        attempt(contestant, lambda c=contestant: c.calibrate(seconds))
    for _ in range(rounds):
        for contestant in contestants:
            took = attempt(contestant, contestant.round)
            if took is not None:
                times[contestant.name].append(took)
    return times, broken


class Machine:
    """What the processor can do right now, by the program `machine`."""

    pause = 1.0  # seconds before a repeat

    def __init__(self, program):
        self.program = program

    def measure(self):
        """{"fma_gflops_float", "copy_gb_s"}, or {} where the program is not built."""
        if not self.program.exists():
            return {}
        answer = subprocess.run([self.program], capture_output=True, check=True, env=environment(1))
        return json.loads(answer.stdout)

    def steadily(self, action, tolerance=0.03, repeats=2):
        """action(), again (at most `repeats` times) while the processor's peak differs by more than `tolerance`
        between before and after. Gives (the last result, the last drift or None, how often it was repeated)."""
        for repeat in range(repeats + 1):
            before = self.measure().get("fma_gflops_float")
            result = action()
            after = self.measure().get("fma_gflops_float")
            if not before or not after:
                return result, None, repeat
            drift = abs(after - before) / max(before, after)
            if drift <= tolerance:
                break
            time.sleep(self.pause)
        return result, drift, repeat
