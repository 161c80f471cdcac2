"""NumPy's universal functions on lazy arrays: one object for each row of the op table that is a ufunc of NumPy's, and the operators.

What dtypes a call computes in and gives is NumPy's decision: its own ufunc of the same name is asked once for each combination of dtypes. Where NumPy
would compute in float16, float32 is taken.
"""

from __future__ import annotations

import operator
from functools import partial

import numpy as np

from .. import _tilework
from ._core import OPS, Array, beside, handle, has_mask, known

_Lazy = _tilework.Lazy
_APPLY = (None, _tilework.unary, _tilework.binary, _tilework.ternary)
_PYTHON = {int: int, float: float, complex: complex, bool: np.dtype(bool)}
_COMPARE = {
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt,
    "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip
_FOLDS = {
    "add": ("sum", "cumsum"), "multiply": ("prod", "cumprod"), "maximum": ("max", "cummax"), "minimum": ("min", "cummin"),
    "logical_and": ("all", None), "logical_or": ("any", None), "fmax": ("nanmax", None), "fmin": ("nanmin", None),
}  # fmt: skip


class _Doc:
    """The docstring of the class, and that of each instance, which is made when it is asked for."""

    def __get__(self, instance, owner):
        from . import _ufunc_docs

        return _ufunc_docs.CLASS if instance is None else _ufunc_docs.of(instance)


class ufunc:
    __slots__ = ("__name__", "nin", "nout", "apply", "_numpy", "_rules")
    __doc__ = _Doc()

    def __init__(self, name, apply, numpy):
        self.__name__ = name
        #: The operation on engine handles and numbers.
        self.apply = apply
        self._numpy = numpy
        self.nin, self.nout = numpy.nin, numpy.nout
        self._rules = {}

    @property
    def identity(self):
        """What leaves the other argument as it is; None where there is no such number."""
        return self._numpy.identity

    @property
    def nargs(self):
        """Number of arguments and results together."""
        return self.nin + self.nout

    @property
    def types(self):
        """The dtypes that NumPy computes this in, as characters."""
        return self._numpy.types

    @property
    def signature(self):
        """None: elements are computed one by one."""
        return None

    def __repr__(self):
        return f"<ufunc {self.__name__!r}>"

    def __reduce__(self):
        return _find, (self.__name__,)

    def __call__(self, *args, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True, signature=None):
        nin = self.nin
        if len(args) != nin:
            if not nin < len(args) <= nin + self.nout or out is not None:
                raise TypeError(f"{self.__name__}() takes {nin} arguments, {len(args)} were given")
            args, out = args[:nin], args[nin:]
        outs = () if out is None else out if type(out) is tuple else (out,)
        foreign = any(beside(a) is NotImplemented and hasattr(a, "__array_ufunc__") for a in args)
        if foreign and any((isinstance(a, Array) and type(a) is not Array) or has_mask(a) for a in args) and any(isinstance(a, Array) for a in args):
            return self._masked(args, outs, where, dtype, signature)
        if foreign or not any(isinstance(a, Array) for a in (*args, *outs, where)):
            options = {"out": out, "dtype": dtype, "signature": signature}
            return self._numpy(*args, where=where, casting=casting, order=order, subok=subok, **{k: v for k, v in options.items() if v is not None})
        operands = [a if type(a) in _PYTHON else handle(a) for a in args]
        if not any(type(o) is _Lazy for o in operands):
            operands = list(map(handle, operands))
        if dtype is not None:
            signature = (None,) * nin + (np.dtype(dtype),) * self.nout
        results = self.on(operands, signature, casting)
        if where is not True:
            results = _where(results, where, outs)
        if outs:
            results = tuple(r if o is None else put(r, o, self.__name__, casting) for r, o in zip(results, outs + (None,) * self.nout))
        results = tuple(Array(r) if type(r) is _Lazy else r for r in results)
        return results[0] if self.nout == 1 else results

    def _masked(self, args, outs, where, dtype, signature):
        if outs or where is not True or dtype is not None or signature is not None:
            raise TypeError(f"{self.__name__} of arrays with a mask takes no options: fill them first (x.filled(0))")
        from ._masked import elementwise

        return elementwise(self, *args)

    def on(self, operands, signature=None, casting="same_kind"):
        """The results of handles and Python's numbers, as handles, in the dtypes that NumPy gives."""
        if self is _POWER:
            _check_exponent(*operands)
        kinds = tuple([o.dtype if type(o) is _Lazy else type(o) for o in operands])
        if signature is None and casting == "same_kind":
            rule = self._rules.get(kinds)
            if rule is None:
                rule = self._rules[kinds] = self._rule(kinds)
        else:
            rule = self._rule(kinds, signature, casting)
            operands = [o if type(o) is _Lazy or np.can_cast(type(o), t) else np.dtype(t).type(o).item() for o, t in zip(operands, rule[1])]
        casts, takes, gives = rule
        if casts is not None:
            operands = [o if c is None else o.astype(c) for o, c in zip(operands, casts)]
        try:
            results = self.apply(*operands)
        except (ValueError, OverflowError):
            results = self._beyond(operands, takes)
            if results is None:
                raise
        if type(results) is not tuple:
            results = (results,)
        return [r if r.dtype == g else r.astype(g) for r, g in zip(results, gives)]

    def _rule(self, kinds, signature=None, casting="same_kind"):
        """What each argument is cast to (None: nothing), and the dtypes of arguments and results."""
        given = tuple(_PYTHON[k] if type(k) is type else np.dtype(k) for k in kinds)
        options = {} if signature is None else {"signature": signature}
        loop = self._numpy.resolve_dtypes(given + (None,) * self.nout, casting=casting, **options)
        loop = ["float32" if d.char == "e" else d.name for d in loop]
        takes, gives = loop[: self.nin], loop[self.nin :]
        casts = [None if type(k) is type or k == t else t for k, t in zip(kinds, takes)]
        return casts if any(casts) else None, takes, gives

    def _beyond(self, operands, takes):
        """What the engine refused because of a Python integer that its dtype does not hold."""
        for i, (o, t) in enumerate(zip(operands, takes)):
            if type(o) is not int:
                continue
            if np.dtype(t).kind not in "iu":
                if not -(2**63) <= o < 2**64:
                    return self.apply(*operands[:i], float(o), *operands[i + 1 :])
            elif not np.iinfo(t).min <= o <= np.iinfo(t).max:
                if self.__name__ not in _COMPARE:
                    raise OverflowError(f"Python integer {o} out of bounds for {t}")
                # All elements compare with it as 0 does.
                x = operands[1 - i]
                holds = _COMPARE[self.__name__](*((o, 0) if i == 0 else (0, o)))
                return UFUNCS["equal" if holds else "not_equal"].apply(x, x)
        return None

    def outer(self, a, b, /, **options):
        """The function of every element of ``a`` with every element of ``b``: the result has the axes of ``a``, then those of ``b``.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.add.outer(ta.arange(2), ta.arange(3)).compute()
        array([[0, 1, 2],
               [1, 2, 3]])
        """
        if self.nin != 2:
            raise ValueError(f"outer product of {self.__name__}, which takes {self.nin} arguments, not 2")
        if not (isinstance(a, Array) or isinstance(b, Array)):
            return self._numpy.outer(a, b, **options)
        a, b = handle(a), handle(b)
        a = _tilework.expand_dims(a, list(range(a.ndim, a.ndim + b.ndim))) if b.ndim else a
        return self(Array(a), Array(b), **options)

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        """The function put between all elements along axes, for ``add``, ``multiply``, ``maximum``, ``minimum``, ``fmax``, ``fmin``,
        ``logical_and`` and ``logical_or``.

        Raises
        ------
        NotImplementedError
            For other functions.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.maximum.reduce(ta.asarray([[1, 5], [7, 2]], chunks=1)).compute()
        array([7, 5])
        """
        return self._fold(0)(array, axis, dtype=dtype, out=out, keepdims=keepdims, initial=initial, where=where)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        """The results of the function put between the elements so far, for ``add``, ``multiply``, ``maximum`` and ``minimum``.

        Raises
        ------
        NotImplementedError
            For other functions.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.multiply.accumulate(ta.arange(1, 5, chunks=2)).compute()
        array([ 1,  2,  6, 24])
        """
        return self._fold(1)(array, axis, dtype=dtype, out=out)

    def _fold(self, which):
        name = _FOLDS.get(self.__name__, (None, None))[which]
        if name is None:
            raise NotImplementedError(f"{self.__name__} has no {('reduce', 'accumulate')[which]}: tilework.array.reduction takes a function of your own")
        from . import _reductions

        return partial(_reductions.fold, name) if which == 0 else partial(_reductions.scan, name)


def _find(name):
    return UFUNCS[name]


def _check_exponent(base, exponent):
    """Refuses what no integer is: an integer to a negative power, as far as exponents are known."""
    kinds = [np.dtype(o.dtype).kind if type(o) is _Lazy else np.asarray(o).dtype.kind for o in (base, exponent)]
    if not set(kinds) <= set("iub"):
        return
    e = known(exponent) if type(exponent) is _Lazy else np.asarray(exponent)
    if e is not None and (e < 0).any():
        raise ValueError("Integers to negative integer powers are not allowed: convert the base to a float first")


def _where(results, where, outs):
    """Where the mask does not hold, what is in ``out`` already, or 0."""
    choose, mask = OPS["where"][0], handle(where)
    if mask.dtype != "bool":
        raise TypeError(f"where must be a bool array, not {mask.dtype}: compare it first")
    bases = [o._x if isinstance(o, Array) else False for o in outs + (None,) * (len(results) - len(outs))]
    return [_tilework.ternary(choose, mask, r, b if b is False else b.astype(r.dtype)) for r, b in zip(results, bases)]


def put(result, out, name, casting="same_kind"):
    """Makes ``out``, an :class:`Array`, the result (a handle) in its own dtype and shape."""
    if type(out) is tuple and len(out) == 1:
        (out,) = out
    if not isinstance(out, Array):
        raise TypeError(f"{name}: out must be a lazy array, not {type(out).__name__}; compute the result to have it in memory")
    if not np.can_cast(result.dtype, out.dtype, casting):
        raise TypeError(f"Cannot cast {name!r} output from dtype({result.dtype!r}) to {out.dtype!r} with casting rule {casting!r}")
    have, want = result.shape, out._x.shape
    if have != want:
        if len(have) > len(want) or any(h != w and h != 1 for h, w in zip(have[::-1], want[::-1])):
            raise ValueError(f"non-broadcastable output operand with shape {out.shape} doesn't match the result's shape {tuple(have)}")
        result = _tilework.broadcast_to(result, want)
    out._x = result.astype(out._x.dtype)
    return out


def _made():
    """The ufuncs by name: the rows of the op table that NumPy has, and those with two results."""
    for name, (number, arity) in OPS.items():
        if isinstance(getattr(np, name, None), np.ufunc):
            yield name, ufunc(name, partial(_APPLY[arity], number), getattr(np, name))
    for name in ("divmod", "frexp", "modf"):
        yield name, ufunc(name, getattr(_tilework, name), getattr(np, name))


UFUNCS = dict(_made())
_POWER = UFUNCS["power"]
ALIASES = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2",
    "atanh": "arctanh", "bitwise_invert": "invert", "bitwise_left_shift": "left_shift", "bitwise_not": "invert",
    "bitwise_right_shift": "right_shift", "conj": "conjugate", "degrees": "rad2deg", "mod": "remainder", "pow": "power",
    "radians": "deg2rad", "true_divide": "divide",
}  # fmt: skip
globals().update(UFUNCS)
globals().update({alias: UFUNCS[name] for alias, name in ALIASES.items()})


