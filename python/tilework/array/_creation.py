"""Arrays from array-likes and from nothing: values, ranges, positions."""

from __future__ import annotations

import math
import operator

import numpy as np

from .. import _tilework
from ._chunks import cut
from ._core import OPS, Array, from_numpy, handle, named


def check_device(device):
    """All arrays are in the memory of the computer: the device is ``"cpu"``."""
    if device is not None and device != "cpu":
        raise ValueError(f"there is no device {device!r}: all arrays are on 'cpu'")


def supported(dtype):
    """A dtype that arrays can have.

    Raises
    ------
    TypeError
        For other dtypes.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "biufc" or dtype.itemsize == 2 and dtype.kind == "f" or dtype.itemsize > (16 if dtype.kind == "c" else 8):
        raise TypeError(f"arrays of dtype {dtype} are not supported: take bool, an integer dtype, float32, float64, complex64 or complex128")
    return dtype.newbyteorder("=")


# From what exists.


def asarray(a, dtype=None, order=None, *, device=None, copy=None, chunks=None, like=None, allow_unknown_chunksizes=False, **options):
    """What can be an array as a lazy one: an array of any library, nested lists of numbers or of arrays, a number.

    Elements of NumPy's arrays are not copied where their layout allows it: do not change them before the result is computed.

    Parameters
    ----------
    dtype : dtype, optional
        The element type; otherwise that of ``a``, as NumPy finds it.
    copy : bool, optional
        True copies the elements now, so that a later change of ``a`` changes nothing; False raises where they had to be copied.
    chunks : optional
        How the array is cut, see :func:`normalize_chunks`; an array that is lazy already is cut anew.
    device : str, optional
        ``"cpu"``.
    order, like, allow_unknown_chunksizes
        NumPy's and dask's; they change nothing.

    Raises
    ------
    TypeError
        For elements that are no numbers.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.asarray([[1, 2], [3, 4]], dtype="float32", chunks=1)
    tilework.Array<array in memory, shape=(2, 2), dtype=float32, chunks=((1, 1), (1, 1))>
    """
    check_device(device)
    x = _lazy(a, copy, "auto" if chunks is None else chunks, None if dtype is None else supported(dtype))
    if chunks is not None and isinstance(a, Array):
        x = x.rechunk(chunks)
    return x


def _lazy(a, copy, chunks, dtype):
    if isinstance(a, Array):
        if dtype is not None and a.dtype != dtype:
            if copy is False:
                raise ValueError(f"an array of {a.dtype} cannot be had as {dtype} without a copy")
            return a.astype(dtype)
        return Array(a._x) if copy else a
    if isinstance(a, (list, tuple)) and _holds_arrays(a):
        x = _stacked(a)
        return x if dtype is None else x.astype(dtype)
    if copy is False and isinstance(a, (bool, int, float, complex, list, tuple)):
        raise ValueError("numbers of Python's cannot be had without a copy")
    if not isinstance(a, (np.ndarray, np.generic, bool, int, float, complex, list, tuple)) and hasattr(a, "shape") and hasattr(a, "dtype"):
        if hasattr(a, "__getitem__") and not hasattr(a, "__array_interface__"):
            from . import _io

            x = _io.from_array(a, chunks=chunks)
            return x if dtype is None else x.astype(dtype)
    known = np.asarray(a)
    if dtype is not None and known.dtype != dtype:
        if copy is False:
            raise ValueError(f"an array of {known.dtype} cannot be had as {dtype} without a copy")
        if known.dtype.kind == "O" or isinstance(a, (list, tuple, int)):
            return from_numpy(np.asarray(a, dtype=dtype), chunks)
        return from_numpy(known.astype(dtype), chunks)
    return from_numpy(known.copy() if copy else known, chunks)


def _holds_arrays(a):
    return any(isinstance(v, Array) or isinstance(v, (list, tuple)) and _holds_arrays(v) for v in a)


def _stacked(a):
    parts = [_stacked(v) if isinstance(v, (list, tuple)) and _holds_arrays(v) else asarray(v) for v in a]
    dtype = np.result_type(*(p.dtype for p in parts))
    return Array(_tilework.stack([p.astype(dtype)._x for p in parts], 0))


asanyarray = asarray


def array(a, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, chunks=None, like=None, device=None):
    """As :func:`asarray`, but elements in memory are copied, and axes of length 1 put in front until there are ``ndmin``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.array([1, 2, 3], ndmin=2).shape
    (1, 3)
    """
    x = asarray(a, dtype, copy=copy, chunks=chunks, device=device)
    missing = ndmin - x.ndim
    return Array(_tilework.expand_dims(x._x, list(range(missing)))) if missing > 0 else x


def from_dlpack(x, /, *, device=None, copy=None, chunks="auto"):
    """An array of another library that speaks DLPack, without a copy.

    Examples
    --------
    >>> import numpy as np, tilework.array as ta
    >>> ta.from_dlpack(np.arange(3)).compute()
    array([0, 1, 2])
    """
    check_device(device)
    if isinstance(x, Array):
        return Array(x._x)
    return from_numpy(np.from_dlpack(x, copy=copy), chunks)


# One value everywhere.


def lengths(shape):
    """A shape as a tuple of lengths."""
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    shape = tuple(operator.index(n) for n in shape)
    if any(n < 0 for n in shape):
        raise ValueError(f"negative dimensions are not allowed: {shape}")
    return shape


def _filled(shape, value, dtype, chunks, function, name):
    shape = lengths(shape)
    return _called(Array(_tilework.full(shape, value, dtype.name, cut(chunks, shape, dtype))), function, name)


def _called(x, function, name):
    """An array under the user's name, or one that begins with the function's."""
    return named(x, name or f"{function}-{x._x.key:032x}")


def empty(shape, dtype=float, chunks="auto", *, order="C", device=None, like=None, name=None, meta=None):
    """An array whose elements do not matter; they are 0. Parameters are those of :func:`full`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.empty((2, 3)).shape
    (2, 3)
    """
    check_device(device)
    return _filled(shape, 0, supported(dtype), chunks, "empty", name)


def zeros(shape, dtype=float, chunks="auto", *, order="C", device=None, like=None, name=None, meta=None):
    """Zeros. Parameters are those of :func:`full`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.zeros((2, 2), chunks=1).compute()
    array([[0., 0.],
           [0., 0.]])
    """
    check_device(device)
    return _filled(shape, 0, supported(dtype), chunks, "zeros", name)


def ones(shape, dtype=float, chunks="auto", *, order="C", device=None, like=None, name=None, meta=None):
    """Ones. Parameters are those of :func:`full`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ones(3, dtype=int).compute()
    array([1, 1, 1])
    """
    check_device(device)
    return _filled(shape, 1, supported(dtype), chunks, "ones", name)


def full(shape, fill_value, dtype=None, chunks="auto", *, order="C", device=None, like=None, name=None, meta=None):
    """One value everywhere.

    Parameters
    ----------
    shape : int or tuple of int
        Length along each axis.
    fill_value : number
        The value.
    dtype : dtype, optional
        The element type; otherwise that of the value.
    chunks : optional
        How the array is cut, see :func:`normalize_chunks`.
    device : str, optional
        ``"cpu"``.
    name : str, optional
        The array's name, if it shall have another than that which tells it from others.
    order, like, meta
        NumPy's and dask's; they change nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.full((2, 2), 7, chunks=1).compute()
    array([[7, 7],
           [7, 7]])
    """
    check_device(device)
    if np.ndim(fill_value):
        raise ValueError(f"fill_value must be a number, not an array of shape {np.shape(fill_value)}: use broadcast_to")
    if isinstance(fill_value, Array):
        x = fill_value if dtype is None else fill_value.astype(dtype)
        return _called(Array(_tilework.broadcast_to(x._x, lengths(shape))), "full", name)
    dtype = supported(np.asarray(fill_value).dtype if dtype is None else dtype)
    return _filled(shape, _value(fill_value, dtype), dtype, chunks, "full", name)


def _value(v, dtype):
    """A value as a number that the dtype holds, as NumPy casts it."""
    if isinstance(v, int) and dtype.kind in "iu":
        info = np.iinfo(dtype)
        if not info.min <= v <= info.max:
            raise OverflowError(f"Python integer {v} out of bounds for {dtype}")
        return int(v)
    return np.asarray(v).astype(dtype).item()


def _like(a, value, dtype, chunks, shape, function, name):
    return _called(_alike(handle(a), value, dtype, chunks, shape), function, name)


def _alike(x, value, dtype, chunks, shape):
    dtype = supported(x.dtype if dtype is None else dtype)
    value = _value(value, dtype)
    if shape is None and chunks is None:
        if None not in x.shape:
            return Array(_tilework.full_like(x, value, dtype.name))
        # An array of unknown size has as many elements as its source.
        from ._selection import where

        return where(Array(x) == Array(x), value, value).astype(dtype)
    shape = lengths(x.shape if shape is None else shape)
    return Array(_tilework.full(shape, value, dtype.name, cut("auto" if chunks is None else chunks, shape, dtype)))


def empty_like(a, dtype=None, order="K", chunks=None, name=None, shape=None, *, device=None, subok=True):
    """An array of the shape, dtype and chunks of ``a`` whose elements do not matter; they are 0. Parameters are those of :func:`full_like`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.empty_like(ta.arange(3)).shape
    (3,)
    """
    check_device(device)
    return _like(a, 0, dtype, chunks, shape, "empty_like", name)


def zeros_like(a, dtype=None, order="K", chunks=None, name=None, shape=None, *, device=None, subok=True):
    """Zeros in the shape, dtype and chunks of ``a``. Parameters are those of :func:`full_like`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.zeros_like(ta.arange(3)).compute()
    array([0, 0, 0])
    """
    check_device(device)
    return _like(a, 0, dtype, chunks, shape, "zeros_like", name)


def ones_like(a, dtype=None, order="K", chunks=None, name=None, shape=None, *, device=None, subok=True):
    """Ones in the shape, dtype and chunks of ``a``. Parameters are those of :func:`full_like`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ones_like(ta.arange(3), dtype=bool).compute()
    array([ True,  True,  True])
    """
    check_device(device)
    return _like(a, 1, dtype, chunks, shape, "ones_like", name)


def full_like(a, fill_value, dtype=None, order="K", chunks=None, name=None, shape=None, *, device=None, subok=True):
    """One value in the shape, dtype and chunks of ``a``, whose elements are not computed.

    Parameters
    ----------
    fill_value : number
        The value.
    dtype, chunks, shape : optional
        What shall be other than in ``a``.
    device : str, optional
        ``"cpu"``.
    name : str, optional
        The array's name, as of :func:`full`.
    order, subok
        NumPy's and dask's; they change nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.full_like(ta.arange(3), 0.5, dtype=float).compute()
    array([0.5, 0.5, 0.5])
    """
    check_device(device)
    return _like(a, fill_value, dtype, chunks, shape, "full_like", name)


# Ranges.


def _plain(v, name):
    if isinstance(v, Array):
        v = v.compute()
    v = np.asarray(v)
    if v.ndim:
        raise ValueError(f"{name}: bounds and steps must be numbers, not arrays")
    return v.item()


def arange(start=0, stop=None, step=1, *, chunks="auto", dtype=None, device=None, like=None, **options):
    """Values from ``start`` to before ``stop`` in steps.

    Parameters
    ----------
    start, stop, step : number
        ``arange(stop)`` begins at 0.
    dtype : dtype, optional
        The element type; otherwise int64 if all three are integers, else float64.
    chunks : optional
        How the array is cut, see :func:`normalize_chunks`.
    device : str, optional
        ``"cpu"``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.arange(2, 10, 3, chunks=2).compute()
    array([2, 5, 8])
    """
    check_device(device)
    if stop is None:
        start, stop = 0, start
    given = (start, stop, 1 if step is None else step)
    start, stop, step = (_plain(v, "arange") for v in given)
    if step == 0:
        raise ZeroDivisionError("arange: the step is 0")
    whole = all(isinstance(v, int) for v in (start, stop, step))
    if dtype is None:
        # As NumPy: numbers of uint64 beside those of int64 give float64.
        dtype = np.result_type("i8", *(v.dtype if isinstance(v, np.generic) else type(v) for v in given))
    dtype = supported(dtype)
    if not whole:
        n = max(math.ceil((stop - start) / step), 0)
        start, step = float(start), float(step)
        if n != max(math.ceil((stop - start) / step), 0):
            # The ends are beyond what floats tell apart: as NumPy, the first two values and what follows from them.
            r = Array(_tilework.arange(0, n, 1, cut(chunks, (n,), dtype)))
            return (r * ((start + step) - start) + start).astype(dtype)
        if dtype.kind in "iu":
            # NumPy's: the first two values are cut to integers, and the rest follows from them.
            first = int(start)
            delta = int(start + step) - first
            r = Array(_tilework.arange(0, n, 1, cut(chunks, (n,), dtype)))
            return (r * delta + first).astype(dtype)
    else:
        n = max(-((start - stop) // step), 0)
    c = cut(chunks, (n,), dtype)
    return Array(_tilework.arange(start, stop, step, c)).astype(dtype)


def linspace(start, stop, num=50, endpoint=True, retstep=False, chunks="auto", dtype=None, *, axis=0, device=None):
    """``num`` values at equal distances from ``start`` to ``stop``.

    Parameters
    ----------
    start, stop : number
        The ends.
    endpoint : bool
        Whether ``stop`` is the last value; otherwise it would follow.
    retstep : bool
        Whether the distance is returned too.
    dtype : dtype, optional
        The element type; otherwise float64 (complex128 for complex ends). Integers are rounded down.
    chunks : optional
        How the array is cut, see :func:`normalize_chunks`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linspace(0, 1, 5, chunks=2).compute()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    check_device(device)
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"number of samples, {num}, must be non-negative")
    start, stop = _plain(start, "linspace"), _plain(stop, "linspace")
    complex_ends = isinstance(start, complex) or isinstance(stop, complex)
    dtype = supported(("c16" if complex_ends else "f8") if dtype is None else dtype)
    c = cut(chunks, (num,), dtype)
    n_steps = num - 1 if endpoint else num
    step = (stop - start) / n_steps if n_steps > 0 else math.nan

    def line(a, b):
        if endpoint:
            return Array(_tilework.linspace(float(a), float(b), num, c))
        return Array(_tilework.arange(0, num, 1, c)) * ((b - a) / max(num, 1)) + float(a)

    x = line(start.real, stop.real) + line(start.imag, stop.imag) * 1j if complex_ends else line(start, stop)
    if dtype.kind in "iu" and x.dtype.kind == "f":
        x = Array(_tilework.unary(OPS["floor"][0], x._x))
    x = x.astype(dtype)
    return (x, step) if retstep else x


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, *, chunks="auto"):
    """``num`` values whose exponents to a base lie at equal distances, from ``base ** start`` to ``base ** stop``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.logspace(0, 3, 4, base=2).compute()
    array([1., 2., 4., 8.])
    """
    x = base ** linspace(start, stop, num, endpoint, chunks=chunks)
    return x if dtype is None else x.astype(supported(dtype))


