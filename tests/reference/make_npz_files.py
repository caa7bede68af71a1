#!/usr/bin/env python3
"""Writes npz/: small archives by NumPy and Python's zipfile, and malformed ones by hand, with a manifest of what a
reader must do.

`ok` lines carry the values, one line an array. `error` lines are ours to refuse; they also say what this NumPy did,
because it accepts some of them (junk before the archive, comments, names given twice, headers that disagree).
"""

import argparse
import io
import shutil
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from reference_text import provenance, tensor, write_lines


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=True)
    return file.getvalue()


X = npy(np.array([1.0, 2.0, 3.0]))
MATRIX = npy(np.arange(6, dtype=np.int32).reshape(2, 3))


def savez(function=np.savez, **arrays):
    file = io.BytesIO()
    function(file, **arrays)
    return file.getvalue()


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def zipped(*members, method=zipfile.ZIP_STORED, file=None, zip64=False, comment=b""):
    """An archive by zipfile from (name, bytes)."""
    file = io.BytesIO() if file is None else file
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names given twice
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, data in members:
                info = zipfile.ZipInfo(name)
                info.compress_type = method
                with archive.open(info, "w", force_zip64=zip64) as member:
                    member.write(data)
            archive.comment = comment
    return file.data if isinstance(file, Unseekable) else file.getvalue()


def descriptors(**options):
    return zipped(("x.npy", X), ("y.npy", MATRIX), file=Unseekable(), **options)


def by_hand(data=X, packed=None, method=0, flags=0, crc=None, size=None, packed_size=None, name=b"x.npy", offset=0,
            local=None, extra=b"", local_extra=b"", after=b"", end=None, count=1, directory_size=None, before=b""):
    """One member; every field can be wrong. `local` overrides fields of the member's own header."""
    packed = data if packed is None else packed
    fields = {"flags": flags, "method": method, "crc": zlib.crc32(data) if crc is None else crc,
              "packed_size": len(packed) if packed_size is None else packed_size,
              "size": len(data) if size is None else size, "name": name}
    own = {**fields, **(local or {})}

    def common(f):
        return struct.pack("<HHHHHIII", 45, f["flags"], f["method"], 0, 0x21, f["crc"], f["packed_size"], f["size"])

    head = b"PK\3\4" + common(own) + struct.pack("<HH", len(own["name"]), len(local_extra)) + own["name"] + local_extra
    body = before + head + packed + after
    directory = b"PK\1\2\x2d\x03" + common(fields) + struct.pack(
        "<HHHHHII", len(name), len(extra), 0, 0, 0, 0o600 << 16, offset) + name + extra
    last = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count,
                                   len(directory) if directory_size is None else directory_size, len(body), 0)
    return body + directory + (last if end is None else end(len(body), len(directory)))


