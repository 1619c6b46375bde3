"""Pickle streams by their opcodes: which globals they import and which tensors they hold. Nothing is ever unpickled.

A small stack machine follows only what is needed for names and shapes; long strings and buffers are skipped by seeking.
"""

from __future__ import annotations

import pickletools
import re
import struct
from collections import Counter, deque
from dataclasses import dataclass, field
from math import prod
from typing import Any, BinaryIO

from mlops_scan.scanner.formats.pickleglobals import is_suspicious, suspicious_in

OPCODES = 3_000_000  # a stream with more is cut: about two seconds
_KEPT = 4096  # longest string that is kept
_LINE = 100_000  # longest argument that ends with a newline
_STACK = 200_000
_LENGTHS = {  # opcodes whose argument begins with its length: struct format
    **dict.fromkeys(("SHORT_BINSTRING", "SHORT_BINBYTES", "SHORT_BINUNICODE", "LONG1"), "<B"),
    **dict.fromkeys(("BINSTRING", "BINBYTES", "BINUNICODE", "LONG4"), "<I"),
    **dict.fromkeys(("BINBYTES8", "BINUNICODE8", "BYTEARRAY8"), "<Q"),
}
_TEXT = frozenset(("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINSTRING", "BINSTRING"))
_LINES = frozenset(
    op.name for op in pickletools.opcodes if op.arg is not None and op.arg.n == pickletools.UP_TO_NEWLINE
)
_BY_CODE = {ord(op.code): op for op in pickletools.opcodes}


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


def read(file: BinaryIO, *, streams: int = 1, scan_bytes: int = 32 * 2**20) -> PickleFacts:
    """Follow up to `streams` pickles that stand one after another from the file's position.

    Where a stream cannot be followed to its end (array bytes inside, damage), the next `scan_bytes` are searched
    for suspicious globals by their byte pattern.
    """
    machine = _Machine(file)
    try:
        for _ in range(streams):
            if not machine.run():
                break
    except (ValueError, IndexError, struct.error, OSError, OverflowError, KeyError, UnicodeError) as error:
        machine.facts.problem = f"stops after {machine.count} opcodes: {str(error)[:80]}"
    if machine.facts.problem:
        _search(file, machine.facts, scan_bytes)
    return machine.facts


def _search(file: BinaryIO, facts: PickleFacts, scan_bytes: int) -> None:
    try:
        rest = file.read(scan_bytes)
    except (OSError, ValueError):
        return
    facts.globals += [name for name in dict.fromkeys(suspicious_in(rest)) if name not in facts.globals]


class _Mark:
    """The mark object of the pickle machine."""


_MARK = _Mark()


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(frozen=True, slots=True)
class _Persistent:
    value: Any


