"""Commands that only print, wait, or end well: nothing is different after them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlops_scan.scanner.formats import shell

_TALK = frozenset(
    ("echo", "printf", "print", "true", ":", "sleep", "set", "cat", "date", "pwd", "ls", "whoami", "uname")
)
_POWERSHELL = frozenset(("write-host", "write-output", "start-sleep"))
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z)|'[^']*'")
_WRITES = re.compile(r">(?!&[12]\b|\s*/dev/(?:null|stdout|stderr)\b)|\|\s*tee\b")
_COMMANDS_THE_SERVICE = re.compile(r"##vso\[|::set-output|::(?:add-mask|error|warning)|##teamcity")
PRINTS = re.compile(r"\s*print\((?:[^()]|\([^()]*\))*\)\s*;?\s*\Z")


def is_silent(name: str, argv: Sequence[str], raw: str) -> bool:
    """Whether a command only prints, waits, or ends well."""
    if name == "exit":
        return list(argv[1:]) in ([], ["0"])
    if list(argv[1:]) in (["--version"], ["-V"], ["--help"], ["version"]):
        return True
    if name == "python" and list(argv[1:2]) == ["-c"]:
        return len(argv) == 3 and PRINTS.match(argv[2]) is not None
    if name not in _TALK and name.lower() not in _POWERSHELL:
        return False
    return not (_WRITES.search(_QUOTED.sub("''", raw)) or _COMMANDS_THE_SERVICE.search(raw))


def are_silent(text: str) -> bool:
    """Whether all that a text for a shell starts is such."""
    found = shell.commands(text)
    return bool(found) and all(is_silent(one.argv[0], one.argv, one.raw) for one in found if one.argv)
