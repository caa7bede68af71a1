#!/usr/bin/env python3
"""Writes safetensors/: small files by Python's safetensors, with NumPy and with PyTorch, and malformed ones by hand,
with a manifest of what a reader must do.

`ok` lines carry the values, one line a tensor. `error` lines are ours to refuse; they also say what this safetensors
did, because it accepts some of them (keys given twice, unknown keys).
"""

import argparse
import shutil
import struct
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
import safetensors.torch
import torch

from reference_text import provenance, tensor, write_lines

FLOATS = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf"), float("nan")]
INTEGERS = {"int8": np.int8, "int16": np.int16, "int32": np.int32, "int64": np.int64,
            "uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32, "uint64": np.uint64}


def raw(header, data=b"", length=None):
    """A file from a header as it stands: neither padded nor checked. `length` overrides the stored one."""
    encoded = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(encoded) if length is None else length) + encoded + data


def entry(name="x", dtype='"F32"', shape="[2]", offsets="[0,8]", more=""):
    return f'"{name}":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}{more}}}'


def one(**parts):
    return raw("{" + entry(**parts) + "}", TWO)


TWO = np.array([1.0, 2.0], np.float32).tobytes()


def valid():
    """name, bytes."""
    for name, dtype in INTEGERS.items():
        limits = np.iinfo(dtype)
        yield name, safetensors.numpy.save({"x": np.array([limits.min, 0, 1, 77, limits.max], dtype)})
    for name, dtype, tiny in (("float16", np.float16, 6e-8), ("float32", np.float32, 1e-45), ("float64", np.float64, 5e-324)):
        yield name, safetensors.numpy.save({"x": np.array(FLOATS + [tiny, np.finfo(dtype).max], dtype)})
    # PyTorch's NaN differs with the processor: this one is the usual.
    nan = torch.tensor([0x7FC0], dtype=torch.int16).view(torch.bfloat16)
    yield "bfloat16", safetensors.torch.save(
        {"x": torch.cat([torch.tensor(FLOATS[:-1] + [1e-40, 3e38, 1 / 3]).bfloat16(), nan])})
    yield "bool", safetensors.numpy.save({"x": np.array([[True, False], [False, True]])})
    yield "no_tensors", safetensors.numpy.save({})
    yield "shapes", safetensors.numpy.save({
        "scalar": np.array(3.5), "empty": np.zeros(0, np.float32), "rows": np.zeros((0, 3), np.int64),
        "inner": np.zeros((2, 0, 3), np.int8), "cube": np.arange(24, dtype=np.int32).reshape(2, 3, 4),
        "six": np.arange(8, dtype=np.uint8).reshape(1, 2, 1, 2, 1, 2)})
    yield "metadata", safetensors.numpy.save(
        {"w": np.ones((2, 3), np.float32), "b": np.arange(3, dtype=np.float32)},
        metadata={"escaped": 'a "quote", a \\, a\nline, a\ttab, \x01, \x7f, gr\u00fc\u00df, \u4f60'})
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) + 100 * i)
    yield "torch_sequential", safetensors.torch.save(model.state_dict(), metadata={"format": "pt"})
    yield "unaligned_data", raw("{" + entry() + "}", TWO)
    yield "keys_in_other_order", raw('{"x":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}}', TWO)
    yield "blanks", raw('{ "x" :\t{"dtype" : "F32" ,"shape":[ 2 ],"data_offsets":[0 , 8]}\r\n}  \n', TWO)
    yield "escaped_name", raw('{"\\u0078\\n":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', TWO)
    yield "data_in_other_order", raw("{" + entry(shape="[1]", offsets="[4,8]") + "," +
                                     entry(name="y", shape="[1]", offsets="[0,4]") + "}", TWO)


