"""Functions of Python's in processes of their own, where they do not take turns with each other.

Blocks go there and come back as copies, over a socket to each process. Processes begin when a function first needs them, know nothing of the main module
(its functions go there by value), and end with the interpreter or when the socket closes, however it does.
"""

from __future__ import annotations

import atexit
import collections
import itertools
import os
import pickle
import socket
import struct
import subprocess
import sys
import threading

from . import _pickles

_MOST_FUNCTIONS = 32
"""Functions that a process keeps."""


class Remote(Exception):
    """Where in another process an exception was raised: the cause of what is raised here."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text

    def __str__(self):
        return f'\n"""\n{self.text}"""'


# Messages: how many parts, the length of each, the parts: a pickle and the memory of its arrays.


def _send(link, o):
    buffers: list = []
    parts = [memoryview(pickle.dumps(o, protocol=5, buffer_callback=buffers.append)), *(b.raw() for b in buffers)]
    link.sendall(struct.pack(f"<{len(parts) + 1}Q", len(parts), *(p.nbytes for p in parts)))
    for p in parts:
        link.sendall(p)


def _receive(link):
    (n,) = struct.unpack("<Q", _exactly(link, 8))
    parts = [_exactly(link, size) for size in struct.unpack(f"<{n}Q", _exactly(link, 8 * n))]
    return pickle.loads(parts[0], buffers=parts[1:])


def _exactly(link, n):
    out = bytearray(n)
    rest = memoryview(out)
    while rest:
        got = link.recv_into(rest)
        if not got:
            raise EOFError
        rest = rest[got:]
    return out


# Here.


class Worker:
    """A process, and what it knows."""

    def __init__(self):
        self.link, theirs = socket.socketpair()
        fd = theirs.fileno()
        program = f"import sys; sys.path[:] = {sys.path!r}; from tilework._processes import serve; serve({fd})"
        self.process = subprocess.Popen([sys.executable, "-c", program], pass_fds=[fd], stdin=subprocess.DEVNULL)
        theirs.close()
        self.known: set = set()

    def ask(self, call, coords, blocks):
        """The answer to a call: what it is, and the result or exception."""
        number, data = _written(call)
        answer = "unknown", None
        if number in self.known:
            _send(self.link, (number, None, coords, blocks))
            answer = _receive(self.link)
        if answer[0] == "unknown":
            _send(self.link, (number, data, coords, blocks))
            answer = _receive(self.link)
            self.known.add(number)
        return answer

    def ended(self):
        """How the process ended, in words."""
        self.link.close()
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "did not answer"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"

    def end(self):
        """Ends the process."""
        self.link.close()
        try:
            self.process.wait(0.2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Pool:
    """At most so many processes."""

    def __init__(self, n):
        self.n, self.busy = n, 0
        self.idle: list = []
        self.change = threading.Condition()

    def take(self):
        """A process that is idle, or a new one."""
        with self.change:
            while not self.idle and self.busy >= self.n:
                self.change.wait()
            self.busy += 1
            if self.idle:
                return self.idle.pop()
        try:
            return Worker()
        except BaseException:
            self.give(None)
            raise

    def give(self, worker):
        """Takes a process back; None, where it has ended."""
        with self.change:
            self.busy -= 1
            if worker is not None:
                self.idle.append(worker)
            self.change.notify()


_pools: dict = {}
_numbers = itertools.count()
_lock = threading.Lock()


def run(n, call, coords, blocks):
    """What a call gives of blocks, in one of `n` processes; other threads go on meanwhile.

    Raises
    ------
    TypeError
        When the function cannot be pickled.
    RuntimeError
        When the process ended before it answered.
    """
    _written(call)
    with _lock:
        pool = _pools.get(n) or _pools.setdefault(n, Pool(n))
    worker = pool.take()
    try:
        kind, value = worker.ask(call, coords, blocks)
    except BaseException as e:
        pool.give(None)
        how = worker.ended()
        if isinstance(e, (EOFError, OSError)):
            raise RuntimeError(f"the process that called the function {how} before it answered: it ran out of memory, or what the function calls crashed") from None
        raise
    pool.give(worker)
    if kind == "result":
        return value
    exception, text = value
    raise exception from Remote(text)


def _written(call):
    """A number for a call, and its bytes."""
    found = call.__dict__.get("_written")
    if found is None:
        found = call._written = next(_numbers), _pickles.dumps(call)
    return found


def _end():
    for pool in _pools.values():
        for worker in pool.idle:
            worker.end()
    _pools.clear()


atexit.register(_end)
# A fork shares no process with the one that it was forked from.
os.register_at_fork(after_in_child=_pools.clear)


# There.


def serve(fd):
    """Answers calls until the other side is gone."""
    link = socket.socket(fileno=fd)
    calls: collections.OrderedDict = collections.OrderedDict()
    while True:
        try:
            number, data, coords, blocks = _receive(link)
        except KeyboardInterrupt:
            # That is for the functions.
            continue
        except (EOFError, OSError):
            return
        try:
            if data is not None:
                calls[number] = _pickles.loads(data)
                if len(calls) > _MOST_FUNCTIONS:
                    calls.popitem(last=False)
            if number not in calls:
                answer = "unknown", None
            else:
                for b in blocks:
                    b.flags.writeable = False
                answer = "result", calls[number].run(coords, blocks)
        except BaseException as e:
            answer = "raised", _told(e)
        try:
            _send(link, answer)
        except OSError:
            return


def _told(e):
    """An exception and its traceback as text, fit for a pickle."""
    import traceback

    text = "".join(traceback.format_exception(type(e), e, e.__traceback__))
    try:
        pickle.loads(pickle.dumps(e))
    except Exception:
        e = RuntimeError(f"{type(e).__name__}: {e}")
    return e, text
