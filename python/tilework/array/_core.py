"""The lazy array of Python: the engine's handle with NumPy's behaviour.

An :class:`Array` never changes; what looks like a change (``x[...] = v``, ``x += 1``) gives the name another array. Operators come from the op table.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from .. import _config, _tilework
from ._chunks import cut

_unary = _tilework.unary
OPS = {name: (number, arity) for number, (name, arity, *_) in enumerate(_tilework.elementwise_ops())}
_PLAIN = (int, float, bool, complex)
# Arrays in memory of up to so many bytes are looked at where a size depends on elements.
_LOOKED_AT = 1 << 20
# The very object that users compare shapes with.
nan = np.nan


class Array:
    """A lazy array: shape, dtype and chunks are known, elements are computed when they are asked for.

    Arrays are made by :func:`asarray`, :func:`from_array`, :func:`arange`, …, never by calling this class.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(10, chunks=4)
    >>> x
    tilework.Array<arange, shape=(10,), dtype=int64, chunks=((4, 4, 2),)>
    >>> (x * 2)[3:5].compute()
    array([6, 8])
    """

    __slots__ = ("_named", "_x", "__weakref__")
    __array_priority__ = 11

    def __init__(self, x):
        if type(x) is not _tilework.Lazy:
            raise TypeError("arrays are made by asarray, from_array, arange and their like, not by calling Array")
        self._x = x

    # What is known.

    @property
    def dtype(self):
        """The element type, as NumPy has it."""
        return np.dtype(self._x.dtype)

    @property
    def shape(self):
        """Length along each axis; nan where it is not known before the array is computed."""
        return tuple(nan if n is None else n for n in self._x.shape)

    @property
    def ndim(self):
        """Number of dimensions."""
        return self._x.ndim

    @property
    def size(self):
        """Number of elements; nan where it is not known."""
        return math.prod(self.shape)

    @property
    def itemsize(self):
        """Bytes of an element."""
        return self.dtype.itemsize

    @property
    def nbytes(self):
        """Bytes of all elements; nan where their number is not known."""
        return self.size * self.dtype.itemsize

    @property
    def chunks(self):
        """Sizes of the chunks along each axis; nan where they are not known."""
        sizes = zip(self._x.shape, self._x.chunks)
        return tuple((nan,) * len(c) if n is None else tuple(c) for n, c in sizes)

    @property
    def chunksize(self):
        """Size of the largest chunk along each axis."""
        return tuple(nan if n is None else c for n, c in zip(self._x.shape, self._x.chunksize))

    @property
    def numblocks(self):
        """Number of chunks along each axis."""
        return tuple(self._x.numblocks)

    @property
    def npartitions(self):
        """Number of chunks."""
        return math.prod(self._x.numblocks)

    @property
    def name(self):
        """A name that tells this array from any other: equal names mean equal elements, unless it was given as ``name=``."""
        return _own_name(self) or f"{self._x.label}-{self._x.key:032x}"

    # What comes out.

    def compute_chunk_sizes(self):
        """Finds out unknown sizes, by a run that counts elements and keeps nothing else; this array knows them from then on.

        Examples
        --------
        >>> import tilework.array as ta
        >>> x = ta.arange(6, chunks=4)
        >>> y = x[x % 2 == 0]
        >>> y.shape, y.compute_chunk_sizes().shape
        ((nan,), (3,))
        """
        self._x = _config.session().resolve(self._x)
        return self

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("a lazy array is computed into new memory: it cannot be had without a copy")
        (a,) = _config.session().compute([self._x])
        return a if dtype is None or a.dtype == dtype else a.astype(dtype)

    def _scalar(self):
        if self.size != 1:
            raise TypeError("only arrays of one element can be converted to Python scalars")
        return np.asarray(self).reshape(())[()]

    def item(self, *args):
        """The only element (or that at an index) as a number of Python's."""
        return np.asarray(self[args] if args else self).item()

    def tolist(self):
        """The elements as nested lists."""
        return np.asarray(self).tolist()

    def __bool__(self):
        if self.size != 1:
            raise ValueError("the truth value of an array with more than one element is ambiguous: use x.any() or x.all()")
        return bool(self._scalar())

    def __int__(self):
        return int(self._scalar())

    def __float__(self):
        return float(self._scalar())

    def __complex__(self):
        return complex(self._scalar())

    def __index__(self):
        if self.dtype.kind not in "iu" or self.ndim:
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return operator.index(self._scalar())

    def __len__(self):
        if not self.ndim:
            raise TypeError("len() of unsized object")
        n = self._x.shape[0]
        if n is None:
            raise ValueError("the length is not known before the array is computed: call compute_chunk_sizes() first")
        return n

    def __iter__(self):
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value):
        return bool((self == value).any())

    def __hash__(self):
        raise TypeError("unhashable type: 'Array'")

    def __dask_tokenize__(self):
        return self.name

    def __reduce__(self):
        return _decode, (_tilework.encode(self._x), _own_name(self))

    def __copy__(self):
        return named(Array(self._x), _own_name(self))

    def __deepcopy__(self, _):
        return self.__copy__()

    def copy(self):
        """The same array; a change of one is none of the other."""
        return Array(self._x)

    def _repr_inline_(self, max_width):
        # What xarray shows of a variable, whose shape and dtype stand beside it.
        return f"tilework.Array<chunksize={self.chunksize}>"[:max_width]

    def __repr__(self):
        x = self._x
        chunks = self.chunks if math.prod(x.numblocks) <= 64 else self.chunksize
        return f"tilework.Array<{x.label}, shape={self.shape}, dtype={x.dtype}, {'chunks' if chunks != self.chunksize else 'chunksize'}={chunks}>"

    # Shapes and chunks.

    @property
    def T(self):
        """The axes in reverse order."""
        return Array(_tilework.transpose(self._x, None))

    @property
    def mT(self):
        """The last two axes in reverse order: every matrix transposed."""
        n = self.ndim
        if n < 2:
            raise ValueError(f"matrix transpose with ndim < 2 is undefined: the array has {n} axes")
        return Array(_tilework.transpose(self._x, [*range(n - 2), n - 1, n - 2]))

    @property
    def flat(self):
        """The elements in C order, as an array of one axis."""
        return self.reshape(-1)

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        """The elements as another dtype; of complex numbers as real ones the real parts, with a warning.

        Parameters
        ----------
        dtype : dtype
            The element type.
        casting : str
            Which casts are allowed, as in NumPy.
        order, subok, copy
            NumPy's; they change nothing.

        Raises
        ------
        TypeError
            When the cast is not allowed, or arrays do not have the dtype.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.arange(3).astype("float32").compute()
        array([0., 1., 2.], dtype=float32)
        """
        dtype, x = np.dtype(dtype), self._x
        if casting != "unsafe" and not np.can_cast(x.dtype, dtype, casting=casting):
            raise TypeError(f"Cannot cast array from {self.dtype!r} to {dtype!r} according to the rule {casting!r}")
        if dtype.kind in "iuf" and x.dtype.startswith("complex"):
            import warnings

            warnings.warn("Casting complex values to real discards the imaginary part", np.exceptions.ComplexWarning, stacklevel=2)
            x = _unary(OPS["real"][0], x)
        return Array(x.astype(dtype.name))

    def view(self, dtype=None, order="C"):
        """The same array. The bytes of elements are not looked at as another dtype: :meth:`map_blocks` with a function that does may.

        Raises
        ------
        NotImplementedError
            For a dtype other than the array's.
        """
        if dtype is not None and np.dtype(dtype) != self.dtype:
            raise NotImplementedError(f"the bytes of {self.dtype} elements cannot be viewed as {np.dtype(dtype)}: use astype, or map_blocks with a view of every block")
        return Array(self._x)

    # Where it is.

    @property
    def device(self):
        """Where the elements are once they are computed: ``"cpu"``, the memory of the computer."""
        return "cpu"

    def to_device(self, device, /, *, stream=None):
        """The same array: there is no device but ``"cpu"``."""
        if device != "cpu" or stream is not None:
            raise ValueError(f"there is no device {device!r}: all arrays are on 'cpu', which has no streams")
        return self

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        return np.asarray(self).__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self):
        return 1, 0