class _Machine:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.facts = PickleFacts()
        self.seen: set[str] = set()
        self.count = 0

    def run(self) -> bool:
        """Follow one pickle to its STOP. False when the file ends before one begins."""
        self.stack: deque[Any] = deque(maxlen=_STACK)
        self.memo: dict[int, Any] = {}
        while True:
            code = self.file.read(1)
            if not code:
                if not self.stack and not self.memo:
                    return False
                raise ValueError("no STOP")
            op = _BY_CODE.get(code[0])
            if op is None:
                raise ValueError(f"no opcode 0x{code[0]:02x}")
            self.count += 1
            if self.count > OPCODES:
                raise ValueError(f"more than {OPCODES} opcodes")
            if op.name == "STOP":
                return True
            self._step(op.name, self._argument(op))

    def _argument(self, op: pickletools.OpcodeInfo) -> Any:
        if op.arg is None:
            return None
        if op.name in _LENGTHS:
            return self._sized(op.name)
        if op.name in _LINES:
            return self._line(op.name)
        return op.arg.reader(self.file)

    def _sized(self, name: str) -> Any:
        layout = _LENGTHS[name]
        (length,) = struct.unpack(layout, self.file.read(struct.calcsize(layout)))
        if length > _KEPT:
            self.file.seek(length, 1)
            return None
        data = self.file.read(length)
        if len(data) < length:
            raise ValueError("cut off")
        if name.startswith("LONG"):
            return int.from_bytes(data, "little", signed=True)
        return data.decode("utf-8", "replace") if name in _TEXT else None

    def _line(self, name: str) -> Any:
        lines = []
        for _ in range(2 if name in ("GLOBAL", "INST") else 1):
            line = self.file.readline(_LINE)
            if not line.endswith(b"\n"):
                raise ValueError("a line without end")
            lines.append(line[:_KEPT].rstrip(b"\n").decode("utf-8", "replace"))
        if name in ("GET", "PUT", "INT", "LONG"):
            return int(lines[0].rstrip("L")) if re.fullmatch(r"-?\d{1,30}L?", lines[0]) else None
        return ".".join(lines)

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._remember(len(self.memo) if name == "MEMOIZE" else argument)
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo.get(argument))
        elif name in ("GLOBAL", "STACK_GLOBAL", "INST"):
            self._global(name, argument)
        elif name in _STRUCTURE:
            self._structure(name)
        elif name in ("REDUCE", "NEWOBJ", "NEWOBJ_EX"):
            self._call(name)
        elif name in ("BINPERSID", "PERSID"):
            stack.append(_Persistent(self._pop() if name == "BINPERSID" else argument))
        elif name in ("BUILD", "POP", "APPEND"):
            self._pop()
        elif name == "SETITEM":
            self._pop()
            self._pop()
        elif name == "DUP":
            stack.append(stack[-1] if stack else None)
        elif name not in ("PROTO", "FRAME"):
            stack.append(argument if isinstance(argument, (int, str)) else None)

    def _pop(self) -> Any:
        return self.stack.pop() if self.stack else None

    def _remember(self, key: Any) -> None:
        if isinstance(key, int) and len(self.memo) < _STACK:
            self.memo[key] = self.stack[-1] if self.stack else None

    def _global(self, name: str, argument: Any) -> None:
        if name == "STACK_GLOBAL":
            attribute, module = self._pop(), self._pop()
            known = isinstance(module, str) and isinstance(attribute, str)
            argument = f"{module}.{attribute}" if known else "?"  # never the text of a nested structure
        elif name == "INST":
            self._until_mark()
        text = str(argument)
        if text not in self.seen and len(self.seen) < 1000:
            self.seen.add(text)
            self.facts.globals.append(text)
        self.stack.append(_Global(text))

    def _structure(self, name: str) -> None:
        if name == "MARK":
            self.stack.append(_MARK)
        elif name in ("TUPLE", "LIST", "DICT", "FROZENSET", "OBJ"):
            self.stack.append(tuple(self._until_mark()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            items = [self._pop() for _ in range(int(name[-1]))]
            self.stack.append(tuple(reversed(items)))
        elif name.startswith("EMPTY_"):
            self.stack.append(())
        else:  # APPENDS, SETITEMS, ADDITEMS, POP_MARK
            self._until_mark()

    def _until_mark(self) -> list[Any]:
        items: list[Any] = []
        while self.stack and (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _call(self, name: str) -> None:
        if name == "NEWOBJ_EX":
            self._pop()
        arguments, function = self._pop(), self._pop()
        if isinstance(function, _Global) and function.name.startswith("torch._utils._rebuild_tensor"):
            self._tensor(arguments)
        self.stack.append(None)

    def _tensor(self, arguments: Any) -> None:
        """Count a tensor of (storage, offset, size, ...); its storage is (tag, type, key, device, length)."""
        if not isinstance(arguments, tuple) or len(arguments) < 3 or not isinstance(arguments[2], tuple):
            return
        dims = [dim for dim in arguments[2][:16] if isinstance(dim, int) and 0 <= dim < 1 << 48]
        size = prod(dims)
        storage = arguments[0].value if isinstance(arguments[0], _Persistent) else None
        kind = storage[1] if isinstance(storage, tuple) and len(storage) > 1 else None
        name = kind.name.rsplit(".", 1)[-1].removesuffix("Storage") if isinstance(kind, _Global) else "?"
        self.facts.parameters += size
        self.facts.dtypes[name] += size


_STRUCTURE = frozenset(
    (
        *(
            "MARK",
            "TUPLE",
            "LIST",
            "DICT",
            "FROZENSET",
            "OBJ",
            "TUPLE1",
            "TUPLE2",
            "TUPLE3",
            "EMPTY_TUPLE",
            "EMPTY_LIST",
        ),
        *("EMPTY_DICT", "EMPTY_SET", "APPENDS", "SETITEMS", "ADDITEMS", "POP_MARK"),
    )
)
