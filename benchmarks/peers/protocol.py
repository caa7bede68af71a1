"""What the Python peers share: the command line, the data, and the conversation with the driver.

A peer is a long-lived process. It builds its network from the .npy files in --data, runs 20 warm-up steps, says
in one line of JSON that it is ready, and then answers every line on its standard input: `run N` with the
seconds that N steps took, `stats` with its peak memory. A peer whose library is missing says so and leaves.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

WARM_UP = 20


class Task:
    """One workload: arrays, weights and what is asked for."""

    def __init__(self, arguments):
        import numpy
        self.contestant, self.work, self.threads = arguments.contestant, arguments.work, arguments.threads
        folder = Path(arguments.data)
        rows = slice(0, 1) if self.work in ("inference", "online") else slice(None)
        self.x = numpy.ascontiguousarray(numpy.load(folder / "x.npy")[rows])
        self.y = numpy.ascontiguousarray(numpy.load(folder / "y.npy")[rows])
        count = len(list(folder.glob("w*.npy")))
        self.weights = [numpy.load(folder / f"w{i + 1}.npy") for i in range(count)]  # (in, out)
        self.biases = [numpy.load(folder / f"b{i + 1}.npy") for i in range(count)]
        self.binary = self.weights[-1].shape[1] == 1


def fastest(candidates):
    """Of {name: run}, each warm and at WARM_UP steps, the (name, run) of the least time."""
    if len(candidates) == 1:
        return next(iter(candidates.items()))
    best = {name: float("inf") for name in candidates}
    for _ in range(5):
        for name, run in candidates.items():
            start = time.perf_counter()
            run(3)
            best[name] = min(best[name], time.perf_counter() - start)
    name = min(best, key=best.get)
    return name, candidates[name]


def peak_kb():
    with open("/proc/self/status", encoding="ascii") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), None)


def serve(build):
    """Talks to the driver. build(task) gives (version, {setting: run}); run(n) makes n steps, waits until they are
    done and returns the loss of the last one (of `inference`: the first output). Of several settings the fastest
    is kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contestant", required=True)
    parser.add_argument("--shape", required=True)
    parser.add_argument("--work", required=True, choices=["step", "inference", "online", "fit"])
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()

    # Libraries print to standard output when it suits them: only this copy of it reaches the driver.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def reply(text):
        replies.write(text + "\n")
        replies.flush()

    try:
        version, candidates = build(Task(arguments))
    except ImportError as error:
        reply(json.dumps({"missing": str(error)}))
        return
    losses = [float(run(WARM_UP)) for run in candidates.values()]
    loss = max(losses, key=lambda x: abs(x - losses[0]))  # the one that the driver must see, if one is wrong
    reply(json.dumps({"ready": True, "contestant": arguments.contestant, "version": version,
                      "threads": arguments.threads, "loss": loss}))
    setting, several = None, len(candidates) > 1
    for line in sys.stdin:
        command = line.split()
        if command[0] == "run":
            if setting is None:  # now, for here nobody else is running
                setting, chosen = fastest(candidates)
                candidates = None
            start = time.perf_counter()
            chosen(int(command[1]))
            reply(f"{time.perf_counter() - start:.9g}")
        elif command[0] == "stats":
            reply(json.dumps({"peak_kb": peak_kb(), "heap_calls": None, "heap_bytes": None,
                              "setting": setting if several else None}))
        else:
            raise SystemExit(f"unknown command: {line!r}")
