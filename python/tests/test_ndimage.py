"""Filters, morphology and components give what SciPy's give, whatever the chunks."""

import numpy as np
import pytest
import scipy.ndimage as sn

import tilework.array as ta

N = ta.ndimage
RNG = np.random.default_rng(0)
IMAGES = {
    "float64": RNG.random((9, 7)), "float32": RNG.random((9, 7)).astype("f4"), "int32": RNG.integers(-20, 20, (9, 7)).astype("i4"),
    "uint8": RNG.integers(0, 255, (9, 7)).astype("u1"), "complex128": RNG.random((9, 7)) + 1j * RNG.random((9, 7)), "bool": RNG.random((9, 7)) > 0.5,
}  # fmt: skip
W = RNG.random((3, 2))
PLACES = RNG.random((3, 4)) > 0.4
LINEAR = [
    ("correlate", (W,), {}), ("convolve", (W,), {}), ("correlate1d", ([1, 2, 3.0],), {"axis": 0}), ("convolve1d", ([1, 2.0],), {}),
    ("uniform_filter", (3,), {}), ("uniform_filter", ((2, 3),), {}), ("uniform_filter1d", (4,), {"axis": 0}), ("gaussian_filter", (1.2,), {}),
    ("gaussian_filter", ((1, 0.5),), {"order": (1, 0)}), ("gaussian_filter1d", (1.0,), {"axis": 0, "order": 2}), ("gaussian_laplace", (1.0,), {}),
]  # fmt: skip
EDGES = [("sobel", (), {}), ("sobel", (0,), {}), ("prewitt", (), {}), ("laplace", (), {})]
ORDER = [
    ("minimum_filter", (3,), {}), ("maximum_filter", (), {"footprint": PLACES}), ("median_filter", ((3, 2),), {}), ("rank_filter", (-2, 3), {}),
    ("percentile_filter", (30, 3), {}), ("minimum_filter1d", (4,), {}), ("maximum_filter1d", (3, 0), {}), ("median_filter", (3,), {"axes": (1,)}),
]  # fmt: skip
GREY = ["grey_erosion", "grey_dilation", "grey_opening", "grey_closing", "morphological_gradient", "morphological_laplace", "white_tophat", "black_tophat"]


@pytest.fixture(params=[2, 4, -1])
def chunks(request):
    return request.param


def same(name, image, args=(), kw=None, chunks=4):
    kw = kw or {}
    want = getattr(sn, name)(image, *args, **kw)
    got = getattr(N, name)(ta.from_array(image, chunks=chunks), *args, **kw)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    np.testing.assert_allclose(got.compute(), want, atol=1e-5 if image.dtype == "f4" else 1e-10)


@pytest.mark.parametrize("mode", ["reflect", "constant", "nearest", "mirror", "wrap"])
@pytest.mark.parametrize("name, args, kw", LINEAR + EDGES + ORDER)
def test_filters(name, args, kw, mode, chunks):
    kw = kw | ({"mode": mode, "cval": 1.0} if mode == "constant" else {"mode": mode})
    same(name, IMAGES["float64"], args, kw, chunks)
    same(name, IMAGES["int32"], args, kw)


@pytest.mark.parametrize("dtype", ["float32", "uint8", "complex128"])
@pytest.mark.parametrize("name, args, kw", LINEAR + EDGES)
def test_dtypes_of_linear_filters(name, args, kw, dtype):
    same(name, IMAGES[dtype], args, kw)
    same(name, IMAGES[dtype], args, kw | {"mode": "constant", "cval": 2})


@pytest.mark.parametrize("dtype", ["float32", "uint8", "bool"])
@pytest.mark.parametrize("name, args, kw", ORDER)
def test_dtypes_of_order_filters(name, args, kw, dtype):
    same(name, IMAGES[dtype], args, kw)


@pytest.mark.parametrize(
    "name, args, kw",
    [
        ("uniform_filter", (3,), {"origin": 1}), ("uniform_filter", (3,), {"output": "f4"}), ("gaussian_filter", (1.0,), {"radius": 2}),
        ("gaussian_filter", (2.0,), {"truncate": 2.0, "axes": (0,)}), ("correlate", (W,), {"origin": (1, 0)}), ("uniform_filter", (5,), {"mode": ("reflect", "wrap")}),
        ("median_filter", (3,), {"origin": (-1, 1)}), ("gaussian_gradient_magnitude", (1.0,), {}),
    ],
)  # fmt: skip
def test_options(name, args, kw, chunks):
    same(name, IMAGES["float64"], args, kw, chunks)


@pytest.mark.parametrize("name", ["binary_erosion", "binary_dilation", "binary_opening", "binary_closing"])
@pytest.mark.parametrize(
    "kw",
    [
        {}, {"iterations": 2}, {"border_value": 1}, {"structure": np.ones((3, 3))}, {"structure": np.ones((2, 3)), "origin": (0, 1)}, {"mask": IMAGES["float64"] > 0.3},
        {"axes": (1,)}, {"axes": (0,), "structure": np.ones(3), "iterations": 2}, {"axes": (1,), "origin": 1},
    ],
    ids=lambda kw: "-".join(kw) or "default",
)  # fmt: skip
def test_binary_morphology(name, kw, chunks):
    same(name, IMAGES["bool"], (), kw, chunks)


