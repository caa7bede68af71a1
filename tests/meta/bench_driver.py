#!/usr/bin/env python3
"""The benchmark driver on made-up contestants with known times: interleaving, ratios, losses that differ, peers
that miss or die, a processor that drifts. No clock is read.

  tests/meta/bench_driver.py
"""

import json
import os
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "benchmarks"))

import bench
from driver import parts, rows
from driver.contestants import Contestant, Machine

SCRIPT = {
    "eigengrad": {"seconds": 0.001, "loss": 0.5, "heap_calls": 0, "peak_kb": 1000},
    "floor_gemm": {"seconds": 0.001, "loss": 0.5004, "heap_calls": None, "peak_kb": 900},
    "floor_eigen": {"seconds": 0.002, "loss": 0.6, "peak_kb": 2000},
    "pytorch_eager": {"seconds": 0.016, "loss": 0.5},
    "pytorch_fused": {"seconds": 0.004, "loss": 0.5},
    "pytorch_compile": {"seconds": 0.008, "loss": 0.5},
    "jax_jit": {"seconds": 0.002, "loss": 0.5, "dies_at": 4},
    "keras_step": {"seconds": 0.002, "loss": float("nan")},
    "scikit_learn": {"missing": "No module named 'sklearn'"},
}


class Driver(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        programs = self.folder / "release/benchmarks"
        programs.mkdir(parents=True)
        for name in ("step", "machine"):
            (programs / name).symlink_to(HERE / "fake_contestant.py")
        os.environ["BENCH_FAKE"] = str(self.folder)
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"
        # This very Python, without the detour of a version manager.
        os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        Machine.pause = 0.0
        self.script, self.peaks = {name: dict(entry) for name, entry in SCRIPT.items()}, "100"

    def run_driver(self, table, *more):
        (self.folder / "script.json").write_text(json.dumps(self.script))
        (self.folder / "peaks").write_text(self.peaks)
        result = self.folder / "result.json"
        with redirect_stdout(StringIO()) as self.output, redirect_stderr(StringIO()):
            bench.main(["--only", table, "--shapes", "a", "--rounds", "4", "--seconds", "0.008", "--threads", "1",
                        "--build", str(self.folder / "release"), "--python", str(HERE / "fake_contestant.py"),
                        "--json", str(result), *more])
        found = json.loads(result.read_text())["rows"]
        return {(row["name"], row["against"]): row for row in found}

    def log(self, kind):
        lines = [line.split() for line in (self.folder / "log").read_text().splitlines()]
        return [line[1:] for line in lines if line[0] == kind]

    def test_rounds_are_interleaved_and_calibrated(self):
        self.run_driver("floor")
        asked = self.log("run")
        turn = [["eigengrad", "8"], ["floor_gemm", "8"], ["floor_eigen", "4"]]
        self.assertEqual(asked[-12:], turn * 4)
        self.assertNotEqual(asked[-15:-12], turn)  # before them: the calibration

    def test_ratios_and_targets_of_the_floor(self):
        found = self.run_driver("floor")
        row = found["step a, 1 thread", "floor_gemm"]
        self.assertAlmostEqual(row["ratio"], 1.0)
        self.assertEqual((row["target"], row["met"], row["unit"]), ("<= 1.05", True, "s"))
        self.assertAlmostEqual(row["ours"], 0.001)
        self.assertEqual(row["notes"], [])
        row = found["step a, 1 thread", "floor_eigen"]
        for field in ("ratio", "best", "median"):
            self.assertAlmostEqual(row[field], 0.5)

    def test_losses_that_differ_are_said(self):
        found = self.run_driver("floor")
        self.assertEqual(found["step a, 1 thread", "floor_eigen"]["notes"], ["the losses differ: 0.5 against 0.6"])
        found = self.run_driver("peers")
        self.assertIn("the losses differ: 0.5 against nan", found["step a, 1 thread", "keras_step"]["notes"])

    def test_who_misses_is_named(self):
        found = self.run_driver("peers")
        row = found["step a, 1 thread", "scikit_learn"]
        self.assertEqual(row["notes"], ["missing: No module named 'sklearn'"])
        self.assertIsNone(row["ratio"])
        row = found["step a, 1 thread", "jax_jit"]
        self.assertEqual(row["notes"], ["missing: ended with status 3: its last words"])
        self.assertEqual((row["target"], row["met"]), (">= 3", None))
        self.assertIn("dlib was not found", found["step a, 1 thread", "dlib"]["notes"][0])
        self.assertIn("| jax_jit | - |", self.output.getvalue())

    def test_who_is_faster_and_the_best_setting(self):
        found = self.run_driver("peers")
        row = found["step a, 1 thread", "pytorch_eager"]
        self.assertAlmostEqual(row["ratio"], 16.0)
        self.assertTrue(row["met"])
        row = found["step a, 1 thread", "best pytorch"]
        self.assertAlmostEqual(row["ratio"], 4.0)
        self.assertEqual(row["notes"], ["pytorch_fused"])

    def test_without_ours_nothing_is_compared(self):
        self.script["eigengrad"] = {"missing": "broken"}
        row = self.run_driver("floor")["step a, 1 thread", "floor_gemm"]
        self.assertEqual((row["ratio"], row["met"], row["notes"]), (None, None, ["missing: eigengrad: broken"]))

    def test_libraries_are_not_pinned_and_have_equal_threads(self):
        self.run_driver("floor", "--threads", *(["1", "2"] if (os.cpu_count() or 1) > 1 else ["1"]))
        for _, pinned, for_libraries, for_contestant in self.log("env"):
            self.assertEqual((pinned, for_libraries), ("None", for_contestant))

    def test_a_drifting_processor_is_measured_again(self):
        self.peaks = "100 100 90 100 99 100"  # once before all; then two pairs
        self.run_driver("floor")
        self.assertIn("step a, 1 thread: measured 2 times", self.output.getvalue())
        self.assertNotIn("unsteady", self.output.getvalue())

    def test_a_processor_that_never_settles_is_said(self):
        self.peaks = "100 " + "100 90 " * 10
        self.run_driver("floor")
        self.assertIn("step a, 1 thread: unsteady: the processor's peak drifted by 10.0 %, also after 2 repeats.",
                      self.output.getvalue())

    @unittest.skipUnless((os.cpu_count() or 1) > 1, "needs two cores")
    def test_two_threads_against_one_and_beside_another_process(self):
        found = self.run_driver("threads")
        row = found["step a, 2 threads", "eigengrad, 1 thread"]
        self.assertAlmostEqual(row["ratio"], 1.0)
        self.assertEqual(row["target"], ">= 1")
        row = found["step a, 2 threads, one core busy", "eigengrad, 1 thread"]
        self.assertEqual((row["target"], row["met"]), ("<= 2.2", True))

    def test_heap_and_memory(self):
        found = self.run_driver("heap")
        self.assertTrue(found["heap calls, step a", ""]["met"])
        self.assertAlmostEqual(found["peak memory, step a", "floor_eigen"]["ratio"], 0.5)
        self.script["eigengrad"]["heap_calls"] = 0.125
        self.assertIs(self.run_driver("heap")["heap calls, step a", ""]["met"], False)

    @unittest.skipUnless(Path("/proc/self/stat").exists(), "needs /proc")
    def test_who_waits_is_stopped(self):
        self.run_driver("floor")  # writes the script
        contestant = Contestant("eigengrad", [self.folder / "release/benchmarks/step", "--contestant", "eigengrad",
                                              "--threads", "1"], self.folder / "a.log", 1)
        self.addCleanup(contestant.stop)
        contestant.wait_until_ready()
        for _ in range(2):
            os.waitid(os.P_PID, contestant.process.pid, os.WSTOPPED | os.WNOWAIT)  # the signal has arrived
            state = Path(f"/proc/{contestant.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            self.assertEqual(state, "T")
            self.assertAlmostEqual(contestant.run(7), 0.007)


class Rows(unittest.TestCase):
    def test_ratio_is_of_best_times_and_rounds_are_pairs(self):
        row = rows.compare("floor", "step a, 1 thread", "floor_gemm", [2.0, 3.0, 4.0], [4.0, 2.0, 4.0])
        self.assertEqual((row.ours, row.other, row.ratio), (2.0, 2.0, 1.0))
        self.assertEqual((row.best, row.median), (0.5, 1.0))  # of 2/4, 3/2, 4/4
        row = rows.compare("peers", "step a, 1 thread", "pytorch_eager", [2.0, 3.0, 4.0], [4.0, 3.0, 24.0])
        self.assertEqual((row.ratio, row.best, row.median), (1.5, 6.0, 2.0))
        self.assertIs(row.met, False)

    def test_products_against_eigen_and_the_peak(self):
        def entry(name, rate, **more):
            return {"name": name, "run_name": name, "run_type": "iteration", "time_unit": "ns", "real_time": 1.0,
                    "GFLOP": rate, **more}
        text = json.dumps({"benchmarks": [
            entry("peak", 200.0), entry("ours/NN/64x64*64x64", 170.0), entry("ours/NN/64x64*64x64", 190.0),
            entry("eigen/NN/64x64*64x64", 95.0), entry("eigen/NN/64x64*64x64", 80.0),
            {**entry("ours/NN/64x64*64x64", 999.0), "run_type": "aggregate"}]})
        limit, eigen = parts.rows_of("gemm", *parts.read(text))
        self.assertEqual((limit.against, limit.target, limit.met), ("peak", (">=", 0.9), True))
        self.assertAlmostEqual(limit.ratio, 0.95)
        self.assertEqual((eigen.against, eigen.target, eigen.met), ("Eigen", (">=", 1.0), True))
        self.assertAlmostEqual(eigen.ratio, 2.0)
        self.assertAlmostEqual(eigen.ours, 190.0)

    def test_targets_of_products(self):
        self.assertEqual(parts.product_target("NN/512x512*512x512"), 0.9)
        self.assertEqual(parts.product_target("TN/100x100*100x100"), round(0.9 * 100 / 112, 3))
        self.assertEqual(parts.product_target("NT/2048x2048*2048x2048"), 0.8)
        self.assertIsNone(parts.product_target("NN/32x64*64x1"))
        self.assertIsNone(parts.product_target("NN/1x30*30x128"))


if __name__ == "__main__":
    unittest.main()
