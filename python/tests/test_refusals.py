"""What is wrong is said when it is known: at the call where elements are in memory, else by the run."""

import h5py
import numpy as np
import pytest

import tilework as tw
import tilework.array as ta


def test_integers_to_negative_powers():
    x = ta.asarray([1, 2])
    for f in (lambda: x**-1, lambda: x ** ta.asarray([-1, 2]), lambda: ta.power(x, [-1, 2])):
        with pytest.raises(ValueError, match="negative integer powers"):
            f()
    np.testing.assert_array_equal(x.astype(float) ** -1, [1, 0.5])
    np.testing.assert_array_equal(x**2, [1, 4])


def test_flat_positions_out_of_bounds():
    with pytest.raises(ValueError, match="index 100 is out of bounds for array with size 12"):
        ta.unravel_index(ta.asarray([100, -5]), (3, 4))
    later = ta.unravel_index(ta.arange(10, 14, chunks=2), (3, 4))[0]
    with pytest.raises(ValueError, match="index 12 is out of bounds"):
        later.compute()
    with pytest.raises(ValueError, match="5 of an axis of length 3"):
        ta.ravel_multi_index(ta.asarray([[5], [2]]) + 0, (3, 4)).compute()


def test_ranges_that_are_not_finite():
    with pytest.raises(ValueError, match="not finite"):
        ta.histogram(ta.asarray([1.0, np.nan]), bins=5)[0].compute()
    assert ta.histogram(ta.asarray([1.0, np.nan]), bins=5, range=(0, 2))[0].compute().sum() == 1


def test_values_for_another_number_of_places():
    x = ta.ones((10, 10), chunks=3)
    x[x > 0] = np.ones(7)
    with pytest.raises(ValueError, match="cannot assign 7 input values to the 100 output values"):
        x.sum().compute()


def test_arrays_of_dask_beside_ours():
    da = pytest.importorskip("dask.array")
    for f in (lambda: da.ones(3) + ta.ones(3), lambda: ta.ones(3) + da.ones(3)):
        with pytest.raises(TypeError, match="from_dask"):
            f()


def test_more_refusals():
    with pytest.raises(ValueError, match="at most 4096"):
        tw.config(threads=10**6)
    with pytest.raises(ValueError, match="chunk size 0 along axis 0"):
        ta.ones((10, 10), chunks=0)
    with pytest.raises(TypeError, match="gave None"):
        ta.ones(3).map_blocks(lambda b: None, dtype=float).compute()


def test_plans_of_too_many_tasks_are_refused_at_once():
    with tw.config(memory="150MiB"), pytest.raises(MemoryError, match="larger chunks"):
        ta.ones((10**5, 10**5), chunks=(1, 1)).sum().compute()


def test_outputs_that_fail_are_not_there(tmp_path):
    bad = ta.ones(100, chunks=10).map_blocks(lambda b: 1 / 0, dtype=float)
    with pytest.raises(ZeroDivisionError):
        bad.to_hdf5(tmp_path / "x.h5", "/x")
    with h5py.File(tmp_path / "x.h5") as f:
        assert "x" not in f


def test_settings_of_a_run_that_writes(tmp_path):
    ta.ones(3).to_zarr(tmp_path / "x.zarr", memory="100MiB", threads=1)
    ta.ones(3).to_npy(tmp_path / "x.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), ta.from_zarr(tmp_path / "x.zarr"))