@pytest.mark.parametrize("name", GREY)
@pytest.mark.parametrize("kw", [{"size": 3}, {"size": (2, 4)}, {"footprint": PLACES}, {"size": 3, "mode": "nearest"}, {"structure": np.zeros((3, 2))}])
def test_grey_morphology(name, kw, chunks):
    same(name, IMAGES["float64"], (), kw, chunks)


def test_structures():
    for rank in range(1, 4):
        for n in range(1, rank + 1):
            np.testing.assert_array_equal(N.generate_binary_structure(rank, n), sn.generate_binary_structure(rank, n))
    s = sn.generate_binary_structure(2, 1)
    np.testing.assert_array_equal(N.iterate_structure(s, 3), sn.iterate_structure(s, 3))
    assert N.iterate_structure(s, 2, (1, 0))[1] == list(sn.iterate_structure(s, 2, (1, 0))[1])


@pytest.mark.parametrize("structure", [None, np.ones((3, 3))])
def test_label(structure, chunks):
    image = RNG.random((20, 17)) > 0.6
    labels, n = N.label(ta.from_array(image, chunks=chunks if chunks == -1 else chunks + 3), structure)
    want, count = sn.label(image, structure)
    np.testing.assert_array_equal(labels.compute(), want)
    assert labels.dtype == want.dtype and n.compute() == count
    assert N.label(image, output="int64")[0].dtype == np.int64


@pytest.mark.parametrize("index", [None, 1, [1, 3], [0, 2, 9], [[1], [2]]])
@pytest.mark.parametrize("name", ["sum_labels", "mean", "variance", "standard_deviation"])
@pytest.mark.filterwarnings("ignore:.*divide")
def test_measures(name, index, chunks):
    x = RNG.random((8, 6))
    labels = RNG.integers(0, 4, (8, 6))
    lazy = ta.from_array(x, chunks=chunks), ta.from_array(labels, chunks=3)
    np.testing.assert_allclose(getattr(N, name)(*lazy, index).compute(), getattr(sn, name)(x, labels, index))
    np.testing.assert_allclose(getattr(N, name)(lazy[0]).compute(), getattr(sn, name)(x))


def test_centers(chunks):
    x, labels = RNG.random((8, 6)), RNG.integers(0, 3, (8, 6))
    lazy = ta.from_array(x, chunks=chunks), ta.from_array(labels, chunks=3)
    np.testing.assert_allclose([c.compute() for c in N.center_of_mass(*lazy)], sn.center_of_mass(x, labels))
    np.testing.assert_allclose(np.transpose([c.compute() for c in N.center_of_mass(*lazy, [1, 2])]), sn.center_of_mass(x, labels, [1, 2]))


@pytest.mark.parametrize("mode", ["reflect", "constant", "nearest", "wrap"])
@pytest.mark.parametrize("kw", [{"size": 3}, {"size": (2, 3)}, {"footprint": PLACES}, {"size": 3, "origin": (1, -1)}, {"size": 3, "axes": (1,)}])
def test_functions_of_windows(kw, mode, chunks):
    same("generic_filter", IMAGES["float64"], (np.median,), kw | {"mode": mode, "cval": 0.5}, chunks)
    same("generic_filter", IMAGES["float64"], (np.quantile,), kw | {"extra_arguments": (0.3,), "extra_keywords": {"method": "lower"}}, chunks)


def test_bad_calls():
    x = ta.from_array(IMAGES["float64"], chunks=4)
    for call, error, words in [
        (lambda: N.median_filter(x), RuntimeError, "size"), (lambda: N.uniform_filter(x, 3, mode="?"), ValueError, "mode"),
        (lambda: N.binary_dilation(x, iterations=0), NotImplementedError, "iterations"), (lambda: N.label(x + 1j), TypeError, "real"),
        (lambda: N.grey_erosion(x, structure=np.ones((3, 3))), NotImplementedError, "flat"), (lambda: N.grey_erosion(x), ValueError, "size"),
        (lambda: N.gaussian_filter(x, np.nan), ValueError, "sigma"), (lambda: N.uniform_filter(x, 3, origin=5), ValueError, "origin"),
        (lambda: N.median_filter(x + 1j, 3), TypeError, "real"), (lambda: N.generic_filter(x, np.median, 3, mode="mirror"), NotImplementedError, "mirror"),
        (lambda: N.sobel(x, 2), ValueError, "axis"), (lambda: N.label(x, np.ones((3, 5))), ValueError, "structure"),
    ]:  # fmt: skip
        with pytest.raises(error, match=words):
            call()
