"""What each opcode of a pickle does to the machine that reads it."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable

from mlops_scan.scanner.formats.picklemachine import KEPT_OBJECTS, MARK, Machine, Persistent

_NUMBER = re.compile(r"-?\d{1,30}L?")

_Step = Callable[[Machine], None]


def _text(length_bytes: int) -> _Step:
    def step(machine: Machine) -> None:
        data = machine.sized(length_bytes)
        machine.stack.append(None if data is None else data.decode("utf-8", "replace"))

    return step


def _bytes(length_bytes: int) -> _Step:
    def step(machine: Machine) -> None:
        machine.sized(length_bytes)
        machine.stack.append(None)

    return step


def _long(length_bytes: int) -> _Step:
    def step(machine: Machine) -> None:
        data = machine.sized(length_bytes)
        machine.stack.append(None if data is None else int.from_bytes(data, "little", signed=True))

    return step


def _number(length: int, *, signed: bool = False) -> _Step:
    def step(machine: Machine) -> None:
        machine.stack.append(int.from_bytes(machine.take(length), "little", signed=signed))

    return step


def _skipped(length: int, *pushed: object) -> _Step:
    """Bytes that tell nothing, and what they put on the stack."""

    def step(machine: Machine) -> None:
        machine.take(length)
        machine.stack.extend(pushed)

    return step


def _pushed(value: object) -> _Step:
    return lambda machine: machine.stack.append(value)


def _popped(count: int) -> _Step:
    def step(machine: Machine) -> None:
        for _ in range(count):
            machine.pop()

    return step


def _tuple(count: int) -> _Step:
    def step(machine: Machine) -> None:
        items = [machine.pop() for _ in range(count)]
        machine.stack.append(tuple(reversed(items)))

    return step


def _collected(machine: Machine) -> None:
    machine.stack.append(tuple(machine.until_mark()))


def _added(machine: Machine) -> None:
    machine.until_mark()


# the steps that most streams are made of, without calls of the machine's own: a byte that is missing is an IndexError


def _small(machine: Machine) -> None:
    machine.stack.append(machine.read(1)[0])


def _small_kept(machine: Machine) -> None:
    key = machine.read(1)[0]
    if len(machine.memo) < KEPT_OBJECTS:
        machine.memo[key] = machine.stack[-1] if machine.stack else None


def _small_got(machine: Machine) -> None:
    machine.stack.append(machine.memo.get(machine.read(1)[0]))


def _kept(length: int) -> _Step:
    return lambda machine: machine.remember(machine.number(length))


def _got(length: int) -> _Step:
    return lambda machine: machine.stack.append(machine.recalled(machine.number(length)))


def _plain(machine: Machine) -> int | None:
    text = machine.line()
    return int(text.rstrip("L")) if _NUMBER.fullmatch(text) else None


def _stack_global(machine: Machine) -> None:
    attribute, module = machine.pop(), machine.pop()
    known = isinstance(module, str) and isinstance(attribute, str)
    machine.name(f"{module}.{attribute}" if known else "?")  # never the text of a nested structure


def _inst(machine: Machine) -> None:
    text = f"{machine.line()}.{machine.line()}"
    machine.until_mark()
    machine.name(text)


def _newobj_ex(machine: Machine) -> None:
    machine.pop()
    machine.call()


STEPS: dict[bytes, _Step] = {
    **{code: _text(4) for code in (pickle.BINSTRING, pickle.BINUNICODE)},
    **{code: _text(1) for code in (pickle.SHORT_BINSTRING, pickle.SHORT_BINUNICODE)},
    pickle.BINUNICODE8: _text(8),
    pickle.SHORT_BINBYTES: _bytes(1),
    pickle.BINBYTES: _bytes(4),
    **{code: _bytes(8) for code in (pickle.BINBYTES8, pickle.BYTEARRAY8)},
    pickle.LONG1: _long(1),
    pickle.LONG4: _long(4),
    **dict.fromkeys((pickle.BININT1, pickle.EXT1), _small),
    **{code: _number(2) for code in (pickle.BININT2, pickle.EXT2)},
    **{code: _number(4, signed=True) for code in (pickle.BININT, pickle.EXT4)},
    pickle.STOP: lambda machine: None,
    pickle.BINFLOAT: _skipped(8, None),
    pickle.PROTO: _skipped(1),
    pickle.FRAME: _skipped(8),
    **{code: lambda machine: machine.stack.append(_plain(machine)) for code in (pickle.INT, pickle.LONG)},
    **{
        code: lambda machine: machine.stack.append(machine.line())
        for code in (pickle.STRING, pickle.UNICODE, pickle.FLOAT)
    },
    **{
        code: _pushed(None)
        for code in (pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER)
    },
    pickle.MARK: _pushed(MARK),
    **{code: _pushed(()) for code in (pickle.EMPTY_LIST, pickle.EMPTY_TUPLE, pickle.EMPTY_DICT, pickle.EMPTY_SET)},
    **{code: _popped(1) for code in (pickle.APPEND, pickle.POP, pickle.BUILD)},
    pickle.SETITEM: _popped(2),
    **dict.fromkeys((pickle.APPENDS, pickle.SETITEMS, pickle.ADDITEMS, pickle.POP_MARK), _added),
    **dict.fromkeys((pickle.TUPLE, pickle.LIST, pickle.DICT, pickle.FROZENSET, pickle.OBJ), _collected),
    pickle.TUPLE1: _tuple(1),
    pickle.TUPLE2: _tuple(2),
    pickle.TUPLE3: _tuple(3),
    pickle.DUP: lambda machine: machine.stack.append(machine.stack[-1] if machine.stack else None),
    pickle.PUT: lambda machine: machine.remember(_plain(machine)),
    pickle.BINPUT: _small_kept,
    pickle.LONG_BINPUT: _kept(4),
    pickle.MEMOIZE: lambda machine: machine.remember(len(machine.memo)),
    pickle.GET: lambda machine: machine.stack.append(machine.recalled(_plain(machine))),
    pickle.BINGET: _small_got,
    pickle.LONG_BINGET: _got(4),
    pickle.GLOBAL: lambda machine: machine.name(f"{machine.line()}.{machine.line()}"),
    pickle.STACK_GLOBAL: _stack_global,
    pickle.INST: _inst,
    **dict.fromkeys((pickle.REDUCE, pickle.NEWOBJ), Machine.call),
    pickle.NEWOBJ_EX: _newobj_ex,
    pickle.PERSID: lambda machine: machine.stack.append(Persistent(machine.line())),
    pickle.BINPERSID: lambda machine: machine.stack.append(Persistent(machine.pop())),
}