def _decode(data, name):
    return named(Array(_tilework.decode(data)), name)


def has_dtype(dtype):
    """Whether arrays can have elements of a dtype."""
    return dtype.kind in "biufc" and dtype.name not in ("float16", "longdouble", "clongdouble", "float128", "complex256")


def from_numpy(a, chunks="auto"):
    """A NumPy array as a lazy one, without a copy where its layout allows it."""
    if not has_dtype(a.dtype):
        raise TypeError(f"arrays of dtype {a.dtype} are not supported: convert it first, with astype, to bool, an integer, a float or a complex dtype")
    if not a.dtype.isnative:
        a = a.astype(a.dtype.newbyteorder("="))
    c = cut(chunks, a.shape, a.dtype)
    try:
        return Array(_tilework.from_numpy(a, c))
    except TypeError:
        return Array(_tilework.from_numpy(np.ascontiguousarray(a).reshape(a.shape), c))


def has_mask(x):
    """Whether this is a masked array of NumPy's."""
    return isinstance(x, np.ndarray) and hasattr(x, "harden_mask")


def beside(other):
    """An operand: the engine's handle, or a number of Python's; NotImplemented where the other side shall have its say."""
    t = type(other)
    if t is Array:
        return other._x
    if t in _PLAIN:
        return other
    if isinstance(other, (np.ndarray, np.generic)):
        return NotImplemented if has_mask(other) else from_numpy(np.asarray(other))._x
    if isinstance(other, Array):
        return getattr(other, "_x", NotImplemented)
    if isinstance(other, (list, tuple)):
        from ._creation import asarray

        return asarray(other)._x
    if t.__module__.startswith("dask.array"):
        raise TypeError("one of the arrays is dask's: take tilework.array.from_dask(x) of it, or to_dask() of the other")
    return NotImplemented


