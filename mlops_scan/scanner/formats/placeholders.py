"""Placeholders of CI files (`${{ env.X }}`, `$(X)`, `$[[ inputs.x ]]`, `<< parameters.x >>`), filled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Node, Scalar

Known = Mapping[str, tuple[str, ...]]
_PLACE = re.compile(
    r"\$\{\{\s*([\w.-]+)\s*\}\}|\$\[\[\s*([\w.-]+)\s*(?:\|[^\]]{0,80})?\]\]|\$\[\s*([\w.-]+)\s*\]|\$\(([\w.]+)\)|\$?\$\{([\w.]+)\}|\$?\$(\w+)|<<\s*([\w.-]+)\s*>>"
)
_ANGLED = re.compile(r"<<[ \t]*((?:parameters|pipeline|matrix)\.[\w.-]+)[ \t]*>>(?=(\s|\Z)?)")
_INPUT = re.compile(r"\$\[\[[ \t]*(inputs\.[\w.-]+)[ \t]*\]\](?=(\s|\Z)?)")
_MATRIX = re.compile(r"matrix\.([\w-]+)")
_MOST = 16  # ways to fill one text, jobs of one matrix
_LONGEST = 500


def angled(text: str) -> str:
    """`<< parameters.x >>` as `${parameters.x}` of the same length, since a shell reads `<<` as something else.

    The same of `$[[ inputs.x ]]`, which a shell takes for several words.
    """
    text = _ANGLED.sub(_dollar, text) if "<<" in text else text
    return _INPUT.sub(_dollar, text) if "$[[" in text else text


def _dollar(found: re.Match[str]) -> str:
    place = f"${{{found[1]}}}"
    return place.ljust(len(found[0])) if found[2] else place.rjust(len(found[0]))


def fill(text: str, known: Known) -> str:
    """The text with the first value of each placeholder; what is not known stays as written."""
    if not known or ("$" not in text and "<<" not in text):
        return text
    return _PLACE.sub(lambda found: known.get(_key(found), (found[0],))[0], text)[:_LONGEST]


def variants(words: Sequence[str], known: Known) -> list[list[str]]:
    """The words once for each way to fill their placeholders; of more than 16 ways some that use every value."""
    if not known:
        return [list(words)]
    used = dict.fromkeys(
        key for word in words for found in _PLACE.finditer(word) if len(known.get(key := _key(found), ())) > 0
    )
    found: list[list[str]] = []
    for values in _ways([known[key] for key in used]):
        chosen = {key: (value,) for key, value in zip(used, values, strict=True)}
        found.append([fill(word, chosen) for word in words])
        if len(found) >= _MOST:
            break
    return found


def _ways(given: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    first: list[tuple[str, ...]] = []
    if prod(map(len, given)) > _MOST:
        first = [tuple(one[turn % len(one)] for one in given) for turn in range(max(map(len, given)))]
    yield from first
    yield from (one for one in product(*given) if one not in first)


def _key(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group)


def constants(mapping: Node | None, *prefixes: str, known: Known | None = None) -> dict[str, tuple[str, ...]]:
    """The plain values of a mapping by the names that placeholders give them; no secrets, no expressions."""
    found: dict[str, tuple[str, ...]] = {}
    if isinstance(mapping, yamlnodes.Mapping):
        for name, node in mapping.items():
            values = _values(str(node).strip(), {**(known or {}), **found}) if isinstance(node, Scalar) else ()
            plain = tuple(one for one in values if one and "${{" not in one and "\n" not in one)
            if plain and all(len(one) < _LONGEST for one in plain):
                found.update((f"{prefix}{name}", plain) for prefix in prefixes)
    return found


def _values(text: str, known: Known) -> tuple[str, ...]:
    """What a text may be: all values of a placeholder that stands alone."""
    alone = _PLACE.fullmatch(text)
    return known.get(_key(alone), (text,)) if alone else (fill(text, known),)


def matrix(node: Node | None) -> list[dict[str, str]]:
    """The jobs that a matrix makes, each as its values; at most 16."""
    if not isinstance(node, yamlnodes.Mapping):
        return []
    lists = {
        key: yamlnodes.items(node, key) for key, values in node.items() if key not in ("include", "exclude") and values
    }
    jobs: list[dict[str, str]] = []
    for values in product(*lists.values()) if lists else ():
        jobs.append(dict(pair for key, value in zip(lists, values, strict=True) for pair in _pairs(key, value)))
        if len(jobs) >= _MOST:
            break
    listed = list(jobs)  # a row of `include` adds to these, never to what another row made
    for one in yamlnodes.items(node, "include"):
        more = dict(
            pair
            for key, value in (one.items() if isinstance(one, yamlnodes.Mapping) else ())
            for pair in _pairs(key, value)
        )
        fitting = [
            job for job in listed if all(job.get(key, value) == value for key, value in more.items() if key in lists)
        ]
        for job in fitting:
            job.update(more)
        if not fitting and len(jobs) < _MOST:
            jobs.append(more)
    return jobs


def matrix_size(node: Node) -> int:
    """How many jobs the lists of a matrix make."""
    lists = (yamlnodes.items(one) for key, one in _named(node) if key not in ("include", "exclude"))
    return prod(len(one) or 1 for one in lists)


def _named(node: Node) -> list[tuple[str, Node]]:
    return list(node.items()) if isinstance(node, yamlnodes.Mapping) else []


def _pairs(key: str, value: Node) -> Iterator[tuple[str, str]]:
    """`matrix.key`, or `matrix.key.name` for each name of a mapping."""
    if isinstance(value, Scalar):
        yield key, str(value)
    elif isinstance(value, yamlnodes.Mapping):
        yield from ((f"{key}.{name}", str(inner)) for name, inner in value.items() if isinstance(inner, Scalar))


def by_matrix(jobs: Sequence[Mapping[str, str]], text: str) -> list[Known]:
    """For each job of a matrix that differs in what `text` uses, its values by their placeholders."""
    used = set(_MATRIX.findall(text))
    if not used or not jobs:
        return [{}]
    found: list[Known] = []
    for job in jobs:
        values: Known = {f"matrix.{key}": (value,) for key, value in job.items() if key.partition(".")[0] in used}
        if values not in found:
            found.append(values)
    return found
