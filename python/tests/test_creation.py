"""Arrays made of nothing: names, identity, dtypes of ranges."""

import numpy as np
import pytest

import tilework.array as ta


def test_names_of_the_users():
    for f in (ta.zeros, ta.ones, ta.empty):
        assert f(3).name.startswith(f.__name__) and f(3).name == f(3).name != f(4).name
        assert f(3, name="mine").name == "mine"
    assert ta.full(3, 7, name="mine").name == "mine"
    assert ta.zeros_like(ta.ones(3), name="mine").name == "mine"
    for x in (ta.zeros(3), ta.zeros(3, name="mine")):
        before = x.name
        x[0] = 1
        assert x.name != before


def test_what_needs_no_work_is_the_same():
    x = ta.ones((2, 3))
    assert ta.asarray(x) is x and x.reshape(2, 3) is x and ta.pad(x, 0) is x
    assert ta.array(x) is not x


@pytest.mark.parametrize("given", [(np.uint64(3), 13, 2), (np.float32(3), np.int8(13), 2), (np.uint8(3), np.uint8(9), np.uint8(2))])
def test_arange_of_typed_numbers(given):
    want = np.arange(*given)
    got = ta.arange(*given)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_arange_beyond_what_floats_tell_apart():
    given = -72_057_594_037_927_945, -72_057_594_037_927_938, 1.5
    np.testing.assert_array_equal(ta.arange(*given), np.arange(*given))