def _forward(name):
    u = UFUNCS[name]
    on = u.on

    def f(self, other):
        o = beside(other)
        return _beside_mask(u, self, other) if o is NotImplemented else Array(on((self._x, o))[0])

    return f


def _beside_mask(u, a, b):
    """Of an array with a mask of NumPy's one with a mask; what else is not known shall have its say."""
    if not has_mask(b):
        return NotImplemented
    from ._masked import elementwise

    return elementwise(u, a, b)


def _reflected(name):
    on = UFUNCS[name].on

    def f(self, other):
        other = beside(other)
        return other if other is NotImplemented else Array(on((other, self._x))[0])

    return f


def _in_place(name):
    """The result in this array's dtype and shape, as NumPy has it, under the same name; other names keep the array as it was."""
    on = UFUNCS[name].on

    def f(self, other):
        other = beside(other)
        return other if other is NotImplemented else put(on((self._x, other))[0], Array(self._x), name)

    return f


# Python's operators and their ufuncs.
ARITHMETIC = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide", "mod": "remainder",
    "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
COMPARE = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
ALONE = {"neg": "negative", "pos": "positive", "invert": "invert", "abs": "absolute"}


def _operators():
    """Gives the class its operators."""
    for name, op in (ARITHMETIC | COMPARE).items():
        setattr(Array, f"__{name}__", _forward(op))
    for name, op in ARITHMETIC.items():
        setattr(Array, f"__r{name}__", _reflected(op))
        setattr(Array, f"__i{name}__", _in_place(op))
    for name, op in ALONE.items():
        on = UFUNCS[op].on
        setattr(Array, f"__{name}__", lambda self, on=on: Array(on((self._x,))[0]))
    both = UFUNCS["divmod"].on

    def divmod(self, other):
        other = beside(other)
        return other if other is NotImplemented else tuple(map(Array, both((self._x, other))))

    def rdivmod(self, other):
        other = beside(other)
        return other if other is NotImplemented else tuple(map(Array, both((other, self._x))))

    Array.__divmod__, Array.__rdivmod__ = divmod, rdivmod


_operators()
