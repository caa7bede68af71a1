#!/usr/bin/env python3
"""Writes weights/: a small model's weights as eigengrad, PyTorch and Keras save them, and what PyTorch and Keras
compute with all of them.

    make_weight_files.py --eigen FOLDER_OF_EIGEN

Compiles write_weights.cpp for the files that are ours, loads them here without any change, and fails if a name, a
shape or a layout does not fit.
"""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
import keras  # noqa: E402
import numpy as np  # noqa: E402
import safetensors.numpy  # noqa: E402
import safetensors.torch  # noqa: E402
import torch  # noqa: E402

from reference_text import provenance, write_lines  # noqa: E402

HERE = Path(__file__).parent


def torch_model():
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3))


def keras_model():
    keras.backend.clear_session()  # names count from dense again
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(3)])


def keras_names(model):
    """"dense/kernel" of "sequential/dense/kernel"."""
    return ["/".join(variable.path.split("/")[-2:]) for variable in model.weights]


def in_keras(path, x):
    model = keras_model()
    values = safetensors.numpy.load_file(path)
    assert sorted(values) == sorted(keras_names(model)), (sorted(values), keras_names(model))
    model.set_weights([values[name] for name in keras_names(model)])
    return np.asarray(model.predict(x, verbose=0))


def in_torch(path, x, dtype=torch.float32):
    model = torch_model()
    model.load_state_dict(safetensors.torch.load_file(path))  # strict
    with torch.no_grad():
        return model(torch.from_numpy(x)).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=HERE / "weights")
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    arguments = parser.parse_args()
    output = arguments.output
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    program = output / "write_weights"
    subprocess.run(["c++", "-std=c++20", "-O1", f"-I{HERE / '../../include'}", "-isystem", arguments.eigen,
                    HERE / "write_weights.cpp", "-o", program], check=True)
    subprocess.run([program.resolve(), output], check=True)
    program.unlink()

    torch.manual_seed(0)
    x = torch.randn(5, 4).numpy()
    results = {"x": x}
    model = torch_model()
    safetensors.torch.save_file(model.state_dict(), output / "torch.safetensors", metadata={"format": "pt"})
    safetensors.torch.save_file(model.half().state_dict(), output / "torch_half.safetensors")
    model = keras_model()
    safetensors.numpy.save_file(dict(zip(keras_names(model), map(np.asarray, model.get_weights()))),
                                output / "keras.safetensors")
    for name in ("torch", "torch_half", "eigengrad", "eigengrad_bfloat16"):
        results[name] = in_torch(output / f"{name}.safetensors", x)
    for name in ("keras", "eigengrad_keras"):
        results[name] = in_keras(output / f"{name}.safetensors", x)
    safetensors.numpy.save_file(results, output / "results.safetensors")
    write_lines(output / "provenance.txt", provenance(__file__, ["safetensors", "torch", "keras", "numpy"]), [])
    print(f"weights: {len(results)} results")


if __name__ == "__main__":
    main()