def handle(x):
    """The engine's handle of an array or array-like; what has no elements in memory (a file's variable, say) is read by the plan."""
    h = beside(x)
    if type(h) is _tilework.Lazy:
        return h
    if h is not NotImplemented:
        return from_numpy(np.asarray(h))._x
    if isinstance(x, Array) or has_mask(x):
        raise TypeError("this takes no arrays with a mask: use the functions of tilework.array.ma, or fill it first (x.filled(0))")
    from ._creation import asarray

    return asarray(x)._x


def named(x, name):
    """An array under a name of its own, if one is given: what it is until it is changed."""
    if isinstance(name, str):
        x._named = x._x, name
    return x


def _own_name(x):
    of, name = getattr(x, "_named", (None, None))
    return name if of is x._x else None


def methods(**functions):
    """Makes functions methods of :class:`Array`: each family of functions names those whose first argument is the array."""
    for name, f in functions.items():
        setattr(Array, name, f)


def known(h):
    """The elements of a small array that is in memory already, perhaps in another order or shape; None for any other."""
    if not _is_known(h):
        return None
    found = _tilework.elements(h)
    return _config.session().compute([h])[0] if found is None else found


def _is_known(h):
    return h.nbytes <= _LOOKED_AT and _tilework.in_memory(h)


def sized(made, operand):
    """An array (or several) whose size depends on the elements of an operand: found at once where that is small and in memory, else when asked for."""
    if _is_known(operand):
        for a in (made,) if isinstance(made, Array) else made:
            a.compute_chunk_sizes()
    return made