def malformed():
    """name, bytes, what is wrong."""
    good = safetensors.numpy.save({"x": np.array([1.0, 2.0], np.float32)})
    for cut in (0, 1, 7, 8, 9, 40, len(good) - 9, len(good) - 8, len(good) - 1):
        yield f"truncated_{cut}", good[:cut], f"the first {cut} of {len(good)} bytes"
    yield "trailing_byte", good + b"\0", "one byte after the data"
    yield "trailing_byte_no_tensors", raw("{}", b"\0"), "a byte that belongs to no tensor"
    yield "length_past_limit", raw("{}", length=100_000_001), "a header longer than the format allows"
    yield "length_past_end", raw("{}", length=100_000_000), "a header longer than the file"
    yield "length_2_63", raw("{}", length=2**63), "a length that wraps to a negative one"
    yield "length_2_64", raw("{}", length=2**64 - 1), "a length that wraps when 8 is added"
    yield "header_empty", raw(""), "no header"
    yield "header_array", raw("[]"), "not an object"
    yield "header_leading_space", raw(' {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', TWO), "does not begin with {"
    yield "header_byte_order_mark", raw("\ufeff{}"), "does not begin with {"
    yield "header_unclosed", raw("{" + entry(), TWO), "no closing brace"
    yield "header_text_after", raw("{" + entry() + "}x", TWO), "text after the object"
    yield "header_nul_after", raw("{" + entry() + "}\0", TWO), "a NUL after the object"
    yield "header_comment", raw("{/**/" + entry() + "}", TWO), "a comment"
    yield "header_trailing_comma", raw("{" + entry() + ",}", TWO), "a comma before the brace"
    yield "header_invalid_utf8", raw(b'{"\xff":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', TWO), "a name that is not UTF-8"
    yield "header_surrogate", raw('{"\\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', TWO), "half a surrogate pair"
    yield "header_deep", raw('{"x":' + "[" * 1000 + "]" * 1000 + "}"), "a thousand arrays in each other"
    yield "tensor_number", raw('{"x":1}'), "a tensor that is a number"
    yield "tensor_null", raw('{"x":null}'), "a tensor that is null"
    yield "tensor_twice", raw("{" + entry() + "," + entry() + "}", TWO), "a name twice"
    yield "key_missing_dtype", raw('{"x":{"shape":[2],"data_offsets":[0,8]}}', TWO), "no dtype"
    yield "key_missing_shape", raw('{"x":{"dtype":"F32","data_offsets":[0,8]}}', TWO), "no shape"
    yield "key_missing_offsets", raw('{"x":{"dtype":"F32","shape":[2]}}', TWO), "no data_offsets"
    yield "key_unknown", one(more=',"stride":1'), "a fourth key"
    yield "key_twice", one(more=',"shape":[2]'), "shape twice"
    yield "dtype_unknown", one(dtype='"F31"'), "no such type"
    yield "dtype_float8", raw("{" + entry(dtype='"F8_E4M3"', shape="[8]") + "}", TWO), "a type that we do not have"
    yield "dtype_lower_case", one(dtype='"f32"'), "not upper case"
    yield "dtype_number", one(dtype="32"), "dtype is a number"
    yield "shape_negative", one(shape="[-2]"), "negative extent"
    yield "shape_minus_zero", one(shape="[2,-0]"), "an extent of -0"
    yield "shape_float", one(shape="[2.0]"), "extent is a float"
    yield "shape_text", one(shape='["2"]'), "extent is a string"
    yield "shape_number", one(shape="2"), "shape is a number"
    yield "shape_nested", one(shape="[[2]]"), "an array in the shape"
    yield "shape_past_int64", one(shape="[9223372036854775808]"), "extent past int64"
    yield "shape_past_uint64", one(shape="[18446744073709551616]"), "extent past uint64"
    yield "shape_product_wraps", raw("{" + entry(shape="[4294967296,4294967296]", offsets="[0,0]") + "}"), "2^32 * 2^32 wraps to 0"
    yield "shape_bytes_wrap", raw("{" + entry(shape="[4611686018427387906]") + "}", TWO), "4 * (2^62 + 2) wraps to 8"
    yield "shape_wraps_with_zero", raw("{" + entry(shape="[0,4294967296,4294967296]", offsets="[0,0]") + "}"), \
        "no elements, but the other extents overflow"
    yield "shape_seven_axes", one(shape="[1,1,1,1,1,1,2]"), "more axes than a tensor of ours has"
    yield "offsets_one", one(offsets="[0]"), "one offset"
    yield "offsets_three", one(offsets="[0,8,8]"), "three offsets"
    yield "offsets_reversed", one(offsets="[8,0]"), "the end before the begin"
    yield "offsets_negative", one(offsets="[-8,0]"), "negative offset"
    yield "offsets_short", one(offsets="[0,4]"), "fewer bytes than the shape has"
    yield "offsets_long", one(shape="[1]"), "more bytes than the shape has"
    yield "offsets_past_end", one(shape="[4]", offsets="[0,16]"), "the data ends after the file"
    yield "offsets_huge", one(shape="[2305843009213693950]", offsets="[0,9223372036854775800]"), "8 EiB of data"
    yield "hole_at_start", raw("{" + entry(offsets="[4,12]") + "}", b"\0" * 12), "the data does not start at 0"
    yield "hole", raw("{" + entry() + "," + entry(name="y", offsets="[12,20]") + "}", b"\0" * 20), "a hole between tensors"
    yield "overlap", raw("{" + entry() + "," + entry(name="y", offsets="[4,12]") + "}", b"\0" * 12), "tensors that overlap"
    yield "shared", raw("{" + entry() + "," + entry(name="y") + "}", TWO), "tensors in the same place"
    yield "metadata_number", raw('{"__metadata__":{"a":1},' + entry() + "}", TWO), "a value that is no string"
    yield "metadata_nested", raw('{"__metadata__":{"a":{}},' + entry() + "}", TWO), "an object in the metadata"
    yield "metadata_text", raw('{"__metadata__":"a",' + entry() + "}", TWO), "metadata that is no object"
    yield "metadata_twice", raw('{"__metadata__":{},"__metadata__":{},' + entry() + "}", TWO), "metadata twice"
    yield "metadata_key_twice", raw('{"__metadata__":{"a":"1","a":"2"},' + entry() + "}", TWO), "a key twice"


