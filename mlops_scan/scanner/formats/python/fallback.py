"""Readings of files that `ast` refuses: templates, Python 2, syntax newer than the running interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats.python.source import decode

_TAG = re.compile(rb"\{\{[-+]?[^{}\n]*\}\}")
_BLOCK = re.compile(rb"\{%[^\n]{0,300}?%\}|\{#[^\n]{0,300}?#\}")
_MAGIC = re.compile(rb"^([ \t]*)[%!](?=[a-zA-Z])[^\n]*", re.MULTILINE)  # of a notebook exported without a comment sign
_PRINT = re.compile(
    rb"^([ \t]*(?:(?:else:|try:|if [^\n:#]*:)[ \t]*)?)print(?:[ \t]*>>[ \t]*\w[\w.]*,?)?[ \t]+(?=[^\s=(])([^\n]*)$"
    rb"|^([ \t]*)print[ \t]*$",
    re.MULTILINE,
)
_PRINT_BRACKET = re.compile(rb"^([ \t]*)print[ \t]+(\([^\n]*)$", re.MULTILINE)
_EXCEPT = re.compile(rb"^([ \t]*except[ \t]+[\w.]+|[ \t]*except[ \t]*\([^()\n]*\)),[ \t]*(\w+)[ \t]*:", re.MULTILINE)
_RAISE = re.compile(rb"^([ \t]*raise[ \t]+[\w.]+)[ \t]*,[ \t]*([^\n]+)$", re.MULTILINE)
_EXEC = re.compile(rb"^([ \t]*)exec[ \t]+([^(\s=][^\n]*)$", re.MULTILINE)
_NUMBER = re.compile(rb"(?<![\w.])0([0-7]+)(?![\w.])|(?<![\w.])(\d+)[lL](?!\w)")
_OLD = re.compile(rb"\bur(?=['\"])|<>|`[^`\n]*`")
_NEWER = re.compile(
    rb"^[ \t]*type[ \t]+\w+[^\n]*=|^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*\[|^[ \t]*except\b[^:(\n]*,"
    rb"|^[ \t]*except[ \t]*\*|\b[tTrR]{1,2}['\"]|^[ \t]*lazy[ \t]",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Repair:
    """Another text of the file, line by line the same, and the note that using it deserves."""

    data: bytes
    reason: str = ""


def repairs(data: bytes, reason: str) -> Iterator[Repair]:
    """Texts that `ast` may accept in place of `data`, the likeliest first."""
    if b"\0" in data:
        return
    if not data.isascii() and "decode" in reason:
        yield Repair(
            b"\xef\xbb\xbf" + decode(data).encode(), f"wrong text encoding: {reason}; read with bytes replaced"
        )
    if b"{{" in data or b"{%" in data:
        yield Repair(_without_template(data), "a template, not Python itself: read with its placeholders masked")
    if _MAGIC.search(data):
        data = _MAGIC.sub(rb"\1pass", data)
        yield Repair(data)
    old = _from_python2(data)
    if old != data:
        yield Repair(old, "Python 2 syntax: read with its statements rewritten")
    if _NEWER.search(data) or "f-string" in reason:
        from mlops_scan.scanner.formats.python import newer  # libcst: 170 ms, only for such a file

        yield from (Repair(text) for text in newer.older(data))


def _without_template(data: bytes) -> bytes:
    """Jinja tags as names of the same length, blocks and comments as blanks: columns stay."""
    masked = _TAG.sub(lambda tag: re.sub(rb"\W", b"_", tag[0]), data)
    return _BLOCK.sub(lambda block: b" " * len(block[0]), masked)


def _from_python2(data: bytes) -> bytes:
    """Print, except, raise and exec statements and old literals in today's spelling, each on its own line."""
    made = _PRINT.sub(_call_print, data)
    made = _PRINT_BRACKET.sub(lambda match: match[1] + b"print(" + match[2].rstrip(b"\r") + b")", made)
    made = _EXCEPT.sub(rb"\1 as \2:", made)
    made = _RAISE.sub(lambda match: match[1] + b"(" + match[2].rstrip(b"\r") + b")", made)
    made = _EXEC.sub(lambda match: match[1] + b"exec(" + match[2].rstrip(b"\r") + b")", made)
    made = _NUMBER.sub(lambda match: b"0o" + match[1] if match[1] else match[2], made)
    return _OLD.sub(
        lambda match: {b"ur": b"r", b"<>": b"!="}.get(match[0], b"repr(" + match[0].strip(b"`") + b")"), made
    )


def _call_print(match: re.Match[bytes]) -> bytes:
    if match[3] is not None:
        return match[3] + b"print()"
    body = match[2].rstrip(b"\r \t")
    code = re.split(rb"""(?<![ \t])[ \t]+#(?![^'"]*['"])""", body, maxsplit=1)[0].rstrip(b" \t,;")
    return match[1] + b"print(" + code + b")" if not code.endswith(b"\\") else match[0]
