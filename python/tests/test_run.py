"""Settings, runs, what is seen of them, and what stops them."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import tilework as tw
import tilework.array as ta


def python(code, timeout=60, **env):
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=timeout, env={**os.environ, **env})


def test_settings_hold_and_end():
    before = tw.config.get("memory")
    with tw.config(memory="1GiB", threads=1):
        assert tw.config.get("memory") == 1 << 30 and tw.config.get("threads") == 1
        with tw.config(memory="2GiB"):
            assert tw.config.get("memory") == 2 << 30
        assert tw.config.get("memory") == 1 << 30
    assert tw.config.get("memory") == before
    with pytest.raises(TypeError, match="did you mean 'memory'"):
        tw.config(memroy=1)
    with pytest.raises(ValueError, match="parsecs"):
        tw.config(memory="12 parsecs")


def test_settings_from_environment_and_file(tmp_path):
    (tmp_path / "tilework.toml").write_text('memory = "1GiB"\nthreads = 1\n')
    code = "import tilework as tw; print(tw.config.get('memory'), tw.config.get('threads'))"
    r = python(code, TILEWORK_CONFIG=str(tmp_path / "tilework.toml"), TILEWORK_MEMORY="3GiB")
    assert r.stdout.split() == [str(3 << 30), "1"], r.stderr
    (tmp_path / "tilework.toml").write_text('\nmemory = "12 parsecs"\n')
    r = python(code, TILEWORK_CONFIG=str(tmp_path / "tilework.toml"))
    assert "tilework.toml, line 2" in r.stderr and "parsecs" in r.stderr
    r = python(code, TILEWORK_THREADS="many")
    assert "TILEWORK_THREADS" in r.stderr


def test_compute_walks_what_it_is_given():
    x = ta.arange(10, chunks=3)
    assert tw.compute(x.sum(), [x.max(), {"n": x.min()}], 5) == (45, [9, {"n": 0}], 5)
    assert isinstance(x.sum().compute(), np.int64)
    assert x.sum().compute(scheduler="sync", num_workers=1) == 45
    with pytest.raises(TypeError, match="scheduler"):
        x.compute(scheduler="distributed")


def test_a_plan_that_cannot_fit_is_refused_first():
    x = ta.random.default_rng(1).random((4000, 4000), chunks=4000)
    with pytest.raises(MemoryError, match="MiB"):
        (x @ x).compute(memory="16MiB")


def test_results_that_there_is_no_memory_for():
    with pytest.raises(MemoryError, match="728 TiB.*to_zarr"):
        ta.ones((10**7, 10**7)).compute()
    with pytest.raises(MemoryError):
        ta.ones((10**6, 10**6)).compute(memory="10TiB")


def test_what_a_run_would_do():
    plan = (ta.ones((100, 100), chunks=10) + 1).sum().explain()
    assert plan.n_tasks > 100 and "sum" in str(plan) and "<" in plan._repr_html_()
    assert ta.ones(4).visualize().svg.startswith("<svg")
    assert ta.ones((100, 100), chunks=10).cumsum(axis=0).rechunk((100, 1)).chunk_report().moved_bytes > 0


@pytest.mark.parametrize("shape", [(), (5,), (100, 100), (10, 20, 30), (2, 3, 4, 5), (0, 3)])
def test_html(shape):
    html = ta.ones(shape, chunks=3)._repr_html_()
    assert "float64" in html and html.count("<table") == html.count("</table>") and html.count("<svg") == html.count("</svg>")
    x = ta.arange(9, chunks=2)
    assert "not known" in x[x > 2]._repr_html_()


def test_report(tmp_path):
    with tw.report(str(tmp_path / "report.html")):
        ta.ones((100, 100), chunks=10).sum().compute()
    page = (tmp_path / "report.html").read_text()
    assert "<html" in page and "sum" in page


def test_progress_in_a_pipe_is_lines():
    r = python("import tilework as tw, tilework.array as ta\nwith tw.config(progress=True): ta.ones((2000, 2000), chunks=10).sum().compute()")
    assert r.returncode == 0 and "task" in r.stderr, r.stderr


def test_ctrl_c_stops_at_once():
    code = """
    import threading, os, signal, time, tilework.array as ta
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    x = ta.random.default_rng(1).normal(size=(200_000, 20_000), chunks=2000)
    start = time.time()
    try:
        ta.sin(x).sum().compute()
    except KeyboardInterrupt:
        print("stopped", time.time() - start)
    print(ta.ones(3).sum().compute())
    """
    r = python(code)
    stopped, value = r.stdout.split("\n")[:2]
    assert stopped.startswith("stopped") and float(stopped.split()[1]) < 5 and value == "3.0", r.stderr


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python warns of forks itself")
def test_fork_works_or_says_so():
    code = """
    import os, sys, numpy as np, tilework.array as ta
    x = ta.from_array(np.random.default_rng(0).random((200, 200)), chunks=50)
    ta.linalg.svd(x)[1].compute(); x.sum().compute()
    pid = os.fork()
    if pid == 0:
        try:
            print("child", float((x @ x).sum().compute()) > 0, flush=True)
        except RuntimeError as e:
            print("child refused", e, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    print("parent", float(x.sum().compute()) > 0)
    """
    r = python(code, timeout=60)
    assert "child" in r.stdout and "parent True" in r.stdout, r.stdout + r.stderr


def test_threads_may_compute_at_the_same_time():
    from concurrent.futures import ThreadPoolExecutor

    x = ta.ones((300, 300), chunks=50)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: float(x.sum().compute()), range(12))) == {90000.0}


def test_the_same_bits():
    x = ta.random.default_rng(3).normal(size=(500, 300), chunks=100)
    want = x.mean(axis=0).compute(threads=1)
    assert (x.mean(axis=0).compute(threads=3, memory="64MiB") == want).all()
    assert (ta.random.default_rng(3).normal(size=(500, 300), chunks=37).compute() == x.compute()).all()


def test_call_overhead_does_not_grow_with_chunks():
    x = ta.arange(10**9, chunks=1000)
    assert (x + 1).npartitions == 10**6
    assert x.chunksize == (1000,)