def zip64_end(entries=1, locator_shift=0, contradict=False):
    """End records of zip64 for a directory of that place and length."""
    def records(begin, length):
        wide = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, entries, entries, length, begin)
        locator = b"PK\6\7" + struct.pack("<IQI", 0, begin + length + locator_shift, 1)
        return wide + locator + b"PK\5\6" + struct.pack(
            "<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 7 if contradict else 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return records


def deflated(data, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zip64_extra(*numbers):
    return struct.pack("<HH", 1, 8 * len(numbers)) + b"".join(struct.pack("<Q", number) for number in numbers)


def valid():
    """name, bytes."""
    yield "savez", savez(x=np.arange(6.0).reshape(2, 3), y=np.array([1, 2, 3], np.int64), flag=np.array([True, False]))
    yield "savez_compressed", savez(np.savez_compressed, x=np.zeros((10, 20), np.float32) + 0.5,
                                    labels=np.arange(300, dtype=np.uint8))
    yield "savez_unnamed", (lambda file: (np.savez(file, np.array([1.5], np.float32), np.array(7, np.int32)),
                                          file.getvalue())[1])(io.BytesIO())
    yield "empty_archive", savez()
    yield "empty_arrays", savez(x=np.zeros(0), y=np.zeros((0, 3), np.float32))
    yield "fortran", savez(x=np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    yield "name_unicode", savez(**{"gr\u00fc\u00dfe": np.array([1.0])})
    yield "name_like_a_path", zipped(("../../etc/x.npy", X), ("/y.npy", MATRIX))
    yield "stored_plain", zipped(("x.npy", X), ("y.npy", MATRIX))
    yield "deflated_plain", zipped(("x.npy", X), ("y.npy", MATRIX), method=zipfile.ZIP_DEFLATED)
    yield "descriptor_stored", descriptors()
    yield "descriptor_deflated", descriptors(method=zipfile.ZIP_DEFLATED)
    yield "descriptor_zip64", descriptors(zip64=True)
    sizes = struct.pack("<III", zlib.crc32(X), len(X), len(X))
    yield "descriptor_unmarked", by_hand(flags=8, local={"crc": 0, "size": 0, "packed_size": 0}, after=sizes)
    yield "end_zip64", by_hand(end=zip64_end())
    yield "member_zip64", by_hand(size=0xFFFFFFFF, packed_size=0xFFFFFFFF, extra=zip64_extra(len(X), len(X), 0),
                                  offset=0xFFFFFFFF, local_extra=zip64_extra(len(X), len(X)))
    yield "other_extra_fields", by_hand(extra=b"UT\1\0z", local_extra=b"UT\2\0zz")
    yield "deflated_not_at_all", by_hand(packed=deflated(X, 0), method=8)


def malformed():
    """name, bytes, what is wrong."""
    good = by_hand()
    for cut in (0, 1, 21, 22, 30, 100, len(good) - 22, len(good) - 1):
        yield f"truncated_{cut}", good[:cut], f"the first {cut} of {len(good)} bytes"
    yield "trailing_byte", good + b"\0", "one byte after the archive"
    yield "comment", zipped(("x.npy", X), comment=b"hello"), "a comment of the archive"
    yield "prefix", b"#!/bin/sh\n" + good, "junk before the archive"
    yield "prefix_with_offsets", by_hand(before=b"junk", offset=4), "junk before the archive that the offsets know of"
    yield "gap", by_hand(after=b"junk"), "bytes between the member and the directory"
    yield "name_twice", zipped(("x.npy", X), ("x.npy", MATRIX)), "two members of one name"
    yield "name_empty", by_hand(name=b""), "no name"
    yield "name_nul", by_hand(name=b"x\0.npy"), "a NUL in the name"
    yield "not_npy", zipped(("x.npy", X), ("readme.txt", b"hello")), "a member that is not .npy"
    yield "folder", zipped(("x.npy", X), ("more/", b"")), "a folder"
    yield "npy_text", zipped(("x.npy", b"1,2,3\n")), "a member that is not what its name says"
    yield "npy_pickle", zipped(("x.npy", npy(np.array([1, "two"], dtype=object)))), "pickled objects"
    yield "npy_truncated", zipped(("x.npy", X[:-1])), "one byte of the array is missing"
    yield "npy_trailing", zipped(("x.npy", X + b"\0")), "one byte after the array"
    yield "npy_empty", zipped(("x.npy", b"")), "an empty member"
    yield "encrypted", by_hand(flags=1), "encrypted"
    yield "patch_flag", by_hand(flags=32), "a flag for patches"
    yield "method_bzip2", zipped(("x.npy", X), method=zipfile.ZIP_BZIP2), "compressed by bzip2"
    yield "method_unknown", by_hand(method=99), "no such compression"
    yield "crc_wrong", by_hand(crc=1), "the checksum of other data"
    yield "crc_wrong_deflated", by_hand(packed=deflated(X), method=8, crc=1), "the checksum of other data, deflated"
    yield "crc_local", by_hand(local={"crc": 1}), "another checksum in the member's own header"
    yield "size_local", by_hand(local={"size": 1}), "another size in the member's own header"
    yield "name_local", by_hand(local={"name": b"y.npy"}), "another name in the member's own header"
    yield "method_local", by_hand(local={"method": 8}), "another method in the member's own header"
    yield "stored_sizes_differ", by_hand(size=len(X) + 1), "stored, but of two sizes"
    yield "size_past_end", by_hand(size=10**6, packed_size=10**6), "a size past the end of the file"
    yield "size_larger", by_hand(packed=deflated(X), method=8, size=len(X) + 1), "inflates to less than it says"
    yield "size_smaller", by_hand(packed=deflated(X), method=8, size=len(X) - 1), "inflates to more than it says"
    yield "size_impossible", by_hand(packed=deflated(X), method=8, size=10**9), "more than deflated bytes can stand for"
    yield "deflated_corrupt", by_hand(packed=b"\xff" * 20, method=8), "not deflated data"
    yield "deflated_cut", by_hand(packed=deflated(X)[:-3], method=8), "deflated data without its end"
    yield "deflated_junk_after", by_hand(packed=deflated(X) + b"junk", method=8), "bytes after the deflated data"
    yield "deflated_dictionary", by_hand(packed=b"\x78\xbb" + deflated(X), method=8), "zlib's header instead of plain data"
    yield "offset_past_end", by_hand(offset=10**6), "a member past the end of the file"
    yield "offset_in_directory", by_hand(offset=len(X) + 35), "a member in the directory"
    yield "count_too_large", by_hand(count=2), "two members, one in the directory"
    yield "count_too_small", by_hand(count=0), "no member, one in the directory"
    yield "directory_size", by_hand(directory_size=40), "another length of the directory"
    yield "extra_cut", by_hand(extra=b"UT\xff\0z"), "an extra field past its end"
    yield "zip64_missing_number", by_hand(size=0xFFFFFFFF, packed_size=0xFFFFFFFF, extra=zip64_extra(len(X))), \
        "a zip64 field without the second size"
    yield "zip64_huge", by_hand(size=0xFFFFFFFF, packed_size=0xFFFFFFFF, extra=zip64_extra(2**64 - 1, 2**64 - 1)), \
        "sizes past 2^63"
    yield "zip64_offset_huge", by_hand(offset=0xFFFFFFFF, extra=zip64_extra(2**63 - 1)), "an offset of 2^63 - 1"
    yield "zip64_locator_missing", by_hand(end=lambda begin, length: zip64_end()(begin, length)[-22:]), "no locator"
    yield "zip64_locator_wrong", by_hand(end=zip64_end(locator_shift=1)), "a locator that points beside the record"
    yield "zip64_contradiction", by_hand(end=zip64_end(contradict=True)), "two lengths of the directory"
    yield "zip64_count_huge", by_hand(end=zip64_end(entries=2**60)), "2^60 members"
    sizes = struct.pack("<III", zlib.crc32(X), len(X), len(X))
    yield "descriptor_missing", by_hand(flags=8), "the flag of a descriptor, but none"
    yield "descriptor_wrong", by_hand(flags=8, after=sizes[::-1]), "a descriptor of something else"
    # Two names for the same bytes, and a member inside another: how zip bombs are made.
    two = by_hand()
    entry = two[len(two) - 22 - 51:-22]
    same = two[:-22] + entry.replace(b"x.npy", b"y.npy") + b"PK\5\6" + struct.pack(
        "<HHHHIIH", 0, 0, 2, 2, 102, len(two) - 22 - 51, 0)
    yield "overlap", same, "two members in one place"


def values(path):
    """name, dtype and tensor of each array, in the order of the file; None when NumPy refuses."""
    with np.load(path, allow_pickle=False) as arrays:
        return [(name, arrays[name].dtype.name, tensor(arrays[name])) for name in arrays.files]


def verdict(path):
    try:
        return f"accepts {len(values(path))} arrays"
    except Exception as error:  # any refusal counts
        return f"{type(error).__name__}: {' '.join(str(error).split())[:70]}".replace(str(path), path.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "npz")
    output = parser.parse_args().output
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    lines = []
    for name, data in valid():
        path = output / f"{name}.npz"
        path.write_bytes(data)
        lines += ["|".join([path.name, "ok", *found]) for found in values(path)]
    for name, data, wrong in malformed():
        path = output / f"{name}.npz"
        path.write_bytes(data)
        lines.append(f"{path.name}|error|{wrong}|NumPy: {verdict(path).replace('|', '/')}")
    fields = ["file|ok|name|dtype|(extents):values in row-major order", "file|error|what is wrong|what np.load says"]
    write_lines(output / "manifest.txt", provenance(__file__, ["numpy"]) + fields, lines)
    print(f"npz: {len(lines)} lines")


if __name__ == "__main__":
    main()