def geomspace(start, stop, num=50, endpoint=True, dtype=None, *, chunks="auto"):
    """``num`` values from ``start`` to ``stop``, each the one before it times the same factor.

    Raises
    ------
    ValueError
        For an end that is 0.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.geomspace(1, 1000, 4).compute().round(9)
    array([   1.,   10.,  100., 1000.])
    """
    start, stop = _plain(start, "geomspace"), _plain(stop, "geomspace")
    if start == 0 or stop == 0:
        raise ValueError("geometric sequence cannot include zero")
    num = operator.index(num)
    as_complex = isinstance(start, complex) or isinstance(stop, complex) or (start < 0) != (stop < 0)
    end = np.log10(stop / start + 0j) if as_complex else math.log10(stop / start)
    last = start * 10**end
    x = start * logspace(0, complex(end) if as_complex else end, num, endpoint, chunks=chunks)
    if num > 1 and endpoint and last != stop:
        x[-1] = stop
    if not (isinstance(start, complex) or isinstance(stop, complex)) and as_complex and dtype is None:
        raise ValueError("geomspace: ends of different sign have no real sequence between them: give complex ends")
    return x if dtype is None else x.astype(supported(dtype))


# Positions.


def meshgrid(*xi, sparse=False, indexing="xy", copy=True, **options):
    """The coordinates of a grid: array ``i`` along its own axis, repeated along all others.

    Parameters
    ----------
    sparse : bool
        Whether axes along which an array repeats have length 1.
    indexing : {"xy", "ij"}
        Whether the first array runs along axis 1 and the second along axis 0, or each along its own.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x, y = ta.meshgrid(ta.arange(3), ta.arange(2))
    >>> y.compute()
    array([[0, 0, 0],
           [1, 1, 1]])
    """
    if options:
        raise TypeError(f"meshgrid() got an unexpected keyword argument {next(iter(options))!r}")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing must be 'xy' or 'ij'")
    n = len(xi)
    along = list(range(n))
    if indexing == "xy" and n > 1:
        along[:2] = [1, 0]
    flat = [_tilework.reshape(h, [-1]) if h.ndim != 1 else h for h in map(handle, xi)]
    grid = [_tilework.expand_dims(h, [d for d in range(n) if d != a]) if n > 1 else h for h, a in zip(flat, along)]
    if not sparse and n > 1:
        grid = _tilework.broadcast_arrays(grid)
    return tuple(Array(h) for h in grid)


