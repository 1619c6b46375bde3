"""What each node of a graph leads to, as sets of bits: circles are condensed, every node is looked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

N = TypeVar("N")


class Condensed(Generic[N]):
    """The bits of a node and of all that it leads to, worked out when they are asked for.

    `bits` are a node's own, `following` the nodes it leads to. Tarjan's algorithm with a stack of its own: those of a
    circle lead to the same, and get it when the last of them is done.
    """

    def __init__(self, bits: Callable[[N], int], following: Callable[[N], Iterable[N]]) -> None:
        self._bits, self._following = bits, following
        self._done: dict[N, int] = {}

    def of(self, start: N) -> int:
        """The bits of a node and of all that it leads to."""
        if start not in self._done:
            self._visit(start)
        return self._done[start]

    def _visit(self, start: N) -> None:
        number: dict[N, int] = {start: 0}
        lowest = {start: 0}
        found = {start: self._bits(start)}
        circle: list[N] = [start]  # nodes that are seen and not done, in the order in which they were seen
        way = [(start, iter(self._following(start)))]
        while way:
            node, ahead = way[-1]
            for other in ahead:
                if other in self._done:
                    found[node] |= self._done[other]
                elif other in number:
                    lowest[node] = min(lowest[node], number[other])
                else:
                    number[other] = lowest[other] = len(number)
                    found[other] = self._bits(other)
                    circle.append(other)
                    way.append((other, iter(self._following(other))))
                    break
            else:
                way.pop()
                if lowest[node] == number[node]:
                    self._close(node, found, circle)
                if way:
                    outer = way[-1][0]
                    lowest[outer] = min(lowest[outer], lowest[node]) if node not in self._done else lowest[outer]
                    found[outer] |= found[node]

    def _close(self, first: N, found: dict[N, int], circle: list[N]) -> None:
        """The nodes since `first` are a circle, or that node alone."""
        while circle:
            one = circle.pop()
            self._done[one] = found[first]
            if one == first:
                break
