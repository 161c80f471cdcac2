"""Random arrays: the same seed, the same numbers, whatever the chunks; NumPy's signatures."""

import copy
import inspect
import pickle

import numpy as np
import pytest
import scipy.stats

import tilework.array as ta
from tilework.array._distributions import TABLE

R = ta.random


def arguments(name):
    return [float(v) for v in TABLE[name][1].split(", ")] if TABLE[name][1] else []


@pytest.fixture(params=[R.default_rng, R.RandomState])
def maker(request):
    return request.param


@pytest.mark.parametrize("name", TABLE)
def test_distributions(name, maker):
    a = getattr(maker(5), name)(*arguments(name), size=(40, 30), chunks=(7, 11))
    b = getattr(maker(5), name)(*arguments(name), size=(40, 30))
    x = a.compute()
    np.testing.assert_array_equal(x, b.compute())
    want = getattr(np.random.default_rng(1), name)(*arguments(name), size=10)
    assert a.dtype == x.dtype == want.dtype and x.shape == (40, 30) and a.chunks[0] == (7, 7, 7, 7, 7, 5)
    assert getattr(maker(5), name)(*arguments(name)).compute().shape == ()


@pytest.mark.parametrize("name", TABLE)
def test_distributions_are_what_they_are_called(name):
    own = getattr(R.default_rng(1), name)(*arguments(name), size=3000, chunks=700).compute()
    other = getattr(np.random.default_rng(2), name)(*arguments(name), size=3000)
    assert scipy.stats.ks_2samp(own, other).pvalue > 1e-4


@pytest.mark.parametrize("name", TABLE)
def test_signatures(name):
    own = list(inspect.signature(getattr(R.Generator, name)).parameters)
    numpy = [p for p in inspect.signature(getattr(np.random.Generator, name)).parameters if p not in ("dtype", "method", "out")]
    assert [p for p in own if p not in ("chunks", "dtype")] == numpy
    assert "self" not in inspect.signature(getattr(R, name)).parameters


def test_numbers_are_those_of_philox():
    rng = R.default_rng(7)
    for draw in range(3):
        want = np.random.Generator(np.random.Philox(key=[7, draw])).random((4, 5))
        np.testing.assert_array_equal(rng.random((4, 5), chunks=2).compute(), want)


def test_each_call_draws_others(maker):
    rng = maker(1)
    assert (rng.normal(size=9).compute() != rng.normal(size=9).compute()).all()
    assert (maker().random(9).compute() != maker().random(9).compute()).all()


@pytest.mark.parametrize(
    "seed",
    [0, 42, 2**64 - 1, 2**80, [1, 2, 3], np.int32(5), np.random.SeedSequence(5), np.random.PCG64(3), np.random.PCG64, np.random.default_rng(3), np.random.RandomState(3), None],
    ids=lambda s: type(s).__name__,
)
def test_seeds(seed, maker):
    assert maker(copy.deepcopy(seed)).random(3).compute().shape == (3,)
    if seed is not None and seed is not np.random.PCG64:
        np.testing.assert_array_equal(maker(copy.deepcopy(seed)).random(3).compute(), maker(copy.deepcopy(seed)).random(3).compute())
    rng = R.default_rng(seed)
    assert isinstance(rng, R.Generator) and R.default_rng(rng) is rng and "Generator" in repr(rng)


def test_generators_are_pickled_where_they_are(maker):
    rng = maker(3)
    rng.normal(size=4)
    again, other = pickle.loads(pickle.dumps(rng)), copy.deepcopy(rng)
    want = rng.random(5).compute()
    np.testing.assert_array_equal(again.random(5).compute(), want)
    np.testing.assert_array_equal(other.random(5).compute(), want)


def test_children():
    rng = R.default_rng(1)
    a, b = rng.spawn(2)
    (c,) = rng.spawn(1)
    drawn = [g.random(8).compute() for g in (rng, a, b, c)]
    assert len({x.tobytes() for x in drawn}) == 4
    same = R.default_rng(1).spawn(3)
    np.testing.assert_array_equal(same[2].random(8).compute(), drawn[3])
    (grandchild,) = c.spawn(1)
    again = pickle.loads(pickle.dumps(grandchild))
    np.testing.assert_array_equal(again.random(4).compute(), grandchild.random(4).compute())


