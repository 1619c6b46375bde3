"""Globals of pickles that run code or reach the system: their names, and the bytes that import them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DANGEROUS_ROOTS = frozenset(
    (
        *(
            "os",
            "posix",
            "nt",
            "ntpath",
            "posixpath",
            "subprocess",
            "sys",
            "socket",
            "shutil",
            "runpy",
            "importlib",
            "pty",
        ),
        *("commands", "pdb", "bdb", "code", "codeop", "ctypes", "webbrowser", "platform", "asyncio", "multiprocessing"),
        *(
            "urllib",
            "http",
            "ftplib",
            "smtplib",
            "requests",
            "pip",
            "timeit",
            "cProfile",
            "profile",
            "trace",
            "tempfile",
        ),
    )
)
_DANGEROUS = frozenset(
    f"{module}.{name}"
    for module in ("builtins", "__builtin__")
    for name in (
        "eval",
        "exec",
        "compile",
        "open",
        "getattr",
        "setattr",
        "apply",
        "execfile",
        "__import__",
        "breakpoint",
    )
) | {
    "operator.attrgetter",
    "operator.methodcaller",
    "functools.partial.__call__",
    "types.CodeType",
    "types.FunctionType",
}
_GLOBAL_BYTES = re.compile(rb"c([A-Za-z_][\w.]{1,60})\n([A-Za-z_][\w.]{0,60})\n")
_STACK_GLOBAL_BYTES = re.compile(
    rb"\x8c.([A-Za-z_][\w.]{1,60})(?:\x94|q.)?\x8c.([A-Za-z_][\w.]{0,60})(?:\x94|q.)?\x93", re.DOTALL
)


def is_suspicious(name: str) -> bool:
    """Whether loading a pickle that imports `name` may run code or reach the system."""
    return name in _DANGEROUS or name.split(".", 1)[0] in _DANGEROUS_ROOTS


def suspicious_in(data: bytes) -> Iterator[str]:
    """The suspicious globals whose import stands in some bytes, by its pattern."""
    for pattern in (_GLOBAL_BYTES, _STACK_GLOBAL_BYTES):
        for match in pattern.finditer(data):
            name = f"{match[1].decode('ascii', 'replace')}.{match[2].decode('ascii', 'replace')}"
            if is_suspicious(name):
                yield name
