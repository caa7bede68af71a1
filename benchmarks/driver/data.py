"""The arrays that all contestants start from, as .npy files: x, y and every layer's weights and biases.

Every row of x stands twice, with two different labels. No network can learn that, so the loss stays where it is
near the start however many steps a table takes, and gradients never sink to denormal numbers, on which
processors slow down: a table measures the same arithmetic from its first round to its last.
"""

import math
import random
from array import array

# (extents, batch, standard deviation of x). The last is for work on one row: it is small for many inputs, or the
# loss of that row would be 0 before the warm-up is over, and no one could tell whether losses agree.
SHAPES = {
    "a": ((30, 128, 64, 1), 32, 1.0),
    "b": ((784, 512, 256, 10), 128, 1.0),
    "c": ((784, 2048, 2048, 10), 256, 1.0),
    "tiny": ((8, 16, 1), 32, 1.0),
    "mnist": ((784, 512, 10), 32, 0.05),
}


def save_npy(path, values, shape):
    """Values: an array of float ('f') or int64 ('q'), row-major. The format is NumPy's version 1.0."""
    kind = {"f": "<f4", "q": "<i8"}[values.typecode]
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + values.tobytes())


def write_shape(folder, name):
    """Writes one shape's arrays to folder/name, unless they are there; returns that folder."""
    folder = folder / name
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    extents, batch, deviation = SHAPES[name]
    generator = random.Random(f"eigengrad {name}")
    rows = [array("f", (generator.gauss(0.0, deviation) for _ in range(extents[0]))) for _ in range(batch // 2)]
    x = array("f")
    for row in rows:
        x.extend(row)
        x.extend(row)
    save_npy(folder / "x.npy", x, (batch, extents[0]))
    classes = extents[-1]
    if classes == 1:
        save_npy(folder / "y.npy", array("f", (i % 2 for i in range(batch))), (batch, 1))
    else:
        labels = []
        for i in range(batch // 2):
            labels += [i % classes, (i + 1 + i // classes % (classes - 1)) % classes]
        save_npy(folder / "y.npy", array("q", labels), (batch,))
    for i, (rows, columns) in enumerate(zip(extents, extents[1:])):
        limit = math.sqrt(6.0 / (rows + columns))  # Glorot and Bengio 2010
        weights = array("f", (limit * (2.0 * generator.random() - 1.0) for _ in range(rows * columns)))
        save_npy(folder / f"w{i + 1}.npy", weights, (rows, columns))
        save_npy(folder / f"b{i + 1}.npy", array("f", bytes(4 * columns)), (columns,))
    (folder / "complete").touch()
    return folder
