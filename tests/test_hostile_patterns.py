"""Every regular expression of the package against long runs of what it repeats: none may take quadratic time."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_parse

import mlops_scan
from tests.slowness import in_time

CHARACTERS = 2_000
SECONDS = 0.01  # linear ones need a fiftieth of it, quadratic ones more
METHODS = re.compile(r"\b(\w+)\.(match|search|fullmatch|finditer|findall|sub|subn|split)\b")
PREFIXES = 3
# expressions that see only short text, by module: what it is
SHORT = {
    "mlops_scan.scanner.catalog.signature": "signatures of our own catalogue",
    "mlops_scan.scanner.catalog.conditions": "conditions of our own catalogue",
    "mlops_scan.scanner.link.datasets": "names of data, longer ones are passed over",
    "mlops_scan.scanner.paths": "paths, which systems bound",
    "mlops_scan.scanner.formats.gotemplate.functions.semver": "versions, cut at 256 characters",
}
Pattern = re.Pattern[str] | re.Pattern[bytes]


def patterns() -> Iterator[tuple[str, Pattern, frozenset[str]]]:
    """(name, expression, how it is used) of all that modules keep under a name of their own."""
    seen: set[tuple[str | bytes, int]] = set()
    for info in sorted(pkgutil.walk_packages(mlops_scan.__path__, "mlops_scan."), key=lambda one: one.name):
        if info.name.endswith("__main__") or info.name in SHORT:
            continue
        module = importlib.import_module(info.name)
        used: dict[str, set[str]] = {}
        for name, method in METHODS.findall(inspect.getsource(module)):
            used.setdefault(name, set()).add(method)
        for name, value in sorted(vars(module).items()):
            if isinstance(value, re.Pattern) and (value.pattern, value.flags) not in seen:
                seen.add((value.pattern, value.flags))
                yield f"{info.name}.{name}", value, frozenset(used.get(name, ()))


def samples(expression: Pattern) -> tuple[list[str], list[str]]:
    """Characters that an expression may repeat, and the texts that it has literally."""
    text = expression.pattern if isinstance(expression.pattern, str) else expression.pattern.decode("latin-1")
    characters: dict[str, None] = {}
    runs: dict[str, None] = {}
    classes = {"CATEGORY_SPACE": " ", "CATEGORY_WORD": "a", "CATEGORY_DIGIT": "1"}

    def walk(items: Any) -> None:
        run = ""
        for kind, value in items:
            name = str(kind)
            if name == "LITERAL":
                run += chr(value)
                continue
            runs[run] = None
            run = ""
            if name == "IN":
                for inner, one in value:
                    told = str(inner)
                    sign = chr(one) if told == "LITERAL" else chr(one[0]) if told == "RANGE" else classes.get(str(one))
                    characters[sign or "!"] = None
            elif name in ("ANY", "NOT_LITERAL"):
                characters["x"] = None
            elif name in ("MAX_REPEAT", "MIN_REPEAT"):
                walk(value[2])
            elif name == "SUBPATTERN":
                walk(value[3])
            elif name == "BRANCH":
                for one in value[1]:
                    walk(one)
            elif name in ("ASSERT", "ASSERT_NOT"):
                walk(value[1])
        runs[run] = None

    walk(sre_parse.parse(text, expression.flags & ~re.UNICODE if isinstance(expression.pattern, bytes) else 0))
    characters.update(dict.fromkeys(run[0] for run in runs if run))
    return list(characters), [run for run in runs if run]


def texts(expression: Pattern) -> Iterator[str]:
    characters, runs = samples(expression)
    few = list(dict.fromkeys((*characters[:5], " ", "\t")))
    units = [*characters, *runs[:20], *(one + other for one in few for other in few if one != other)]
    for unit in dict.fromkeys(units):
        yield unit * (CHARACTERS // len(unit)) + "\0"
    for prefix in runs[:PREFIXES]:
        for unit in few:
            yield prefix + unit * (CHARACTERS // len(unit)) + "\0"


def ways(expression: Pattern, methods: frozenset[str]) -> Iterator[Callable[[str | bytes], object]]:
    if methods & {"search", "finditer", "findall", "sub", "subn", "split"} or not methods:
        yield lambda text: deque(expression.finditer(text), 0)  # type: ignore[arg-type]
    if "match" in methods:
        yield expression.match  # type: ignore[misc]
    if "fullmatch" in methods:
        yield expression.fullmatch  # type: ignore[misc]


def slowest(expression: Pattern, methods: frozenset[str]) -> tuple[float, str]:
    worst = (0.0, "")
    for text in texts(expression):
        data = text.encode("latin-1", "ignore") if isinstance(expression.pattern, bytes) else text
        for way in ways(expression, methods):
            took = SECONDS + 1
            for _ in range(3):  # the least of three: a busy machine is no fault of the expression
                start = time.process_time()
                way(data)
                took = min(took, time.process_time() - start)
                if took < SECONDS:
                    break
            worst = max(worst, (took, text[:30]))
    return worst


def test_no_expression_takes_quadratic_time() -> None:
    found: Mapping[str, tuple[float, str]] = {
        name: slowest(expression, methods) for name, expression, methods in patterns()
    }
    assert len(found) > 200
    assert {name: one for name, one in found.items() if not in_time(one[0], SECONDS)} == {}