def indices(dimensions, dtype=int, chunks="auto", sparse=False):
    """The positions of an array: for each axis the index along it, along a new first axis; ``chunks`` cuts ``dimensions``.

    Parameters
    ----------
    sparse : bool
        Whether a tuple of arrays is returned, each of length 1 along all axes but its own.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.indices((1, 2)).compute()
    array([[[0, 0]],
    <BLANKLINE>
           [[0, 1]]])
    """
    shape = lengths(dimensions)
    dtype = supported(dtype)
    if sparse:
        open_ = [arange(n, dtype=dtype)._x for n in shape]
        return tuple(Array(_tilework.expand_dims(h, [d for d in range(len(shape)) if d != a])) for a, h in enumerate(open_))
    c = cut(chunks, shape, dtype)
    return Array(_tilework.indices(shape, c)).astype(dtype)


def fromfunction(function, shape, dtype=float, *, chunks="auto", like=None, **options):
    """What a function makes of the positions of an array: it is called once, with a lazy array for each axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fromfunction(lambda i, j: 10 * i + j, (2, 3), dtype=int).compute()
    array([[ 0,  1,  2],
           [10, 11, 12]])
    """
    at = indices(shape, dtype, chunks)
    r = function(*(at[a] for a in range(at.shape[0])), **options)
    shape = lengths(shape)
    return r if isinstance(r, Array) and r.ndim else Array(_tilework.broadcast_to(handle(r), shape))
