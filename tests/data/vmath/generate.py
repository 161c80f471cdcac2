"""Writes reference.txt: arguments and correctly rounded results of elementary functions, as hexadecimal bits.

Needs mpmath (and is faster with gmpy2). Run it in this folder: python generate.py
Each function and precision is a line `= name width`; below, one line per point: the arguments, then the result.
"""

import math
import random
import struct

import mpmath
from mpmath import mp, mpf

mp.prec = 2600
random.seed(20)

WIDTHS = {64: (53, -1074, 1024, "<d", "<Q", 16), 32: (24, -149, 128, "<f", "<I", 8)}


def bits(x, width):
    _, _, _, real, whole, digits = WIDTHS[width]
    return format(struct.unpack(whole, struct.pack(real, x))[0], f"0{digits}x")


def narrow(x, width):
    """x as a number of the width, None if it overflows."""
    try:
        return struct.unpack(WIDTHS[width][3], struct.pack(WIDTHS[width][3], x))[0]
    except OverflowError:
        return None


def rounded(x, width):
    """The nearest number of the width, infinity beyond the largest."""
    precision, smallest, largest, *_ = WIDTHS[width]
    if x == 0:
        return 0.0
    _, e = mpmath.frexp(x)
    place = max(e - precision, smallest)
    r = mpmath.ldexp(mpmath.nint(mpmath.ldexp(x, -place)), place) if e <= largest else x
    if abs(r) >= mpf(2) ** largest:
        return float("inf") if r > 0 else float("-inf")
    return math.copysign(float(r), -1.0 if x < 0 else 1.0)


def near(x, width, n=2):
    """Numbers of the width around x."""
    x = narrow(float(x), width)
    step = 2.0 ** (max(int(mpmath.frexp(mpf(x))[1]) - WIDTHS[width][0], WIDTHS[width][1]))
    return [x + i * step for i in range(-n, n + 1)]


def anywhere(width, low, high):
    """Random sign, mantissa, and exponent in low..high."""
    return random.choice((-1, 1)) * random.uniform(1, 2) * 2.0 ** random.randint(low, high)


def exponents(width):
    return (-1060, 1022) if width == 64 else (-145, 126)


def common(width):
    tiny = WIDTHS[width][1]
    low, high = exponents(width)
    xs = [2.0**tiny, -(2.0**tiny), 3 * 2.0**tiny, 2.0 ** (tiny + WIDTHS[width][0] - 1), 1.0, -1.0, 0.5, -0.5, 2.0, -3.0]
    xs += [anywhere(width, low, high) for _ in range(20)]
    xs += [anywhere(width, -60, -1) for _ in range(30)]
    xs += [anywhere(width, -4, 4) for _ in range(50)]
    for e in (-10, -20, -26, -27, -28, -30, -53, -54):
        xs += [anywhere(width, e, e) for _ in range(2)]
    return xs


def exponential(width):
    top = 709.78 if width == 64 else 88.72
    bottom = -745.2 if width == 64 else -104.0
    xs = [random.uniform(bottom, top) for _ in range(50)]
    for k in (-3, -1, 1, 2, 10, 100):
        xs += near((k + 0.5) * mpmath.ln2, width, 1) + near(k * mpmath.ln2, width, 1)
    xs += near(top, width) + near(bottom, width) + [bottom * 0.96 + random.uniform(-5, 5) for _ in range(10)]
    return xs


def hyperbolic(width):
    top = 710.4758600739439 if width == 64 else 89.41
    xs = near(top, width) + [random.uniform(-top, top) for _ in range(40)]
    return xs + [random.uniform(-22, 22) for _ in range(30)] + near(0.3466, width) + near(1.04, width)


def positive(width):
    xs = [abs(anywhere(width, *exponents(width))) for _ in range(40)]
    xs += near(1, width, 4) + near(mpmath.sqrt(0.5), width) + near(mpmath.sqrt(2), width) + near(10, width, 1)
    xs += [1 + anywhere(width, -50, -3) for _ in range(40)] + [10.0**k for k in range(-5, 10)]
    return xs


