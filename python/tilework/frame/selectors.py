"""Sets of columns by name, place or type: Polars' selectors.

>>> import tilework.frame as tf
>>> from tilework.frame import selectors as cs
>>> tf.from_dict({"a": [1], "b": [0.5], "c": ["x"]}).select(cs.numeric().name.suffix("_n"), ~cs.numeric()).columns
['a_n', 'b_n', 'c']
"""

from .._tilework import selectors as _selectors

__all__ = [name for name in dir(_selectors) if not name.startswith("_")]
globals().update({name: getattr(_selectors, name) for name in __all__})
