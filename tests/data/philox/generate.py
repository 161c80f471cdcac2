"""Writes reference.txt: what NumPy's Philox gives, and exact normal quantiles. Needs numpy and mpmath.

Lines: `raw key0 key1 first v..` (hexadecimal), `uniform key0 key1 v..` (bits of doubles), `normal raw v` (bits of the double
nearest to the quantile of (raw // 2**12 + 1/2) / 2**52).
"""

import random
import struct

import mpmath
import numpy as np

mpmath.mp.prec = 250
random.seed(5)


def bits(x):
    return format(struct.unpack("<Q", struct.pack("<d", x))[0], "x")


def quantile(p):
    """Newton's method on the normal distribution function, from below the middle."""
    if p > 0.5:
        return -quantile(1 - p)
    x = -mpmath.sqrt(-2 * mpmath.log(p)) if p < 0.1 else mpmath.mpf(0)
    for _ in range(200):
        step = (mpmath.erfc(-x / mpmath.sqrt(2)) / 2 - p) / mpmath.npdf(x)
        x -= max(min(step, 1), -1)
        if abs(step) < mpmath.mpf(2) ** -200:
            return x
    raise ArithmeticError(p)


with open("reference.txt", "w") as out:
    for key in [(0, 0), (1, 0), (0, 1), (0x123456789ABCDEF0, 0xFEDCBA9876543210), (2**64 - 1, 2**64 - 1)]:
        whole = key[0] | key[1] << 64
        for blocks in (0, 12345, 2**40, 2**62 - 3):
            stream = np.random.Philox(key=whole, counter=0)
            stream.advance(blocks)
            values = " ".join(format(int(v), "x") for v in stream.random_raw(11))
            out.write(f"raw {key[0]:x} {key[1]:x} {4 * blocks:x} {values}\n")
        numbers = np.random.Generator(np.random.Philox(key=whole, counter=0)).random(50)
        out.write(f"uniform {key[0]:x} {key[1]:x} {' '.join(bits(float(v)) for v in numbers)}\n")
    raws = [random.getrandbits(64) for _ in range(150)] + [2**64 - 1, 0, 2**63, 2**63 - 1, 2**12, 2**13]
    raws += [random.getrandbits(k) for k in range(13, 64)] + [2**64 - 1 - random.getrandbits(k) for k in range(13, 64)]
    for raw in raws:
        out.write(f"normal {raw:x} {bits(float(quantile((mpmath.mpf(raw >> 12) + 0.5) / 2**52)))}\n")