def angles(width):
    xs = [anywhere(width, -3, 40) for _ in range(60)] + near(2.0**30, width) + near(2.0**20, width)
    for k in (1, 2, 3, 4, 5, 7, 100, 355, 1001, 123457, 10**6, 5 * 10**8 + 1):
        xs += near(k * mpmath.pi / 2, width, 1)
    for k in (1, 3, 5, 1001):
        xs += near(k * mpmath.pi / 4, width, 1)
    # Doubles of the last kind lie closer to a multiple of pi/2 than almost all others.
    xs += [6381956970095103.0 * 2.0**797] if width == 64 else []
    n = (mpmath.nint(2 ** (WIDTHS[width][0] + 5) * random.random()) for _ in range(400))
    close = sorted(((abs(mpmath.frac(narrow(float(k * mpmath.pi / 2), width) * 2 / mpmath.pi + 0.5) - 0.5), k) for k in n), key=lambda t: t[0])
    return xs + [narrow(float(k * mpmath.pi / 2), width) for _, k in close[:10]]


def unit(width):
    xs = [random.uniform(-1, 1) for _ in range(60)] + near(0.5, width) + near(-0.5, width)
    return xs + [1 - 2.0**-k * random.uniform(1, 2) for k in range(2, 50, 2)] + [2.0**-k - 1 for k in (3, 10, 20, 23)]


def ratios(width):
    xs = [anywhere(width, -6, 10) for _ in range(60)] + near(1, width) + near(mpmath.sqrt(2) - 1, width)
    return xs + near(mpmath.sqrt(2) + 1, width)


def grown(width):
    return [1 + abs(anywhere(width, -50, -1)) for _ in range(50)] + [abs(anywhere(width, 0, 100)) for _ in range(50)]


def pairs(width):
    low, high = exponents(width)
    ps = [(anywhere(width, low, high), anywhere(width, low, high)) for _ in range(40)]
    ps += [(anywhere(width, -3, 3), anywhere(width, -3, 3)) for _ in range(80)]
    for _ in range(60):
        x = anywhere(width, low, high)
        ps.append((x, x * random.uniform(0.2, 5) * random.choice((-1, 1))))
    ps += [(2.0**low, 3 * 2.0**low), (2.0**high, 2.0**high * 1.25), (2.0**high * 1.5, 2.0**high * 1.5)]
    return ps


def powers(width):
    low, high = exponents(width)
    ps = [(abs(anywhere(width, -3, 3)), anywhere(width, -3, 5)) for _ in range(60)]
    for _ in range(120):
        x = narrow(abs(anywhere(width, low, high)), width)
        ps.append((x, random.uniform(low - 15, high + 2) / float(mpmath.log(x, 2))))
    for _ in range(50):
        x = narrow(1 + anywhere(width, -22 if width == 32 else -50, -3), width)
        if x != 1:
            ps.append((x, random.uniform(low - 15, high + 2) / float(mpmath.log(x, 2))))
    ps += [(-abs(anywhere(width, -2, 2)), float(k)) for k in range(-21, 21, 2)] + [(-2.5, 4.0), (10.0, 3.0), (10.0, -3.0)]
    return ps


def whole_turns(width):
    xs = [random.uniform(-50, 50) for _ in range(80)] + [anywhere(width, 5, WIDTHS[width][0] + 2) for _ in range(20)]
    for k in (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4.25, 99, 1000.5):
        xs += near(k, width, 1) + [-k]
    return xs


def sums(width):
    low, high = exponents(width)
    ps = [(random.uniform(low, high) * 0.69, random.uniform(low, high) * 0.69) for _ in range(20)]
    for _ in range(60):
        x = random.uniform(-700, 700) if width == 64 else random.uniform(-80, 80)
        ps.append((x, x + random.choice((-1, 1)) * abs(anywhere(width, -20, 6))))
    ps += [(anywhere(width, -45, 2), random.uniform(-45, 0)) for _ in range(60)]
    ps += [(anywhere(width, low, -45), random.uniform(low, -10) * 0.69) for _ in range(40)]
    # Results near 0, the exact difference of two close numbers.
    for _ in range(20):
        x = -random.uniform(0.01, 0.69)
        ps.append((x, float(mpmath.log(-mpmath.expm1(x))) * random.uniform(0.9, 1.1)))
    return ps + [(3.5, 3.5), (-7.25, -7.25)]


