"""Cases of Fourier transforms with NumPy's results: `make.py > numpy.txt`.

A line: name | n or lengths | axis or axes | scale | array | result, or `error` and the exception's name. An array: dtype:shape:elements in C order, of
complex numbers real and imaginary part one after the other.
"""

import numpy as np

rng = np.random.default_rng(5)


def make(shape, dtype):
    a = rng.integers(-8, 9, shape) / 4
    if dtype.startswith("complex"):
        a = a + 1j * rng.integers(-8, 9, shape) / 4
    return a.astype(dtype)


def text(a):
    a = np.ascontiguousarray(a)
    flat = a.view("f4" if a.dtype == "complex64" else "f8") if a.dtype.kind == "c" else a
    digits = 9 if a.dtype in ("float32", "complex64") else 16
    words = " ".join(f"{v:.{digits}g}" for v in flat.ravel().tolist())
    return f"{a.dtype}:{','.join(map(str, a.shape))}:{words}"


def words(v):
    return "-" if v is None else ",".join(map(str, np.atleast_1d(v)))


def case(name, n, axis, norm, x):
    f = getattr(np.fft, name)
    several = name.rstrip("2n") != name
    try:
        result = text(f(x, s=n, axes=axis, norm=norm) if several else f(x, n=n, axis=-1 if axis is None else axis, norm=norm))
    except (ValueError, IndexError, TypeError, np.exceptions.AxisError) as e:
        result = f"error {type(e).__name__}"
    print(f"{name}|{words(n)}|{words(axis)}|{norm}|{text(x)}|{result}")


NORMS = ["backward", "ortho", "forward"]
for name in ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]:
    real = name in ("rfft", "ihfft")
    for shape, axis in [((1,), None), ((2,), None), ((7,), None), ((12,), None), ((3, 10), 0), ((3, 10), 1), ((2, 5, 4), -2), ((0, 4), -1), ((37,), None), ((2, 20), 0)]:
        for n in (None, int(rng.integers(1, 15))):
            dtype = str(rng.choice(["float64", "float32", "int32"] if real else ["complex128", "complex64", "float64", "float32"]))
            case(name, n, axis, str(rng.choice(NORMS)), make(shape, dtype))
for name in ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]:
    real = name.startswith("rfft")
    two = name.endswith("2")
    for shape in [(3, 4), (2, 5, 6), (4, 4)]:
        for axes, s in [((-2, -1), None), ((0, 1), (3, 5)), ((1, 0), None), (None if not two else (0, 1), None)]:
            dtype = str(rng.choice(["float64", "float32"] if real else ["complex128", "complex64", "float64"]))
            case(name, s, axes, str(rng.choice(NORMS)), make(shape, dtype))
case("fft", 0, None, "backward", make((4,), "float64"))
case("rfft", None, None, "backward", make((4,), "complex128"))
case("fft", None, 2, "backward", make((4,), "float64"))
case("irfft", None, None, "backward", make((1,), "complex128"))
case("fftn", (3,), (0, 1), "backward", make((4, 4), "float64"))
