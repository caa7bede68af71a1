#!/usr/bin/env python3
"""Writes npy/: small .npy files by NumPy and malformed ones by hand, with a manifest of what a reader must do.

`ok` lines carry the values. `error` lines are ours to refuse; they also say what this NumPy did, because it accepts
some of them (duplicate keys, hexadecimal extents, trailing bytes; older versions also a shape of -1).
"""

import argparse
import io
import re
import shutil
import struct
import warnings
from pathlib import Path

import numpy as np

from reference_text import provenance, tensor, write_lines

FLOATS = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf"), float("nan")]


def numpy_bytes(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version=version, allow_pickle=True)
    return file.getvalue()


def raw_bytes(header, data=b"", version=(1, 0), length=None, magic=b"\x93NUMPY"):
    """A file from a header text as it stands: neither padded nor checked. `length` overrides the stored one."""
    encoded = header.encode("utf-8" if version[0] == 3 else "latin1") if isinstance(header, str) else header
    size = struct.pack("<H" if version[0] == 1 else "<I", len(encoded) if length is None else length)
    return magic + bytes(version) + size + encoded + data


def header(descr="'<f8'", fortran="False", shape="(3,)", end=" }\n"):
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape},{end}"


THREE = np.array([1.0, 2.0, 3.0]).tobytes()


def padded(total, version):
    """A header of exactly `total` characters."""
    text = header(end="")
    return raw_bytes(text + " " * (total - len(text) - 2) + "}\n", THREE, version)


def valid():
    for version in ((1, 0), (2, 0), (3, 0)):
        yield f"version_{version[0]}", numpy_bytes(np.arange(6.0).reshape(2, 3), version)
    yield "bool", numpy_bytes(np.array([True, False, True]))
    for kind, size in [(kind, size) for kind in "iu" for size in (1, 2, 4, 8)]:
        for order in "|" if size == 1 else "<>":
            dtype = np.dtype(f"{order}{kind}{size}")
            limits = np.iinfo(dtype)
            name = f"{dtype.name}_{'big' if order == '>' else 'little'}" if size > 1 else dtype.name
            yield name, numpy_bytes(np.array([limits.min, 0, 1, 77, limits.max], dtype))
    for size, tiny in ((2, 6e-8), (4, 1e-45), (8, 5e-324)):
        for order in "<>":
            dtype = np.dtype(f"{order}f{size}")
            name = f"{dtype.name}_{'big' if order == '>' else 'little'}"
            yield name, numpy_bytes(np.array(FLOATS + [tiny, np.finfo(dtype).max], dtype))
    yield "zero_dimensions", numpy_bytes(np.array(3.5))
    yield "empty", numpy_bytes(np.zeros(0))
    yield "empty_rows", numpy_bytes(np.zeros((0, 3), np.float32))
    yield "empty_inner", numpy_bytes(np.zeros((2, 0, 3), np.int64))
    yield "one_by_one", numpy_bytes(np.array([[7]], np.int16))
    for order in "CF":
        yield f"matrix_{order}", numpy_bytes(np.array(np.arange(6.0).reshape(2, 3), order=order))
        yield f"cube_{order}", numpy_bytes(np.array(np.arange(24, dtype=">i4").reshape(2, 3, 4), order=order))
    yield "vector_fortran_true", raw_bytes(header(fortran="True"), THREE)
    yield "header_unpadded", raw_bytes("{'descr':'<f8','fortran_order':False,'shape':(3,)}", THREE)
    yield "header_key_order", raw_bytes("{'shape': (3,), 'descr': '<f8', 'fortran_order': False}\n", THREE)
    yield "header_double_quotes", raw_bytes('{"descr": "<f8", "fortran_order": False, "shape": (3,)}\n', THREE)
    yield "header_native_order", raw_bytes(header("'=f8'"), THREE)  # as written on a little-endian machine
    yield "shape_python2_long", raw_bytes(header(shape="(3L,)"), THREE)
    yield "header_10000", padded(10000, (2, 0))