def shifts(width):
    low, high = exponents(width)
    ps = [(anywhere(width, low, high), float(random.randint(low, high))) for _ in range(100)]
    for _ in range(60):
        x = anywhere(width, low, high)
        ps.append((x, float(low - random.randint(0, 30) - int(mpmath.frexp(mpf(x))[1]))))
    return ps + [(2.0 ** WIDTHS[width][1], float(k)) for k in (1, 60, 1075, 2097, 4100)] + [(1.75, float(high)), (0.75, high + 2.0)]


def bessel(width):
    top = 713.98 if width == 64 else 91.9
    xs = [random.uniform(-12, 12) for _ in range(60)] + [random.uniform(12, top) for _ in range(60)]
    return xs + near(12, width) + near(top, width) + [0.0, 715.0]


FUNCTIONS = {
    "exp": (mpmath.exp, exponential), "exp2": (lambda x: mpf(2) ** x, exponential), "expm1": (mpmath.expm1, exponential),
    "log": (mpmath.log, positive), "log2": (lambda x: mpmath.log(x) / mpmath.ln2, positive),
    "log10": (mpmath.log10, positive), "log1p": (mpmath.log1p, positive),
    "sin": (mpmath.sin, angles), "cos": (mpmath.cos, angles), "tan": (mpmath.tan, angles),
    "asin": (mpmath.asin, unit), "acos": (mpmath.acos, unit), "atan": (mpmath.atan, ratios),
    "sinh": (mpmath.sinh, hyperbolic), "cosh": (mpmath.cosh, hyperbolic), "tanh": (mpmath.tanh, hyperbolic),
    "asinh": (mpmath.asinh, ratios), "acosh": (mpmath.acosh, grown), "atanh": (mpmath.atanh, unit),
    "cbrt": (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), ratios),
    "pow": (lambda x, y: x**y, powers), "atan2": (mpmath.atan2, pairs), "hypot": (mpmath.hypot, pairs),
    "sinc": (lambda x: mpmath.sinpi(x) / (mpmath.pi * x) if x else mpf(1), whole_turns),
    "logaddexp": (lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)), sums),
    "logaddexp2": (lambda x, y: mpmath.log(mpf(2) ** x + mpf(2) ** y) / mpmath.ln2, sums),
    "ldexp": (lambda x, n: mpmath.ldexp(x, int(n)), shifts), "i0": (lambda x: mpmath.besseli(0, x), bessel),
}
DOMAIN = {
    "log": lambda x: x > 0, "log2": lambda x: x > 0, "log10": lambda x: x > 0, "log1p": lambda x: x > -1,
    "asin": lambda x: abs(x) <= 1, "acos": lambda x: abs(x) <= 1, "atanh": lambda x: abs(x) < 1, "acosh": lambda x: x >= 1,
}
# Larger arguments only overflow.
EXPONENTIAL = ("exp", "exp2", "expm1", "sinh", "cosh", "tanh", "i0")


def main():
    with open("reference.txt", "w") as out:
        for name, (f, points) in FUNCTIONS.items():
            for width in (64, 32):
                out.write(f"= {name} {width}\n")
                args = [p if isinstance(p, tuple) else (p,) for p in points(width)]
                if len(args[0]) == 1:
                    args += [(x,) for x in common(width)]
                args = [tuple(narrow(x, width) for x in a) for a in args]
                if name in EXPONENTIAL:
                    args = [a for a in args if abs(a[0]) < 2000]
                args = [a for a in dict.fromkeys(args) if None not in a and DOMAIN.get(name, lambda *_: True)(*a)]
                if width == 32 and len(args) > 150:
                    args = random.sample(args, 150)
                for a in args:
                    r = f(*(mpf(x) for x in a))
                    out.write(" ".join(bits(x, width) for x in (*a, rounded(r, width))) + "\n")


main()
