"""Pickle streams by their opcodes: which globals they import and which tensors they hold. Nothing is ever unpickled."""

from __future__ import annotations

import struct
from typing import BinaryIO

from mlops_scan.scanner.formats.pickleglobals import suspicious_in
from mlops_scan.scanner.formats.picklemachine import OPCODES, Machine, PickleFacts
from mlops_scan.scanner.formats.picklesteps import STEPS

__all__ = ["OPCODES", "PickleFacts", "read"]


def read(file: BinaryIO, *, streams: int = 1, scan_bytes: int = 32 * 2**20) -> PickleFacts:
    """Follow up to `streams` pickles that stand one after another from the file's position.

    Where a stream cannot be followed to its end (array bytes inside, damage), the next `scan_bytes` are searched
    for suspicious globals by their byte pattern.
    """
    machine = Machine(file)
    try:
        for _ in range(streams):
            if not machine.run(STEPS):
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