def malformed():
    """name, bytes, what is wrong."""
    good = numpy_bytes(np.arange(3.0))
    for cut in (0, 3, 6, 7, 8, 9, 10, 40, 127, 128, 129, 136, 151):
        yield f"truncated_{cut}", good[:cut], f"the first {cut} of {len(good)} bytes"
    yield "truncated_v2_length", numpy_bytes(np.arange(3.0), (2, 0))[:11], "the 4-byte header length is cut"
    yield "trailing_bytes", good + b"\0", "one byte after the data"
    yield "magic", b"\x92" + good[1:], "bad magic"
    yield "magic_text", b"1.0,2.0,3.0\n4.0,5.0,6.0\n", "a text file"
    yield "version_0", good[:6] + b"\0" + good[7:], "version 0.0"
    yield "version_4", good[:6] + b"\4" + good[7:], "version 4.0"
    yield "version_1_1", good[:7] + b"\1" + good[8:], "version 1.1"
    yield "header_10001", padded(10001, (2, 0)), "header longer than 10,000 characters"
    yield "header_past_end", raw_bytes(header(), THREE, length=5000), "header length past the end of the file"
    yield "header_4_gib", raw_bytes(header(), THREE, (2, 0), length=2**32 - 1), "header length of 4 GiB"
    yield "header_empty", raw_bytes("", THREE), "empty header"
    yield "header_not_a_dict", raw_bytes("['<f8', False, (3,)]\n", THREE), "a list"
    yield "header_unclosed", raw_bytes(header(end="\n"), THREE), "no closing brace"
    yield "header_text_after", raw_bytes(header() + "x", THREE), "text after the dict"
    yield "header_call", raw_bytes(header(shape="(int(3),)"), THREE), "an expression, not a literal"
    yield "header_invalid_utf8", raw_bytes(header("'<f8\x80'").encode("latin1"), THREE, (3, 0)), "invalid UTF-8"
    yield "key_missing", raw_bytes("{'descr': '<f8', 'shape': (3,)}\n", THREE), "no fortran_order"
    yield "key_extra", raw_bytes(header(end=" 'more': 1}\n"), THREE), "a fourth key"
    yield "key_duplicate", raw_bytes(header(end=" 'shape': (3,)}\n"), THREE), "shape twice"
    yield "key_duplicate_other", raw_bytes(header(shape="(2,)", end=" 'shape': (3,)}\n"), THREE), "two shapes"
    yield "fortran_number", raw_bytes(header(fortran="1"), THREE), "fortran_order is a number"
    yield "fortran_text", raw_bytes(header(fortran="'False'"), THREE), "fortran_order is a string"
    yield "fortran_none", raw_bytes(header(fortran="None"), THREE), "fortran_order is None"
    yield "shape_minus_one", raw_bytes(header(shape="(-1,)"), THREE), "negative extent"
    yield "shape_minus_three", raw_bytes(header(shape="(-3,)"), THREE), "negative extent"
    yield "shape_int", raw_bytes(header(shape="(3)"), THREE), "shape is a number, not a tuple"
    yield "shape_list", raw_bytes(header(shape="[3]"), THREE), "shape is a list"
    yield "shape_float", raw_bytes(header(shape="(3.0,)"), THREE), "extent is a float"
    yield "shape_text", raw_bytes(header(shape="('3',)"), THREE), "extent is a string"
    yield "shape_hexadecimal", raw_bytes(header(shape="(0x3,)"), THREE), "hexadecimal extent"
    yield "shape_long_v3", raw_bytes(header(shape="(3L,)"), THREE, (3, 0)), "the suffix L is for versions 1 and 2"
    yield "shape_too_large", raw_bytes(header(shape="(4,)"), THREE), "more elements than data"
    yield "shape_huge", raw_bytes(header(shape="(1152921504606846977,)"), THREE), "element count times 8 wraps to 8"
    yield "shape_product_wraps", raw_bytes(header(shape="(4294967296, 4294967296)"), THREE), "2^32 * 2^32 wraps to 0"
    yield "shape_past_int64", raw_bytes(header(shape="(9223372036854775808,)"), THREE), "extent past int64"
    yield "shape_wraps_with_zero", raw_bytes(header(shape="(0, 4294967296, 4294967296, 4294967296)")), \
        "no elements, but the other extents overflow"
    yield "dtype_object", numpy_bytes(np.array([1, "two", None], dtype=object)), "pickled objects"
    yield "dtype_structured", numpy_bytes(np.zeros(2, [("a", "<f8"), ("b", "<i4")])), "structured dtype"
    yield "dtype_text", numpy_bytes(np.array(["one", "two"])), "strings"
    yield "dtype_bytes", numpy_bytes(np.array([b"one", b"two"])), "byte strings"
    yield "dtype_complex", numpy_bytes(np.array([1 + 2j])), "complex numbers"
    yield "dtype_datetime", numpy_bytes(np.array(["2020-01-01"], "M8[D]")), "dates"
    yield "dtype_void", numpy_bytes(np.zeros(2, "V3")), "raw bytes"
    yield "dtype_unknown", raw_bytes(header("'<f3'"), THREE), "no such type"
    yield "dtype_number", raw_bytes(header("8"), THREE), "descr is a number"
    yield "dtype_none", raw_bytes(header("None"), THREE), "descr is None"
    yield "dtype_empty", raw_bytes(header("''"), THREE), "descr is empty"


def numpy_verdict(path):
    """What np.load makes of the file: the array, or the error it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.load(path, allow_pickle=False)
    except Exception as error:  # any refusal counts
        return f"{type(error).__name__}: {re.sub(r' at 0x.*', '', ' '.join(str(error).split())[:70])}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "npy")
    output = parser.parse_args().output
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    lines = []
    for name, data in valid():
        (output / f"{name}.npy").write_bytes(data)
        array = numpy_verdict(output / f"{name}.npy")
        lines.append(f"{name}.npy|ok|{array.dtype.name}|{tensor(array)}")
    for name, data, wrong in malformed():
        (output / f"{name}.npy").write_bytes(data)
        verdict = numpy_verdict(output / f"{name}.npy")
        verdict = f"accepts {verdict.dtype} {verdict.shape}" if isinstance(verdict, np.ndarray) else verdict
        lines.append(f"{name}.npy|error|{wrong}|NumPy: {verdict.replace('|', '/')}")
    fields = ["file|ok|dtype|(extents):values in row-major order", "file|error|what is wrong|what np.load says"]
    write_lines(output / "manifest.txt", provenance(__file__, ["numpy"]) + fields, lines)
    print(f"npy: {len(lines)} files")


if __name__ == "__main__":
    main()
