"""Statistical tests give what SciPy's give."""

import warnings

import numpy as np
import pytest
import scipy.stats

import tilework as tw
import tilework.array as ta

RNG = np.random.default_rng(11)
A, B = RNG.random((30, 3)), RNG.random((30, 3)) ** 2
S = ta.stats


@pytest.fixture(params=[4, 7, -1])
def chunks(request):
    return request.param


def same(got, want):
    got = got.compute()
    np.testing.assert_allclose(got.statistic, want.statistic)
    np.testing.assert_allclose(got.pvalue, want.pvalue)


CALLS = [
    ("ttest_1samp", (0.5,), {}), ("ttest_1samp", (0.4,), {"axis": None, "alternative": "less"}), ("ttest_ind", (B,), {}),
    ("ttest_ind", (B,), {"equal_var": False, "alternative": "greater"}), ("ttest_rel", (B,), {"axis": 1}), ("ttest_rel", (B,), {"axis": None}),
    ("skewtest", (), {}), ("skewtest", (), {"alternative": "less"}), ("kurtosistest", (), {}), ("kurtosistest", (), {"axis": None}),
    ("normaltest", (), {}), ("chisquare", (), {}), ("chisquare", (), {"ddof": 1, "axis": None}), ("power_divergence", (), {"lambda_": "neyman"}),
    ("power_divergence", (A[::-1],), {"lambda_": 0}), ("power_divergence", (A[::-1],), {"lambda_": -1}), ("power_divergence", (A[::-1],), {"lambda_": 0.3}),
]  # fmt: skip


@pytest.mark.parametrize("name, args, kw", CALLS)
def test_tests(name, args, kw, chunks):
    x = ta.from_array(A, chunks=chunks)
    lazy = [ta.from_array(a, chunks=5) if isinstance(a, np.ndarray) else a for a in args]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = getattr(scipy.stats, name)(A, *args, **kw)
    same(getattr(S, name)(x, *lazy, **kw), want)
    same(getattr(S, name)(A, *args, **kw), want)


def test_means_of_several(chunks):
    samples = [RNG.random(n) * n for n in (20, 30, 25)]
    same(S.f_oneway(*[ta.from_array(s, chunks=chunks) for s in samples]), scipy.stats.f_oneway(*samples))


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("bias", [True, False])
def test_shapes_of_distributions(axis, bias, chunks):
    a = RNG.random((12, 9))
    x = ta.from_array(a, chunks=chunks)
    np.testing.assert_allclose(S.skew(x, axis, bias=bias).compute(), scipy.stats.skew(a, axis, bias=bias))
    for fisher in (True, False):
        np.testing.assert_allclose(S.kurtosis(x, axis, fisher=fisher, bias=bias).compute(), scipy.stats.kurtosis(a, axis, fisher=fisher, bias=bias))
    for order in range(5):
        np.testing.assert_allclose(S.moment(x, order, axis=axis).compute(), scipy.stats.moment(a, order, axis=axis), atol=1e-15)


def test_results_are_pairs(chunks):
    found = S.ttest_ind(ta.from_array(A[:, 0], chunks=chunks), B[:, 0])
    t, p = found
    assert t is found.statistic and p is found.pvalue and type(found).__name__ == "Ttest_indResult"
    both = tw.compute(found, t)
    assert both[0] == found.compute() and both[1] == both[0].statistic
    assert isinstance(both[0].pvalue, np.float64)


def test_bad_calls():
    for call, error, words in [
        (lambda: S.skew(A, nan_policy="omit"), NotImplementedError, "omit"), (lambda: S.ttest_ind(A, B, alternative="up"), ValueError, "alternative"),
        (lambda: S.power_divergence(A, lambda_="x"), ValueError, "pearson"), (lambda: S.skewtest(np.ones(7)), ValueError, "7 samples"),
        (lambda: S.kurtosistest(np.ones((4, 9))), ValueError, "4 samples"), (lambda: S.f_oneway(A), ValueError, "two"),
        (lambda: S.ttest_rel(A, B[:5]), ValueError, "pairs"), (lambda: S.skew(A, axis=2), ValueError, "axis"), (lambda: S.skew(A + 1j), (TypeError, ValueError), "real"),
    ]:  # fmt: skip
        with pytest.raises(error, match=words):
            call()
