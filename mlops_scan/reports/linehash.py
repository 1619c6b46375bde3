"""GitHub's primaryLocationLineHash: the identity of a line by what it and the next hundred characters say.

Algorithm: github/codeql-action, src/fingerprints.ts (header comment). The window is the first 100 UTF-16 units from the
start of the line, of the text without spaces and tabs and with line ends made LF, then U+FFFF and NULs; the hash is
sum(c[k] * 37^(99-k)) mod 2^64 in hex; ':n' tells the n-th line with that hash.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_WINDOW = 100
_MODULUS = 1 << 64


def line_hashes(text: str, wanted: Collection[int]) -> dict[int, str]:
    """Line number (from one) -> 'hash:n', for the wanted lines. Linear in the text."""
    plain = re.sub(r"\r\n|\r", "\n", text).replace(" ", "").replace("\t", "") + "\uffff"
    data = plain.encode("utf-16-le", "surrogatepass")
    units = memoryview(data).cast("H")
    starts = [0, *(index + 1 for index in range(len(units)) if units[index] == 10)]
    powers = [pow(37, _WINDOW - 1 - k, _MODULUS) for k in range(_WINDOW)]
    seen: dict[bytes, int] = {}
    found: dict[int, str] = {}
    for line, start in enumerate(starts, start=1):
        window = data[2 * start : 2 * (start + _WINDOW)]
        seen[window] = seen.get(window, 0) + 1
        if line in wanted:
            value = sum(char * power for char, power in zip(memoryview(window).cast("H"), powers, strict=False))
            found[line] = f"{value % _MODULUS:x}:{seen[window]}"
    return found
