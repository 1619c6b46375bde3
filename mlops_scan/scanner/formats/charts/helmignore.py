"""What a .helmignore keeps out of a chart: globs of names anywhere, or of paths from the chart's folder."""

from __future__ import annotations

import re
from collections.abc import Callable

from mlops_scan.scanner.formats.gotemplate.objects import glob_pattern


def ignored(text: str) -> Callable[[str], bool]:
    """Whether the .helmignore of that text keeps a path out of its chart."""
    lines = [line.strip() for line in text.split("\n")]
    rules = [_rule(line) for line in lines if line and not line.startswith(("#", "!"))]
    patterns = [rule for rule in rules if rule is not None]
    return lambda path: any(pattern.match(path) for pattern in patterns)


def _rule(line: str) -> re.Pattern[str] | None:
    """A line of .helmignore: a name anywhere, or a path from the chart's folder; what lies below is kept out, too."""
    bare = line.strip("/")
    if not bare or len(line) > 500 or bare in ("*", "**", "templates", "templates/*", "Chart.yaml"):
        return None
    body = glob_pattern(bare).pattern.removesuffix(r"\Z")
    start = "" if "/" in line.rstrip("/") else "(?:.*/)?"
    end = "/.*" if line.endswith("/") else r"(?:/.*)?\Z"
    return re.compile(f"{start}{body}{end}", re.DOTALL)
