"""Bounds of time that hold on any machine: what took longer than allowed is compared with work of a known length.

A busy or slow machine needs longer for that work, too; the allowance grows by as much, and never shrinks.
"""

from __future__ import annotations

from time import process_time

_REFERENCE = 0.0025  # seconds of processor time that `_work` takes where the bounds were chosen


def _work() -> int:
    counts: dict[str, int] = {}
    for number in range(20_000):
        key = str(number % 997)
        counts[key] = counts.get(key, 0) + len(key.strip("0"))
    return sum(counts.values())


def in_time(took: float, seconds: float) -> bool:
    """Whether `took` seconds of processor time are at most what `seconds` are on the machine of the bounds."""
    return took < seconds or took < seconds * slowness()


def slowness() -> float:
    """How many times as long as on that machine things take here and now, at least 1."""
    times = []
    for _ in range(20):
        start = process_time()
        _work()
        times.append(process_time() - start)
    return max(1.0, sorted(times)[len(times) // 2] / _REFERENCE)
