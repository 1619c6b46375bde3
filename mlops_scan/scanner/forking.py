"""Work shared out to forked children: one that dies or hangs costs the item it was at, a new one does the rest."""

from __future__ import annotations

import mmap
import os
import pickle
import selectors
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

_BATCH = 32  # results a message
_LENGTH = 8
_NOWHERE = 2**32 - 1
_PATIENCE = 10  # how many times the processor time the clock may show: the machine may be busy
_ALARMS = tuple(getattr(signal, name) for name in ("SIGPROF", "SIGALRM") if hasattr(signal, name))


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for a result that never came, and says why."""

    reason: str


TOO_LONG = Lost("reading it took too long")


class OverdueError(BaseException):
    """Not an Exception: work that catches those must not catch this."""


@dataclass(slots=True)
class _Child:
    pid: int
    pipe: int
    at: mmap.mmap  # shared with the child: the item it is at
    left: list[int]
    buffer: bytearray = field(default_factory=bytearray)


def possible() -> bool:
    """Whether forking is sound here: there is `fork`, and this process has one thread."""
    return hasattr(os, "fork") and threading.active_count() == 1


def worth_it() -> int:
    """How many children use this machine; 1 where forking is not sound or, as on macOS, not trusted unasked."""
    if not possible() or sys.platform == "darwin":
        return 1
    if sys.platform == "linux":
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


@contextmanager
def time_bounds(seconds: float) -> Iterator[AbstractContextManager[None]]:
    """Give a context that may be entered again and again: OverdueError comes after `seconds` of processor time in it.

    Only where this thread can have an alarm and none is set yet.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or any(signal.getitimer(one)[0] for one in (signal.ITIMER_PROF, signal.ITIMER_REAL)):
        yield nullcontext()
        return

    def overdue(_number: int, _frame: FrameType | None) -> None:
        raise OverdueError

    before = [(number, signal.signal(number, overdue)) for number in _ALARMS]
    try:
        yield _Bounded(seconds)
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def time_bound(seconds: float) -> Iterator[None]:
    """Raise OverdueError in the body after `seconds` of processor time, where `time_bounds` can."""
    with time_bounds(seconds) as bounded, bounded:
        yield


class _Bounded(AbstractContextManager[None]):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        _arm(self._seconds)

    def __exit__(self, *_: object) -> None:
        _arm(0)


def _arm(seconds: float) -> None:
    """Bound the processor time, so that a busy machine loses no file; and, far beyond, the time on the clock."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _PATIENCE)


def run(
    work: Callable[[int], Any], shares: Sequence[Sequence[int]], seconds: float
) -> Iterator[tuple[int, Any | Lost]]:
    """(item, work(item)) for the items of all shares, one child a share, in the order in which results come.

    A child is killed when one item takes it more than `seconds` of processor time. Results travel by pickle between our
    own processes.
    """
    with selectors.DefaultSelector() as selector:
        children: list[_Child] = []
        try:
            for share in shares:
                _start(work, list(share), seconds, children, selector)
            while children:
                for key, _ in selector.select():
                    child: _Child = key.data
                    data = os.read(child.pipe, 2**18)
                    child.buffer += data
                    yield from _messages(child)
                    if not data:
                        yield from _ended(child, children, selector)
                        if child.left:
                            _start(work, child.left, seconds, children, selector)
        finally:
            while children:
                child = children[0]
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)
                _bury(child, children, selector)


def _start(
    work: Callable[[int], Any],
    share: list[int],
    seconds: float,
    children: list[_Child],
    selector: selectors.BaseSelector,
) -> None:
    if not share:
        return
    at = mmap.mmap(-1, 4)
    at[:4] = _NOWHERE.to_bytes(4, "little")
    reading, writing = os.pipe()
    # an interrupt must not come before the child is in the list: it would be left behind
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    pid = os.fork()
    if pid == 0:
        try:
            for number in (*_ALARMS, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
            for other in (*(child.pipe for child in children), reading):
                os.close(other)
            _serve(work, share, seconds, writing, at)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    child = _Child(pid, reading, at, share)
    children.append(child)
    selector.register(reading, selectors.EVENT_READ, child)
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)


def _serve(work: Callable[[int], Any], share: list[int], seconds: float, pipe: int, at: mmap.mmap) -> None:
    """In the child. The alarm is left to the kernel: it also ends a loop inside a C library."""
    batch = []
    for item in share:
        at[:4] = item.to_bytes(4, "little")
        _arm(seconds)
        batch.append((item, work(item)))
        if len(batch) == _BATCH:
            _arm(0)
            _send(pipe, batch)
            batch = []
    _arm(0)
    _send(pipe, batch)


def _send(pipe: int, batch: list[tuple[int, Any]]) -> None:
    payload = pickle.dumps(batch, protocol=pickle.HIGHEST_PROTOCOL)
    view = memoryview(len(payload).to_bytes(_LENGTH, "little") + payload)
    while view:
        view = view[os.write(pipe, view) :]


def _messages(child: _Child) -> Iterator[tuple[int, Any]]:
    while len(child.buffer) >= _LENGTH:
        end = _LENGTH + int.from_bytes(child.buffer[:_LENGTH], "little")
        if len(child.buffer) < end:
            return
        batch = pickle.loads(memoryview(child.buffer)[_LENGTH:end].tobytes())  # noqa: S301 - our own child wrote it
        del child.buffer[:end]
        done = {item for item, _ in batch}
        child.left = [item for item in child.left if item not in done]
        yield from batch


def _ended(child: _Child, children: list[_Child], selector: selectors.BaseSelector) -> Iterator[tuple[int, Lost]]:
    """Blame what was left undone on the item at which the child ended."""
    item = int.from_bytes(child.at[:4], "little")
    status = _bury(child, children, selector)
    if child.left:
        blamed = item if item in child.left else child.left[0]
        child.left.remove(blamed)
        yield blamed, TOO_LONG if -status in _ALARMS else Lost(_reason(status))


def _bury(child: _Child, children: list[_Child], selector: selectors.BaseSelector) -> int:
    selector.unregister(child.pipe)
    os.close(child.pipe)
    child.at.close()
    children.remove(child)
    _, status = os.waitpid(child.pid, 0)
    return os.waitstatus_to_exitcode(status)


def _reason(status: int) -> str:
    if status < 0:
        return f"its reader was ended by {signal.Signals(-status).name}"
    return f"its reader ended with exit code {status}"
