"""The machine that reads a pickle's opcodes and makes no objects; long strings and buffers are skipped by seeking."""

from __future__ import annotations

import pickle
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, BinaryIO

from mlops_scan.scanner.formats.pickleglobals import is_suspicious

OPCODES = 3_000_000  # a stream with more is cut: about two seconds
_KEPT = 4096  # longest string that is kept
_LINE = 100_000  # longest argument that ends with a newline
KEPT_OBJECTS = 200_000  # on the stack, or under numbers


@dataclass(slots=True)
class PickleFacts:
    """What a stream says. `problem` is '' when it was read to its end."""

    globals: list[str] = field(default_factory=list)  # in order of first use
    parameters: int = 0
    dtypes: Counter[str] = field(default_factory=Counter)
    problem: str = ""

    @property
    def suspicious(self) -> list[str]:
        """Globals that run code or reach the system, sorted."""
        return sorted({name for name in self.globals if is_suspicious(name)})


class _Mark:
    """The mark object of the pickle machine."""


MARK = _Mark()


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(frozen=True, slots=True)
class Persistent:
    value: Any


class Machine:
    """A stack machine that follows only what is needed for names and shapes."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.file = file
        self.facts = PickleFacts()
        self.seen: set[str] = set()
        self.count = 0

    def run(self, steps: Mapping[bytes, Callable[[Machine], None]]) -> bool:
        """Follow one pickle to its STOP. False when the file ends before one begins. `steps`: what each opcode does."""
        self.stack: deque[Any] = deque(maxlen=KEPT_OBJECTS)
        self.memo: dict[int, Any] = {}
        read = self.read
        while code := read(1):
            step = steps.get(code)
            if step is None:
                raise ValueError(f"no opcode 0x{code[0]:02x}")
            self.count += 1
            if self.count > OPCODES:
                raise ValueError(f"more than {OPCODES} opcodes")
            if code == pickle.STOP:
                return True
            step(self)
        if not self.stack and not self.memo:
            return False
        raise ValueError("no STOP")

    def take(self, length: int) -> bytes:
        """So many bytes. Raises ValueError when the file ends before."""
        data = self.read(length)
        if len(data) < length:
            raise ValueError("cut off")
        return data

    def number(self, length: int) -> int:
        """A number without a sign."""
        return int.from_bytes(self.take(length), "little")

    def sized(self, length_bytes: int) -> bytes | None:
        """An argument that begins with its length; None for one that is too long to be kept."""
        length = int.from_bytes(self.read(length_bytes), "little")
        if length > _KEPT:
            self.file.seek(length, 1)
            return None
        return self.take(length)

    def line(self) -> str:
        """An argument that ends with its line."""
        line = self.file.readline(_LINE)
        if not line.endswith(b"\n"):
            raise ValueError("a line without end")
        return line[:_KEPT].rstrip(b"\n").decode("utf-8", "replace")

    def pop(self) -> Any:
        """The top of the stack; None of an empty one."""
        return self.stack.pop() if self.stack else None

    def remember(self, key: int | None) -> None:
        """Keep the top of the stack under a number."""
        if key is not None and len(self.memo) < KEPT_OBJECTS:
            self.memo[key] = self.stack[-1] if self.stack else None

    def recalled(self, key: int | None) -> Any:
        """What was kept under a number."""
        return None if key is None else self.memo.get(key)

    def name(self, text: str) -> None:
        """A global that the stream imports."""
        if text not in self.seen and len(self.seen) < 1000:
            self.seen.add(text)
            self.facts.globals.append(text)
        self.stack.append(_Global(text))

    def until_mark(self) -> list[Any]:
        """What stands above the last mark, which goes too."""
        items: list[Any] = []
        while self.stack and (item := self.stack.pop()) is not MARK:
            items.append(item)
        return items[::-1]

    def call(self) -> None:
        """The call of a function: what it makes is known of tensors alone."""
        arguments, function = self.pop(), self.pop()
        if isinstance(function, _Global) and function.name.startswith("torch._utils._rebuild_tensor"):
            self._tensor(arguments)
        self.stack.append(None)

    def _tensor(self, arguments: Any) -> None:
        """Count a tensor of (storage, offset, size, ...); its storage is (tag, type, key, device, length)."""
        if not isinstance(arguments, tuple) or len(arguments) < 3 or not isinstance(arguments[2], tuple):
            return
        dims = [dim for dim in arguments[2][:16] if isinstance(dim, int) and 0 <= dim < 1 << 48]
        size = prod(dims)
        storage = arguments[0].value if isinstance(arguments[0], Persistent) else None
        kind = storage[1] if isinstance(storage, tuple) and len(storage) > 1 else None
        name = kind.name.rsplit(".", 1)[-1].removesuffix("Storage") if isinstance(kind, _Global) else "?"
        self.facts.parameters += size
        self.facts.dtypes[name] += size
