"""Writes numpy.txt beside it: parts of arrays, and arrays with parts replaced, as NumPy computes them (python make.py).

One case per line: call|parts|arrays|result. Parts are separated by ";": at:i, slice:a,b,c ("-": none), new, ellipsis, array:shape:numbers,
mask:shape:bits. Arrays are separated by ";", each dtype:shape:elements. A result "error NAME" means that the call is refused with an exception of that name.
"""

import pathlib

import numpy as np

rng = np.random.default_rng(5)
LINES = []


def array(a):
    a = np.asarray(a)
    v = " ".join(repr(float(x)) if a.dtype.kind == "f" else str(int(x)) for x in a.reshape(-1))
    return f"{a.dtype.name}:{','.join(map(str, a.shape))}:{v}"


def word(p):
    if p is None:
        return "new"
    if p is Ellipsis:
        return "ellipsis"
    if isinstance(p, slice):
        return "slice:" + ",".join("-" if x is None else str(x) for x in (p.start, p.stop, p.step))
    if isinstance(p, (int, np.integer)):
        return f"at:{p}"
    p = np.asarray(p)
    kind = "mask" if p.dtype.kind == "b" else "array"
    return f"{kind}:{','.join(map(str, p.shape))}:{' '.join(str(int(x)) for x in p.reshape(-1))}"


def case(call, parts, arrays, compute):
    try:
        result = array(compute())
    except (IndexError, ValueError) as e:
        result = f"error {type(e).__name__}"
    LINES.append("|".join([call, ";".join(word(p) for p in parts), ";".join(array(a) for a in arrays), result]))


def elements(shape, dtype="int64"):
    n = int(np.prod(shape))
    a = rng.integers(0, 100, n)
    return (a % 2 == 1 if dtype == "bool" else a.astype(dtype)).reshape(shape)


def positions(n, shape, bad=0.02):
    if n == 0:
        return np.zeros(shape, int) if rng.random() < 0.5 else np.zeros((0,), int)
    low, high = (-n - 1, n + 1) if rng.random() < bad else (-n, n)
    a = rng.integers(low, high, shape)
    return np.sort(a, axis=None).reshape(shape) if rng.random() < 0.2 else a


def a_slice(n):
    step = [None, 1, 2, 3, -1, -2, -7][rng.integers(7)]
    ends = [None if rng.random() < 0.4 else int(rng.integers(-n - 2, n + 3)) for _ in range(2)]
    return slice(ends[0], ends[1], step)


def index(shape):
    parts, axis, together = [], 0, [(3,), (2, 3), (1,), (3, 1), (), (0,), (2, 1)]
    common = together[rng.integers(len(together))]
    dots = False
    while axis < len(shape):
        if rng.random() < 0.12:
            parts.append(None)
        if not dots and rng.random() < 0.1:
            parts.append(Ellipsis)
            dots = True
            axis += int(rng.integers(0, len(shape) - axis + 1))
            if axis == len(shape):
                break
        n = shape[axis]
        kind = rng.random()
        if kind < 0.18:
            parts.append(int(rng.integers(-n, n)) if n else 0)
        elif kind < 0.5:
            parts.append(a_slice(n))
        elif kind < 0.85:
            parts.append(positions(n, common))
        elif kind < 0.93:
            parts.append(rng.random(n) < 0.4)
        elif axis + 1 < len(shape):
            parts.append(rng.random(shape[axis : axis + 2]) < 0.4)
            axis += 1
        else:
            parts.append(slice(None))
        axis += 1
        # What follows an ellipsis must go on to the last axis.
        if not dots and rng.random() < 0.08:
            break
    return parts


SHAPES = [(7,), (12,), (1,), (0,), (5, 4), (3, 7), (1, 6), (4, 0), (3, 4, 5), (2, 1, 6), (2, 3, 2, 3)]


def main():
    for shape in SHAPES:
        for i in range(30):
            x = elements(shape, ["int64", "uint8", "float32", "bool", "int16"][i % 5])
            parts = index(shape)
            case("index", parts, [x], lambda: x[tuple(parts)])
            parts = index(shape)
            try:
                inner = x[tuple(parts)].shape
            except (IndexError, ValueError):
                inner = ()
            drop = int(rng.integers(0, len(inner) + 1))
            v = elements(tuple(n if rng.random() < 0.7 else 1 for n in inner[drop:]), "int16")

            def put():
                y = x.copy()
                y[tuple(parts)] = v
                return y

            case("set", parts, [x, v], put)
        for axis in [None, *range(-1, len(shape))]:
            x = elements(shape)
            n = x.size if axis is None else shape[axis] if axis < len(shape) else 1
            for s in [(4,), (2, 3), (), (1, 0)]:
                p = positions(n, s, 0.1)
                case("take", [-9 if axis is None else axis, p], [x], lambda: np.take(x, p, axis))
            for m in [n, max(n - 2, 0), n + 1]:
                mask = rng.random(m) < 0.5
                if m > n:
                    mask[-1] = True
                case("compress", [-9 if axis is None else axis, mask], [x], lambda: np.compress(mask, x, axis))
            if axis is None:
                continue
            for m in [1, 3, 0]:
                other = list(shape)
                other[axis] = m
                p = positions(n, tuple(other), 0.1)
                case("take_along_axis", [axis], [x, p], lambda: np.take_along_axis(x, p, axis))
                v = elements(tuple(k if rng.random() < 0.8 else 1 for k in other), "int32")

                def put_along():
                    y = x.copy()
                    np.put_along_axis(y, p, v, axis)
                    return y

                case("put_along_axis", [axis], [x, p, v], put_along)
    for n, k, m in [(4, 0, None), (3, 1, 5), (5, -2, 4), (1, 0, 1), (3, 4, 3), (0, 0, 2)]:
        m_ = n if m is None else m
        for name in ["tril_indices", "triu_indices"]:
            case(name, [n, k, m_], [], lambda: np.stack(getattr(np, name)(n, k, m)))
    for n, d in [(3, 2), (4, 1), (2, 3), (0, 2)]:
        case("diag_indices", [n, d], [], lambda: np.stack(np.diag_indices(n, d)))
    for shape in [(7,), (3, 4), (2, 3, 5)]:
        p = rng.integers(0, int(np.prod(shape)), (2, 4))
        case("unravel_index", list(shape), [p], lambda: np.stack(np.unravel_index(p, shape)))
        q = np.stack(np.unravel_index(p, shape))
        case("ravel_multi_index", list(shape), [q], lambda: np.ravel_multi_index(tuple(q), shape))
    for shape in SHAPES:
        x = elements(shape, "int8") % 3
        case("nonzero", [], [x], lambda: np.stack(np.nonzero(x)))
        case("flatnonzero", [], [x], lambda: np.flatnonzero(x))
        case("argwhere", [], [x], lambda: np.argwhere(x))
        y = elements(shape)
        case("extract", [], [x, y], lambda: np.extract(x != 0, y))
    path = pathlib.Path(__file__).with_name("numpy.txt")
    path.write_text("\n".join(dict.fromkeys(LINES)) + "\n")
    print(len(LINES), path.stat().st_size)


if __name__ == "__main__":
    main()
