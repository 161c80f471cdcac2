"""Cases of products of arrays with NumPy's results: `make.py > products.txt`.

A line: name | parameters | arrays | result, or `error` and the exception's name. An array: dtype:shape:elements in C order.
"""

import numpy as np

rng = np.random.default_rng(20)
FLOATS = ["float32", "float64"]
ALL = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"] + FLOATS


def make(shape, dtype):
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype in FLOATS:
        return rng.integers(-9, 10, shape).astype(dtype) / 4
    return rng.integers(-9 if dtype[0] == "i" else 0, 100, shape).astype(dtype)


def text(a):
    a = np.asarray(a)
    flat = a.ravel()
    if a.dtype == bool:
        flat = flat.astype(int)
    return f"{a.dtype}:{','.join(map(str, a.shape))}:{' '.join(str(v) for v in flat.tolist())}"


def case(name, params, arrays, f):
    try:
        with np.errstate(all="ignore"):
            result = text(f(*arrays))
    except (ValueError, TypeError) as e:
        result = f"error {type(e).__name__}"
    print(f"{name}|{params}|{';'.join(text(a) for a in arrays)}|{result}")


def dtypes():
    a = rng.choice(ALL)
    return (a, a) if rng.random() < 0.6 else (a, rng.choice(ALL))


MATMUL = [
    ((3,), (3,)), ((0,), (0,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 5)), ((1, 1), (1, 1)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
    ((7, 5), (5, 1)), ((1, 5), (5, 7)), ((13, 11), (11, 17)), ((4, 2, 3), (3, 5)), ((2, 3), (4, 3, 2)), ((4, 2, 3), (4, 3, 2)),
    ((1, 2, 3), (4, 3, 2)), ((5, 1, 2, 3), (4, 3, 2)), ((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((0, 2, 3), (3, 2)), ((2, 1, 1), (2, 1, 1)),
    ((2, 3), (2, 3)), ((2, 2, 3), (3, 3, 2)), ((), (3,)),
]
for sa, sb in MATMUL:
    for _ in range(3):
        da, db = dtypes()
        case("matmul", "-", [make(sa, da), make(sb, db)], np.matmul)
for d in ALL:
    case("matmul", "-", [make((3, 4), d), make((4, 5), d)], np.matmul)
    case("tensordot", "1 0", [make((3, 4), d), make((4, 5), d)], lambda a, b: np.tensordot(a, b, 1))
    case("vecdot", "-1", [make((3, 4), d), make((4,), d)], np.vecdot)
    case("outer", "-", [make((3,), d), make((2, 2), d)], np.outer)
for sa, sb in [((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (4, 3, 5)), ((), (2, 3)), ((2, 3), ()), ((2, 3), (2, 3))]:
    da, db = dtypes()
    case("dot", "-", [make(sa, da), make(sb, db)], np.dot)
for sa, sb in [((3,), (3,)), ((2, 3), (4, 3)), ((2, 3), (3,)), ((2, 3), (2, 4, 3)), ((), (2, 3)), ((2, 3), (3, 2))]:
    da, db = dtypes()
    case("inner", "-", [make(sa, da), make(sb, db)], np.inner)
TENSORDOT = [
    ((2, 3, 4), (4, 3, 2), [2, 1], [0, 1]), ((2, 3, 4), (4, 3, 2), [0, 1, 2], [2, 1, 0]), ((2, 3), (4, 5), [], []), ((2, 3, 4), (3, 5), [1], [0]),
    ((2, 3, 4), (3, 5, 2), [0, 1], [2, 0]), ((2, 0, 4), (0, 5), [1], [0]), ((5, 3, 4, 2), (4, 2, 3, 6), [3, 1], [1, 2]), ((2, 3), (2, 3), [0], [1]),
]
for sa, sb, ia, ib in TENSORDOT:
    da, db = dtypes()
    axes = ",".join(map(str, ia)) or "none"
    case("tensordot", f"{axes} {','.join(map(str, ib)) or 'none'}", [make(sa, da), make(sb, db)], lambda a, b: np.tensordot(a, b, (ia, ib)))
for sa, sb, axis in [((2, 3), (2, 3), -1), ((2, 3), (2, 3), -2), ((4, 1, 3), (2, 3), -1), ((3,), (2, 3), -1), ((2, 3), (2, 4), -1), ((0, 3), (3,), -1), ((2, 0), (2, 0), -1)]:
    da, db = dtypes()
    case("vecdot", f"{axis}", [make(sa, da), make(sb, db)], lambda a, b: np.vecdot(a, b, axis=axis))
for sa, sb in [((2,), (3,)), ((2, 2), (3, 2)), ((2,), (2, 3)), ((2, 1, 3), (2, 2)), ((), (2, 2)), ((0,), (3,))]:
    da, db = dtypes()
    case("kron", "-", [make(sa, da), make(sb, db)], np.kron)
for sa, sb in [((3,), (3,)), ((4, 3), (4, 3)), ((4, 3), (3,)), ((2, 1, 3), (4, 3)), ((4, 3), (4, 4))]:
    d = rng.choice(["int32", "float64", "float32", "int64"])
    case("cross", "-", [make(sa, d), make(sb, d)], np.cross)
EINSUM = [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij,jk", [(2, 3), (3, 4)]), ("ij->ji", [(2, 3)]), ("ij->", [(2, 3)]), ("ij->i", [(2, 3)]), ("ii", [(3, 3)]),
    ("ii->i", [(4, 4)]), ("iij->j", [(3, 3, 2)]), ("iii->i", [(3, 3, 3)]), ("ij,ij->ij", [(2, 3), (2, 3)]), ("ij,ij->", [(2, 3), (2, 3)]),
    ("i,j->ij", [(2,), (3,)]), ("ba", [(2, 3)]), ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]), ("ij,jk,kl,lm->im", [(5, 3), (3, 4), (4, 2), (2, 6)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]), ("...ij,...jk", [(4, 2, 2, 3), (2, 3, 2)]), ("i...->...", [(2, 3, 4)]), ("...i,...i", [(2, 3), (2, 3)]),
    ("bij,bjk->bik", [(3, 2, 4), (3, 4, 2)]), ("ijk,jil->kl", [(2, 3, 4), (3, 2, 5)]), ("ij,kj->ik", [(2, 3), (4, 3)]), ("i,i,i->i", [(4,), (4,), (4,)]),
    ("ab,cb,ad->dc", [(2, 3), (4, 3), (2, 5)]), ("ij,j->i", [(1, 3), (3,)]), ("ij,jk->ik", [(2, 1), (3, 4)]), ("ij,jk->ik", [(2, 3), (4, 2)]),
    ("ij->kk", [(2, 3)]), ("ij->iz", [(2, 3)]), ("ij,jk->ik", [(0, 3), (3, 4)]), ("ij,jk->ik", [(2, 0), (0, 4)]), (",->", [(), ()]), ("i,->i", [(3,), ()]),
    ("aab,bc->ac", [(2, 2, 3), (3, 4)]), ("ij", [(2, 3, 4)]), ("i j , j k -> i k", [(2, 3), (3, 2)]), ("...->...", [(2, 3)]), ("i...j->j...i", [(2, 3, 4)]),
]
for sub, shapes in EINSUM:
    d = rng.choice(ALL)
    case("einsum", sub.replace(" ", "_"), [make(s, d) for s in shapes], lambda *a: np.einsum(sub, *a))
    d = rng.choice(FLOATS)
    case("einsum", sub.replace(" ", "_"), [make(s, d) for s in shapes], lambda *a: np.einsum(sub, *a))
