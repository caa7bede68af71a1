#!/usr/bin/env python3
"""Prints the expected numbers of tests/tensor/random_test.cpp.

Written from the definitions in tensor/random.hpp and Salmon et al. 2011, in plain Python integers
and the math module, so that it shares nothing with the C++ code. Needs Python 3.8; no packages.
"""
import math

M32 = 2**32 - 1
M64 = 2**64 - 1


def philox(counter, key):
    c, (k0, k1) = list(counter), key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k0, p1 & M32, (p0 >> 32) ^ c[3] ^ k1, p0 & M32]
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return c


def words32(seed, stream):
    block = 0
    while True:
        yield from philox((block & M32, block >> 32, stream & M32, stream >> 32),
                          (seed & M32, seed >> 32))
        block += 1


def words64(seed, stream):
    words = words32(seed, stream)
    while True:
        low = next(words)
        yield low | next(words) << 32


def take(n, words):
    return [next(words) for _ in range(n)]


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 & M64
    return h


def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & M64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & M64
    return x ^ x >> 31


def fold(stream, number):
    return mix(stream ^ mix(number + 0x9E3779B97F4A7C15 & M64))


def normals(n, seed, stream):
    out, words = [], words64(seed, stream)
    while len(out) < n:
        u = (next(words) // 2**11 + 1) / 2**53
        v = (next(words) // 2**11) / 2**53
        r = math.sqrt(-2 * math.log(u))
        out += [r * math.cos(2 * math.pi * v), r * math.sin(2 * math.pi * v)]
    return out[:n]


def permutation(n, seed, stream):
    words, order = words64(seed, stream), list(range(n))
    for i in range(n - 1, 0, -1):
        mask = 2 ** i.bit_length() - 1
        j = next(words) & mask
        while j > i:
            j = next(words) & mask
        order[i], order[j] = order[j], order[i]
    return order


if __name__ == "__main__":
    key = (42, fnv1a("dense1.weight"))
    signed = [w - 2**64 if w >= 2**63 else w for w in take(3, words64(*key))]
    print("stream", hex(key[1]))
    print("fnv1a of '', 'a', 'foobar'", [hex(fnv1a(t)) for t in ("", "a", "foobar")])
    print("fold(0), fold(1), fold(1).fold(2)",
          [hex(s) for s in (fold(key[1], 0), fold(key[1], 1), fold(fold(key[1], 1), 2))])
    print("bits", signed)
    print("uniform double", [repr((w >> 11) / 2**53) for w in take(5, words64(*key))])
    print("uniform float", [repr((w >> 40) / 2**24) for w in take(5, words64(*key))])
    print("normal", [repr(z) for z in normals(5, *key)])
    print("permutation", permutation(10, *key))
    print("bernoulli .3", [w < round(.3 * 2**32) for w in take(10, words32(*key))])
