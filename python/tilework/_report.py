"""Reports of runs: a page, data or a trace of what the runs in a block did."""

from __future__ import annotations

from . import _config, _tilework


class report:
    """Records the runs in a ``with`` block and writes a report of them at its end, also when one of them fails.

    Parameters
    ----------
    path : str or path, optional
        Where the report goes: ``.html`` is a page to look at, with memory, threads, bytes and tasks over time; ``.json`` the same as data.
    trace : str or path, optional
        Where a trace of all tasks goes (``.json``), for chrome://tracing or Perfetto.

    Raises
    ------
    ValueError
        At once, when a file cannot be written there.

    Examples
    --------
    >>> import tilework as tw
    >>> with tw.report("report.html") as report:
    ...     total = tw.array.ones((100, 100), chunks=10).sum().compute()
    >>> print(report)
    done in ...: ... tasks
    peak memory ...
    >>> open("report.html").read()[:15]
    '<!doctype html>'
    """

    def __init__(self, path="report.html", *, trace=None):
        if path is not None:
            _tilework.Recorder.check_report(path)
        if trace is not None:
            _tilework.Recorder.check_trace(trace)
        self._path, self._trace = path, trace
        self._recorder = _tilework.Recorder()

    def __enter__(self):
        r = self._recorder
        r.set("memory budget", _tilework.format_bytes(_config.get("memory")))
        r.set("threads", str(_config.get("threads")))
        _config.record(r, True)
        return self

    def __exit__(self, *_):
        _config.record(self._recorder, False)
        if self._path is not None:
            self._recorder.write_report(self._path)
        if self._trace is not None:
            self._recorder.write_trace(self._trace)

    def __str__(self):
        return self._recorder.summary()