def test_parameters_that_are_arrays(maker):
    a = np.arange(1, 7).reshape(2, 3)
    for p in (a, ta.from_array(a, chunks=2), a.tolist()):
        x = maker(1).normal(p, 1e-9, chunks=1)
        assert x.shape == (2, 3)
        np.testing.assert_allclose(x.compute(), a, atol=1e-6)
        np.testing.assert_array_equal(x.compute(), maker(1).normal(p, 1e-9).compute())
    x = maker(1).normal(loc=ta.ones((3, 4)), scale=np.ones((1, 4)), size=(2, 3, 4), chunks=2)
    assert x.compute().shape == (2, 3, 4)
    assert maker(1).poisson(a, size=(5, 2, 3)).compute().shape == (5, 2, 3)
    with pytest.raises(ValueError, match="broadcast|mismatch"):
        maker(1).normal(a, size=(2, 4))
    with pytest.raises(ValueError, match="scale"):
        maker(1).normal(0, ta.from_array(np.array([1.0, -1.0]), chunks=1)).compute()


def test_integers():
    rng = R.default_rng(1)
    x = rng.integers(-3, 4, size=1000, chunks=300).compute()
    assert x.dtype == np.int64 and set(x) == set(range(-3, 4))
    assert set(rng.integers(2, size=100, dtype=bool).compute()) == {True, False}
    assert rng.integers(255, size=3000, dtype="uint8", endpoint=True).max().compute() == 255
    np.testing.assert_array_equal(rng.integers([1, 5], [2, 6]).compute(), [1, 5])
    state = R.RandomState(1)
    assert state.randint(10, size=5, dtype="int16").dtype == np.int16
    assert state.tomaxint(3).compute().min() >= 0
    with pytest.warns(DeprecationWarning):
        assert set(state.random_integers(3, size=100).compute()) == {1, 2, 3}


