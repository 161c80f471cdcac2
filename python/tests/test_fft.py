"""Transforms give what NumPy's give, whatever the chunks."""

import numpy as np
import pytest
import scipy.fft

import tilework.array as ta

RNG = np.random.default_rng(3)
REAL = RNG.random((6, 5, 8))
COMPLEX = REAL + 1j * RNG.random((6, 5, 8))
ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
SEVERAL = ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]
OF_REAL = {"rfft", "ihfft", "rfft2", "rfftn"}


@pytest.fixture(params=[1, 3, -1])
def chunks(request):
    return request.param


def taken(name):
    return REAL if name in OF_REAL else COMPLEX


def same(got, want):
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    single = want.dtype in ("complex64", "float32")
    np.testing.assert_allclose(got.compute(), want, atol=1e-4 if single else 1e-12)


@pytest.mark.parametrize("options", [{}, {"n": 5}, {"n": 11, "axis": 0}, {"axis": 1, "norm": "ortho"}, {"axis": -2, "n": 3, "norm": "forward"}])
@pytest.mark.parametrize("name", ONE)
def test_along_an_axis(name, options, chunks):
    a = taken(name)
    same(getattr(ta.fft, name)(ta.from_array(a, chunks=chunks), **options), getattr(np.fft, name)(a, **options))
    same(getattr(np.fft, name)(ta.from_array(a, chunks=chunks), **options), getattr(np.fft, name)(a, **options))


@pytest.mark.parametrize("options", [{}, {"s": (5, 9), "axes": (0, 2)}, {"s": (-1, 7), "axes": (2, 0)}, {"axes": (1,)}, {"axes": (2, 0), "norm": "ortho"}])
@pytest.mark.parametrize("name", SEVERAL)
def test_along_several_axes(name, options, chunks):
    a = taken(name)
    same(getattr(ta.fft, name)(ta.from_array(a, chunks=chunks), **options), getattr(np.fft, name)(a, **options))


@pytest.mark.parametrize("dtype", ["float32", "complex64", "int16", "bool"])
def test_dtypes(dtype):
    a = (RNG.random((4, 6)) * 3).astype(dtype)
    x = ta.from_array(a, chunks=2)
    same(ta.fft.fft(x), np.fft.fft(a))
    same(ta.fft.irfft2(x), np.fft.irfft2(a))
    if dtype != "complex64":
        same(ta.fft.rfft(x), np.fft.rfft(a))


def test_lengths_without_axes():
    with pytest.warns(DeprecationWarning, match="`axes` should not be `None`"):
        got = ta.fft.fftn(COMPLEX, s=(3, 4))
    same(got, np.fft.fftn(COMPLEX, s=(3, 4), axes=(1, 2)))


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies(n):
    for d in (1.0, 0.3):
        np.testing.assert_allclose(ta.fft.fftfreq(n, d, chunks=2).compute(), np.fft.fftfreq(n, d))
        np.testing.assert_allclose(ta.fft.rfftfreq(n, d=d, chunks=2).compute(), np.fft.rfftfreq(n, d))
    assert ta.fft.fftfreq(n, dtype="float32").dtype == np.float32
    assert ta.fft.fftfreq(7, chunks=(3, 4)).chunks == ((3, 4),)


@pytest.mark.parametrize("axes", [None, 0, (1, 2), (-1,)])
def test_shifts(axes, chunks):
    x = ta.from_array(REAL, chunks=chunks)
    np.testing.assert_array_equal(ta.fft.fftshift(x, axes).compute(), np.fft.fftshift(REAL, axes))
    np.testing.assert_array_equal(ta.fft.ifftshift(x, axes).compute(), np.fft.ifftshift(REAL, axes))


@pytest.mark.parametrize("module", [np.fft, scipy.fft])
@pytest.mark.parametrize("name", ONE + SEVERAL)
def test_transforms_of_other_libraries(name, module, chunks):
    f, a = getattr(module, name), taken(name).astype("float32" if name in OF_REAL else "complex64")
    g, x = ta.fft.fft_wrap(f), ta.from_array(a, chunks=chunks)
    assert g.__name__ == name
    same(g(x), f(a))
    if name in ONE:
        same(g(x, n=7, axis=0), f(a, n=7, axis=0))
    else:
        same(g(x, s=(7, 4), axes=(0, 2)), f(a, s=(7, 4), axes=(0, 2)))


def test_old_transforms_of_scipy_warn():
    import scipy.fftpack

    with pytest.warns(FutureWarning, match="legacy"):
        ta.fft.fft_wrap(scipy.fftpack.fft)
    with pytest.raises(ValueError, match="kind"):
        ta.fft.fft_wrap(np.ones)


def test_errors():
    x = ta.from_array(COMPLEX, chunks=2)
    for call, error, words in [
        (lambda: ta.fft.fft(x, 0), ValueError, "length 0"), (lambda: ta.fft.fft(x, axis=3), IndexError, "axis 3"),
        (lambda: ta.fft.rfft(x), TypeError, "real part"), (lambda: ta.fft.rfftn(x), TypeError, "real part"),
        (lambda: ta.fft.fft(x, norm="x"), ValueError, "norm"), (lambda: ta.fft.fft2(x, s=(1, 2, 3)), ValueError, "3 lengths"),
        (lambda: ta.fft.fftn(x, axes=(0, 0)), ValueError, "repeated"), (lambda: ta.fft.fftfreq(0), ValueError, "above 0"),
        (lambda: ta.fft.ifft2(x, s=(0, 1)), ValueError, "length 0"),
    ]:  # fmt: skip
        with pytest.raises(error, match=words):
            call()
