"""Text format shared by the reference scripts: one case a line, fields split by '|'.

A tensor is written `(2,3):1.0 2.0 ...`: its extents, a colon, its values in row-major order. Floats are the shortest
decimals that give the same bits back (`inf`, `-inf`, `nan`, `-0.0` included), integers are plain.
"""

import datetime
import importlib.metadata
import platform
import sys
from pathlib import Path

import numpy as np


def versions(packages):
    """One line: python and the named packages with the versions that are installed."""
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"python {platform.python_version()}, {found}"


def provenance(script, packages):
    """The lines that say who made a stored file: script, versions, date, command (paths by their last part)."""
    command = " ".join(Path(argument).name for argument in sys.argv)
    return [
        f"script: tests/reference/{Path(script).name}",
        f"versions: {versions(packages)}",
        f"date: {datetime.date.today().isoformat()}",
        f"command: python {command}",
    ]


def number(value):
    """An integer or the shortest decimal that reads back to the same double."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    return repr(float(value))


def tensor(values):
    """`(extents):values`; a 0-d tensor is `():value`. None gives `-` (no such tensor)."""
    if values is None:
        return "-"
    array = np.asarray(values)
    extents = ",".join(str(extent) for extent in array.shape)
    return f"({extents}):" + " ".join(number(value) for value in array.reshape(-1))


def case(name, attributes, inputs, outputs, cotangent=None, gradients=()):
    """`name|key=value,...|input;...|output;...|cotangent|gradient;...`."""
    listed = ",".join(f"{key}={value}" for key, value in attributes.items())
    return "|".join([
        name,
        listed,
        ";".join(map(tensor, inputs)),
        ";".join(map(tensor, outputs)),
        "" if cotangent is None else tensor(cotangent),
        ";".join(map(tensor, gradients)),
    ])


def write_lines(path, header, lines):
    """Writes `# header` lines, then the cases, with a final newline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"# {line}\n" for line in header) + "".join(f"{line}\n" for line in lines))