def test_choice(maker):
    a = np.array([1.5, 2.5, 3.5])
    for chosen in (a, a.tolist(), ta.from_array(a, chunks=2)):
        x = maker(1).choice(chosen, size=(10, 3), chunks=4)
        assert x.dtype == float and set(x.compute().ravel()) <= set(a)
        assert set(maker(1).choice(chosen, size=50, p=ta.from_array(np.array([0, 0.5, 0.5]), chunks=1)).compute()) == {2.5, 3.5}
    x = maker(1).choice(10, size=10, replace=False, chunks=3).compute()
    assert x.dtype == np.int64 and sorted(x) == list(range(10))
    assert sorted(maker(1).choice(3, size=2, replace=False, p=[0, 0.5, 0.5]).compute()) == [1, 2]
    assert maker(1).choice(5).compute().shape == ()
    for a, kw, words in [
        (-1, {}, "nothing"), (0, {}, "nothing"), (np.ones((2, 2)), {}, "one dimension"), (3, {"p": [0.5, 0.5]}, "probability"),
        (2, {"p": [0.5, 0.6]}, "add up"), (3, {"size": 5, "replace": False}, "different"), ([], {}, "nothing"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=words):
            maker(1).choice(a, **{"size": 3} | kw)


def test_orders(maker):
    x = ta.arange(12, chunks=5)
    a, b = maker(0), maker(0)
    y = a.permutation(x)
    assert y.chunks == x.chunks
    np.testing.assert_array_equal(y.compute(), b.permutation(x.rechunk(2)).compute())
    assert sorted(y.compute()) == list(range(12)) and (y.compute() != a.permutation(x).compute()).any()
    assert sorted(a.permutation(100).compute()) == list(range(100))
    m = np.arange(12).reshape(4, 3)
    rows = R.default_rng(1).permutation(ta.from_array(m, chunks=2)).compute()
    assert sorted(map(tuple, rows)) == sorted(map(tuple, m))
    rng = R.default_rng(1)
    z = ta.from_array(m, chunks=2)
    for axis in (0, 1, None):
        got = rng.permuted(z, axis=axis).compute()
        np.testing.assert_array_equal(np.sort(got, axis=axis), np.sort(m, axis=axis))
    rng.shuffle(z, axis=1)
    np.testing.assert_array_equal(np.sort(z.compute(), axis=1), m)
    with pytest.raises(TypeError, match="permutation"):
        rng.shuffle(m)


@pytest.mark.parametrize("size", [None, 5, (2, 3)])
def test_vectors(size):
    rng = R.default_rng(1)
    shape = () if size is None else (size,) if size == 5 else size
    x = rng.multinomial(20, [0.25, 0.5, 0.25], size=size, chunks=2)
    assert x.shape == (*shape, 3) and (x.sum(axis=-1) == 20).all().compute()
    x = rng.multivariate_hypergeometric([16, 8, 4], 6, size=size, chunks=2)
    assert x.shape == (*shape, 3) and (x.sum(axis=-1) == 6).all().compute()
    x = rng.multivariate_normal([1, -1], [[2, 0.5], [0.5, 1]], size=size, chunks=2)
    assert x.shape == (*shape, 2) and x.compute().shape == x.shape
    x = rng.dirichlet([1, 2, 3], size=size, chunks=2)
    assert x.shape == (*shape, 3)
    np.testing.assert_allclose(x.sum(axis=-1).compute(), np.ones(shape))
    assert rng.multinomial([3, 4], [0.5, 0.5]).sum(axis=1).compute().tolist() == [3, 4]
    assert len(rng.bytes(7)) == 7


def test_dtypes_and_results_of_the_callers():
    rng = R.default_rng(1)
    for name in ("random", "standard_normal", "standard_exponential"):
        assert getattr(rng, name)(5, dtype=np.float32).compute().dtype == np.float32
        with pytest.raises(TypeError, match="astype"):
            getattr(rng, name)(5, dtype=int)
    assert rng.standard_gamma(2, 5, dtype="float32").dtype == np.float32
    x = ta.zeros((2, 3), dtype="float32")
    assert rng.random(out=x, dtype="float32") is x and (x.compute() > 0).all()


def test_functions_of_the_module():
    R.seed(3)
    a, b = R.normal(size=10, chunks=3).compute(), R.random((2, 2)).compute()
    R.seed(3)
    np.testing.assert_array_equal(R.normal(size=10).compute(), a)
    np.testing.assert_array_equal(R.random((2, 2)).compute(), b)
    np.testing.assert_array_equal(R.RandomState(3).normal(size=10).compute(), a)
    assert R.permutation(5).compute().shape == (5,) and R.randint(0, 5, 3).compute().shape == (3,)


def test_bad_calls():
    rng = R.default_rng(1)
    for call, error, words in [
        (lambda: R.default_rng(-1), ValueError, "negative"), (lambda: rng.normal(0, -1), ValueError, "scale"), (lambda: rng.integers(5, 5), ValueError, "high"),
        (lambda: rng.integers(300, dtype="uint8"), ValueError, "dtype"), (lambda: rng.normal(size=(2, -1)), ValueError, "negative"),
        (lambda: rng.binomial(10, 1.5, size=3), ValueError, "p is 1.5"), (lambda: rng.normal(size=10, chunks=(3, 3)), ValueError, "chunks"),
        (lambda: rng.multinomial(2, [0.7, 0.7, 0.1]), ValueError, "pvals"), (lambda: rng.multivariate_normal([1], [[-1.0]]), ValueError, "cov"),
        (lambda: R.RandomState(1, RandomState=int), NotImplementedError, "RandomState"), (lambda: rng.dirichlet([-1.0]), ValueError, "alpha"),
    ]:  # fmt: skip
        with pytest.raises(error, match=words):
            call()


def test_large_arrays_are_made_at_once(maker):
    assert maker(1).normal(10, 1, (1_000_000, 1_000_000), chunks=100_000).shape == (1_000_000, 1_000_000)
