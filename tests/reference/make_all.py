#!/usr/bin/env python3
"""Regenerates all stored reference data beside this file."""

import argparse
import subprocess
import sys
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder that make_training_curves.py reads the data sets from")
    data = Path(parser.parse_args().data).resolve()
    for script, arguments in (("make_training_curves.py", ["--data", str(data)]), ("make_op_values.py", []),
                              ("make_optimizer_values.py", []), ("make_optimizer_runs.py", []),
                              ("make_plateau_values.py", []), ("make_class_weight_values.py", []),
                              ("make_sample_weight_values.py", []),
                              ("make_metric_values.py", []), ("make_convention_values.py", []),
                              ("make_describe_values.py", []), ("make_moons_values.py", []),
                              ("make_linalg_values.py", []),
                              ("make_explain_values.py", []), ("make_opinfo_values.py", []),
                              ("make_tensorboard_events.py", []),
                              ("make_splits.py", []),
                              ("make_split_checksums.py", []), ("make_npy_files.py", []),
                              ("make_safetensors_files.py", []), ("make_npz_files.py", []), ("make_idx_files.py", []),
                              ("make_csv_files.py", []),
                              ("make_weight_files.py", [])):
        subprocess.run([sys.executable, "-W", "ignore", script, *arguments], check=True, cwd=Path(__file__).parent)


if __name__ == "__main__":
    main()
