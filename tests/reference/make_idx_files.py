#!/usr/bin/env python3
"""Writes idx/: small IDX files by hand, some gzipped by Python, and malformed ones, with a manifest of what a reader
must do. No library defines the format; the page that MNIST came from does."""

import argparse
import gzip
import shutil
import struct
from pathlib import Path

import numpy as np

from reference_text import provenance, tensor, write_lines

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx(array):
    array = np.asanyarray(array)
    code = CODES[array.dtype.str[1:]]
    extents = b"".join(struct.pack(">I", extent) for extent in array.shape)
    return bytes([0, 0, code, array.ndim]) + extents + array.astype(array.dtype.newbyteorder(">")).tobytes()


def raw(code=8, extents=(3,), data=b"\1\2\3", zeros=b"\0\0"):
    return zeros + bytes([code, len(extents)]) + b"".join(struct.pack(">I", e) for e in extents) + data


def zipped(data, **options):
    return gzip.compress(data, mtime=0, **options)


def valid():
    for dtype in CODES:
        info = np.iinfo(dtype) if dtype[0] in "ui" else np.finfo(dtype)
        yield f"{np.dtype(dtype).name}.idx", np.array([info.min, 0, 1, 77, info.max], dtype)
    cube = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    yield "cube.idx", cube
    yield "scalar.idx", np.array(7, np.uint8)
    yield "empty.idx", np.zeros((0, 28, 28), np.uint8)
    yield "cube.idx.gz", cube
    yield "large.idx.gz", np.zeros((50, 2000), np.int32)
    yield "two_members.idx.gz", cube


def valid_bytes(name, array):
    data = idx(array)
    if name == "two_members.idx.gz":
        return zipped(data[:10]) + zipped(data[10:])
    return zipped(data) if name.endswith(".gz") else data


def malformed():
    good = raw()
    for cut in (0, 1, 3, 4, 7, 8, len(good) - 1):
        yield f"truncated_{cut}.idx", good[:cut], f"the first {cut} of {len(good)} bytes"
    yield "trailing.idx", good + b"\0", "one byte after the data"
    yield "magic.idx", raw(zeros=b"\0\1"), "the second byte is not zero"
    yield "type_10.idx", raw(code=10), "no such type"
    yield "axes_7.idx", raw(extents=(1,) * 7), "more axes than a tensor of ours has"
    yield "axes_255.idx", b"\0\0\x08\xff", "255 axes"
    yield "huge.idx", raw(extents=(2**32 - 1, 2**31 - 1)), "8 EiB of data"
    yield "product_wraps.idx", raw(extents=(2**31, 2**31, 4)), "2^64 wraps to 0"
    yield "wraps_with_zero.idx", raw(extents=(0, 2**31, 2**31, 4), data=b""), "no elements, but the other extents overflow"
    packed = zipped(good)
    for cut in (2, 9, 12, len(packed) - 9, len(packed) - 8, len(packed) - 1):
        yield f"gzip_truncated_{cut}.idx.gz", packed[:cut], f"the first {cut} of {len(packed)} bytes"
    yield "gzip_short.idx.gz", zipped(good[:-1]), "one byte is missing in what was gzipped"
    yield "gzip_trailing.idx.gz", zipped(good + b"\0"), "one byte after the data in what was gzipped"
    yield "gzip_junk.idx.gz", packed + b"junk", "bytes after the gzipped data"
    yield "gzip_checksum.idx.gz", packed[:-8] + b"\0\0\0\0" + packed[-4:], "a wrong checksum"
    yield "gzip_length.idx.gz", packed[:-4] + b"\7\0\0\0", "a wrong length"
    yield "gzip_method.idx.gz", packed[:2] + b"\7" + packed[3:], "no such compression"
    yield "gzip_impossible.idx.gz", zipped(raw(extents=(2**31 - 1,), data=b"")), "more than gzipped bytes can stand for"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "idx")
    output = parser.parse_args().output
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    lines = []
    for name, array in valid():
        (output / name).write_bytes(valid_bytes(name, array))
        values = tensor(array) if array.size < 1000 else f"({','.join(map(str, array.shape))}):zeros"
        lines.append(f"{name}|ok|{array.dtype.name}|{values}")
    for name, data, wrong in malformed():
        (output / name).write_bytes(data)
        lines.append(f"{name}|error|{wrong}|")
    fields = ["file|ok|dtype|(extents):values in row-major order", "file|error|what is wrong|"]
    write_lines(output / "manifest.txt", provenance(__file__, ["numpy"]) + fields, lines)
    print(f"idx: {len(lines)} files")


if __name__ == "__main__":
    main()