def verdict(data):
    """What safetensors makes of the file: the tensors in the order of their data, or the error it raises."""
    try:
        return safetensors.deserialize(data)
    except Exception as error:  # any refusal counts
        return f"{type(error).__name__}: {' '.join(str(error).split())[:70]}"


def values(data):
    """name, dtype and tensor of each tensor, as PyTorch reads it."""
    for name, found in sorted(safetensors.torch.load(data).items()):
        dtype = dict(safetensors.deserialize(data))[name]["dtype"]
        array = found.float().numpy() if found.dtype == torch.bfloat16 else found.numpy()
        yield name.replace("\n", "\\n"), dtype, tensor(array)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "safetensors")
    output = parser.parse_args().output
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    lines = []
    for name, data in valid():
        (output / f"{name}.safetensors").write_bytes(data)
        for found in values(data):
            lines.append("|".join([f"{name}.safetensors", "ok", *found]))
    for name, data, wrong in malformed():
        (output / f"{name}.safetensors").write_bytes(data)
        found = verdict(data)
        found = found if isinstance(found, str) else f"accepts {len(found)} tensors"
        lines.append(f"{name}.safetensors|error|{wrong}|safetensors: {found.replace('|', '/')}")
    fields = ["file|ok|name|dtype|(extents):values in row-major order", "file|error|what is wrong|what safetensors says"]
    packages = ["safetensors", "torch", "numpy"]
    write_lines(output / "manifest.txt", provenance(__file__, packages) + fields, lines)
    print(f"safetensors: {len(lines)} lines")


if __name__ == "__main__":
    main()
