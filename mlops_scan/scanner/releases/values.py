"""The values of a release: its layers read and put over one another, once for each file that a variable may mean."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import translate

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.files import Tree, resolve
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.chart import noted_values
from mlops_scan.scanner.formats.charts.facts import Given
from mlops_scan.scanner.formats.charts.setvalues import assigned, set_value
from mlops_scan.scanner.formats.gotemplate import merging
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError
from mlops_scan.scanner.formats.gotemplate.values import Origin, Values, from_node, from_plain
from mlops_scan.scanner.model import Location, Note
from mlops_scan.scanner.releases.model import Layer, Release

VARIABLE = re.compile(r"\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$\([^()]*\)|\$\w+|<[\w-]+>")
_FOR_TESTS = re.compile(r"(?:^|[-_./])(?:ci|tests?)(?:[-_./]|\Z)", re.IGNORECASE)
_MEANT = 12  # files that one variable may mean


def environments(tree: Tree, release: Release, inside: str | None) -> tuple[list[Given], list[Note]]:
    """What the release gives its chart, by environment; `inside` is the chart's folder if it is in the repository."""
    notes: list[Note] = []
    base, label = Values(), release.environment
    variants: list[tuple[str, Values]] = []
    for layer in release.layers:
        found = _files(tree, layer, inside) if layer.file else []
        if layer.file and not found:
            if not layer.optional and not VARIABLE.search(layer.file):
                notes.append(Note(layer.at, f"values file '{layer.file[:200]}' is not in the repository"))
            continue
        if any(_is_for_tests(path) for path in found):
            return [], []
        if len(found) > 1:
            variants += [(path, noted_values(tree, path, notes)) for path in found]
            continue
        values = noted_values(tree, found[0], notes) if found else _written(tree, layer, inside, notes)
        for one in (base, *(given for _, given in variants)):
            merging.over(one, values)
        label = label if release.environment or not found else found[0]
    if not variants:
        whole = len(release.layers) == 1 and bool(release.layers[0].file)
        return [Given(label or release.at.path, base, whole)], notes
    whole = not base
    return [Given(path, _merged(base, values), whole) for path, values in variants], notes


def _merged(base: Values, values: Values) -> Values:
    made = Values()
    merging.over(made, base)
    merging.over(made, values)
    return made


def _written(tree: Tree, layer: Layer, inside: str | None, notes: list[Note]) -> Values:
    """Values that stand in an object or on a command line; a variable in them is a gap."""
    if layer.how == "file":
        return _of_files(tree, layer, inside, notes)
    if layer.sets:
        try:
            return assigned(layer.sets, layer.at, how=layer.how)
        except BoundError as error:
            notes.append(Note(layer.at, f"values of a release are not readable: {error}"))
            return Values()
    data, at = layer.data, Origin(layer.at.path, layer.at.line, layer.at.column, "")
    if not isinstance(data, str):
        made = from_plain(data, at)
        return made if isinstance(made, Values) else Values()
    if len(data) >= bounds.FACT_TEXT:
        notes.append(Note(layer.at, "values of a release are too long to be read here"))
        return Values()
    try:
        documents = yamlnodes.parse(data)
        read = from_node(documents[0], at.path) if documents else None
    except (yamlnodes.YamlError, BoundError) as error:
        notes.append(Note(layer.at, f"values of a release are not readable: {error}"))
        return Values()
    return _moved(read, at) if isinstance(read, Values) else Values()


def _of_files(tree: Tree, layer: Layer, inside: str | None, notes: list[Note]) -> Values:
    """Keys whose values are the texts of files."""
    made = Values()
    for pair in layer.sets.split(","):
        key, _, file = pair.partition("=")
        found = _files(tree, replace(layer, file=file), inside) if key and file else []
        source = tree.get(found[0]) if len(found) == 1 else None
        if source is not None and not source.binary and len(source.data) <= bounds.TEMPLATE_OUTPUT:
            set_value(made, key, source.text, Location(source.path))
        elif file and not VARIABLE.search(file):
            notes.append(Note(layer.at, f"file '{file[:200]}' that sets a value is not in the repository"))
    return made


def _moved(values: Values, at: Origin) -> Values:
    """The values with all their places at the one that is known."""
    stack = [values]
    while stack:
        one = stack.pop()
        one.places = {key: at._replace(trail=place.trail) for key, place in one.places.items()}
        stack.extend(child for child in one.values() if isinstance(child, Values))
    return values


def _files(tree: Tree, layer: Layer, inside: str | None) -> list[str]:
    """The values files that a layer means: seen from its own folders, else from the chart's."""
    bases: Sequence[str] = (*layer.bases, *(() if inside is None else (inside,)))
    for base in dict.fromkeys(bases):
        path = resolve(base, layer.file.lstrip("/"))
        if path is None:
            continue
        if tree.get(path) is not None:
            return [path]
        if found := list(_like(tree, path)):
            return found[:_MEANT]
    return []


def _like(tree: Tree, path: str) -> Iterator[str]:
    """The files that a path with variables may mean; nothing where no name is left beside them."""
    pattern = VARIABLE.sub("*", path)
    name = posixpath.basename(pattern)
    told = "/" in pattern or any(char.isalnum() for char in name.rpartition(".")[0])
    if pattern == path or not told:
        return
    fixed = pattern.partition("*")[0].rpartition("/")[0]
    expression = re.compile(translate(pattern).replace(".*", "[^/]*"))
    yield from (one for one in tree.under(fixed) if expression.match(one) and one.endswith((".yaml", ".yml")))


def _is_for_tests(path: str) -> bool:
    return paths.is_test(path) or bool(_FOR_TESTS.search(posixpath.basename(path)))
