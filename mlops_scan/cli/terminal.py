"""What the terminal can do, and careful writing: colour, width, progress, closed pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import IO

PLAIN_WIDTH = 100  # where no terminal has one: the same bytes everywhere


def colored(wish: str, stream: IO[str], environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour: the option, then NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE, then whether it is a terminal."""
    if wish != "auto":
        return wish == "always"
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def width(stream: IO[str]) -> int:
    """Columns to write in."""
    if not stream.isatty():
        return PLAIN_WIDTH
    import shutil

    return max(40, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns)


def write(text: str) -> None:
    """Write to stdout as UTF-8, odd file names escaped. A reader that has gone away is no error."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(encoded(text))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open until the end


def encoded(text: str) -> bytes:
    """UTF-8; what is no text (bytes of a file name) is written as an escape."""
    return text.encode("utf-8", errors="backslashreplace")


class Progress:
    """One line on stderr that is written over; nothing unless stderr is a terminal."""

    def __init__(self, wanted: bool) -> None:
        self._shown = False
        self._wanted = wanted and sys.stderr.isatty()

    def __enter__(self) -> Callable[[str], None] | None:
        return self._tell if self._wanted else None

    def _tell(self, message: str) -> None:
        self._shown = True
        sys.stderr.write(f"\r\x1b[2K{message[: width(sys.stderr) - 1]}")
        sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
